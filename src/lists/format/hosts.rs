//! Hosts files: an address, then names, each of which stands for itself alone.
//!
//! Only names that point to a sink are blocks. A line that gives a name a real address is a rewrite, and not taken over.

use std::net::IpAddr;

use super::reader::{Effect, Out};
use super::{IssueKind, Scope};

/// Names by which hosts files describe the machine they were made for.
const OWN_NAMES: [&str; 11] = [
    "localhost",
    "localhost.localdomain",
    "local",
    "broadcasthost",
    "ip6-localhost",
    "ip6-loopback",
    "ip6-localnet",
    "ip6-mcastprefix",
    "ip6-allnodes",
    "ip6-allrouters",
    "ip6-allhosts",
];

/// Reads one line. Where no line has an address (such lists exist), a line is one name.
pub(super) fn line(text: &str, out: &mut Out<'_>) {
    let rule = text.split('#').next().unwrap_or_default();
    let mut words = rule.split_ascii_whitespace();
    let Some(first) = words.next() else { return };
    match Target::of(first) {
        None if words.next().is_none() => out.name(first, text, Scope::Exact, Effect::BLOCK),
        None => out.issue(IssueKind::Unreadable, text.as_bytes()),
        Some(target) => {
            let mut names = words.peekable();
            if names.peek().is_none() {
                out.issue(IssueKind::EmptyLabel, text.as_bytes());
            }
            for name in names.filter(|name| *name != first && !is_own(name)) {
                match target {
                    Target::Sink => out.name(name, text, Scope::Exact, Effect::BLOCK),
                    Target::Elsewhere => out.issue(IssueKind::Rewrite, text.as_bytes()),
                }
            }
        }
    }
}

/// What the address of a hosts line, or of an answer in another format, is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// It leads nowhere: the names are blocked.
    Sink,
    /// It leads somewhere.
    Elsewhere,
}

impl Target {
    /// Reads an address, with or without a zone (`fe80::1%lo0`).
    pub(super) fn of(text: &str) -> Option<Self> {
        if text == "0.0.0.0" || text == "127.0.0.1" {
            return Some(Self::Sink);
        }
        let address: IpAddr = text.split('%').next()?.parse().ok()?;
        let sink = address.is_unspecified() || address.is_loopback();
        Some(if sink { Self::Sink } else { Self::Elsewhere })
    }
}

fn is_own(name: &str) -> bool {
    OWN_NAMES.iter().any(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
