//! Lines for resolvers that close or open a name with all below it, and block single names by data of their own: Unbound, dnsmasq.
//!
//! The nearest line above a name counts for it, so a line is written where a name's verdict is another than the one that the nearest
//! line gives. An open name above closed ones cannot be written: an exception opens both, and what nobody keeps open closes both.

use std::io::{self, Write};

use super::plain::is_plain;
use super::verdicts::{Passed, Side};
use super::{Said, Writer};
use crate::dns::Name;

/// How one resolver writes it.
pub(super) trait Lines {
    /// What stands before all names.
    fn head(&self, to: &mut dyn Write) -> io::Result<()>;
    /// The name and all below it do not exist.
    fn close(&self, name: &Name, to: &mut dyn Write) -> io::Result<()>;
    /// The name and all below it are looked up.
    fn open(&self, name: &Name, to: &mut dyn Write) -> io::Result<()>;
    /// The name alone has addresses that lead nowhere.
    fn sink(&self, name: &Name, to: &mut dyn Write) -> io::Result<()>;
    /// The name alone has such addresses, and what is below it is looked up although a line above it closes that.
    fn sink_and_open(&self, name: &Name, to: &mut dyn Write) -> io::Result<()>;
}

/// The lines as far as they are written.
pub(super) struct LocalZones<L> {
    lines: L,
    /// The names above the next that have a line for all below them, the topmost first.
    way: Vec<(Name, Side)>,
}

impl<L> LocalZones<L> {
    pub(super) const fn new(lines: L) -> Self {
        Self { lines, way: Vec::new() }
    }
}

impl<L: Lines> Writer for LocalZones<L> {
    fn head(&mut self, to: &mut dyn Write) -> io::Result<()> {
        self.lines.head(to)
    }

    fn name(&mut self, passed: &Passed<'_>, said: &mut Said, to: &mut dyn Write) -> io::Result<()> {
        let Passed { name, own, below, kept, .. } = *passed;
        while self.way.pop_if(|(above, _)| !name.is_at_or_below(above)).is_some() {}
        let inherited = self.way.last().map_or(Side::Open, |(_, side)| *side);
        if (own, below) == (inherited, inherited) {
            return Ok(());
        }
        if !is_plain(name) {
            said.unwritable += 1;
            return Ok(());
        }
        let lines = &self.lines;
        let side = match (own, below, inherited) {
            (Side::Blocked, Side::Blocked, _) => {
                lines.close(name, to)?;
                Side::Blocked
            }
            (Side::Open, Side::Open, _) => {
                lines.open(name, to)?;
                Side::Open
            }
            (Side::Blocked, Side::Open, Side::Open) => {
                lines.sink(name, to)?;
                said.lines += 1;
                return Ok(());
            }
            (Side::Blocked, Side::Open, Side::Blocked) => {
                lines.sink_and_open(name, to)?;
                Side::Open
            }
            (Side::Open, Side::Blocked, Side::Blocked) => {
                said.opened_wider += 1;
                lines.open(name, to)?;
                Side::Open
            }
            (Side::Open, Side::Blocked, Side::Open) if kept => {
                said.left_out += 1;
                return Ok(());
            }
            (Side::Open, Side::Blocked, Side::Open) => {
                said.taken_along += 1;
                lines.close(name, to)?;
                Side::Blocked
            }
        };
        said.lines += 1;
        self.way.push((name.clone(), side));
        Ok(())
    }
}

/// Unbound (unbound.conf(5), `local-zone`).
pub(super) struct Unbound;

impl Lines for Unbound {
    fn head(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "# Made by khien lists export, for `include:`.\nserver:")
    }

    fn close(&self, name: &Name, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "local-zone: \"{name}.\" always_nxdomain")
    }

    fn open(&self, name: &Name, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "local-zone: \"{name}.\" always_transparent")
    }

    fn sink(&self, name: &Name, to: &mut dyn Write) -> io::Result<()> {
        // A zone of its own: data in one that is `always_transparent` are not looked at.
        self.sink_and_open(name, to)
    }

    fn sink_and_open(&self, name: &Name, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "local-zone: \"{name}.\" transparent")?;
        writeln!(to, "local-data: \"{name}. 300 A 0.0.0.0\"\nlocal-data: \"{name}. 300 AAAA ::\"")
    }
}

/// dnsmasq (dnsmasq(8)), from 2.86 on, where the longest name counts among all such lines.
pub(super) struct Dnsmasq;

impl Lines for Dnsmasq {
    fn head(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "# Made by khien lists export, for `conf-file=` of dnsmasq 2.86 or later.")
    }

    fn close(&self, name: &Name, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "address=/{name}/")
    }

    fn open(&self, name: &Name, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "server=/{name}/#")
    }

    fn sink(&self, name: &Name, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "host-record={name},0.0.0.0,::")
    }

    fn sink_and_open(&self, name: &Name, to: &mut dyn Write) -> io::Result<()> {
        self.open(name, to)?;
        self.sink(name, to)
    }
}
