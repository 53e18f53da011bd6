//! A message from an upstream: refused or tidied without a panic, and what a client gets of it is sound, within its limit, leads
//! to the same names, and is tidy already.

#![no_main]

use khien::dns::{Message, Query, Relayed, Section, Source, Transport};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = Message::parse(bytes) else { return };
    for record in message.all_records() {
        let _seen = (record.owner(), record.target(), record.type_covered(), record.soa_minimum());
    }
    let Ok(relayed) = Relayed::read(bytes) else { return };
    let question = relayed.name().as_wire().len() + 4;
    for (transport, opt) in [(Transport::Udp, &[][..]), (Transport::Udp, OPT), (Transport::Tcp, OPT)] {
        let mut packet = [0x12, 0x34, 1, 0x20, 0, 1, 0, 0, 0, 0, 0, u8::from(!opt.is_empty())].to_vec();
        packet.extend(&bytes[12..12 + question]);
        packet.extend(opt);
        let address = "127.0.0.1:53".parse().expect("an address");
        let query = Query::parse(&packet, Source::new(address, address, transport)).expect("a query");
        let mut out = Vec::new();
        let rcode = relayed.render(&query, 7, 300, None, &mut out);
        assert!(out.len() <= query.reply_limit());
        let reply = Message::parse(&out).expect("what is passed on is sound");
        assert!(reply.question_matches(query.id, query.spelling(), query.record_type, query.class));
        if reply.truncated() || rcode != relayed.rcode() {
            continue;
        }
        assert!(reply.all_records().all(|record| record.ttl() <= 300));
        let again = Relayed::read(&out).expect("tidy already");
        assert!(again.leads().eq(relayed.leads()));
        assert!(again.lifetime() <= relayed.lifetime());
        let answers = |message: &Message<'_>| message.records(Section::Answer).count();
        assert!(answers(&reply) <= answers(&message));
    }
});

/// EDNS with DO and 1232 octets.
const OPT: &[u8] = b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x00";
