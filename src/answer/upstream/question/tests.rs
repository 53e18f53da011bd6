//! What is sent, and what fits it.

use super::super::scripted::{Asked, By};
use super::super::testing::{RIGHT, query};
use super::*;

/// The question as an upstream sees it.
fn asked(sending: &Sending) -> Asked {
    Asked { bytes: sending.bytes().to_vec(), by: By::Udp, from: ([127, 0, 0, 1], 1).into(), number: 0 }
}

fn sent(spelling: Spelling, announced: Announced) -> Sending {
    Question::of(&query("a-long-name-with-many-letters.example")).send(77, spelling, announced)
}

#[test]
fn letters_are_random_or_all_small() {
    let random: Vec<_> = (0..32).map(|_| asked(&sent(Spelling::Random, Announced::Edns)).spelling().to_vec()).collect();
    assert!(random.iter().any(|spelt| spelt.iter().any(u8::is_ascii_uppercase)));
    assert!(random.iter().all(|spelt| spelt.eq_ignore_ascii_case(&random[0])));
    let small = asked(&sent(Spelling::Folded, Announced::Edns));
    assert!(!small.spelling().iter().any(u8::is_ascii_uppercase));
}

#[test]
fn edns_announces_1232_octets_or_is_left_out() {
    let with = asked(&sent(Spelling::Folded, Announced::Edns)).bytes;
    assert_eq!(with[with.len() - 11..], [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    let without = asked(&sent(Spelling::Folded, Announced::Plain)).bytes;
    assert_eq!((without.len(), &without[10..12]), (with.len() - 11, &[0, 0][..]));
    assert!(Message::parse(&without).is_ok());
}

#[test]
fn what_fits_and_what_does_not() {
    let sending = sent(Spelling::Random, Announced::Edns);
    let (expected, question) = (&sending, asked(&sending));
    assert!(matches!(expected.judge(&question.answer(RIGHT)), Fit::Answer(_)));
    assert!(matches!(expected.judge(&question.truncated()), Fit::Truncated));
    assert!(matches!(expected.judge(&question.bytes), Fit::Mismatch), "a query is no reply");
    assert!(matches!(expected.judge(b"no message at all"), Fit::Malformed));

    let changed = |at: usize, mask: u8| {
        let mut bytes = question.answer(RIGHT);
        bytes[at] ^= mask;
        expected.judge(&bytes)
    };
    let type_at = 12 + question.spelling().len() + 1;
    assert!(matches!(changed(0, 1), Fit::Mismatch), "id");
    assert!(matches!(changed(2, 0x08), Fit::Mismatch), "opcode");
    assert!(matches!(changed(13, 0x01), Fit::Mismatch), "name");
    assert!(matches!(changed(13, 0x20), Fit::OtherCase), "a letter's case");
    assert!(matches!(changed(type_at, 1), Fit::Mismatch), "type");
    assert!(matches!(changed(type_at + 2, 2), Fit::Mismatch), "class");
}

#[test]
fn a_server_known_to_change_letters_may() {
    let sending = sent(Spelling::Folded, Announced::Edns);
    let mut reply = asked(&sending).answer(RIGHT);
    reply[13] ^= 0x20;
    assert!(matches!(sending.judge(&reply), Fit::Answer(_)));
    reply[2] ^= 0x08;
    assert!(matches!(sending.judge(&reply), Fit::Mismatch), "the opcode counts all the same");
}

#[test]
fn aliases_in_a_circle_are_an_answer_of_no_use() {
    let sending = sent(Spelling::Random, Announced::Edns);
    let mut reply = asked(&sending).reply(0x8180);
    reply[7] = 1;
    reply.extend([0xc0, 12, 0, 5, 0, 1, 0, 0, 1, 0x2c, 0, 2, 0xc0, 12]);
    assert!(matches!(sending.judge(&reply), Fit::Useless));
}

#[test]
fn an_error_without_a_question_is_bare() {
    let sending = sent(Spelling::Random, Announced::Edns);
    let header = |flags: u8| [0, 77, 0x81, flags, 0, 0, 0, 0, 0, 0, 0, 0];
    assert!(matches!(sending.judge(&header(0x81)), Fit::Bare(Rcode::FORMERR)));
    assert!(matches!(sending.judge(&header(0x82)), Fit::Bare(Rcode::SERVFAIL)));
    assert!(matches!(sending.judge(&header(0x80)), Fit::Mismatch), "no answer is without its question");
    assert!(matches!(sending.judge(&header(0x83)), Fit::Mismatch));
}
