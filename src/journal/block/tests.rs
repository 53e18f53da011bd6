//! What goes into a block comes out of it; what is damaged, or was never written by us, is refused.

use proptest::prelude::*;

use super::*;
use crate::dns::{Name, Rcode, RecordType, Transport};
use crate::journal::testkit::{client, entry};
use crate::policy::{Outcome, Reason};

fn block(entries: &[(Entry, &str, Source)]) -> (Block, Vec<Line>) {
    let mut draft = Draft::default();
    let mut lines = Vec::new();
    for (entry, client, source) in entries {
        let client: Arc<str> = (*client).into();
        draft.push(entry, &client, source);
        lines.push(Line::new(
            entry,
            client,
            Source { lists: source.lists.clone(), rule: source.rule.clone(), ..Source::default() },
        ));
    }
    (draft.finish(), lines)
}

fn source(lists: &[&str], rule: &str) -> Source {
    Source { lists: lists.iter().map(|list| (*list).to_owned()).collect(), rule: Some(rule.to_owned()), ..Source::default() }
}

#[test]
fn entries_come_out_as_lines() {
    let first = entry("www.games.example");
    let entries = [
        (first.clone(), "2026w48:1", source(&["ut1-games"], "games.example")),
        (Entry { name: Name::parse("a\\.b.c\\032d.example").expect("a name"), ..first.clone() }, "", source(&[], "")),
        (
            Entry { name: Name::root(), record_type: RecordType(65_280), micros: 0, ..first.clone() },
            "2",
            source(&["a", "b"], "/x+/"),
        ),
        (
            Entry { category: None, outcome: Outcome::Failed, reason: Reason::None, rcode: Rcode::SERVFAIL, ..first.clone() },
            "2",
            source(&[], ""),
        ),
        (
            Entry {
                time: Timestamp::UNIX_EPOCH,
                transport: Transport::Tcp,
                snapshot: u64::MAX,
                micros: u32::MAX,
                ..first.clone()
            },
            "2",
            source(&["a"], "example"),
        ),
        (
            Entry { client: client("2001:db8::7"), group: "other".into(), tier: "staff".into(), ..first },
            "2",
            source(&["a"], "s.example"),
        ),
    ];
    let (block, lines) = block(&entries);
    assert_eq!((block.first, block.last, block.entries), (0, lines[0].time.as_millisecond(), 6));
    assert_eq!(read(&block.octets).expect("whole"), lines);
    assert!(block.octets.windows(17).any(|octets| octets == b"www.games.example"), "names can be looked for in the file");

    // What was read can be written again, with its repeats.
    let mut again = Draft::default();
    let repeated: Vec<Line> = lines.iter().cloned().zip(0..).map(|(line, repeats)| Line { repeats, ..line }).collect();
    repeated.iter().for_each(|line| again.push_line(line));
    assert_eq!(read(&again.finish().octets).expect("whole"), repeated);
    assert_eq!(again.count(), 0);
}

#[test]
fn repeats_are_those_that_were_said_last() {
    let mut draft = Draft::default();
    for name in ["a.example", "b.example", "c.example"] {
        draft.push(&entry(name), &"x".into(), &Source::default());
    }
    draft.repeated(1, 1);
    draft.repeated(2, 1);
    draft.repeated(1, 2);
    let mut lines = read(&draft.finish().octets).expect("whole");
    assert_eq!(lines.iter().map(|line| line.repeats).collect::<Vec<_>>(), [0, 2, 1]);
    read_repeats(&repeats(&[(0, 300), (2, 7)]), &mut lines).expect("sound");
    assert_eq!(lines.iter().map(|line| line.repeats).collect::<Vec<_>>(), [300, 2, 7]);
    assert_eq!(read_repeats(&repeats(&[(3, 1)]), &mut lines), Err(Damaged));
}

#[test]
fn ten_thousand_entries_take_little_room_each() {
    let mut draft = Draft::default();
    let clients: Vec<Arc<str>> = (0..30).map(|number| format!("2026w48:0123456789abc{number:03}").into()).collect();
    for number in 0..10_000 {
        let name = format!("host-{number}.games.example");
        draft.push(&entry(&name), &clients[number % 30], &source(&["ut1-games"], "games.example"));
    }
    let octets = draft.finish().octets;
    assert!(octets.len() < 10_000 * 35, "{} octets", octets.len());
    assert_eq!(read(&octets).expect("whole").len(), 10_000);
}

#[test]
fn every_changed_or_missing_octet_is_noticed() {
    let (block, _) = block(&[(entry("x.example"), "c", source(&["a"], "x.example"))]);
    for at in 0..block.octets.len() {
        assert_eq!(read(&block.octets[..at]), Err(Damaged));
        let mut other = block.octets.clone();
        other[at] ^= 1;
        assert_eq!(read(&other), Err(Damaged), "octet {at}");
    }
}

proptest! {
    #[test]
    fn numbers_of_any_size_and_sign_come_back(value: u64, signed: i64) {
        let mut octets = Vec::new();
        number(&mut octets, value);
        number(&mut octets, zigzag(signed));
        let mut reading = Reading { rest: &octets };
        prop_assert_eq!(reading.number(), Ok(value));
        prop_assert_eq!(reading.number().map(unzigzag), Ok(signed));
        prop_assert!(reading.rest.is_empty());
    }

    #[test]
    fn octets_of_others_are_refused_or_read_without_a_panic(octets: Vec<u8>) {
        read_parts(&octets).ok();
        read_parts(&[&[FORM], &octets[..]].concat()).ok();
        read_repeats(&octets, &mut []).ok();
    }
}
