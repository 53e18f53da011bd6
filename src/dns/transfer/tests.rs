//! Questions for zones as another implementation reads them, and word of changes.

use hickory_proto::op::Message;
use hickory_proto::rr::{RData, RecordType};

use super::{compose_transfer, is_later, notified, reply_to_notify};
use crate::dns::{Name, Rcode};

fn zone() -> Name {
    Name::parse("rpz.example").expect("a name")
}

#[test]
fn a_question_is_for_all_or_for_what_changed() {
    let mut out = Vec::new();
    compose_transfer(7, &zone(), None, &mut out);
    let whole = Message::from_vec(&out).expect("sound");
    assert_eq!((whole.queries[0].query_type(), whole.authorities.len()), (RecordType::AXFR, 0));
    compose_transfer(7, &zone(), Some(5), &mut out);
    let changes = Message::from_vec(&out).expect("sound");
    assert_eq!(changes.queries[0].query_type(), RecordType::IXFR);
    let RData::SOA(soa) = &changes.authorities[0].data else { panic!("{changes:?}") };
    assert_eq!((soa.serial, changes.authorities[0].name.to_string().as_str()), (5, "rpz.example."));
    assert!(!changes.metadata.recursion_desired);
}

#[test]
fn serials_go_round() {
    assert!(is_later(6, 5) && !is_later(5, 5) && !is_later(5, 6));
    assert!(is_later(0, u32::MAX) && !is_later(u32::MAX, 0));
}

/// Word of a change of `rpz.example`, as BIND sends it, with the SOA record.
fn notify() -> Vec<u8> {
    let mut packet = vec![0xab, 0xcd, 0x24, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    packet.extend(b"\x03RPZ\x07example\x00\x00\x06\x00\x01");
    packet
}

#[test]
fn word_of_a_change_names_its_zone_and_is_repeated() {
    assert_eq!(notified(&notify()), Some(zone()));
    let mut reply = Vec::new();
    reply_to_notify(&notify(), Rcode::NOERROR, &mut reply);
    assert_eq!(reply[..12], [0xab, 0xcd, 0xa4, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(reply[12..], notify()[12..], "the question in the letters that were sent");
    reply_to_notify(&notify(), Rcode::NOTAUTH, &mut reply);
    assert_eq!(reply[3], 9);
}

#[test]
fn what_is_no_such_word_is_none() {
    let changed = |at: usize, octet: u8| {
        let mut packet = notify();
        packet[at] = octet;
        notified(&packet)
    };
    assert_eq!(changed(2, 0x04), None, "a query");
    assert_eq!(changed(2, 0xa4), None, "a response");
    assert_eq!(changed(26, 1), None, "another type");
    assert_eq!(changed(28, 3), None, "another class");
    assert_eq!(changed(5, 0), None, "no question");
    assert_eq!(notified(&notify()[..20]), None);
    assert_eq!(notified(&[]), None);
}
