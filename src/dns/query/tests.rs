//! What counts as a query, and what each malformed packet gets.

use super::{Edns, Ignored, NotAQuery, Query, Source};
use crate::dns::{Behalf, Name, Rcode, RecordType, Transport};

fn source() -> Source {
    let address = "127.0.0.1:5300".parse().expect("an address");
    Source::new(address, address, Transport::Udp)
}

/// A header of the given counts, then `tail`.
fn packet(flags: u16, counts: [u16; 4], tail: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xab, 0xcd];
    bytes.extend(flags.to_be_bytes());
    for count in counts {
        bytes.extend(count.to_be_bytes());
    }
    bytes.extend(tail);
    bytes
}

const QUESTION: &[u8] = b"\x03wWw\x07ExAmPlE\x02vN\x00\x00\x01\x00\x01";
const OPT: &[u8] = b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x00";

fn rcode(bytes: &[u8]) -> Rcode {
    match Query::parse(bytes, source()) {
        Err(NotAQuery::Reply { id: 0xabcd, rcode, .. }) => rcode,
        other => panic!("expected a reply with an rcode, got {other:?}"),
    }
}

#[test]
fn reads_a_query_and_keeps_its_spelling() {
    let bytes = packet(0x0110, [1, 0, 0, 1], &[QUESTION, OPT].concat());
    let query = Query::parse(&bytes, source()).expect("a query");
    assert_eq!(query.name, Name::parse("www.example.vn").expect("a name"));
    assert_eq!(query.spelling(), &QUESTION[..QUESTION.len() - 4]);
    assert_eq!(query.record_type, RecordType::A);
    assert_eq!(query.edns, Some(Edns { payload: 1232, dnssec_ok: true, keepalive: false, behalf: Behalf::Unsaid }));
    assert!(query.recursion_desired() && query.checking_disabled() && query.wants_authentic_data());
    assert_eq!(query.reply_limit(), 1232);
}

#[test]
fn silence_for_short_packets_and_responses() {
    for length in 0..12 {
        let result = Query::parse(&vec![0; length], source());
        assert_eq!(result.err(), Some(NotAQuery::Ignore(Ignored::Short)));
    }
    let response = packet(0x8180, [1, 0, 0, 0], QUESTION);
    assert_eq!(Query::parse(&response, source()).err(), Some(NotAQuery::Ignore(Ignored::Response)));
}

/// RFC 9619: QDCOUNT other than 1 is malformed.
#[test]
fn one_question_exactly() {
    assert_eq!(rcode(&packet(0x0100, [0, 0, 0, 0], &[])), Rcode::FORMERR);
    assert_eq!(rcode(&packet(0x0100, [2, 0, 0, 0], &[QUESTION, QUESTION].concat())), Rcode::FORMERR);
}

#[test]
fn other_opcodes_are_not_implemented() {
    for opcode in [1, 2, 3, 4, 5, 6, 15] {
        assert_eq!(rcode(&packet(opcode << 11, [1, 0, 0, 0], QUESTION)), Rcode::NOTIMP);
    }
}

#[test]
fn malformed_names_and_records() {
    for tail in [&b"\xc0\x0c\x00\x01\x00\x01"[..], b"\x40abc", b"\x03ww", b"\x03www\x00\x00\x01"] {
        assert_eq!(rcode(&packet(0x0100, [1, 0, 0, 0], tail)), Rcode::FORMERR);
    }
    // An OPT whose data runs past the end, options that do not add up, and a record that is missing.
    let past = b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x09";
    let crooked = b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x03\x00\x0b\x00";
    for tail in [&past[..], crooked, b""] {
        assert_eq!(rcode(&packet(0x0100, [1, 0, 0, 1], &[QUESTION, tail].concat())), Rcode::FORMERR);
    }
}

/// RFC 6891 sections 6.1.1 and 6.1.3.
#[test]
fn edns_is_single_at_the_root_and_of_version_0() {
    assert_eq!(rcode(&packet(0x0100, [1, 0, 0, 2], &[QUESTION, OPT, OPT].concat())), Rcode::FORMERR);
    let elsewhere = [QUESTION, b"\x01a", OPT].concat();
    assert_eq!(rcode(&packet(0x0100, [1, 0, 0, 1], &elsewhere)), Rcode::FORMERR);
    let version_1 = b"\x00\x00\x29\x04\xd0\x00\x01\x00\x00\x00\x00";
    assert_eq!(rcode(&packet(0x0100, [1, 0, 0, 1], &[QUESTION, version_1].concat())), Rcode::BADVERS);
}

#[test]
fn a_thousand_empty_options_are_passed_over() {
    let options = [0xfd, 0xe9, 0, 0].repeat(1000);
    let length = u16::try_from(options.len()).expect("short").to_be_bytes();
    let tail = [QUESTION, &OPT[..9], &length, &options].concat();
    assert!(Query::parse(&packet(0x0100, [1, 0, 0, 1], &tail), source()).is_ok());
}

#[test]
fn mapped_addresses_are_their_ipv4_address() {
    let mapped = "[::ffff:10.20.1.7]:53".parse().expect("an address");
    let source = Source::new(mapped, mapped, Transport::Udp);
    assert_eq!(source.client.to_string(), "10.20.1.7:53");
}

#[test]
fn the_limit_follows_client_and_transport() {
    let plain = Query::parse(&packet(0, [1, 0, 0, 0], QUESTION), source()).expect("a query");
    assert_eq!(plain.reply_limit(), 512);
    let mut huge = OPT.to_vec();
    huge[3..5].copy_from_slice(&[0xff, 0xff]);
    let big = Query::parse(&packet(0, [1, 0, 0, 1], &[QUESTION, &huge].concat()), source()).expect("a query");
    assert_eq!(big.reply_limit(), 1232);
}
