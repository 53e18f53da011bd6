//! A response policy zone (draft-vixie-dnsop-dns-rpz): names, wildcards for what is below them, and `rpz-passthru.` for exceptions.
//!
//! A wildcard reaches no name under which the zone has another (RFC 4592 section 4.3), whether that other blocks or opens. So whatever is
//! written below a wildcard is written with a wildcard of its own, and so is every name between the two.

use std::io::{self, Write};

use super::plain::is_plain;
use super::verdicts::{Passed, Side};
use super::{Said, Writer};
use crate::dns::{MAX_NAME, Name};

/// Octets that are left for the zone's own name, and for the wildcard's label.
const ROOM: usize = 33 + 2;

/// Top labels that are triggers of another kind.
const TRIGGERS: [&[u8]; 5] = [b"rpz-ip", b"rpz-client-ip", b"rpz-nsdname", b"rpz-nsip", b"rpz-passthru"];

/// The zone as far as it is written.
pub(super) struct PolicyZone {
    serial: u32,
    /// The names above the next that are written with a wildcard or below one, the topmost first.
    way: Vec<(Name, Side)>,
}

impl PolicyZone {
    pub(super) const fn new(serial: u32) -> Self {
        Self { serial, way: Vec::new() }
    }

    /// Writes a name and a wildcard for what is below it.
    fn both(name: &Name, own: Side, below: Side, said: &mut Said, to: &mut dyn Write) -> io::Result<()> {
        said.lines += 2;
        writeln!(to, "{name} CNAME {}", action(own))?;
        writeln!(to, "*.{name} CNAME {}", action(below))
    }
}

const fn action(side: Side) -> &'static str {
    match side {
        Side::Blocked => ".",
        Side::Open => "rpz-passthru.",
    }
}

fn can_be_written(name: &Name) -> bool {
    let trigger = name.labels().last().is_some_and(|top| TRIGGERS.contains(&top));
    is_plain(name) && !trigger && name.as_wire().len() + ROOM <= MAX_NAME
}

impl Writer for PolicyZone {
    fn head(&mut self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "; Made by khien lists export: names are relative to the zone, whose own name may have 32 octets.")?;
        writeln!(to, "$TTL 300")?;
        writeln!(to, "@ SOA localhost. root.localhost. {} 3600 600 604800 300", self.serial)?;
        writeln!(to, "@ NS localhost.")
    }

    fn name(&mut self, passed: &Passed<'_>, said: &mut Said, to: &mut dyn Write) -> io::Result<()> {
        let Passed { name, own, below, .. } = *passed;
        while self.way.pop_if(|(above, _)| !name.is_at_or_below(above)).is_some() {}
        let Some((above, inherited)) = self.way.last().map(|(above, side)| (above.label_count(), *side)) else {
            // Nothing reaches down to here: what is open needs no line.
            if (own, below) == (Side::Open, Side::Open) {
                return Ok(());
            }
            if !can_be_written(name) {
                said.unwritable += 1;
                return Ok(());
            }
            // An open name above its own wildcard is none that the wildcard reaches.
            if own == Side::Blocked {
                said.lines += 1;
                writeln!(to, "{name} CNAME {}", action(own))?;
            }
            if below == Side::Blocked {
                self.way.push((name.clone(), below));
                said.lines += 1;
                writeln!(to, "*.{name} CNAME {}", action(below))?;
            }
            return Ok(());
        };
        if (own, below) == (inherited, inherited) {
            return Ok(());
        }
        if !can_be_written(name) {
            said.unwritable += 1;
            return Ok(());
        }
        for labels in above + 1..name.label_count() {
            let between = name.ancestor(labels);
            Self::both(&between, inherited, inherited, said, to)?;
            self.way.push((between, inherited));
        }
        Self::both(name, own, below, said, to)?;
        self.way.push((name.clone(), below));
        Ok(())
    }
}
