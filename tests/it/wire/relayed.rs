//! Answers of upstreams: what a client gets of them, against hickory's reading of what the upstream sent.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use khien::dns::{MOST_NEGATIVE_TTL, MOST_TTL, Query, Relayed, Source, Transport, Untidy};
use proptest::prelude::*;

use super::words;

/// The query that the response `bytes` repeats, by TCP with EDNS, so that nothing has to be left out.
fn query(bytes: &[u8], question: usize) -> Query {
    let packet = [b"\x12\x34\x01\x20\x00\x01\x00\x00\x00\x00\x00\x01", &bytes[12..12 + question], OPT].concat();
    let address = "192.0.2.7:4242".parse().expect("an address");
    Query::parse(&packet, Source::new(address, address, Transport::Tcp)).expect("a query")
}

const OPT: &[u8] = b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x00";

/// Tidied and rendered, as hickory reads it then.
fn passed_on(bytes: &[u8], age: u32, cap: u32) -> Result<(Relayed, Message), Untidy> {
    let relayed = Relayed::read(bytes)?;
    let query = query(bytes, relayed.name().as_wire().len() + 4);
    let mut out = Vec::new();
    relayed.render(&query, age, cap, None, &mut out);
    let read = Message::from_vec(&out).expect("hickory reads what it read before");
    Ok((relayed, read))
}

fn target(record: &Record) -> Option<&Name> {
    match &record.data {
        RData::CNAME(alias) => Some(&alias.0),
        _ => None,
    }
}

/// All names that aliases lead to from `question`, itself included: the smallest set that holds them.
fn reachable(question: &Name, answers: &[Record]) -> Vec<Name> {
    let mut names = vec![question.clone()];
    loop {
        let new = answers
            .iter()
            .find_map(|record| target(record).filter(|target| names.contains(&record.name) && !names.contains(target)));
        let Some(new) = new.cloned() else { return names };
        names.push(new);
    }
}

/// Whether a name has two different aliases, or one is reached from itself.
fn is_no_chain(question: &Name, answers: &[Record]) -> bool {
    let on_the_way = reachable(question, answers);
    on_the_way.iter().any(|name| {
        let mut targets: Vec<&Name> = answers.iter().filter(|record| record.name == *name).filter_map(target).collect();
        targets.dedup_by(|left, right| left == right);
        targets.len() > 1 || targets.iter().any(|target| reachable(target, answers).contains(name))
    })
}

fn clamped(ttl: u32) -> u32 {
    if ttl >= 1 << 31 { 0 } else { ttl.min(MOST_TTL) }
}

/// What of the upstream's message a client should get at once: the plainest program that does it.
fn model(sent: &Message) -> [Vec<Record>; 3] {
    let question = &sent.queries[0];
    let names = reachable(question.name(), &sent.answers);
    let mut sections = [sent.answers.clone(), sent.authorities.clone(), sent.additionals.clone()];
    sections[0].retain(|record| names.contains(&record.name));
    for record in sections.iter_mut().flatten() {
        record.ttl = clamped(record.ttl);
    }
    let asked = |record: &Record| question.query_type() == RecordType::ANY || record.record_type() == question.query_type();
    let positive = sent.metadata.response_code != ResponseCode::NXDomain && sections[0].iter().any(asked);
    let soa = sections[1].iter().find_map(|record| match &record.data {
        RData::SOA(soa) => Some(record.ttl.min(clamped(soa.minimum)).min(MOST_NEGATIVE_TTL)),
        _ => None,
    });
    if let (false, Some(seconds)) = (positive, soa) {
        for record in sections[1].iter_mut().filter(|record| record.record_type() == RecordType::SOA) {
            record.ttl = record.ttl.min(seconds);
        }
    }
    let all: Vec<Record> = sections.iter().flatten().cloned().collect();
    for record in sections.iter_mut().flatten() {
        let set = all.iter().filter(|other| other.name == record.name && other.record_type() == record.record_type());
        record.ttl = set.map(|other| other.ttl).min().expect("the record itself is one");
    }
    sections
}

fn assert_same(expected: &[Record], got: &[Record], age: u32, cap: u32) {
    assert_eq!(expected.len(), got.len(), "{expected:?}\n{got:?}");
    for (expected, got) in expected.iter().zip(got) {
        assert_eq!((&expected.name, expected.record_type()), (&got.name, got.record_type()));
        assert_eq!(expected.data, got.data);
        assert_eq!(expected.ttl.saturating_sub(age).min(cap), got.ttl);
    }
}

