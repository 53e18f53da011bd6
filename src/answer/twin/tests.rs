//! What stands in an answer for each type, and that nothing but the twin's own addresses does.

use std::time::Duration;

use super::{at_hand, question, render};
use crate::dns::{Message, Name, Query, Rcode, RecordType, Relayed, Section, Source, Transport};
use crate::lists::twins::TwinTarget;

const CAP: Duration = Duration::from_secs(60);

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn query(record_type: RecordType) -> Query {
    let address = "127.0.0.1:53".parse().expect("an address");
    Query::new(name("www.search.example"), record_type, Source::new(address, address, Transport::Udp))
}

/// Each answer's owner, type and TTL, and the SOA record's owner.
fn shape(out: &[u8]) -> (Vec<(String, RecordType, u32)>, Option<String>) {
    let message = Message::parse(out).expect("sound");
    assert!(message.rcode() == Rcode::NOERROR && !message.authentic_data());
    let records = message.records(Section::Answer);
    let answers = records.map(|record| (record.owner().to_string(), record.record_type, record.ttl())).collect();
    (answers, message.records(Section::Authority).next().map(|soa| soa.owner().to_string()))
}

#[test]
fn types_without_addresses_get_the_alias_and_nothing_else() {
    let target = TwinTarget::Name(Box::new(name("safe.example")));
    let alias = || vec![("www.search.example".to_owned(), RecordType::CNAME, 60)];
    for record_type in [RecordType::CNAME, RecordType::ANY] {
        let mut out = Vec::new();
        assert_eq!(at_hand(&query(record_type), &target, CAP, &mut out), Some(Rcode::NOERROR));
        assert_eq!(shape(&out), (alias(), None));
    }
    let others = [RecordType::HTTPS, RecordType::SVCB, RecordType::TXT, RecordType::MX, RecordType::NS, RecordType(65_000)];
    for record_type in others {
        let mut out = Vec::new();
        assert_eq!(at_hand(&query(record_type), &target, CAP, &mut out), Some(Rcode::NOERROR));
        assert_eq!(shape(&out), (alias(), Some("safe.example".to_owned())), "{record_type}");
        assert!(question(&query(record_type), &target).is_none());
    }
    for record_type in [RecordType::A, RecordType::AAAA] {
        assert_eq!(at_hand(&query(record_type), &target, CAP, &mut Vec::new()), None);
        let asked = question(&query(record_type), &target).expect("to be looked up");
        assert_eq!((asked.name, asked.record_type), (name("safe.example"), record_type));
    }
}

#[test]
fn a_twin_of_addresses_needs_no_look_up() {
    let addresses = ["192.0.2.1", "192.0.2.2", "2001:db8::1"];
    let target = TwinTarget::Addresses(addresses.map(|text| text.parse().expect("an address")).to_vec());
    let types = [
        (RecordType::A, vec![RecordType::A; 2]),
        (RecordType::AAAA, vec![RecordType::AAAA]),
        (RecordType::ANY, vec![RecordType::A, RecordType::A, RecordType::AAAA]),
        (RecordType::HTTPS, vec![]),
        (RecordType::CNAME, vec![]),
        (RecordType::TXT, vec![]),
    ];
    for (record_type, wanted) in types {
        let mut out = Vec::new();
        assert!(question(&query(record_type), &target).is_none());
        assert_eq!(at_hand(&query(record_type), &target, CAP, &mut out), Some(Rcode::NOERROR));
        let (answers, soa) = shape(&out);
        assert_eq!(answers.iter().map(|(_, record_type, _)| *record_type).collect::<Vec<_>>(), wanted, "{record_type}");
        assert!(answers.iter().all(|(owner, _, ttl)| owner == "www.search.example" && *ttl == 60));
        assert_eq!(soa, wanted.is_empty().then(|| "www.search.example".to_owned()));
    }
}

/// A message as an upstream sends it, from records of type, TTL and data, all owned by the question.
fn relayed(asked: &str, record_type: RecordType, rcode: u8, records: &[(RecordType, u32, &[u8])]) -> Relayed {
    let counts = u16::try_from(records.len()).expect("few");
    let mut bytes = vec![0, 0, 0x81, 0x80 | rcode, 0, 1];
    bytes.extend(counts.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend_from_slice(name(asked).as_wire());
    bytes.extend(record_type.0.to_be_bytes());
    bytes.extend([0, 1]);
    for (record_type, ttl, data) in records {
        bytes.extend([0xc0, 12]);
        bytes.extend(record_type.0.to_be_bytes());
        bytes.extend([0, 1]);
        bytes.extend(ttl.to_be_bytes());
        bytes.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        bytes.extend_from_slice(data);
    }
    crate::dns::tidy(&Message::parse(&bytes).expect("sound"), crate::dns::Signatures::Unasked).expect("tidy")
}

#[test]
fn addresses_belong_to_the_twin_and_grow_old_with_it() {
    let answer =
        relayed("safe.example", RecordType::A, 0, &[(RecordType::A, 50, &[192, 0, 2, 1]), (RecordType::A, 50, &[192, 0, 2, 2])]);
    assert_eq!(answer.addresses().map(|address| address.to_string()).collect::<Vec<_>>(), ["192.0.2.1", "192.0.2.2"]);
    for (age, ttl) in [(0, 50), (20, 30), (80, 0)] {
        let mut out = Vec::new();
        assert_eq!(render(&query(RecordType::A), &name("safe.example"), &answer, age, CAP, None, &mut out), Some(Rcode::NOERROR));
        let (answers, soa) = shape(&out);
        let wanted =
            [("www.search.example", RecordType::CNAME), ("safe.example", RecordType::A), ("safe.example", RecordType::A)];
        assert_eq!(answers, wanted.map(|(owner, record_type)| (owner.to_owned(), record_type, ttl)));
        assert_eq!(soa, None);
    }
}

#[test]
fn a_twin_without_addresses_of_this_family_has_none_and_without_an_answer_there_is_none() {
    let mut out = Vec::new();
    let empty = relayed("safe.example", RecordType::AAAA, 0, &[]);
    assert_eq!(render(&query(RecordType::AAAA), &name("safe.example"), &empty, 0, CAP, None, &mut out), Some(Rcode::NOERROR));
    let (answers, soa) = shape(&out);
    assert_eq!(answers, [("www.search.example".to_owned(), RecordType::CNAME, 0)]);
    assert_eq!(soa.as_deref(), Some("safe.example"));
    for rcode in [2, 3, 5] {
        let failed = relayed("safe.example", RecordType::A, rcode, &[]);
        assert_eq!(render(&query(RecordType::A), &name("safe.example"), &failed, 0, CAP, None, &mut out), None);
    }
}
