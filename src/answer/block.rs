//! What a blocked client gets: an address that leads nowhere, absence, or a refusal, with the reason in words.
//!
//! NXDOMAIN says that nothing exists below a name either (RFC 8020), so it is only said where the whole subtree is closed.
//!
//! # Cost
//! Renders into the caller's buffer without allocating. Guarded by `benches/query.rs`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::texts::{Language, Text};
use crate::dns::{Ede, Query, Rcode, RecordType, Reply};
use crate::lists::{CategoryEntry, Words};
use crate::policy::Reason;

/// The kind of answer that a blocked client gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockMode {
    /// The addresses 0.0.0.0 and ::, for other types nothing.
    Null,
    /// The name does not exist, or, where something below it is open, has no data.
    Nxdomain,
    /// REFUSED.
    Refused,
}

/// What blocked clients of this school get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockAnswer {
    /// The kind of answer.
    pub mode: BlockMode,
    /// How long a client may remember it.
    pub ttl: Duration,
    /// The language of the extended error's text.
    pub language: Language,
    /// Where a blocked reader turns; empty where nowhere.
    pub contact: String,
}

/// Why one name is blocked, as far as the answer says so.
#[derive(Clone, Copy)]
pub struct Blocked<'a> {
    /// The rule that decided.
    pub reason: Reason,
    /// The category that decided, where one did.
    pub category: Option<&'a CategoryEntry>,
    /// The name of the tier in force.
    pub tier: &'a Words,
    /// How many labels of the asked name are the rule's name; 0 where the rule has no name.
    pub rule_labels: usize,
    /// Whether everything below the asked name is blocked too; asked for only where the answer depends on it.
    pub closed: &'a dyn Fn() -> bool,
}

impl fmt::Debug for Blocked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let category = self.category.map(|entry| &entry.id);
        f.debug_struct("Blocked").field("reason", &self.reason).field("category", &category).finish_non_exhaustive()
    }
}

impl Blocked<'_> {
    /// The extended error (RFC 8914): what the law or the office forbids is censored, what the school closes is blocked.
    const fn ede(&self) -> Ede {
        match self.reason {
            Reason::Locked => Ede::CENSORED,
            Reason::Deny
            | Reason::AllowOnly
            | Reason::Tier
            | Reason::Bypass
            | Reason::Rebinding
            | Reason::Exception
            | Reason::Guarantee
            | Reason::OfficeAllow
            | Reason::Grant
            | Reason::Allow
            | Reason::SafeSearch
            | Reason::Local
            | Reason::NotReady
            | Reason::None => Ede::BLOCKED,
        }
    }
}

impl BlockAnswer {
    /// Writes the blocked client's reply into `out`.
    pub fn render(&self, query: &Query, blocked: &Blocked<'_>, out: &mut Vec<u8>) -> Rcode {
        // Without EDNS there is no place for a text, and none is composed.
        let text = query.edns.is_some().then(|| Text::of(blocked, self.language, &self.contact));
        let reply = Reply::new(query, out).ede(blocked.ede(), text.as_ref().map_or("", Text::as_str));
        let absent = |reply: Reply<'_>| {
            // A rule without a name, a pattern or an exam, is about the asked name.
            let labels = if blocked.rule_labels == 0 { usize::MAX } else { blocked.rule_labels };
            reply.soa(&query.name.ancestor(labels), self.ttl).finish()
        };
        match (self.mode, query.record_type) {
            (BlockMode::Refused, _) => reply.rcode(Rcode::REFUSED).finish(),
            (BlockMode::Null, RecordType::A) => reply.address(self.ttl, IpAddr::V4(Ipv4Addr::UNSPECIFIED)).finish(),
            (BlockMode::Null, RecordType::AAAA) => reply.address(self.ttl, IpAddr::V6(Ipv6Addr::UNSPECIFIED)).finish(),
            (BlockMode::Nxdomain, _) if (blocked.closed)() => absent(reply.rcode(Rcode::NXDOMAIN)),
            (BlockMode::Null | BlockMode::Nxdomain, _) => absent(reply),
        }
    }

    /// The text of EDE 14: a list has never been loaded yet.
    pub const fn not_ready(&self) -> &'static str {
        self.language
            .choose("Bộ lọc đang khởi động, xin thử lại sau ít phút.", "The filter is still starting, please try again soon.")
    }

    /// The text of EDE 18: the client is in none of the school's networks.
    pub const fn not_served(&self) -> &'static str {
        self.language.choose("Thiết bị này không thuộc mạng của trường.", "This device is not in the school's network.")
    }

    /// The text for a client that asks faster than its rate, by a connection.
    pub const fn too_often(&self) -> &'static str {
        self.language.choose("Thiết bị này hỏi quá nhanh.", "This device asks too fast.")
    }
}

#[cfg(test)]
mod tests;
