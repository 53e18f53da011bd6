//! Random names, queries and messages in hickory's words, and mutations of their octets.

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, NS, NULL, PTR, SOA, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use proptest::prelude::*;

/// A name of any octets.
pub(crate) fn name() -> impl Strategy<Value = Name> {
    let label = prop_oneof![
        3 => "[a-zA-Z0-9_-]{1,12}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..20),
    ];
    prop::collection::vec(label, 0..6).prop_map(|labels| {
        let mut name = Name::from_labels(labels.iter().map(Vec::as_slice)).expect("short labels");
        name.set_fqdn(true);
        name
    })
}

/// A type, most often one that people ask for.
pub(crate) fn record_type() -> impl Strategy<Value = RecordType> {
    prop_oneof![
        4 => prop::sample::select(vec![1_u16, 28, 5, 15, 16, 65, 2, 6, 12, 33, 255]),
        1 => 256_u16..65_000,
    ]
    .prop_map(RecordType::from)
}

/// EDNS of version 0, with options of no meaning here.
pub(crate) fn edns() -> impl Strategy<Value = Option<Edns>> {
    let options = prop::collection::vec((20_000_u16..65_000, prop::collection::vec(any::<u8>(), 0..20)), 0..3);
    prop::option::of((any::<u16>(), any::<bool>(), options).prop_map(|(payload, dnssec_ok, options)| {
        let mut edns = Edns::new();
        edns.set_max_payload(payload).set_dnssec_ok(dnssec_ok).set_version(0);
        for (code, data) in options {
            edns.options_mut().insert(EdnsOption::Unknown(code, data));
        }
        edns
    }))
}

/// A query as a client may send it.
pub(crate) fn query() -> impl Strategy<Value = Message> {
    (any::<u16>(), name(), record_type(), any::<[bool; 3]>(), edns()).prop_map(|(id, name, record_type, [rd, ad, cd], edns)| {
        let mut message = Message::new(id, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = rd;
        message.metadata.authentic_data = ad;
        message.metadata.checking_disabled = cd;
        message.add_query(Query::query(name, record_type));
        message.edns = edns;
        message
    })
}

/// One of few names, so that aliases meet.
fn one_of_few() -> impl Strategy<Value = Name> {
    let few = ["www.vn.", "WWW.vn.", "cdn.vn.", "a.cdn.vn.", "vn.", "e.test.", "edge.e.test.", "x.", "."];
    prop::sample::select(few.to_vec()).prop_map(|text| Name::from_ascii(text).expect("a name"))
}

/// Data of many types, names in them compressed by hickory where it may.
fn rdata() -> impl Strategy<Value = RData> {
    prop_oneof![
        3 => any::<[u8; 4]>().prop_map(|octets| RData::A(A(octets.into()))),
        1 => any::<[u8; 16]>().prop_map(|octets| RData::AAAA(AAAA(octets.into()))),
        4 => one_of_few().prop_map(|name| RData::CNAME(CNAME(name))),
        1 => one_of_few().prop_map(|name| RData::NS(NS(name))),
        1 => one_of_few().prop_map(|name| RData::PTR(PTR(name))),
        1 => (any::<u16>(), one_of_few()).prop_map(|(preference, name)| RData::MX(MX::new(preference, name))),
        1 => one_of_few().prop_map(|name| RData::SRV(SRV::new(1, 2, 53, name))),
        1 => "[a-z ]{0,40}".prop_map(|text| RData::TXT(TXT::new(vec![text]))),
        1 => (one_of_few(), any::<u32>()).prop_map(|(name, minimum)| {
            RData::SOA(SOA::new(name.clone(), name, 1, 2, 3, 4, minimum))
        }),
        1 => prop::collection::vec(any::<u8>(), 1..60).prop_map(|octets| {
            RData::Unknown { code: RecordType::Unknown(65_280), rdata: NULL::with(octets) }
        }),
    ]
}

fn section(most: usize) -> impl Strategy<Value = Vec<Record>> {
    let ttl = prop_oneof![0_u32..1000, any::<u32>()];
    let record = (one_of_few(), ttl, rdata()).prop_map(|(name, ttl, data)| Record::from_rdata(name, ttl, data));
    prop::collection::vec(record, 0..=most)
}

/// A message as an upstream may send it.
pub(crate) fn response() -> impl Strategy<Value = Message> {
    let rcode = prop::sample::select(vec![ResponseCode::NoError, ResponseCode::NXDomain, ResponseCode::ServFail]);
    let sections = (section(6), section(3), section(3));
    (one_of_few(), record_type(), rcode, any::<bool>(), sections, edns()).prop_map(
        |(name, record_type, rcode, ad, (answers, authorities, additionals), edns)| {
            let mut message = Message::new(0xabcd, MessageType::Response, OpCode::Query);
            message.metadata.recursion_available = true;
            message.metadata.authentic_data = ad;
            message.metadata.response_code = rcode;
            message.add_query(Query::query(name, record_type));
            message.answers = answers;
            message.authorities = authorities;
            message.additionals = additionals;
            message.edns = edns;
            message
        },
    )
}

/// The octets of a message, some of them changed, perhaps cut off.
pub(crate) fn mutated(messages: impl Strategy<Value = Message>) -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    (messages, changes, prop::option::weighted(0.2, any::<prop::sample::Index>())).prop_map(|(message, changes, cut)| {
        let mut bytes = message.to_vec().expect("hickory writes what it made");
        for (place, octet) in changes {
            let place = place.index(bytes.len());
            bytes[place] = octet;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        bytes
    })
}
