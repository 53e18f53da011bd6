//! Going back by going forward, and what was taken back stays away.

use super::*;
use crate::office::publication::{DecisionsPart, NamesPart, Past};

fn part(names: &str, decisions: &str) -> RolePart {
    let names = NamesPart { sha256: names.to_owned(), length: 1, count: 1 };
    RolePart { names, decisions: DecisionsPart { sha256: decisions.to_owned() }, sources: Default::default() }
}

fn at() -> Timestamp {
    "2026-11-26T08:00:00Z".parse().expect("a time")
}

fn last() -> Publication {
    let past = |serial: u64, names: &str| Past {
        serial,
        made: at(),
        urgent: Urgent::No,
        tables: format!("tables {serial}"),
        roles: [("ministry".to_owned(), part(names, "d1"))].into(),
    };
    Publication {
        serial: 7,
        made: at(),
        urgent: Urgent::No,
        rings: Default::default(),
        note: Words::default(),
        overrides: Vec::new(),
        taken_back: Default::default(),
        tables: "tables 7".to_owned(),
        roles: [("ministry".to_owned(), part("bad", "d2"))].into(),
        history: vec![past(6, "bad"), past(5, "good")],
    }
}

#[test]
fn what_came_after_is_taken_back_under_a_new_serial() {
    let back = take_back(&last(), 5, Urgent::All, at()).expect("it is remembered");
    assert_eq!((back.serial, back.urgent, back.tables.as_str()), (8, Urgent::All, "tables 5"));
    assert_eq!(back.roles["ministry"], part("good", "d1"));
    assert_eq!(back.taken_back.iter().collect::<Vec<_>>(), ["bad", "d2"]);
    assert_eq!(back.history.iter().map(|past| past.serial).collect::<Vec<_>>(), [7, 6, 5]);
    // Going forward again is a taking back of the taking back.
    let again = take_back(&back, 7, Urgent::No, at()).expect("it is remembered");
    assert_eq!(again.roles["ministry"], part("bad", "d2"));
    assert_eq!(again.taken_back.iter().collect::<Vec<_>>(), ["d1", "good"]);
}

#[test]
fn a_folder_that_still_makes_it_does_not_bring_it_again() {
    let back = take_back(&last(), 5, Urgent::All, at()).expect("it is remembered");
    let mut next = Publication { serial: 9, ..back.clone() };
    next.roles.insert("ministry".to_owned(), part("bad", "d3"));
    assert_eq!(keep_away(&mut next, Some(&back)), ["ministry"]);
    assert_eq!(next.roles["ministry"], part("good", "d3"), "the new decision goes out all the same");
    next.roles.insert("ministry".to_owned(), part("mended", "d3"));
    assert!(keep_away(&mut next, Some(&back)).is_empty());
    assert_eq!(next.roles["ministry"].names.sha256, "mended");
}

#[test]
fn what_is_not_remembered_is_said_with_what_is() {
    let said = take_back(&last(), 3, Urgent::No, at()).expect_err("nobody remembers it");
    assert_eq!(said, "there is no publication 3 to go back to\nhint: remembered are 6, 5");
    assert!(take_back(&last(), 7, Urgent::No, at()).expect_err("it is the newest").starts_with("publication 7 is the newest"));
}
