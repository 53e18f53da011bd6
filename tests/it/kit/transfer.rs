//! Messages of a zone transfer as another implementation writes them. It stands on nothing of the program, so that unit tests use it too.

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::rdata::{A, CNAME, NS, SOA, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};

/// A name.
pub fn name(text: &str) -> Name {
    Name::from_ascii(text).expect("a name").append_name(&Name::root()).expect("a name")
}

/// The SOA record of `zone` with this serial.
pub fn soa(zone: &str, serial: u32) -> Record {
    let soa = SOA::new(name("ns.example"), name("root.example"), serial, 3600, 600, 604_800, 300);
    Record::from_rdata(name(zone), 300, RData::SOA(soa))
}

/// A policy: the owner within `rpz.example`, and what becomes of it.
pub fn policy(owner: &str, target: &str) -> Record {
    let target = if target == "." { Name::root() } else { name(target) };
    Record::from_rdata(name(&format!("{owner}.rpz.example")), 300, RData::CNAME(CNAME(target)))
}

/// An address record within `rpz.example`.
pub fn address(owner: &str, address: [u8; 4]) -> Record {
    Record::from_rdata(name(&format!("{owner}.rpz.example")), 300, RData::A(A::from(std::net::Ipv4Addr::from(address))))
}

/// A text record within `rpz.example`.
pub fn text(owner: &str) -> Record {
    let data = RData::TXT(TXT::new(vec!["a text".to_owned()]));
    Record::from_rdata(name(&format!("{owner}.rpz.example")), 300, data)
}

/// The name server record of `rpz.example`.
pub fn server() -> Record {
    Record::from_rdata(name("rpz.example"), 300, RData::NS(NS(name("ns.example"))))
}

/// A response to the question for `zone` with these records.
pub fn message(id: u16, zone: &str, record_type: RecordType, records: &[Record]) -> Vec<u8> {
    let mut message = Message::new(id, MessageType::Response, OpCode::Query);
    message.metadata.authoritative = true;
    message.add_query(Query::query(name(zone), record_type));
    message.add_answers(records.to_vec());
    message.to_vec().expect("a message")
}
