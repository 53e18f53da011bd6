//! Which publication is due for whom and when, and what is no publication.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{DecisionsPart, Due, HISTORY, NamesPart, Past, Publication, Ring, RolePart, Urgent};
use crate::lists::Words;

fn time(text: &str) -> Timestamp {
    text.parse().expect("a test writes times")
}

fn ring(number: u8) -> Ring {
    Ring::new(number).expect("not 0")
}

fn digest(digit: char) -> String {
    digit.to_string().repeat(64)
}

fn roles(digit: char) -> BTreeMap<String, RolePart> {
    let sha256 = digest(digit);
    let names = NamesPart { sha256: sha256.clone(), length: 16, count: 0 };
    let part = RolePart { names, decisions: DecisionsPart { sha256 }, sources: BTreeMap::new() };
    BTreeMap::from([("ministry".to_owned(), part)])
}

fn publication(newest: Urgent, past: &[(u64, &str, Urgent)]) -> Publication {
    let past = past.iter().map(|(serial, made, urgent)| Past {
        serial: *serial,
        made: time(made),
        urgent: *urgent,
        tables: digest('c'),
        roles: roles('a'),
    });
    Publication {
        serial: 42,
        made: time("2026-11-26T08:00:00Z"),
        urgent: newest,
        rings: BTreeMap::from([(ring(2), 24 * 3600), (ring(3), 72 * 3600)]),
        note: Words::default(),
        overrides: Vec::new(),
        taken_back: Default::default(),
        tables: digest('d'),
        roles: roles('b'),
        history: past.collect(),
    }
}

const PAST: [(u64, &str, Urgent); 2] = [(41, "2026-11-25T08:00:00Z", Urgent::No), (40, "2026-11-20T08:00:00Z", Urgent::No)];

#[test]
fn rings_wait_as_the_office_says() {
    let publication = publication(Urgent::No, &PAST);
    let due = |number, at| publication.due(ring(number), time(at));
    let both = |serial| Due { lists: serial, decisions: serial };
    assert_eq!(due(1, "2026-11-26T08:00:00Z"), both(42));
    assert_eq!(due(2, "2026-11-27T07:59:59Z"), both(41));
    assert_eq!(due(2, "2026-11-27T08:00:00Z"), both(42));
    assert_eq!(due(3, "2026-11-27T08:00:00Z"), both(40));
    assert_eq!(due(3, "2026-11-29T08:00:00Z"), both(42));
    // A ring that is not named waits as the one before it.
    assert_eq!(due(9, "2026-11-29T07:00:00Z"), both(41));
    // Nothing is due in 1970; what is remembered longest is what a new school takes.
    assert_eq!(due(3, "1970-01-01T00:00:00Z"), both(40));
}

#[test]
fn urgency_skips_the_wait_and_is_not_taken_back() {
    let at = time("2026-11-26T08:00:00Z");
    let all = publication(Urgent::All, &PAST);
    assert_eq!(all.due(ring(3), at), Due { lists: 42, decisions: 42 });
    let decisions = publication(Urgent::Decisions, &PAST);
    assert_eq!(decisions.due(ring(3), at), Due { lists: 40, decisions: 42 });
    let past = [(41, "2026-11-25T08:00:00Z", Urgent::Decisions), PAST[1]];
    assert_eq!(publication(Urgent::No, &past).due(ring(3), at), Due { lists: 40, decisions: 41 });
    let past = [(41, "2026-11-25T08:00:00Z", Urgent::All), PAST[1]];
    assert_eq!(publication(Urgent::No, &past).due(ring(3), at), Due { lists: 41, decisions: 41 });
}

#[test]
fn it_is_written_and_read_and_remembered() {
    let publication = publication(Urgent::Decisions, &PAST);
    let text = publication.to_json();
    assert_eq!(Publication::parse(&text).expect("as written"), publication);
    insta::assert_snapshot!(String::from_utf8(text).expect("text"));
    assert_eq!(publication.roles_of(42), Some(&roles('b')));
    assert_eq!(publication.roles_of(41), Some(&roles('a')));
    assert_eq!(publication.roles_of(39), None);
    let history = publication.into_history();
    assert_eq!(history.iter().map(|past| past.serial).collect::<Vec<_>>(), [42, 41, 40]);
}

#[test]
fn the_history_has_an_end() {
    let mut publication = publication(Urgent::No, &[]);
    for serial in 43..100 {
        let history = publication.clone().into_history();
        publication = Publication { serial, history, ..publication };
    }
    assert_eq!(publication.history.len(), HISTORY);
    assert!(Publication::parse(&publication.to_json()).is_ok());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |change: &dyn Fn(&mut Publication)| {
        let mut publication = publication(Urgent::No, &PAST);
        change(&mut publication);
        Publication::parse(&publication.to_json()).expect_err("it makes no sense").to_string()
    };
    assert!(refused(&|publication| publication.serial = 41).contains("serials"));
    assert!(refused(&|publication| publication.history.swap(0, 1)).contains("serials"));
    assert!(
        refused(&|publication| drop(publication.roles.insert("../a".to_owned(), roles('a')["ministry"].clone())))
            .contains("role")
    );
    let digest =
        |publication: &mut Publication| publication.roles.get_mut("ministry").expect("there").names.sha256 = "..".to_owned();
    assert!(refused(&digest).contains("digest"));
    let many = |publication: &mut Publication| publication.history = vec![publication.history[0].clone(); 31];
    assert!(refused(&many).contains("30"));
    assert!(Publication::parse(b"{}").is_err() && Publication::parse(b"<html>").is_err());
}
