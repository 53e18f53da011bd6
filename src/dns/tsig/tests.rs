//! Signatures: what is signed is believed, whatever else is not; and the way of a transfer's messages.

use super::{TsigAlgorithm, TsigError, TsigFault, TsigKey};
use crate::dns::{Message, Name, RecordType, compose_transfer};

const NOW: u64 = 1_795_399_200;

fn key(algorithm: TsigAlgorithm, secret: &[u8]) -> TsigKey {
    TsigKey::new(Name::parse("khien.example").expect("a name"), algorithm, secret.to_vec())
}

fn question() -> Vec<u8> {
    let mut question = Vec::new();
    compose_transfer(0x4b48, &Name::parse("rpz.example").expect("a name"), Some(5), &mut question);
    question
}

fn check(key: &TsigKey, message: &[u8], now: u64) -> Result<Vec<u8>, TsigFault> {
    key.check(&Message::parse(message).expect("sound"), now)
}

#[test]
fn what_is_signed_is_believed_and_nothing_else() {
    for algorithm in TsigAlgorithm::ALL {
        let own = key(algorithm, b"a secret");
        let mut message = question();
        let mac = own.sign(&mut message, None, NOW);
        let read = Message::parse(&message).expect("sound");
        let record = read.all_records().last().expect("the signature");
        assert_eq!(
            (record.record_type, record.class.0, record.ttl(), record.owner()),
            (RecordType::TSIG, 255, 0, own.name.clone())
        );
        assert_eq!(check(&own, &message, NOW + 299), Ok(mac));
        assert_eq!(check(&own, &message, NOW + 301), Err(TsigFault::Time(301)));
        assert_eq!(check(&own, &message, NOW - 301), Err(TsigFault::Time(301)));
        assert_eq!(check(&key(algorithm, b"another"), &message, NOW), Err(TsigFault::Wrong));
        assert_eq!(check(&own, &question(), NOW), Err(TsigFault::Unsigned));
        let other = TsigKey::new(Name::parse("other").expect("a name"), algorithm, b"a secret".to_vec());
        assert_eq!(check(&other, &message, NOW), Err(TsigFault::OtherKey));
        // Whatever octet is another, but for the id, which the signature repeats.
        for at in 2..message.len() {
            let mut changed = message.clone();
            changed[at] ^= 1;
            let Ok(read) = Message::parse(&changed) else { continue };
            assert!(own.check(&read, NOW).is_err(), "octet {at}");
        }
    }
    let mut message = question();
    key(TsigAlgorithm::Sha256, b"a secret").sign(&mut message, None, NOW);
    assert_eq!(check(&key(TsigAlgorithm::Sha512, b"a secret"), &message, NOW), Err(TsigFault::OtherKey));
}

#[test]
fn a_signature_stands_alone_at_the_end() {
    let own = key(TsigAlgorithm::Sha256, b"a secret");
    let mut twice = question();
    own.sign(&mut twice, None, NOW);
    own.sign(&mut twice, None, NOW);
    assert_eq!(check(&own, &twice, NOW), Err(TsigFault::Malformed));
    let mut early = question();
    own.sign(&mut early, None, NOW);
    early.extend(b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00");
    early[11] += 1;
    assert_eq!(check(&own, &early, NOW), Err(TsigFault::Malformed));
}

#[test]
fn a_server_that_refuses_a_signature_says_why() {
    let own = key(TsigAlgorithm::Sha256, b"a secret");
    let mut reply = question();
    own.sign(&mut reply, None, NOW);
    // The MAC taken out, and an error in its place (RFC 8945 section 5.2.2).
    let mac = reply.len() - 6 - 32;
    reply.drain(mac..mac + 32);
    reply[mac - 2..mac].fill(0);
    let length = reply.len();
    reply[length - 4..length - 2].copy_from_slice(&16_u16.to_be_bytes());
    let start = length - 6 - 2 - 2 - 6 - own.algorithm.name().as_wire().len() - 2;
    let size = u16::from_be_bytes([reply[start], reply[start + 1]]) - 32;
    reply[start..start + 2].copy_from_slice(&size.to_be_bytes());
    assert_eq!(check(&own, &reply, NOW), Err(TsigFault::Refused(TsigError(16))));
    assert_eq!(TsigError(16).to_string(), "BADSIG, the secret is another");
}

/// What a server would send: `signed` says which of the messages it signs.
fn transfer(own: &TsigKey, asked: &[u8], signed: &[bool]) -> Vec<Vec<u8>> {
    let mut digest = super::Digest::new(own);
    digest.prior(asked);
    let mut messages = Vec::new();
    for (at, is_signed) in signed.iter().enumerate() {
        let mut message = question();
        digest.update(&message);
        if *is_signed {
            let record = super::Signed {
                key: own.name.clone(),
                algorithm: own.algorithm.name(),
                time: NOW,
                fudge: 300,
                mac: &[],
                error: 0,
                other: &[],
                before: Vec::new(),
            };
            if at == 0 {
                record.variables(&mut digest)
            } else {
                record.timers(&mut digest)
            }
            let mac = std::mem::replace(&mut digest, super::Digest::new(own)).finish();
            digest.prior(&mac);
            // The record as `sign` writes it, with the right MAC.
            own.sign(&mut message, None, NOW);
            let place = message.len() - 6 - mac.len();
            message[place..place + mac.len()].copy_from_slice(&mac);
        }
        messages.push(message);
    }
    messages
}

fn take(own: &TsigKey, messages: &[Vec<u8>]) -> Result<Vec<bool>, TsigFault> {
    let mut stream = own.answers_to(b"the question's MAC".to_vec());
    messages.iter().map(|message| stream.take(&Message::parse(message).expect("sound"), NOW)).collect()
}

#[test]
fn each_signature_of_a_transfer_covers_what_came_since_the_last() {
    let own = key(TsigAlgorithm::Sha384, b"a secret");
    let signed = [true, false, false, true, true];
    let messages = transfer(&own, b"the question's MAC", &signed);
    assert_eq!(take(&own, &messages), Ok(signed.to_vec()));
    let mut changed = messages.clone();
    changed[2][13] ^= 1;
    assert_eq!(take(&own, &changed), Err(TsigFault::Wrong), "in a message without a signature of its own");
    let mut turned = messages.clone();
    turned.swap(1, 2);
    assert_eq!(take(&own, &turned), Ok(signed.to_vec()), "these two are alike");
    let mut missing = messages.clone();
    missing.remove(1);
    assert_eq!(take(&own, &missing), Err(TsigFault::Wrong), "one was taken away");
    assert_eq!(take(&own, &transfer(&own, b"another question's", &signed)), Err(TsigFault::Wrong));
    assert_eq!(take(&own, &transfer(&own, b"the question's MAC", &[false, true])), Err(TsigFault::Unsigned));
}

#[test]
fn no_more_than_99_messages_in_a_row_go_unsigned() {
    let own = key(TsigAlgorithm::Sha256, b"a secret");
    let long = |unsigned: usize| [vec![true], vec![false; unsigned], vec![true]].concat();
    assert!(take(&own, &transfer(&own, b"the question's MAC", &long(99))).is_ok());
    assert_eq!(take(&own, &transfer(&own, b"the question's MAC", &long(100))), Err(TsigFault::Unsigned));
}
