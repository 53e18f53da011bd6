//! What counts as a message, and what is read from it.

use super::{Malformed, Message, Section};
use crate::dns::{Class, Ede, Name, Rcode, RecordType};

/// A response with these counts: question `wWw.vn` of type A, then `tail`.
fn message(counts: [u8; 3], tail: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xab, 0xcd, 0x81, 0x80, 0, 1, 0, counts[0], 0, counts[1], 0, counts[2]];
    bytes.extend(b"\x03wWw\x02vn\x00\x00\x01\x00\x01");
    bytes.extend(tail);
    bytes
}

/// Where `message` puts its first record.
const FIRST: u8 = 12 + 8 + 4;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn fault(bytes: &[u8]) -> Malformed {
    Message::parse(bytes).expect_err("malformed")
}

#[test]
fn reads_records_through_pointers() {
    let tail = b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x01\x2c\x00\x06\x03cdn\xc0\x10\xc0\x24\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01";
    let bytes = message([2, 0, 0], tail);
    let message = Message::parse(&bytes).expect("sound");
    assert_eq!(message.question().map(|question| question.name.clone()), Some(name("www.vn")));
    let records: Vec<_> = message.records(Section::Answer).collect();
    assert_eq!((records[0].owner(), records[0].target(), records[0].ttl()), (name("www.vn"), Some(name("cdn.vn")), 300));
    assert_eq!((records[1].owner(), records[1].target(), records[1].rdata()), (name("cdn.vn"), None, &[192, 0, 2, 1][..]));
    assert!(!message.stray_pointers());
}

#[test]
fn a_question_must_match_to_the_letter() {
    let bytes = message([0, 0, 0], &[]);
    let message = Message::parse(&bytes).expect("sound");
    assert!(message.question_matches(0xabcd, b"\x03wWw\x02vn\x00", RecordType::A, Class::IN));
    assert!(!message.question_matches(0xabce, b"\x03wWw\x02vn\x00", RecordType::A, Class::IN), "another id");
    assert!(!message.question_matches(0xabcd, b"\x03www\x02vn\x00", RecordType::A, Class::IN), "another spelling");
    assert!(!message.question_matches(0xabcd, b"\x03wWw\x00", RecordType::A, Class::IN), "another name");
    assert!(!message.question_matches(0xabcd, b"\x03wWw\x02vn\x00", RecordType::AAAA, Class::IN), "another type");
    assert!(!message.question_matches(0xabcd, b"\x03wWw\x02vn\x00", RecordType::A, Class(3)), "another class");
    for (place, octet) in [(2, 0x01), (2, 0xa8)] {
        let mut other = bytes.clone();
        other[place] = octet;
        let message = Message::parse(&other).expect("sound");
        assert!(!message.question_matches(0xabcd, b"\x03wWw\x02vn\x00", RecordType::A, Class::IN), "QR and opcode");
    }
}

#[test]
fn pointers_go_backwards_only() {
    let record = b"\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01";
    for pointer in [[0xc0, FIRST], [0xc0, FIRST + 4], [0xc0, 0], [0xc0, 11], [0xff, 0xff], [0x80, 12], [0x40, 12]] {
        assert_eq!(fault(&message([1, 0, 0], &[&pointer[..], record].concat())), Malformed::Name, "{pointer:x?}");
    }
}

/// A chain of pointers to pointers costs no more than its limit allows.
#[test]
fn pointers_are_counted() {
    let mut data = b"\xc0\x0c".to_vec();
    let start = u16::from(FIRST) + 11;
    for hop in 0..200_u16 {
        data.extend((0xc000 | (start + 2 * hop)).to_be_bytes());
    }
    let length = u16::try_from(data.len()).expect("short").to_be_bytes();
    let last = 0xc000 | (start + 2 * 200);
    let head = [b"\x00\xff\x00\x00\x01\x00\x00\x00\x00", &length[..], &data].concat();
    let bytes = message(
        [2, 0, 0],
        &[&head, &last.to_be_bytes()[..], b"\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x01\x02\x03\x04"].concat(),
    );
    assert_eq!(fault(&bytes), Malformed::Name);
}

