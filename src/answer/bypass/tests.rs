//! The canaries, and names beside them.

use std::time::Duration;

use super::{NAMES, answer};
use crate::dns::{Message, Name, Query, Rcode, RecordType, Section, Source, Transport};

fn ask(name: &str, record_type: RecordType) -> Option<(Rcode, Vec<u8>)> {
    let address = "127.0.0.1:53".parse().expect("an address");
    let query = Query::new(Name::parse(name).expect("a name"), record_type, Source::new(address, address, Transport::Udp));
    let mut out = Vec::new();
    answer(&query, || Duration::from_secs(20), &mut out).map(|rcode| (rcode, out))
}

#[test]
fn canaries_do_not_exist() {
    for name in NAMES {
        for record_type in [RecordType::A, RecordType::AAAA, RecordType::HTTPS] {
            for asked in [name.to_owned(), format!("x.{name}").to_ascii_uppercase()] {
                let (rcode, out) = ask(&asked, record_type).expect("answered here");
                let message = Message::parse(&out).expect("sound");
                assert_eq!((rcode, message.rcode()), (Rcode::NXDOMAIN, Rcode::NXDOMAIN));
                let soa = message.records(Section::Authority).next().expect("an SOA record");
                assert_eq!((soa.owner().to_string().as_str(), soa.ttl()), (name, 20), "no longer than clients may");
                assert_eq!(message.records(Section::Answer).count(), 0);
            }
        }
    }
}

#[test]
fn names_beside_them_are_left_alone() {
    for name in ["icloud.com", "www.icloud.com", "xmask.icloud.com", "net", "application-dns.net", "apple.com", "."] {
        assert!(ask(name, RecordType::A).is_none(), "{name}");
    }
}
