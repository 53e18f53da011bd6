//! The identity of the counts, folding, pseudonyms and the end of a run, driven step by step.

use std::net::IpAddr;

use super::*;
use crate::journal::testkit::{client, entry, lines, moment, no_source, note, note_help, settings};
use crate::journal::{JsonSink, Source, Stopped, Tally};

/// How often each entry was repeated.
fn repeats(directory: &Path) -> Vec<u64> {
    lines(directory).iter().map(|line| line.repeats).collect()
}

fn ends(tally: Tally) -> u64 {
    tally.written + tally.folded + tally.dropped + tally.withheld
}

fn at(entry: Entry, after: Duration) -> Entry {
    Entry { time: moment(after).wall, ..entry }
}

#[test]
fn overloaded_or_not_every_noted_query_has_one_end() {
    let home = tempfile::tempdir().expect("a directory");
    let (journal, mut writer) = open_with_capacity(settings(home.path()), no_source(), 256);
    let noted = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let journal = journal.clone();
                scope.spawn(move || {
                    for number in 0..5_000 {
                        let entry = entry(&format!("n{}.t{thread}.example", number / 3));
                        if number % 100 == 0 { note_help(&journal, entry) } else { note(&journal, entry) }
                    }
                })
            })
            .collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            writer.step(moment(Duration::ZERO));
        }
        20_000
    });
    writer.flush(moment(Duration::from_secs(1)));
    let tally = journal.tally();
    assert_eq!(tally.noted, noted);
    assert_eq!(ends(tally), noted, "{tally:?}");
    assert_eq!(tally.withheld, 200);
    assert!(tally.written > 0 && tally.folded > 0);
    let repeats = repeats(home.path());
    assert_eq!((repeats.len() as u64, repeats.iter().sum()), (tally.written, tally.folded));
}

#[test]
fn repeats_are_one_entry_written_at_once_and_updated() {
    let home = tempfile::tempdir().expect("a directory");
    let (journal, mut writer) = open(settings(home.path()), no_source());
    let second = Duration::from_secs(1);
    note(&journal, entry("x.example"));
    note(&journal, entry("x.example"));
    writer.step(moment(Duration::ZERO));
    assert_eq!(repeats(home.path()), [1]);
    note(&journal, at(entry("x.example"), 9 * second));
    writer.step(moment(9 * second));
    assert_eq!(repeats(home.path()), [2]);
    note(&journal, at(entry("x.example"), 10 * second));
    writer.step(moment(10 * second));
    assert_eq!(repeats(home.path()), [2, 0]);
    assert_eq!(journal.tally(), Tally { noted: 4, written: 2, folded: 2, ..Tally::default() });
}

#[test]
fn json_lines_come_at_once_and_again_with_their_repeats() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("out/journal.json");
    let json = Some(JsonSink::File(file.clone()));
    let (journal, mut writer) = open(Settings { json, ..settings(home.path()) }, no_source());
    note(&journal, entry("x.example"));
    writer.step(moment(Duration::ZERO));
    note(&journal, at(entry("x.example"), Duration::from_secs(3)));
    writer.step(moment(Duration::from_secs(3)));
    let repeats = || -> Vec<u64> {
        let text = std::fs::read_to_string(&file).expect("the file");
        let value = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["repeats"].as_u64();
        text.lines().map(|line| value(line).expect("a number")).collect()
    };
    assert_eq!(repeats(), [0]);
    writer.step(moment(Duration::from_secs(10)));
    assert_eq!(repeats(), [0, 1]);
    writer.step(moment(Duration::from_secs(20)));
    assert_eq!(repeats(), [0, 1]);
}

#[test]
fn the_client_is_written_in_the_form_that_is_asked_for() {
    let forms = [(ClientForm::Full, "10.20.1.7"), (ClientForm::Subnet, "10.20.1.0/24"), (ClientForm::None, "")];
    for (form, written) in forms {
        let home = tempfile::tempdir().expect("a directory");
        let (journal, mut writer) = open(Settings { client: form, ..settings(home.path()) }, no_source());
        note(&journal, Entry { client: client("::ffff:10.20.1.7"), ..entry("x.example") });
        writer.step(moment(Duration::ZERO));
        assert_eq!(&*lines(home.path())[0].client, written, "{form:?}");
    }
}

#[test]
fn by_default_no_file_of_the_state_holds_the_address() {
    let home = tempfile::tempdir().expect("a directory");
    let (journal, mut writer) = open(settings(home.path()), no_source());
    note(&journal, entry("x.example"));
    writer.flush(moment(Duration::ZERO));
    for file in std::fs::read_dir(home.path()).expect("the directory") {
        let bytes = std::fs::read(file.expect("an entry").path()).expect("a file");
        assert!(!String::from_utf8_lossy(&bytes).contains("10.20.1.7"));
    }
    let seen = lines(home.path())[0].client.to_string();
    let keys = Pseudonyms::read(home.path()).expect("the keys");
    assert_eq!(keys.all(client("10.20.1.7")), [seen]);
}

