//! ANY is answered with one record, and with less than was asked for it twice.

use std::time::Duration;

use super::{answer, shorten};
use crate::dns::{Message, Query, Rcode, RecordType, Section, Source, Transport};

fn query(name: &[u8], edns: bool, transport: Transport) -> (Vec<u8>, Query) {
    let mut bytes = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(edns)];
    bytes.extend(name);
    bytes.extend([0, 255, 0, 1]);
    if edns {
        bytes.extend(b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00");
    }
    let address = "127.0.0.1:53".parse().expect("an address");
    let query = Query::parse(&bytes, Source::new(address, address, transport)).expect("a query");
    (bytes, query)
}

#[test]
fn one_record_and_no_more_than_two_queries() {
    for name in [&b"\x00"[..], b"\x02vn\x00", b"\x03com\x00", b"\x03www\x07example\x00"] {
        for edns in [false, true] {
            let (bytes, query) = query(name, edns, Transport::Udp);
            let mut out = Vec::new();
            let rcode = answer(&query, Duration::from_secs(60), &mut out);
            shorten(&query, rcode, &mut out);
            assert!(out.len() <= 2 * bytes.len(), "{} for {}", out.len(), bytes.len());
            let message = Message::parse(&out).expect("sound");
            let records: Vec<_> = message.records(Section::Answer).map(|record| (record.record_type, record.ttl())).collect();
            let whole = records == [(RecordType(13), 60)];
            assert!(whole || message.truncated() && records.is_empty(), "{records:?}");
            assert!(whole || name.len() < 5, "names of use have the record by UDP too");
        }
    }
    let (_, query) = query(b"\x00", false, Transport::Tcp);
    let mut out = Vec::new();
    let rcode = answer(&query, Duration::from_secs(60), &mut out);
    shorten(&query, rcode, &mut out);
    let message = Message::parse(&out).expect("sound");
    assert_eq!((rcode, message.truncated()), (Rcode::NOERROR, false));
    assert_eq!(message.records(Section::Answer).next().expect("a record").rdata(), b"\x07RFC8482\x00");
}
