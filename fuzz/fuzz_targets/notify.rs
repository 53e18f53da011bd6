//! Word of a change: whatever comes from a primary's address is a reply that repeats its id and changes nothing but which zones are
//! asked for; from anywhere else it is nothing.

#![no_main]

use khien::dns::{Message, Name, Opcode, Rcode, TsigAlgorithm, TsigKey};
use khien::pipeline::{Known, Primaries};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let zone = Name::parse("rpz.example").expect("a name");
    let (primary, stranger) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
    let now = jiff::Timestamp::from_second(1_795_399_200).expect("a time");
    for key in [None, Some(TsigKey::new(Name::parse("khien").expect("a name"), TsigAlgorithm::Sha256, b"a secret".to_vec()))] {
        let primaries = Primaries::default();
        primaries.introduce(vec![Known { zone: zone.clone(), addresses: vec![primary], key }]);
        assert!(primaries.hear(bytes, stranger, now).is_none() && primaries.heard().is_empty());
        let heard = primaries.hear(bytes, primary, now);
        let told = primaries.heard();
        let Some((rcode, reply)) = heard else {
            assert!(told.is_empty());
            continue;
        };
        assert_eq!(told.contains(&zone), rcode == Rcode::NOERROR);
        let reply = Message::parse(&reply).expect("a reply is sound");
        assert!(reply.is_response() && reply.as_bytes()[..2] == bytes[..2]);
        assert_eq!((Opcode(reply.as_bytes()[2] >> 3 & 0x0f), reply.rcode()), (Opcode::NOTIFY, rcode));
        assert!(reply.question().is_some_and(|question| question.name == zone));
    }
});
