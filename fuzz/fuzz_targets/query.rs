//! A packet from a client: whatever it is, it is sorted without a panic, and every reply to it is sound and within its limit.

#![no_main]

use std::time::Duration;

use khien::answer::{bypass, special};
use khien::dns::{Behalf, ClientSubnet, Ede, Message, NotAQuery, Query, Rcode, Reply, Source, Transport, reply_unparsed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|packet: &[u8]| {
    let address = "127.0.0.1:53".parse().expect("an address");
    let mut out = Vec::new();
    for transport in [Transport::Udp, Transport::Tcp] {
        match Query::parse(packet, Source::new(address, address, transport)) {
            Ok(mut query) => {
                let ttl = Duration::from_secs(30);
                Reply::new(&query, &mut out).rcode(Rcode::NXDOMAIN).soa(&query.name, ttl).ede(Ede::BLOCKED, "Đã chặn.").finish();
                check(&query, &out);
                if special::answer(&query, || ttl, &mut out).is_some() {
                    check(&query, &out);
                }
                if bypass::answer(&query, || ttl, &mut out).is_some() {
                    check(&query, &out);
                }
                // A forwarder's word is repeated to the bit but for its scope, and nothing of it where it is not believed.
                if let Behalf::Of(subnet) = query.behalf() {
                    assert!(subnet.client().is_none_or(|client| ClientSubnet::of(client).client() == Some(client)));
                    Reply::new(&query, &mut out).finish();
                    let with = out.len();
                    query.strip_behalf();
                    Reply::new(&query, &mut out).finish();
                    assert!(with >= out.len() + 8);
                }
            }
            Err(NotAQuery::Reply { id, opcode, recursion_desired, rcode }) => {
                reply_unparsed(id, opcode, recursion_desired, rcode, &mut out);
                assert_eq!(Message::parse(&out).expect("sound").rcode(), rcode);
            }
            Err(NotAQuery::Ignore(_)) => {}
        }
    }
});

fn check(query: &Query, out: &[u8]) {
    let message = Message::parse(out).expect("a reply of ours is sound");
    assert!(message.question_matches(query.id, query.spelling(), query.record_type, query.class));
    assert!(out.len() <= query.reply_limit());
    assert!(message.truncated() || message.has_edns() == query.edns.is_some());
}
