//! What is a subnet, whom it names, and that the reply repeats it with a scope as long as its source.

use std::net::IpAddr;

use super::{Behalf, ClientSubnet};
use crate::dns::{Ede, Message, Query, Rcode, Relayed, Reply, Source, Transport};

fn read(data: &[u8]) -> Option<ClientSubnet> {
    match Behalf::Unsaid.with(data) {
        Behalf::Of(subnet) => Some(subnet),
        Behalf::Garbled => None,
        Behalf::Unsaid => panic!("an option is never nothing"),
    }
}

fn client(data: &[u8]) -> Option<IpAddr> {
    read(data).unwrap_or_else(|| panic!("no subnet: {data:02x?}")).client()
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// An option of IPv6 with these leading octets.
fn v6(source: u8, octets: &[u8]) -> Vec<u8> {
    [&[0, 2, source, 0], octets].concat()
}

#[test]
fn a_whole_address_names_the_client() {
    assert_eq!(client(&[0, 1, 32, 0, 10, 20, 1, 7]), Some(ip("10.20.1.7")));
    let IpAddr::V6(laptop) = ip("fd20:1::7") else { panic!("IPv6") };
    assert_eq!(client(&v6(128, &laptop.octets())), Some(ip("fd20:1::7")));
    let IpAddr::V6(mapped) = ip("::ffff:10.20.1.7") else { panic!("IPv6") };
    assert_eq!(client(&v6(128, &mapped.octets())), Some(ip("10.20.1.7")), "what it is, whatever it wears");
    assert_eq!(ClientSubnet::of(ip("10.20.1.7")), read(&[0, 1, 32, 0, 10, 20, 1, 7]).expect("a subnet"));
    assert_eq!(ClientSubnet::of(ip("fd20:1::7")), read(&v6(128, &laptop.octets())).expect("a subnet"));
}

#[test]
fn a_network_or_nothing_names_nobody() {
    assert_eq!(client(&[0, 1, 24, 0, 10, 20, 1]), None);
    assert_eq!(client(&[0, 1, 31, 0, 10, 20, 1, 6]), None);
    assert_eq!(client(&v6(56, &[0xfd, 0x20, 0, 0, 0, 0, 0])), None);
    assert_eq!(client(&v6(32, &[0xfd, 0x20, 0, 1])), None, "32 bits are all of an address only in IPv4");
    for family in 0..=2 {
        assert_eq!(client(&[0, family, 0, 0]), None, "a client that opts out (section 7.1.2)");
    }
}

#[test]
fn what_is_no_subnet_is_garbled() {
    let wrong: [(&str, &[u8]); 13] = [
        ("nothing", &[]),
        ("half a head", &[0, 1, 32]),
        ("an unknown family", &[0, 3, 0, 0]),
        ("an unknown family with an address", &[0x80, 1, 32, 0, 10, 20, 1, 7]),
        ("no family, yet a prefix", &[0, 0, 8, 0, 10]),
        ("a prefix longer than an IPv4 address", &[0, 1, 33, 0, 10, 20, 1, 7, 0]),
        ("a prefix longer than an IPv6 address", &[0, 2, 129, 0]),
        ("a scope", &[0, 1, 32, 32, 10, 20, 1, 7]),
        ("an octet too few", &[0, 1, 32, 0, 10, 20, 1]),
        ("an octet too many", &[0, 1, 24, 0, 10, 20, 1, 0]),
        ("an octet with no prefix", &[0, 1, 0, 0, 0]),
        ("a bit behind the prefix", &[0, 1, 31, 0, 10, 20, 1, 7]),
        ("bits behind the prefix", &[0, 2, 9, 0, 0xfd, 0xff]),
    ];
    for (what, data) in wrong {
        assert_eq!(read(data), None, "{what}");
    }
}

#[test]
fn of_two_neither_is_believed() {
    let one = [0, 1, 32, 0, 10, 20, 1, 7];
    assert_eq!(Behalf::Unsaid.with(&one).with(&one), Behalf::Garbled);
    assert_eq!(Behalf::Unsaid.with(&[]).with(&one), Behalf::Garbled);
}

/// A query for a name, with this option 8 and a payload of 512.
fn query(data: &[u8]) -> Query {
    let mut bytes = vec![0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    bytes.extend(b"\x03www\x07example\x02vn\x00\x00\x01\x00\x01");
    bytes.extend(b"\x00\x00\x29\x02\x00\x00\x00\x00\x00\x00");
    bytes.extend([u8::try_from(4 + data.len()).expect("short"), 0, 8, 0, u8::try_from(data.len()).expect("short")]);
    bytes.extend(data);
    let address = "127.0.0.1:53".parse().expect("an address");
    Query::parse(&bytes, Source::new(address, address, Transport::Udp)).expect("a query")
}

/// Whether a message ends in the echo of `data`, its scope as long as its source, and nothing behind it.
fn echoes(out: &[u8], data: &[u8]) -> bool {
    let mut echo = vec![0, 8, 0, u8::try_from(data.len()).expect("short")];
    echo.extend(data);
    echo[7] = echo[6];
    out.ends_with(&echo)
}

#[test]
fn every_kind_of_reply_repeats_it_and_none_where_it_was_stripped() {
    let mut upstream = b"\xab\xcd\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x03www\x07example\x02vn\x00\x00\x01\x00\x01".to_vec();
    upstream.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x1e\x00\x04\xc0\x00\x02\x07");
    let relayed = Relayed::read(&upstream).expect("sound");
    for data in [&[0, 1, 32, 0, 10, 20, 1, 7][..], &[0, 1, 20, 0, 10, 20, 16], &[0, 2, 0, 0], &[0, 0, 0, 0]] {
        let (mut query, mut out) = (query(data), Vec::new());
        for rcode in [Rcode::NOERROR, Rcode::NXDOMAIN, Rcode::SERVFAIL, Rcode::REFUSED, Rcode::FORMERR] {
            Reply::new(&query, &mut out).rcode(rcode).finish();
            assert!(echoes(&out, data), "{rcode:?} {out:02x?}");
        }
        relayed.render(&query, 0, 300, None, &mut out);
        assert!(echoes(&out, data), "{out:02x?}");
        assert!(Message::parse(&out).is_ok_and(|message| message.has_edns()));
        query.strip_behalf();
        for write in [0, 1] {
            match write {
                0 => drop(Reply::new(&query, &mut out).finish()),
                _ => drop(relayed.render(&query, 0, 300, None, &mut out)),
            }
            assert!(out.ends_with(&[0, 0]) && !echoes(&out, data), "the record has no options: {out:02x?}");
        }
    }
}

#[test]
fn near_the_limit_the_text_and_the_records_give_way_and_the_scope_does_not() {
    let data = [0, 1, 32, 0, 10, 20, 1, 7];
    let (query, mut out) = (query(&data), Vec::new());
    let long = "x".repeat(120);
    for addresses in 0..40_u8 {
        let mut reply = Reply::new(&query, &mut out).ede(Ede::BLOCKED, &long);
        for last in 0..addresses {
            reply = reply.address(std::time::Duration::ZERO, IpAddr::from([10, 0, 0, last]));
        }
        reply.finish();
        assert!(out.len() <= 512);
        let place = out.windows(12).position(|window| echoes(window, &data));
        assert!(place.is_some(), "{addresses} addresses: {out:02x?}");
    }
}
