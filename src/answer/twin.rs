//! Answers in which a host is its safe twin: an alias of the twin's name, with the twin's addresses.
//!
//! The rule: nothing that an upstream says of the host itself goes into one, for any type: an HTTPS record with the host's own
//! addresses would lead past the twin (RFC 9460 section 7.3). Where the twin has no answer there is none.

use std::net::IpAddr;
use std::time::Duration;

use crate::dns::{Ede, Name, Query, Rcode, RecordType, Relayed, Reply};
use crate::lists::twins::TwinTarget;

/// How long clients remember what needs no look-up: the shipped `[clients] max_ttl`.
const TTL: Duration = Duration::from_secs(300);

/// Whether the twin's addresses are what `query` asks for.
fn asks_for_addresses(query: &Query) -> bool {
    matches!(query.record_type, RecordType::A | RecordType::AAAA)
}

/// The question for the twin's addresses, where an answer to `query` needs them. The same for every host and every client, so
/// that all share one entry of the cache.
pub fn question(query: &Query, target: &TwinTarget) -> Option<Query> {
    match target {
        TwinTarget::Name(name) if asks_for_addresses(query) => {
            Some(Query::new((**name).clone(), query.record_type, query.source))
        }
        TwinTarget::Name(_) | TwinTarget::Addresses(_) => None,
    }
}

/// Answers `query` where no look-up is needed; to be remembered for `ttl_cap` at most.
pub fn at_hand(query: &Query, target: &TwinTarget, ttl_cap: Duration, out: &mut Vec<u8>) -> Option<Rcode> {
    let ttl = TTL.min(ttl_cap);
    match target {
        TwinTarget::Name(_) if asks_for_addresses(query) => None,
        TwinTarget::Name(name) => {
            let reply = Reply::new(query, out).cname(ttl, name);
            Some(match query.record_type {
                RecordType::CNAME | RecordType::ANY => reply.finish(),
                _ => reply.soa(name, ttl).finish(),
            })
        }
        TwinTarget::Addresses(addresses) => Some(addressed(Reply::new(query, out), query, addresses.iter().copied(), ttl)),
    }
}

/// Answers `query` with an alias of `name` and the addresses that `relayed` has for it, `age` seconds old, or
/// `stale`; `None` where that says nothing of the twin.
pub fn render(
    query: &Query,
    name: &Name,
    relayed: &Relayed,
    age: u32,
    ttl_cap: Duration,
    stale: Option<Ede>,
    out: &mut Vec<u8>,
) -> Option<Rcode> {
    if !is_answer(relayed) {
        return None;
    }
    let left = Duration::from_secs(relayed.lifetime().saturating_sub(age).into());
    let ttl = left.min(ttl_cap);
    let reply = Reply::new(query, out).cname(ttl, name);
    let reply = match stale {
        Some(why) => reply.ede(why, ""),
        None => reply,
    };
    let mut addresses = relayed.addresses().peekable();
    if addresses.peek().is_none() {
        return Some(reply.soa(name, ttl).finish());
    }
    Some(addresses.fold(reply, |reply, address| reply.address(ttl, address)).finish())
}

/// Whether a message says which addresses the twin has, or that it has none of this family.
pub fn is_answer(relayed: &Relayed) -> bool {
    relayed.rcode() == Rcode::NOERROR && !relayed.truncated()
}

/// Addresses of the family asked for, else nothing.
fn addressed(reply: Reply<'_>, query: &Query, addresses: impl Iterator<Item = IpAddr>, ttl: Duration) -> Rcode {
    let wanted = |address: &IpAddr| match query.record_type {
        RecordType::A => address.is_ipv4(),
        RecordType::AAAA => address.is_ipv6(),
        RecordType::ANY => true,
        _ => false,
    };
    let mut addresses = addresses.filter(wanted).peekable();
    if addresses.peek().is_none() {
        return reply.soa(&query.name, ttl).finish();
    }
    addresses.fold(reply, |reply, address| reply.address(ttl, address)).finish()
}

#[cfg(test)]
mod tests;
