//! Reads filter lists in the formats that publishers use.
//!
//! One way through: [`parse`] looks at the head of the text, picks the grammar, and hands each entry to the caller as it
//! comes; what is not taken is counted by kind in [`Issues`]. One bad line never stops a list. A list that is no list is a [`Fault`].

mod adblock;
mod detect;
mod dnsmasq;
mod domains;
mod entry;
mod fault;
mod hosts;
mod issue;
mod lines;
pub mod names;
mod networks;
mod pattern;
mod reader;
mod rpz;
mod type_set;
mod unbound;
pub mod ut1;

use std::fmt;

pub use detect::detect;
pub use entry::{Action, Entry, Network, Pattern, Scope};
pub use fault::Fault;
pub use issue::{EXCERPT, Issue, IssueKind, Issues, KEPT_PER_KIND, Standing, excerpt};
pub use lines::LONGEST;
pub use pattern::{LARGEST_PATTERN, MOST_PATTERNS, pattern_syntax};
pub use reader::{Parsed, Reading, parse};
pub use type_set::TypeSet;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// `0.0.0.0 name …`: each name alone (hosts(5)).
    Hosts,
    /// One name a line: the name and all below it.
    Domains,
    /// `*.name` or `.name`: the name and all below it, as the publishers of such lists mean it.
    Wildcard,
    /// `||name^`: rules of ad blockers, of which those on whole hosts are taken.
    Adblock,
    /// `address=/name/`, `server=/name/`, `local=/name/`: the name and all below it.
    Dnsmasq,
    /// A response policy zone: `name CNAME .` for the name alone, `*.name CNAME .` for all below it.
    Rpz,
    /// `local-zone: "name" static`: the name and all below it.
    Unbound,
    /// A tree of folders as the University of Toulouse publishes it; as a single file, its `domains`.
    Ut1,
    /// `192.0.2.0/24`: a network or an address a line, for the addresses in answers.
    Networks,
    /// `name category,category`: the office's own, each name with its categories.
    Names,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 10] = [
        Self::Hosts,
        Self::Domains,
        Self::Wildcard,
        Self::Adblock,
        Self::Dnsmasq,
        Self::Rpz,
        Self::Unbound,
        Self::Ut1,
        Self::Networks,
        Self::Names,
    ];

    /// As the configuration writes it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Hosts => "hosts",
            Self::Domains => "domains",
            Self::Wildcard => "wildcard",
            Self::Adblock => "adblock",
            Self::Dnsmasq => "dnsmasq",
            Self::Rpz => "rpz",
            Self::Unbound => "unbound",
            Self::Ut1 => "ut1",
            Self::Networks => "networks",
            Self::Names => "names",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Which names an entry stands for: as its format means it, or as the operator says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Match {
    /// As the format means it.
    #[default]
    AsFormat,
    /// Each name stands for itself alone. An entry that is only for what is below a name stays so.
    Exact,
    /// Each name stands for itself and all below it.
    Subtree,
}

impl Match {
    /// The scope of an entry to which its format gives `scope`.
    pub const fn apply(self, scope: Scope) -> Scope {
        match (self, scope) {
            (Self::AsFormat, scope) | (Self::Exact, scope @ Scope::Below) => scope,
            (Self::Exact, Scope::Exact | Scope::Subtree) => Scope::Exact,
            (Self::Subtree, Scope::Exact | Scope::Subtree | Scope::Below) => Scope::Subtree,
        }
    }
}

/// What to do with an entry that takes a whole top-level domain along (`vn`), or is a slip (`Facebook`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SingleLabels {
    /// Such an entry, and a pattern as broad, is an issue.
    #[default]
    Refuse,
    /// The operator said that this list may (`force = ["public-suffix"]`): they are entries like others.
    HandOn,
}

#[cfg(test)]
mod tests;