#[test]
fn lists_and_rule_come_from_the_callback_and_its_panic_costs_only_them() {
    let home = tempfile::tempdir().expect("a directory");
    let provenance: Provenance = Box::new(|entry| match entry.name.label_count() {
        2 => Some(Source {
            lists: vec!["ut1 games".to_owned(), "b".to_owned()],
            rule: Some("x.example".to_owned()),
            mismatches: 1,
        }),
        _ => panic!("as a fault in the lists would"),
    });
    let (journal, mut writer) = open(settings(home.path()), provenance);
    note(&journal, entry("x.example"));
    note(&journal, entry("www.x.example"));
    writer.step(moment(Duration::ZERO));
    let written = lines(home.path());
    assert_eq!((written[0].lists.join(", "), &*written[0].rule), ("ut1 games, b".to_owned(), "x.example"));
    assert!(written[1].lists.is_empty() && written[1].rule.is_empty());
    assert_eq!((journal.tally().written, journal.tally().mismatches), (2, 1));
}

#[test]
fn a_reload_changes_what_is_written_from_the_next_step_on() {
    let (home, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let (journal, mut writer) = open(settings(home.path()), no_source());
    let allowed = Entry { outcome: crate::policy::Outcome::Allowed, ..entry("y.example") };
    note(&journal, allowed.clone());
    journal.change(Settings { allowed: crate::journal::AllowedForm::Log, ..settings(other.path()) });
    note(&journal, allowed);
    writer.step(moment(Duration::ZERO));
    assert!(!home.path().join(crate::journal::FILE).exists());
    assert_eq!(lines(other.path())[0].verdict, "allowed");
}

#[test]
fn stopping_writes_what_waits() {
    let home = tempfile::tempdir().expect("a directory");
    let (journal, writer) = open(settings(home.path()), no_source());
    let running = writer.start(|| moment(Duration::ZERO)).expect("a thread");
    for number in 0..5_000_u32 {
        note(&journal, Entry { client: IpAddr::from(number.to_be_bytes()), ..entry("x.example") });
    }
    assert_eq!(running.stop(Duration::from_secs(60)), Stopped::Flushed);
    note(&journal, entry("late.example"));
    let tally = journal.tally();
    assert_eq!(tally, Tally { noted: 5_001, written: 5_000, dropped: 1, ..Tally::default() });
    assert_eq!(lines(home.path()).len(), 5_000);
}

/// Notes 3,000 names: more than are told at once.
fn flood(journal: &Journal) {
    (0..3_000).for_each(|number| note(journal, entry(&format!("n{number}.example"))));
}

#[test]
fn a_flood_of_repeats_is_told_when_its_time_is_over_and_counted_exactly() {
    let home = tempfile::tempdir().expect("a directory");
    let (journal, mut writer) = open(settings(home.path()), no_source());
    flood(&journal);
    while writer.step(moment(Duration::ZERO)) > 0 {}
    flood(&journal);
    while writer.step(moment(Duration::ZERO)) > 0 {}
    let tally = journal.tally();
    assert_eq!((tally.written, tally.folded, tally.waiting()), (3_000, 0, 3_000), "they wait");
    assert_eq!(repeats(home.path()).iter().sum::<u64>(), 0);
    while writer.step(moment(Duration::from_secs(10))) > 0 {}
    assert_eq!(journal.tally(), Tally { noted: 6_000, written: 3_000, folded: 3_000, ..Tally::default() });
    assert!(repeats(home.path()).iter().all(|repeats| *repeats == 1));
}

#[test]
fn repeats_that_wait_are_told_at_the_end_of_a_run_or_counted_as_dropped() {
    let home = tempfile::tempdir().expect("a directory");
    let (journal, mut writer) = open(settings(home.path()), no_source());
    flood(&journal);
    while writer.step(moment(Duration::ZERO)) > 0 {}
    flood(&journal);
    while writer.step(moment(Duration::ZERO)) > 0 {}
    writer.flush(moment(Duration::from_secs(1)));
    assert_eq!(repeats(home.path()).iter().sum::<u64>(), 3_000);
    flood(&journal);
    drop(writer);
    let tally = journal.tally();
    assert_eq!((tally.noted, ends(tally), tally.dropped), (9_000, 9_000, 3_000));
}

#[test]
fn what_two_threads_note_within_the_ten_seconds_is_one_entry_in_whatever_order_it_is_read() {
    let home = tempfile::tempdir().expect("a directory");
    let (journal, mut writer) = open(settings(home.path()), no_source());
    // Each thread fills a sheaf of its own, and the later one's may be read first.
    for millis in [90, 0, 60, 30] {
        let journal = journal.clone();
        let noting = std::thread::spawn(move || note(&journal, at(entry("x.example"), Duration::from_millis(millis))));
        noting.join().expect("noting does not panic");
    }
    writer.flush(moment(Duration::from_secs(1)));
    assert_eq!(repeats(home.path()), [3]);
    assert_eq!(journal.tally(), Tally { noted: 4, written: 1, folded: 3, ..Tally::default() });
}
