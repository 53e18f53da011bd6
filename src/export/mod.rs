//! What does another resolver need to know? All that a tier blocks, as a file that other resolvers read.
//!
//! The rule: nothing that is protected, or that somebody decided to leave open, is taken by what a file cannot say; and what it cannot
//! say is counted.

mod plain;
mod rpz;
mod verdicts;
mod zones;

use std::io::{self, Write};

use crate::lists::{CategorySet, ImageFault};
use crate::policy::{SchoolTime, TierId};
use crate::snapshot::Snapshot;

use plain::{Domains, Hosts};
use rpz::PolicyZone;
use verdicts::{Passed, Verdicts, opened_below};
use zones::{Dnsmasq, LocalZones, Unbound};

/// What reads the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A response policy zone, for BIND, Unbound and others.
    Rpz,
    /// A hosts file: names alone.
    Hosts,
    /// A name a line, each with all below it.
    Domains,
    /// `local-zone` lines.
    Unbound,
    /// `address=` and `server=` lines.
    Dnsmasq,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rpz, Self::Hosts, Self::Domains, Self::Unbound, Self::Dnsmasq];

    /// Its word on the command line.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Rpz => "rpz",
            Self::Hosts => "hosts",
            Self::Domains => "domains",
            Self::Unbound => "unbound",
            Self::Dnsmasq => "dnsmasq",
        }
    }

    /// How often the names are gone through.
    const fn rounds(self) -> u64 {
        match self {
            Self::Domains => 2,
            Self::Rpz | Self::Hosts | Self::Unbound | Self::Dnsmasq => 1,
        }
    }
}

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'s> {
    /// The lists and the decisions in force.
    pub snapshot: &'s Snapshot,
    /// The tier.
    pub tier: TierId,
    /// The time: ended exceptions open nothing.
    pub at: SchoolTime,
    /// The file's format.
    pub format: Format,
    /// The serial of a policy zone.
    pub serial: u32,
}

/// What a file says and what it cannot say, in names unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Said {
    /// Lines that block or open something.
    pub lines: u64,
    /// Blocked alone by the lists, and here with all below.
    pub wider: u64,
    /// Blocked with all below by the lists, and here alone.
    pub alone: u64,
    /// Not blocked here, because something at or below them is to stay open.
    pub left_out: u64,
    /// Opened alone by the lists, and here with all below.
    pub opened_wider: u64,
    /// Open, and blocked here with what is below them.
    pub taken_along: u64,
    /// Too long, or with octets that the format cannot write.
    pub unwritable: u64,
    /// Blocked for some record types alone; written as for addresses.
    pub typed: u64,
    /// Patterns in the lists.
    pub patterns: u64,
    /// Networks in the lists.
    pub networks: u64,
}

impl Said {
    /// What the file cannot say: how much of it, and what becomes of that.
    pub fn unsaid(&self) -> impl Iterator<Item = (u64, &'static str)> {
        let Self { lines: _, wider, alone, left_out, opened_wider, taken_along, unwritable, typed, patterns, networks } = *self;
        let rows = [
            (alone, "names are blocked alone, and not what is below them"),
            (wider, "names are blocked with all that is below them, though the lists mean them alone"),
            (left_out, "names are not blocked, or not what is below them, so that nothing that stays open is taken along"),
            (opened_wider, "exceptions open what is below their names too"),
            (taken_along, "names are blocked because all that is below them is"),
            (unwritable, "names are left out, because this format cannot write them"),
            (typed, "names are blocked for some record types alone; what holds for addresses is written"),
            (patterns, "patterns are left out"),
            (networks, "networks are left out: other resolvers are told of names alone"),
        ];
        rows.into_iter().filter(|(count, _)| *count > 0)
    }
}

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The compiled lists cannot be read.
    #[error("the compiled lists: {0}")]
    Image(#[from] ImageFault),
    /// The file cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What writes one format.
trait Writer {
    /// What stands before all names.
    fn head(&mut self, to: &mut dyn Write) -> io::Result<()>;

    /// One name, in canonical order. Those that say nothing new come too.
    fn name(&mut self, passed: &Passed<'_>, said: &mut Said, to: &mut dyn Write) -> io::Result<()>;
}

/// How many names an export goes through.
pub fn length(wanted: &Wanted<'_>) -> u64 {
    wanted.snapshot.index.nodes() * wanted.format.rounds()
}

/// Writes what the tier blocks, and tells `passed` how many names it has gone through by now.
///
/// # Errors
/// [`ExportError`]; what was written is then of no use.
pub fn export(wanted: &Wanted<'_>, to: &mut dyn Write, passed: &mut dyn FnMut(u64)) -> Result<Said, ExportError> {
    let mut said = Said::default();
    let mut count = 0;
    let mut tell = || {
        count += 1;
        passed(count);
    };
    let mut writer: Box<dyn Writer> = match wanted.format {
        Format::Rpz => Box::new(PolicyZone::new(wanted.serial)),
        Format::Hosts => Box::new(Hosts),
        Format::Unbound => Box::new(LocalZones::new(Unbound)),
        Format::Dnsmasq => Box::new(LocalZones::new(Dnsmasq)),
        Format::Domains => Box::new(Domains::new(opened_below(Verdicts::new(wanted)?, &mut tell)?)),
    };
    writer.head(to)?;
    let verdicts = Verdicts::new(wanted)?;
    let mask = verdicts.mask();
    verdicts.each(&mut |passed| {
        tell();
        said.typed += u64::from(passed.typed);
        Ok::<(), ExportError>(writer.name(passed, &mut said, to)?)
    })?;
    (said.patterns, said.networks) = nameless(wanted.snapshot, mask);
    Ok(said)
}

/// How many patterns and networks the lists of these categories hold.
fn nameless(snapshot: &Snapshot, mask: CategorySet) -> (u64, u64) {
    let counts = snapshot.index.images().iter().map(|image| image.nameless(mask));
    counts.fold((0, 0), |(patterns, networks), (more, others)| (patterns + more as u64, networks + others as u64))
}

#[cfg(test)]
mod tests;
