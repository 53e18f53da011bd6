//! Names that are answered here and never forwarded: special-use names and private reverse zones.
//!
//! RFC 6761 (localhost, test, invalid), 6762 (local), 6303 and 7793 (reverse zones), 7686 (onion), 8375 (home.arpa), 8880
//! (ipv4only.arpa), 9462 and 9606 (resolver.arpa), 9476 (alt).
//!
//! # Cost
//! Runs on every query; all but the names under `arpa` are told apart by their last label.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;
use std::time::Duration;

use crate::dns::{Name, NameMap, Query, Rcode, RecordType, Reply};

/// How long clients may remember these answers: the shipped `[clients] max_ttl`.
const TTL: Duration = Duration::from_secs(300);

/// What is said of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    /// The loopback addresses, at the name and below.
    Loopback,
    /// Nothing exists, the name itself neither.
    Absent,
    /// The name exists and has no data; nothing exists below (RFC 6303 section 3).
    Empty,
    /// The well-known addresses that reveal a NAT64 (RFC 8880 section 7.1).
    Ipv4Only,
    /// The reverse names of these addresses.
    Ipv4OnlyReverse,
    /// `resolver.arpa`: we announce no encrypted endpoints and no further information.
    Resolver,
}

/// The addresses of `ipv4only.arpa` (RFC 7050 section 2.2).
const IPV4_ONLY: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 0, 170), Ipv4Addr::new(192, 0, 0, 171)];

/// The reverse zones of RFC 6303 section 4, without the ranges that [`under_arpa`] counts out.
const REVERSE: [&str; 17] = [
    "10.in-addr.arpa",
    "168.192.in-addr.arpa",
    "0.in-addr.arpa",
    "127.in-addr.arpa",
    "254.169.in-addr.arpa",
    "2.0.192.in-addr.arpa",
    "100.51.198.in-addr.arpa",
    "113.0.203.in-addr.arpa",
    "255.255.255.255.in-addr.arpa",
    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
    "d.f.ip6.arpa",
    "8.e.f.ip6.arpa",
    "9.e.f.ip6.arpa",
    "a.e.f.ip6.arpa",
    "b.e.f.ip6.arpa",
    "8.b.d.0.1.0.0.2.ip6.arpa",
];

static UNDER_ARPA: LazyLock<NameMap<Zone>> = LazyLock::new(under_arpa);

fn under_arpa() -> NameMap<Zone> {
    let mut zones = NameMap::default();
    let mut add = |text: &str, zone| zones.insert(&Name::parse(text).expect("the constants are names"), zone);
    for zone in REVERSE {
        add(zone, Zone::Empty);
    }
    // 172.16.0.0/12, and the shared addresses of carriers 100.64.0.0/10 (RFC 7793).
    for second in 16..32 {
        add(&format!("{second}.172.in-addr.arpa"), Zone::Empty);
    }
    for second in 64..128 {
        add(&format!("{second}.100.in-addr.arpa"), Zone::Empty);
    }
    add("home.arpa", Zone::Empty);
    add("ipv4only.arpa", Zone::Ipv4Only);
    add("170.0.0.192.in-addr.arpa", Zone::Ipv4OnlyReverse);
    add("171.0.0.192.in-addr.arpa", Zone::Ipv4OnlyReverse);
    add("resolver.arpa", Zone::Resolver);
    zones
}

/// The zone that `name` is in, and how many labels that has.
fn zone(name: &Name) -> Option<(usize, Zone)> {
    match name.labels().last()? {
        b"localhost" => Some((1, Zone::Loopback)),
        b"local" | b"test" | b"invalid" | b"onion" | b"alt" => Some((1, Zone::Absent)),
        b"arpa" => UNDER_ARPA.covering(name).map(|(labels, zone)| (labels, *zone)),
        _ => None,
    }
}

/// Answers `query` into `out` where its name is one of these; clients may remember it for `most`, which is asked for where it is one.
pub fn answer(query: &Query, most: impl FnOnce() -> Duration, out: &mut Vec<u8>) -> Option<Rcode> {
    let (labels, zone) = zone(&query.name)?;
    let ttl = TTL.min(most());
    let owner = query.name.ancestor(labels);
    let below = query.name.label_count() - labels;
    let reply = Reply::new(query, out);
    let no_data = |reply: Reply<'_>| reply.soa(&owner, ttl).finish();
    let absent = |reply: Reply<'_>| reply.rcode(Rcode::NXDOMAIN).soa(&owner, ttl).finish();
    Some(match (zone, query.record_type) {
        (Zone::Loopback, RecordType::A) => reply.address(ttl, IpAddr::V4(Ipv4Addr::LOCALHOST)).finish(),
        (Zone::Loopback, RecordType::AAAA) => reply.address(ttl, IpAddr::V6(Ipv6Addr::LOCALHOST)).finish(),
        (Zone::Loopback, _) => no_data(reply),
        (Zone::Absent, _) => absent(reply),
        (Zone::Resolver, _) if is_discovery(&query.name) => no_data(reply),
        (Zone::Empty | Zone::Ipv4Only | Zone::Ipv4OnlyReverse | Zone::Resolver, _) if below > 0 => absent(reply),
        (Zone::Ipv4Only, RecordType::A) => {
            IPV4_ONLY.into_iter().fold(reply, |reply, address| reply.address(ttl, IpAddr::V4(address))).finish()
        }
        (Zone::Ipv4OnlyReverse, RecordType::PTR) => {
            let target = Name::parse("ipv4only.arpa").expect("a constant");
            reply.pointer(ttl, &target).finish()
        }
        (Zone::Empty | Zone::Ipv4Only | Zone::Ipv4OnlyReverse | Zone::Resolver, _) => no_data(reply),
    })
}

/// Whether a client asks for encrypted endpoints by this name: of this resolver, or of one that it knows by a name or port in
/// between (RFC 9462 sections 4 and 5).
fn is_discovery(name: &Name) -> bool {
    name.labels().next() == Some(b"_dns")
}

#[cfg(test)]
mod tests;
