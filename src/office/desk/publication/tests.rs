//! A publication reads as it was written, and remembers as many as it may.

use std::collections::BTreeMap;

use super::*;

fn publication(serial: u64, digest: &str, history: Vec<Past>) -> Publication {
    let names = NamesFacts { sha256: digest.to_owned(), length: 16, count: 0 };
    let facts = RoleFacts { names, decisions: DecisionsFacts { sha256: "d".to_owned() }, sources: BTreeMap::new() };
    Publication {
        serial,
        made: "2026-11-26T08:00:00Z".parse().expect("a time"),
        urgent: Urgency::Decisions,
        rings: BTreeMap::from([(2, 86_400)]),
        note: Words { vi: "thay đổi".to_owned(), en: "changes".to_owned() },
        overrides: vec![Override { what: "a".to_owned(), by: "b".to_owned(), reason: "c".to_owned() }],
        order: vec!["ministry".to_owned()],
        roles: BTreeMap::from([("ministry".to_owned(), facts)]),
        history,
    }
}

#[test]
fn it_reads_as_it_was_written() {
    let first = publication(1, "aa", Vec::new());
    let next = publication(2, "bb", first.history_of_next());
    assert_eq!(Publication::parse(&next.to_json()).expect("JSON"), next);
    assert!(String::from_utf8(next.to_json()).expect("text").contains("\"urgent\": \"decisions\""));
}

#[test]
fn thirty_stay_available_and_each_text_counts_once() {
    let mut last = publication(1, "text 1", Vec::new());
    for serial in 2..=40 {
        // Every second publication changes decisions only.
        last = publication(serial, &format!("text {}", serial / 2), last.history_of_next());
    }
    let serials: Vec<u64> = last.history.iter().map(|past| past.serial).collect();
    assert_eq!(serials, (10..=39).rev().collect::<Vec<u64>>());
    assert_eq!(last.older_texts("ministry").len(), 15);
    assert_eq!(last.older_texts("ministry")[0], "text 19");
    assert!(last.older_texts("district").is_empty());
}
