//! Identity of the counts, and what the queue does not take.

use std::sync::Arc;

use super::*;
use crate::journal::testkit::entry;

#[test]
fn sent_is_taken_and_dropped_exactly() {
    let (journal, shared) = Journal::with_capacity(64, AllowedForm::Count);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let journal = journal.clone();
            scope.spawn(move || (0..1_000).for_each(|_| journal.note(entry("x.example"))));
        }
    });
    let mut taken = Vec::new();
    shared.take(&mut taken, 4_000);
    let tally = journal.tally();
    assert_eq!(tally.noted, 4_000);
    assert_eq!(taken.len(), 64);
    assert_eq!(tally.dropped, 4_000 - 64);
    assert_eq!(tally.waiting(), 64);
}

#[test]
fn allowed_is_taken_only_where_the_settings_say_so() {
    for (form, taken) in [(AllowedForm::Count, 0), (AllowedForm::Log, 1)] {
        let (journal, shared) = Journal::with_capacity(8, form);
        journal.note(Entry { outcome: Outcome::Allowed, ..entry("x.example") });
        let mut out = Vec::new();
        shared.take(&mut out, 8);
        assert_eq!(out.len(), taken);
        assert_eq!(journal.tally().noted, taken as u64);
    }
}

#[test]
fn what_was_never_judged_is_not_taken() {
    let (journal, shared) = Journal::with_capacity(8, AllowedForm::Log);
    journal.note(Entry { outcome: Outcome::None, ..entry("x.example") });
    let mut out = Vec::new();
    shared.take(&mut out, 8);
    assert!(out.is_empty());
    assert_eq!(journal.tally(), Tally::default());
}

#[test]
fn a_help_name_never_enters_the_queue() {
    for outcome in Outcome::ALL {
        let (journal, shared) = Journal::with_capacity(8, AllowedForm::Log);
        journal.note(Entry { outcome, help: true, ..entry("vn-cop.vn") });
        let mut out = Vec::new();
        shared.take(&mut out, 8);
        assert!(out.is_empty());
        assert_eq!(journal.tally(), Tally { noted: 1, withheld: 1, ..Tally::default() });
    }
}

#[test]
fn what_is_noted_while_the_writer_ends_is_counted() {
    for _ in 0..50 {
        let (journal, shared) = Journal::with_capacity(1_024, AllowedForm::Count);
        let mut taken = Vec::new();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let journal = journal.clone();
                scope.spawn(move || (0..500).for_each(|_| journal.note(entry("x.example"))));
            }
            let shared = Arc::clone(&shared);
            let taken = &mut taken;
            scope.spawn(move || {
                shared.take(taken, 300);
                shared.close();
            });
        });
        let tally = journal.tally();
        assert_eq!(tally.noted, 1_000);
        assert_eq!(taken.len() as u64 + tally.dropped, 1_000);
    }
}

#[test]
fn an_entry_is_small_enough_for_the_queue_to_stand_ready() {
    assert!(size_of::<Entry>() <= 384, "{}", size_of::<Entry>());
}
