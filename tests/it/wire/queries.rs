//! Queries that clients send, and the replies that we write ourselves.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};
use hickory_proto::rr::{DNSClass, RData};
use khien::dns::{Ede, Name, NotAQuery, Query, Rcode, Reply, Source, Transport};
use proptest::prelude::*;

use super::words;

fn source(transport: Transport) -> Source {
    let address = "192.0.2.7:4242".parse().expect("an address");
    Source::new(address, address, transport)
}

/// A name in wire form, as hickory spells it.
fn wire(name: &hickory_proto::rr::Name) -> Vec<u8> {
    let mut wire: Vec<u8> = Vec::new();
    for label in name.iter() {
        wire.push(u8::try_from(label.len()).expect("a label is short"));
        wire.extend(label);
    }
    wire.push(0);
    wire
}

/// Asserts that both read the same.
fn assert_alike(ours: &Query, theirs: &Message) {
    let question = &theirs.queries[0];
    assert_eq!(ours.id, theirs.metadata.id);
    assert_eq!(ours.spelling(), wire(question.name()));
    assert_eq!(ours.name.as_wire(), wire(&question.name().to_lowercase()));
    assert_eq!(ours.record_type.0, u16::from(question.query_type()));
    assert_eq!(ours.class.0, u16::from(question.query_class()));
    assert_eq!(ours.recursion_desired(), theirs.metadata.recursion_desired);
    assert_eq!(ours.checking_disabled(), theirs.metadata.checking_disabled);
    let dnssec_ok = theirs.edns.as_ref().is_some_and(|edns| edns.flags().dnssec_ok);
    assert_eq!(ours.wants_authentic_data(), theirs.metadata.authentic_data || dnssec_ok);
    assert_eq!(
        ours.edns.map(|edns| (edns.payload.max(512), edns.dnssec_ok)),
        theirs.edns.as_ref().map(|edns| (edns.max_payload(), dnssec_ok))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_query_is_read_as_hickory_reads_it(message in words::query()) {
        let bytes = message.to_vec().expect("hickory writes what it made");
        let ours = Query::parse(&bytes, source(Transport::Udp)).expect("a query");
        assert_alike(&ours, &Message::from_vec(&bytes).expect("hickory reads what it wrote"));
    }

    /// What both accept they read alike; what hickory takes for a plain query of one question and we do not has a reason.
    #[test]
    fn a_changed_query_is_read_alike_or_refused(bytes in words::mutated(words::query())) {
        match (Query::parse(&bytes, source(Transport::Udp)), Message::from_vec(&bytes)) {
            (Ok(ours), Ok(theirs)) if theirs.edns.is_some() == ours.edns.is_some() => assert_alike(&ours, &theirs),
            // Hickory lets an OPT record stand that is changed to another type, and the other way round, in any section.
            (Ok(_), Ok(_)) => {}
            (Err(NotAQuery::Reply { rcode, .. }), Ok(theirs)) => {
                let plain = theirs.metadata.op_code == OpCode::Query && theirs.queries.len() == 1;
                let version = theirs.edns.as_ref().map_or(0, |edns| edns.version());
                prop_assert!(!plain || version != 0 || rcode == Rcode::FORMERR);
            }
            (Err(NotAQuery::Ignore(_)), Ok(theirs)) => prop_assert_eq!(theirs.metadata.message_type, MessageType::Response),
            // Hickory reads the data of records, and options, of which a query of ours needs nothing.
            (Ok(_) | Err(_), Err(_)) => {}
        }
    }

    #[test]
    fn a_reply_of_ours_is_read_by_hickory(
        message in words::query(),
        v4 in any::<[u8; 4]>(),
        v6 in any::<[u8; 16]>(),
        ttl in 0_u64..100_000,
        text in "[a-zđạộ ]{0,80}",
        tcp in any::<bool>(),
    ) {
        let transport = if tcp { Transport::Tcp } else { Transport::Udp };
        let query = Query::parse(&message.to_vec().expect("written"), source(transport)).expect("a query");
        let (ttl, twin, mut out) = (Duration::from_secs(ttl), Name::parse("twin.example").expect("a name"), Vec::new());
        let addresses = [IpAddr::V4(Ipv4Addr::from(v4)), IpAddr::V6(Ipv6Addr::from(v6))];
        let reply = Reply::new(&query, &mut out).rcode(Rcode::NXDOMAIN).cname(ttl, &twin);
        addresses.into_iter().fold(reply, |reply, address| reply.address(ttl, address)).soa(&query.name, ttl).ede(Ede::CENSORED, &text).finish();
        prop_assert!(out.len() <= query.reply_limit());

        let read = Message::from_vec(&out).expect("hickory reads it");
        prop_assert_eq!((read.metadata.id, read.metadata.message_type), (query.id, MessageType::Response));
        prop_assert_eq!((read.metadata.response_code, read.metadata.authentic_data), (ResponseCode::NXDomain, false));
        prop_assert_eq!((read.metadata.recursion_available, read.metadata.authoritative), (true, false));
        prop_assert_eq!(read.metadata.recursion_desired, message.metadata.recursion_desired);
        prop_assert_eq!(read.metadata.checking_disabled, message.metadata.checking_disabled);
        prop_assert!(read.queries[0].name().eq_case(message.queries[0].name()));
        prop_assert_eq!(read.edns.is_some(), message.edns.is_some());
        if read.metadata.truncation {
            prop_assert!(read.answers.is_empty() && read.authorities.is_empty());
            return Ok(());
        }
        let seconds = u32::try_from(ttl.as_secs()).expect("small");
        prop_assert!(read.all_sections().all(|record| record.ttl == seconds && record.dns_class == DNSClass::IN));
        let data: Vec<_> = read.answers.iter().map(|record| (wire(&record.name), record.data.ip_addr())).collect();
        let (asked, twin) = (query.spelling().to_vec(), twin.as_wire().to_vec());
        prop_assert_eq!(data, [(asked, None), (twin.clone(), Some(addresses[0])), (twin, Some(addresses[1]))]);
        let RData::SOA(soa) = &read.authorities[0].data else { panic!("an SOA record") };
        prop_assert_eq!((&read.authorities[0].name, soa.minimum), (message.queries[0].name(), seconds));
        if let Some(edns) = &read.edns {
            prop_assert_eq!((edns.max_payload(), edns.version(), edns.flags().z), (1232, 0, 0));
            prop_assert_eq!(edns.flags().dnssec_ok, query.dnssec_ok());
            if tcp {
                let Some(EdnsOption::Unknown(15, option)) = edns.option(EdnsCode::Unknown(15)) else { panic!("an extended error") };
                prop_assert_eq!(&option[..2], [0, 16]);
                let said = std::str::from_utf8(&option[2..]).expect("whole characters");
                prop_assert!(text.starts_with(said) && (said.len() == text.len() || said.len() > 116));
            }
        }
    }

    /// Octets of no plan at all: never a panic, and a reply where one is due.
    #[test]
    fn any_octets_are_sorted(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let result = Query::parse(&bytes, source(Transport::Tcp));
        prop_assert_eq!(bytes.len() < 12 || bytes[2] & 0x80 != 0, matches!(result, Err(NotAQuery::Ignore(_))));
    }
}
