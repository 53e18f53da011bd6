//! Whose word counts, and what is answered.

use std::time::Duration;

use super::{Known, Primaries};
use crate::dns::{Message, Name, Rcode, TsigAlgorithm, TsigKey};

fn zone() -> Name {
    Name::parse("rpz.example").expect("a name")
}

fn now() -> jiff::Timestamp {
    "2026-11-23T02:00:00Z".parse().expect("a time")
}

fn key(secret: &[u8]) -> TsigKey {
    TsigKey::new(Name::parse("khien").expect("a name"), TsigAlgorithm::Sha256, secret.to_vec())
}

fn notify(zone: &str) -> Vec<u8> {
    let mut packet = vec![0xab, 0xcd, 0x24, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    packet.extend(Name::parse(zone).expect("a name").as_wire());
    packet.extend([0, 6, 0, 1]);
    packet
}

fn primaries(key: Option<TsigKey>) -> Primaries {
    let primaries = Primaries::default();
    primaries.introduce(vec![Known { zone: zone(), addresses: vec!["192.0.2.1".parse().expect("an address")], key }]);
    primaries
}

fn hear(primaries: &Primaries, packet: &[u8], from: &str) -> Option<Rcode> {
    primaries.hear(packet, from.parse().expect("an address"), now()).map(|(rcode, reply)| {
        assert_eq!(u16::from(reply[3] & 0x0f), rcode.0);
        rcode
    })
}

#[tokio::test]
async fn a_primary_is_heard_and_no_other() {
    let primaries = primaries(None);
    assert_eq!(hear(&primaries, &notify("rpz.example"), "192.0.2.2"), None);
    assert_eq!(hear(&primaries, &notify("other.example"), "192.0.2.1"), None);
    assert_eq!(hear(&Primaries::default(), &notify("rpz.example"), "192.0.2.1"), None);
    assert!(primaries.heard().is_empty());
    for from in ["192.0.2.1", "::ffff:192.0.2.1"] {
        assert_eq!(hear(&primaries, &notify("RPZ.example"), from), Some(Rcode::NOERROR));
        tokio::time::timeout(Duration::from_secs(5), primaries.rung()).await.expect("the bell rings");
        assert_eq!(primaries.heard().into_iter().collect::<Vec<_>>(), [zone()]);
    }
    assert!(primaries.heard().is_empty(), "it is told once");
}

#[test]
fn a_signed_word_is_checked_and_answered_signed() {
    let primaries = primaries(Some(key(b"a secret")));
    let seconds = u64::try_from(now().as_second()).expect("after 1970");
    let mut word = notify("rpz.example");
    let mac = key(b"a secret").sign(&mut word, None, seconds);
    let (rcode, reply) = primaries.hear(&word, "192.0.2.1".parse().expect("an address"), now()).expect("heard");
    assert_eq!(rcode, Rcode::NOERROR);
    let mut signatures = key(b"a secret").answers_to(mac);
    assert_eq!(signatures.take(&Message::parse(&reply).expect("sound"), seconds), Ok(true));
    assert_eq!(primaries.heard().len(), 1);
    let mut forged = notify("rpz.example");
    key(b"another").sign(&mut forged, None, seconds);
    assert_eq!(hear(&primaries, &forged, "192.0.2.1"), Some(Rcode::NOTAUTH));
    assert!(primaries.heard().is_empty());
    assert_eq!(hear(&primaries, &notify("rpz.example"), "192.0.2.1"), Some(Rcode::NOERROR), "servers seldom sign it");
    assert_eq!(hear(&self::primaries(None), &word, "192.0.2.1"), Some(Rcode::NOTAUTH), "no key to check it by");
}
