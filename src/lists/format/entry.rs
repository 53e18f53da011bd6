//! What a line of a list says, once it is understood: a name with its reach, or a pattern.
//!
//! Nothing of the format it came from is left in an [`Entry`]: all formats say the same few things.

use ipnet::IpNet;

use super::TypeSet;
use crate::dns::Name;

/// One name of a list and what the list says of it.
///
/// It borrows the name: lists have millions of them, and who keeps them decides how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The name, mapped to its ASCII form and folded to lower case.
    pub name: &'a Name,
    /// Which names it stands for.
    pub scope: Scope,
    /// Whether it puts names into the list's category or takes them out.
    pub action: Action,
    /// For which record types it counts.
    pub types: TypeSet,
    /// Whether it also beats exceptions that are not marked so (adblock's `$important`).
    pub important: bool,
    /// The line of the list, counted from 1.
    pub line: u32,
}

/// Which names an entry stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// The name alone.
    Exact,
    /// The name and everything below it.
    Subtree,
    /// Everything below the name, not the name itself (a wildcard of a zone file, RFC 4592).
    Below,
}

/// What a list wants done with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// The name belongs to the list's category.
    Block,
    /// The name is an exception from the list's other rules.
    Allow,
}

/// A rule on names that no single name can say: a regular expression, or a wildcard inside a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// A regular expression to be searched for in the name's presentation form (lower case, no final dot),
    /// for [`pattern_syntax`](super::pattern_syntax); anchors, where there are any, are part of it.
    pub regex: String,
    /// Whether it puts names into the list's category or takes them out.
    pub action: Action,
    /// For which record types it counts.
    pub types: TypeSet,
    /// Whether it also beats exceptions that are not marked so.
    pub important: bool,
    /// The line of the list, counted from 1.
    pub line: u32,
}

/// A network that belongs to the list's category: the addresses in it, not names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// The network.
    pub network: IpNet,
    /// The line of the list, counted from 1.
    pub line: u32,
}