/// Types whose data hold a name that an upstream may compress (RFC 3597 section 4; DNAME by RFC 2672), and that hickory takes for
/// octets of no meaning.
///
/// Of these the program writes the name out, for its pointer would lead elsewhere in the message that it makes.
const OPAQUE_TO_HICKORY: [u16; 14] = [3, 4, 7, 8, 9, 14, 17, 18, 21, 24, 26, 30, 36, 39];

/// What both sides read alike of a record: owner, type, and the data where hickory knows them.
fn read(record: &Record) -> (&hickory_proto::rr::Name, u16, Option<&hickory_proto::rr::RData>) {
    let kind = u16::from(record.record_type());
    (&record.name, kind, (!OPAQUE_TO_HICKORY.contains(&kind)).then_some(&record.data))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn an_answer_is_passed_on_whole(sent in words::response(), age in prop_oneof![Just(0_u32), 0_u32..2000], cap in prop_oneof![Just(u32::MAX), 0_u32..600]) {
        let bytes = sent.to_vec().expect("hickory writes what it made");
        // Hickory's own reading of the octets is what the upstream said.
        let sent = Message::from_vec(&bytes).expect("hickory reads what it wrote");
        match passed_on(&bytes, age, cap) {
            Ok((relayed, got)) => {
                let [answers, authorities, additionals] = model(&sent);
                assert_same(&answers, &got.answers, age, cap);
                assert_same(&authorities, &got.authorities, age, cap);
                assert_same(&additionals, &got.additionals, age, cap);
                prop_assert_eq!(got.metadata.id, 0x1234);
                prop_assert_eq!(got.metadata.response_code, sent.metadata.response_code);
                prop_assert_eq!(got.metadata.authentic_data, sent.metadata.authentic_data);
                prop_assert_eq!(got.queries, sent.queries.clone());
                let aliases: Vec<String> = relayed.aliases().map(|name| name.to_string()).collect();
                let mut expected: Vec<String> = reachable(sent.queries[0].name(), &sent.answers)[1..]
                    .iter()
                    .map(|name| khien::dns::Name::parse(&name.to_ascii()).expect("a name").to_string())
                    .collect();
                // What is handed along leads on too.
                let along = sent.additionals.iter().filter_map(target).filter(|target| !target.is_root());
                expected.extend(along.map(|name| khien::dns::Name::parse(&name.to_ascii()).expect("a name").to_string()));
                expected.sort();
                expected.dedup();
                let mut sorted = aliases.clone();
                sorted.sort();
                sorted.dedup();
                prop_assert_eq!(sorted, expected, "{:?}", aliases);
                let smallest = answers.iter().chain(&authorities).map(|record| record.ttl).min();
                prop_assert!(relayed.lifetime() == 0 || Some(relayed.lifetime()) == smallest);
            }
            Err(Untidy::Loop) => prop_assert!(is_no_chain(sent.queries[0].name(), &sent.answers)),
            Err(other) => panic!("{other}"),
        }
    }

    /// Changed octets: never a panic; what is passed on, hickory reads as it reads the original.
    #[test]
    fn a_changed_answer_is_passed_on_or_refused(bytes in words::mutated(words::response())) {
        let Ok(relayed) = Relayed::read(&bytes) else { return Ok(()) };
        let Ok(sent) = Message::from_vec(&bytes) else { return Ok(()) };
        let (_, got) = passed_on(&bytes, 0, u32::MAX).expect("it was read before");
        prop_assert_eq!(relayed.truncated(), sent.metadata.truncation);
        let in_class = |record: &&Record| record.dns_class == sent.queries[0].query_class();
        if relayed.truncated() || u16::from(relayed.rcode().0 > 15) == 1 {
            return Ok(());
        }
        let authorities: Vec<_> = sent.authorities.iter().filter(in_class).map(read).collect();
        let got_authorities: Vec<_> = got.authorities.iter().map(read).collect();
        prop_assert_eq!(authorities, got_authorities);
        for record in &got.answers {
            prop_assert!(sent.answers.iter().any(|known| read(known) == read(record)));
        }
        prop_assert!(reachable(got.queries[0].name(), &got.answers).len() <= 17);
    }
}