#[test]
fn a_pointer_into_a_ttl_is_noticed() {
    let tail = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01\xc0\x1e\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01";
    let bytes = message([2, 0, 0], tail);
    assert!(Message::parse(&bytes).expect("legal to the letter").stray_pointers());
}

#[test]
fn lengths_and_counts_must_agree() {
    assert_eq!(fault(&[0; 11]), Malformed::Length);
    assert_eq!(fault(&vec![0; 65_536]), Malformed::Length);
    let sound = message([1, 0, 0], b"\xc0\x0c\x00\x10\x00\x01\x00\x00\x01\x2c\x00\x03\x02hi");
    assert!(Message::parse(&sound).is_ok());
    for end in 12..sound.len() {
        assert!(Message::parse(&sound[..end]).is_err(), "cut at {end}");
    }
    let mut two = sound.clone();
    two[5] = 2;
    assert_eq!(fault(&two), Malformed::Questions);
    two[5] = 1;
    two[7] = 2;
    assert_eq!(fault(&two), Malformed::Truncated);
}

#[test]
fn data_have_their_types_shape() {
    let record = |record_type: u8, rdata: &[u8]| {
        let length = u8::try_from(rdata.len()).expect("short");
        message([1, 0, 0], &[&[0xc0, 0x0c, 0, record_type, 0, 1, 0, 0, 0, 60, 0, length][..], rdata].concat())
    };
    for (record_type, rdata) in [
        (1, &b"\x01\x02\x03"[..]),
        (28, b"\x01\x02\x03\x04"),
        (5, b""),
        (5, b"\xc0\x0cx"),
        (6, b"\xc0\x0c\xc0\x0c123"),
        (15, b"\x00"),
        (15, b"\x00\x01"),
        (33, b"\x00\x01\x00\x01\x00"),
        (35, b"\x00\x01\x00\x01\x05abc"),
    ] {
        assert_eq!(fault(&record(record_type, rdata)), Malformed::Rdata, "type {record_type}: {rdata:x?}");
    }
    for (record_type, rdata) in [
        (5, &b"\xc0\x0c"[..]),
        (6, b"\xc0\x0c\xc0\x0c12345678901234567890"),
        (15, b"\x00\x01\xc0\x0c"),
        (35, b"\x00\x01\x00\x01\x01a\x00\x01b\xc0\x0c"),
        (99, b""),
    ] {
        assert!(Message::parse(&record(record_type, rdata)).is_ok(), "type {record_type}: {rdata:x?}");
    }
}

#[test]
fn edns_gives_upper_rcode_and_errors() {
    let opt = b"\x00\x00\x29\x04\xd0\x01\x00\x00\x00\x00\x0e\x00\x0f\x00\x04\x00\x16hi\x00\x0a\x00\x02\x01\x02";
    let bytes = message([0, 0, 1], opt);
    let message_of = Message::parse(&bytes).expect("sound");
    assert_eq!(message_of.rcode(), Rcode(16));
    assert_eq!(message_of.ede().collect::<Vec<_>>(), [(Ede::NO_REACHABLE_AUTHORITY, "hi")]);
    assert_eq!(message_of.all_records().count(), 0, "OPT is no record to pass on");
    assert_eq!(fault(&message([0, 0, 2], &[opt, &opt[..]].concat())), Malformed::Edns);
    assert_eq!(fault(&message([0, 1, 0], opt)), Malformed::Edns);
    assert_eq!(fault(&message([0, 0, 1], b"\xc0\x0c\x00\x29\x04\xd0\x01\x00\x00\x00\x00\x00")), Malformed::Edns);
    assert_eq!(fault(&message([0, 0, 1], b"\x00\x00\x29\x04\xd0\x01\x00\x00\x00\x00\x03\x00\x0f\x00")), Malformed::Edns);
}

/// RFC 2181 section 9: what was cut is not used, wherever the cut went through.
#[test]
fn a_truncated_message_has_no_records() {
    let mut bytes = message([9, 9, 9], b"\xc0");
    bytes[2] |= 0x02;
    let message = Message::parse(&bytes).expect("a reason to ask again");
    assert!(message.truncated() && message.all_records().next().is_none());
}
