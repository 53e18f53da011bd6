//! Why a whole list is refused.
//!
//! A fault is about the list; a line that cannot be read is an [`Issue`](super::Issue) and stops nothing.

use super::{Format, IssueKind};

/// A list that is not loaded, and what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing, or only comments.
    #[error("the list is empty")]
    Empty,
    /// No text: an archive, an image, a program.
    #[error("the list is not a text file")]
    Binary,
    /// A web page, mostly an error page that a server sent in the list's place.
    #[error("this is a web page, not a list")]
    WebPage,
    /// A file for TCP wrappers, whatever it is called.
    #[error("this is a hosts.deny file for TCP wrappers, not a list of names")]
    HostsDeny,
    /// A source file of v2fly's domain lists.
    #[error("this is a v2fly source file, which leans on other files: take the publisher's plain list")]
    V2fly,
    /// A uBlacklist file.
    #[error("this is a uBlacklist file, which is about search results: take the publisher's list of names")]
    Ublacklist,
    /// Addresses and no names.
    #[error("this is a list of addresses: `format = \"networks\"` reads it")]
    AddressesOnly,
    /// Most lines cannot be read.
    #[error("{bad} of {lines} lines cannot be read as {format}{}", looks(*looks_like))]
    MostlyBad {
        /// How many lines cannot be read.
        bad: u64,
        /// How many lines say anything.
        lines: u64,
        /// The format that the list was read as.
        format: Format,
        /// The format that its first lines look like, where it is another.
        looks_like: Option<Format>,
    },
    /// All lines can be read and none is for a DNS filter.
    #[error("none of its {lines} lines names a domain that a DNS filter can take; {count} times {}", what.text())]
    NothingTaken {
        /// How many lines say anything.
        lines: u64,
        /// The commonest reason.
        what: IssueKind,
        /// How many lines it holds for.
        count: u32,
    },
    /// Said to be a list of the office, and none.
    #[error("this is no list of names with categories: its first line is not `{}`", super::names::HEAD)]
    NotNames,
    /// More than a list may have.
    #[error("the list is larger than {0} bytes")]
    TooLarge(u64),
    /// A folder of a tree that the publisher made for allowing.
    #[error("the folder is a white list by its own `usage` file, and never blocks")]
    WhiteFolder,
    /// No folder of this name in the tree, or none with a `domains` file.
    #[error("the tree has no such folder with names in it")]
    NoSuchFolder,
    /// A path or link that leads out of the tree.
    #[error("the tree has an entry that leads out of it: {0}")]
    OutOfTree(String),
    /// The source could not be read.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

fn looks(like: Option<Format>) -> String {
    like.map(|format| format!("; it looks like {format}")).unwrap_or_default()
}
