//! Why a source brought nothing: a word for the metrics, and a sentence for people.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

/// The kinds of failure, as `khien_list_failures_total` counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The host's name has no address, or nobody could be asked.
    Resolve,
    /// Address, port or scheme are none that this list may be fetched from.
    Forbidden,
    /// No connection came about, or it broke.
    Connect,
    /// The server could not prove who it is.
    Tls,
    /// What came is not signed by the key that was agreed on.
    Signature,
    /// It took too long, or came too slowly.
    Timeout,
    /// The server answered with something other than the list.
    Status,
    /// It sends elsewhere without end, or to nowhere.
    Redirect,
    /// More than the list may have, packed or unpacked.
    TooLarge,
    /// The end is missing.
    Truncated,
    /// What is packed cannot be unpacked.
    Unpack,
    /// A page for people, such as an error or a login.
    WebPage,
    /// Not a list, or mostly not readable as one.
    Unparsable,
    /// Not signed as it must be, or not what was signed.
    Unverified,
    /// Older than what is known.
    Older,
    /// Signed for a time that is over.
    Expired,
    /// Far fewer entries than before.
    Shrunk,
    /// Far more entries than before.
    Grown,
    /// This machine could not write or look at what came.
    Local,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Resolve,
        Self::Forbidden,
        Self::Connect,
        Self::Tls,
        Self::Signature,
        Self::Timeout,
        Self::Status,
        Self::Redirect,
        Self::TooLarge,
        Self::Truncated,
        Self::Unpack,
        Self::WebPage,
        Self::Unparsable,
        Self::Unverified,
        Self::Older,
        Self::Expired,
        Self::Shrunk,
        Self::Grown,
        Self::Local,
    ];

    /// Its word in metrics and records.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Forbidden => "forbidden",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Signature => "signature",
            Self::Timeout => "timeout",
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::TooLarge => "too-large",
            Self::Truncated => "truncated",
            Self::Unpack => "unpack",
            Self::WebPage => "web-page",
            Self::Unparsable => "unparsable",
            Self::Unverified => "unverified",
            Self::Older => "older",
            Self::Expired => "expired",
            Self::Shrunk => "shrunk",
            Self::Grown => "grown",
            Self::Local => "local",
        }
    }

    /// Whose turn it is.
    pub const fn turn(self) -> Turn {
        match self {
            Self::TooLarge | Self::Unpack | Self::Unparsable | Self::Shrunk | Self::Grown => Turn::Publishers,
            Self::Local => Turn::Ours,
            Self::Resolve
            | Self::Forbidden
            | Self::Connect
            | Self::Tls
            | Self::Signature
            | Self::Timeout
            | Self::Status
            | Self::Redirect
            | Self::Truncated
            | Self::Unverified
            | Self::Older
            | Self::Expired
            | Self::WebPage => Turn::Nobodys,
        }
    }
}

/// Who would have to do something about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The publisher, who offers what is no such list: asking again soon brings the same, whole, once more.
    Publishers,
    /// This machine.
    Ours,
    /// Perhaps nobody: it may pass by itself.
    Nobodys,
}

/// A failure, with a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{said}")]
pub struct Failure {
    /// Its kind.
    pub reason: Reason,
    /// What happened, and where it helps what to do.
    pub said: String,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(reason: Reason, said: impl Into<String>) -> Self {
        Self { reason, said: said.into() }
    }

    /// This machine could not do its part: `what` says which.
    pub fn local(what: impl fmt::Display, error: &io::Error) -> Self {
        Self::new(Reason::Local, format!("{what}: {error}"))
    }
}
