//! Files of bare names: a hosts file, whose lines stand for names alone, and one name a line, which stands for all below it too.
//!
//! Neither can open anything, so a name is left out where its line would close what stays open.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::verdicts::{Passed, Side};
use super::{Said, Writer};
use crate::dns::Name;

/// Whether every reader of bare names takes this one for what it is.
pub(super) fn is_plain(name: &Name) -> bool {
    let plain = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    !name.is_root() && name.labels().all(|label| label.iter().all(plain))
}

/// A hosts file.
pub(super) struct Hosts;

impl Writer for Hosts {
    fn head(&mut self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "# Made by khien lists export. A line blocks its name, and nothing below it.")
    }

    fn name(&mut self, passed: &Passed<'_>, said: &mut Said, to: &mut dyn Write) -> io::Result<()> {
        match passed.own {
            Side::Open => said.left_out += u64::from(passed.below == Side::Blocked && passed.inherited == Side::Open),
            Side::Blocked if is_plain(passed.name) => {
                said.lines += 1;
                said.alone += u64::from(passed.below == Side::Blocked);
                writeln!(to, "0.0.0.0 {}", passed.name)?;
            }
            Side::Blocked => said.unwritable += 1,
        }
        Ok(())
    }
}

/// One name a line.
pub(super) struct Domains {
    /// The places of names at or below which something stays open.
    opened: BTreeSet<u64>,
    /// The last name that was written, which covers what follows below it.
    written: Option<Name>,
}

impl Domains {
    pub(super) const fn new(opened: BTreeSet<u64>) -> Self {
        Self { opened, written: None }
    }
}

impl Writer for Domains {
    fn head(&mut self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "# Made by khien lists export. A line blocks its name and all that is below it.")
    }

    fn name(&mut self, passed: &Passed<'_>, said: &mut Said, to: &mut dyn Write) -> io::Result<()> {
        if self.written.as_ref().is_some_and(|written| passed.name.is_at_or_below(written)) {
            return Ok(());
        }
        if passed.own == Side::Open && passed.below == Side::Open {
            return Ok(());
        }
        // One of both is open although what is above it is blocked: a line of its own would close it too.
        let excepted = passed.inherited == Side::Blocked && (passed.own == Side::Open || passed.below == Side::Open);
        if passed.kept || excepted || self.opened.contains(&passed.place) {
            said.left_out += 1;
            return Ok(());
        }
        if !is_plain(passed.name) {
            said.unwritable += 1;
            return Ok(());
        }
        match (passed.own, passed.below) {
            (Side::Blocked, Side::Open) => said.wider += 1,
            (Side::Open, _) => said.taken_along += 1,
            (Side::Blocked, Side::Blocked) => {}
        }
        said.lines += 1;
        self.written = Some(passed.name.clone());
        writeln!(to, "{}", passed.name)
    }
}
