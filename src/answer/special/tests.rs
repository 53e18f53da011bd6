//! One table: what is asked, and what is said without asking anyone.

use std::time::Duration;

use super::{TTL, answer};
use crate::dns::{Message, Name, Query, Rcode, RecordType, Section, Source, Transport};

/// What was answered, in words: the data, `NODATA zone`, `NXDOMAIN zone`, or `-` where the name is nothing special.
fn said(name: &str, record_type: RecordType) -> String {
    let address = "127.0.0.1:53".parse().expect("an address");
    let query = Query::new(Name::parse(name).expect("a name"), record_type, Source::new(address, address, Transport::Udp));
    let mut out = Vec::new();
    let Some(rcode) = answer(&query, || Duration::MAX, &mut out) else { return "-".into() };
    let message = Message::parse(&out).expect("sound");
    assert_eq!(message.rcode(), rcode);
    assert!(!message.authoritative() && !message.authentic_data());
    let data: Vec<String> = message
        .records(Section::Answer)
        .map(|record| {
            assert_eq!(record.record_type, record_type);
            match record.rdata() {
                [a, b, c, d] => format!("{a}.{b}.{c}.{d}"),
                sixteen if sixteen.len() == 16 => {
                    std::net::Ipv6Addr::from(<[u8; 16]>::try_from(sixteen).expect("16 octets")).to_string()
                }
                name => Name::from_wire(name).expect("a name").to_string(),
            }
        })
        .collect();
    let soa = message.records(Section::Authority).map(|record| record.owner().to_string()).next();
    match (rcode, soa) {
        (Rcode::NXDOMAIN, Some(zone)) => format!("NXDOMAIN {zone}"),
        (Rcode::NOERROR, Some(zone)) => format!("NODATA {zone}"),
        (Rcode::NOERROR, None) => data.join(" "),
        (other, soa) => panic!("{other} with {soa:?}"),
    }
}

#[test]
fn special_names_are_answered_here() {
    let table = [
        ("localhost", RecordType::A, "127.0.0.1"),
        ("LocalHost", RecordType::AAAA, "::1"),
        ("x.localhost", RecordType::A, "127.0.0.1"),
        ("localhost", RecordType::MX, "NODATA localhost"),
        ("printer.local", RecordType::A, "NXDOMAIN local"),
        ("local", RecordType::SOA, "NXDOMAIN local"),
        ("abc.onion", RecordType::A, "NXDOMAIN onion"),
        ("x.invalid", RecordType::TXT, "NXDOMAIN invalid"),
        ("a.b.test", RecordType::A, "NXDOMAIN test"),
        ("gns.alt", RecordType::A, "NXDOMAIN alt"),
        ("home.arpa", RecordType::A, "NODATA home.arpa"),
        ("nas.home.arpa", RecordType::A, "NXDOMAIN home.arpa"),
        ("ipv4only.arpa", RecordType::A, "192.0.0.170 192.0.0.171"),
        ("ipv4only.arpa", RecordType::AAAA, "NODATA ipv4only.arpa"),
        ("x.ipv4only.arpa", RecordType::A, "NXDOMAIN ipv4only.arpa"),
        ("170.0.0.192.in-addr.arpa", RecordType::PTR, "ipv4only.arpa"),
        ("171.0.0.192.in-addr.arpa", RecordType::A, "NODATA 171.0.0.192.in-addr.arpa"),
        ("_dns.resolver.arpa", RecordType::SVCB, "NODATA resolver.arpa"),
        ("resolver.arpa", RecordType(261), "NODATA resolver.arpa"),
        ("x.resolver.arpa", RecordType::A, "NXDOMAIN resolver.arpa"),
    ];
    for (name, record_type, expected) in table {
        assert_eq!(said(name, record_type), expected, "{name} {record_type}");
    }
}

/// RFC 6303 section 4 and RFC 7793: every private address, and no address next to them.
#[test]
fn private_addresses_are_never_looked_up() {
    let reverse = |address: &str| match address.parse().expect("an address") {
        std::net::IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        std::net::IpAddr::V6(v6) => {
            let nibbles: Vec<String> = v6
                .octets()
                .iter()
                .rev()
                .flat_map(|octet| [octet & 0xf, octet >> 4])
                .map(|nibble| format!("{nibble:x}"))
                .collect();
            format!("{}.ip6.arpa", nibbles.join("."))
        }
    };
    let private = [
        "10.0.0.1",
        "10.255.255.254",
        "172.16.0.1",
        "172.31.255.1",
        "192.168.1.1",
        "127.0.0.1",
        "169.254.7.7",
        "0.1.2.3",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "100.64.0.1",
        "100.127.255.1",
        "fd00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "2001:db8::1",
    ];
    for address in private {
        assert!(said(&reverse(address), RecordType::PTR).starts_with("NXDOMAIN "), "{address}");
    }
    for address in ["255.255.255.255", "::", "::1"] {
        assert!(said(&reverse(address), RecordType::PTR).starts_with("NODATA "), "{address} is the zone itself");
    }
    for address in [
        "9.255.255.255",
        "11.0.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.167.1.1",
        "100.63.0.1",
        "100.128.0.1",
        "8.8.8.8",
        "192.0.0.1",
        "::2",
        "fec0::1",
        "2001:db9::1",
        "2606:4700::1111",
    ] {
        assert_eq!(said(&reverse(address), RecordType::PTR), "-", "{address}");
    }
}

#[test]
fn all_else_is_looked_up() {
    for name in
        [".", "vn", "arpa", "in-addr.arpa", "172.in-addr.arpa", "ip6.arpa", "mylocal", "localhost.vn", "test.vn", "e.f.ip6.arpa"]
    {
        assert_eq!(said(name, RecordType::A), "-", "{name}");
    }
}

#[test]
fn no_answer_is_remembered_for_longer_than_clients_may() {
    let address = "127.0.0.1:53".parse().expect("an address");
    for (most, ttl) in [(Duration::from_secs(7), 7), (Duration::ZERO, 0), (Duration::from_secs(86_400), TTL.as_secs())] {
        for (name, record_type) in [
            ("localhost", RecordType::A),
            ("localhost", RecordType::AAAA),
            ("localhost", RecordType::MX),
            ("x.local", RecordType::A),
            ("ipv4only.arpa", RecordType::A),
            ("170.0.0.192.in-addr.arpa", RecordType::PTR),
            ("resolver.arpa", RecordType::SVCB),
            ("1.10.in-addr.arpa", RecordType::PTR),
        ] {
            let query =
                Query::new(Name::parse(name).expect("a name"), record_type, Source::new(address, address, Transport::Udp));
            let mut out = Vec::new();
            answer(&query, || most, &mut out).expect("answered here");
            let message = Message::parse(&out).expect("sound");
            let records = message.records(Section::Answer).chain(message.records(Section::Authority));
            let ttls: Vec<u64> = records.map(|record| u64::from(record.ttl())).collect();
            assert!(!ttls.is_empty() && ttls.iter().all(|found| *found == ttl), "{name} {record_type}: {ttls:?} of {ttl}");
        }
    }
}
