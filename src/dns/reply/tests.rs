//! Replies of ours, read back with the same eyes as an upstream's.

use std::net::IpAddr;
use std::time::Duration;

use super::{Reply, reply_unparsed};
use crate::dns::{Ede, Message, Name, Opcode, Query, Rcode, RecordType, Section, Source, Transport};

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

/// A query for `wWw.example.vn`, type A, with these flags and this OPT record (none where empty).
fn query(transport: Transport, flags: [u8; 2], opt: &[u8]) -> Query {
    let mut bytes = vec![0xab, 0xcd, flags[0], flags[1], 0, 1, 0, 0, 0, 0, 0, u8::from(!opt.is_empty())];
    bytes.extend(b"\x03wWw\x07example\x02vn\x00\x00\x01\x00\x01");
    bytes.extend(opt);
    let address = "127.0.0.1:5300".parse().expect("an address");
    Query::parse(&bytes, Source::new(address, address, transport)).expect("a query")
}

fn plain() -> Query {
    query(Transport::Udp, [1, 0], &[])
}

fn with_edns() -> Query {
    query(Transport::Udp, [1, 0x10], b"\x00\x00\x29\x10\x00\x00\x00\xff\xff\x00\x00")
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn an_address_in_the_clients_spelling() {
    let (query, mut out) = (plain(), Vec::new());
    assert_eq!(Reply::new(&query, &mut out).address(HALF_A_MINUTE, address("0.0.0.0")).finish(), Rcode::NOERROR);
    let mut expected = b"\xab\xcd\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x03wWw\x07example\x02vn\x00\x00\x01\x00\x01".to_vec();
    expected.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x1e\x00\x04\x00\x00\x00\x00");
    assert_eq!(out, expected);
}

#[test]
fn an_alias_owns_what_follows_it() {
    let (query, mut out) = (with_edns(), Vec::new());
    let twin = name("forcesafesearch.google.com");
    let reply = Reply::new(&query, &mut out).cname(HALF_A_MINUTE, &twin);
    reply.address(HALF_A_MINUTE, address("192.0.2.1")).address(HALF_A_MINUTE, address("2001:db8::1")).finish();
    let message = Message::parse(&out).expect("sound");
    let owners: Vec<_> = message.records(Section::Answer).map(|record| (record.owner(), record.record_type)).collect();
    let expected = [(query.name.clone(), RecordType::CNAME), (twin.clone(), RecordType::A), (twin, RecordType::AAAA)];
    assert_eq!(owners, expected);
}

#[test]
fn absence_carries_an_soa_of_the_rules_name() {
    for (owner, rcode) in [("example.vn", Rcode::NXDOMAIN), ("elsewhere.test", Rcode::NOERROR), (".", Rcode::NOERROR)] {
        let (query, mut out) = (plain(), Vec::new());
        let owner = name(owner);
        assert_eq!(Reply::new(&query, &mut out).rcode(rcode).soa(&owner, HALF_A_MINUTE).finish(), rcode);
        let message = Message::parse(&out).expect("sound");
        let soa = message.records(Section::Authority).next().expect("one SOA");
        assert_eq!((message.rcode(), soa.owner(), soa.ttl(), soa.soa_minimum()), (rcode, owner, 30, Some(30)));
    }
}

/// RFC 6891 section 7: no OPT where none came; else one, DO copied, unknown flags clear.
#[test]
fn edns_answers_edns() {
    let mut out = Vec::new();
    let query = plain();
    Reply::new(&query, &mut out).ede(Ede::BLOCKED, "x").finish();
    assert!(!Message::parse(&out).expect("sound").has_edns());
    let query = with_edns();
    Reply::new(&query, &mut out).ede(Ede::BLOCKED, "Trò chơi").finish();
    let message = Message::parse(&out).expect("sound");
    assert_eq!(message.ede().collect::<Vec<_>>(), [(Ede::BLOCKED, "Trò chơi")]);
    assert!(message.checking_disabled() && message.recursion_desired() && !message.authentic_data());
    let opt = out.len() - 11 - 6 - "Trò chơi".len();
    assert_eq!(out[opt..opt + 9], [0, 0, 41, 4, 208, 0, 0, 0x80, 0]);
}

#[test]
fn a_text_is_cut_at_a_character() {
    let (query, mut out) = (with_edns(), Vec::new());
    Reply::new(&query, &mut out).ede(Ede::BLOCKED, &"ộ".repeat(60)).finish();
    let message = Message::parse(&out).expect("sound");
    assert_eq!(message.ede().next(), Some((Ede::BLOCKED, "ộ".repeat(40).as_str())));
}

/// The error's text goes first, then the error, and records only then.
#[test]
fn what_is_over_the_limit_goes_in_order() {
    let query = query(Transport::Udp, [1, 0], b"\x00\x00\x29\x02\x00\x00\x00\x00\x00\x00\x00");
    // Header and question have 32 octets, an A record 16, OPT 11, an error 6: the limit is 512.
    let render = |addresses: usize| {
        let mut out = Vec::new();
        let mut reply = Reply::new(&query, &mut out).ede(Ede::BLOCKED, "twenty-four octets long.");
        for _ in 0..addresses {
            reply = reply.address(HALF_A_MINUTE, address("192.0.2.1"));
        }
        reply.finish();
        assert!(out.len() <= 512);
        out
    };
    for (addresses, ede, records, truncated) in
        [(27, Some("twenty-four octets long."), 27, false), (28, Some(""), 28, false), (29, None, 29, false)]
    {
        let out = render(addresses);
        let message = Message::parse(&out).expect("sound");
        assert_eq!(message.ede().next().map(|(_, text)| text), ede, "{addresses}");
        assert_eq!((message.records(Section::Answer).count(), message.truncated()), (records, truncated));
    }
    let out = render(30);
    let message = Message::parse(&out).expect("sound");
    assert!(message.truncated());
    assert_eq!(out[6..12], [0, 0, 0, 0, 0, 1], "no record but OPT");
    assert_eq!(out.len(), 32 + 11 + 6 + 24, "with room again, the error is back");
}

#[test]
fn a_stream_has_room() {
    let query = query(Transport::Tcp, [1, 0], &[]);
    let mut out = Vec::new();
    let mut reply = Reply::new(&query, &mut out);
    for _ in 0..1000 {
        reply = reply.address(HALF_A_MINUTE, address("192.0.2.1"));
    }
    reply.finish();
    assert_eq!(Message::parse(&out).expect("sound").records(Section::Answer).count(), 1000);
}

/// RFC 7828: told where asked, on TCP only.
#[test]
fn keepalive_is_told_on_tcp() {
    let opt = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x04\x00\x0b\x00\x00";
    let mut out = Vec::new();
    let query_tcp = query(Transport::Tcp, [1, 0], opt);
    Reply::new(&query_tcp, &mut out).finish();
    assert!(out.ends_with(b"\x00\x06\x00\x0b\x00\x02\x00\x64"));
    let query_udp = query(Transport::Udp, [1, 0], opt);
    Reply::new(&query_udp, &mut out).finish();
    assert!(out.ends_with(b"\x00\x00"));
    assert_eq!(out.len(), 32 + 11);
}

#[test]
fn what_is_no_query_gets_a_header() {
    let mut out = Vec::new();
    reply_unparsed(0xabcd, Opcode(5), true, Rcode::NOTIMP, &mut out);
    assert_eq!(out, b"\xab\xcd\xa9\x84\x00\x00\x00\x00\x00\x00\x00\x00");
    reply_unparsed(0xabcd, Opcode::QUERY, false, Rcode::BADVERS, &mut out);
    assert_eq!(out, b"\xab\xcd\x80\x80\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x29\x04\xd0\x01\x00\x00\x00\x00\x00");
    assert_eq!(Message::parse(&out).expect("sound").rcode(), Rcode::BADVERS);
}

#[test]
fn tc_may_be_asked_for() {
    let (query, mut out) = (plain(), Vec::new());
    Reply::new(&query, &mut out).truncated().finish();
    assert!(Message::parse(&out).expect("sound").truncated());
}
