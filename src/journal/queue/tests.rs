//! Identity of the counts, and what the queue does not take.

use std::sync::Arc;

use super::*;
use crate::journal::Entry;
use crate::journal::testkit::{entry, note, note_help};

/// How many notes wait.
fn taken(shared: &Shared) -> usize {
    let mut taken = Vec::new();
    shared.take(&mut taken, &mut Vec::new());
    taken.iter().map(Sheaf::len).sum()
}

#[test]
fn sent_is_taken_and_dropped_exactly() {
    let (journal, shared) = Journal::with_capacity(64, AllowedForm::Count);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let journal = journal.clone();
            scope.spawn(move || (0..1_000).for_each(|_| note(&journal, entry("x.example"))));
        }
    });
    let tally = journal.tally();
    let taken = taken(&shared);
    assert_eq!(tally.noted, 4_000);
    assert!(taken >= 64 && taken.is_multiple_of(64), "whole sheaves of those that the threads had: {taken}");
    assert_eq!(tally.dropped, 4_000 - taken as u64);
    assert_eq!(tally.waiting(), taken as u64);
}

#[test]
fn allowed_is_taken_only_where_the_settings_say_so() {
    for (form, expected) in [(AllowedForm::Count, 0), (AllowedForm::Log, 1)] {
        let (journal, shared) = Journal::with_capacity(8, form);
        note(&journal, Entry { outcome: Outcome::Allowed, ..entry("x.example") });
        assert_eq!(taken(&shared), expected);
        assert_eq!(journal.tally().noted, expected as u64);
    }
}

#[test]
fn what_was_never_judged_is_not_taken() {
    let (journal, shared) = Journal::with_capacity(8, AllowedForm::Log);
    note(&journal, Entry { outcome: Outcome::None, ..entry("x.example") });
    assert_eq!(taken(&shared), 0);
    assert_eq!(journal.tally(), Tally::default());
}

#[test]
fn a_help_name_never_enters_the_queue() {
    for outcome in Outcome::ALL {
        let (journal, shared) = Journal::with_capacity(8, AllowedForm::Log);
        note_help(&journal, Entry { outcome, ..entry("vn-cop.vn") });
        assert_eq!(taken(&shared), 0);
        assert_eq!(journal.tally(), Tally { noted: 1, withheld: 1, ..Tally::default() });
    }
}

#[test]
fn what_is_noted_while_the_writer_ends_is_counted() {
    for _ in 0..50 {
        let (journal, shared) = Journal::with_capacity(1_024, AllowedForm::Count);
        let mut written = 0;
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let journal = journal.clone();
                scope.spawn(move || (0..500).for_each(|_| note(&journal, entry("x.example"))));
            }
            let (shared, written) = (Arc::clone(&shared), &mut written);
            scope.spawn(move || {
                *written = taken(&shared) as u64;
                shared.close();
            });
        });
        let tally = journal.tally();
        assert_eq!(tally.noted, 1_000);
        assert_eq!(written + tally.dropped, 1_000);
    }
}
