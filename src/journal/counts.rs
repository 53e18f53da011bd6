//! What the journal did, in numbers that anybody may read at any time.
//!
//! At rest it holds exactly: noted = written + folded + dropped + withheld.

use std::sync::atomic::{AtomicU64, Ordering};

/// The writer's counters.
#[derive(Debug, Default)]
pub struct Counts {
    written: AtomicU64,
    folded: AtomicU64,
    dropped: AtomicU64,
    store_errors: AtomicU64,
    json_errors: AtomicU64,
    mismatches: AtomicU64,
}

/// The counters at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Queries that the journal was to keep.
    pub noted: u64,
    /// Entries in the store.
    pub written: u64,
    /// Queries that were added to an entry that stood already.
    pub folded: u64,
    /// Queries that were lost: the queue was full, or the store failed.
    pub dropped: u64,
    /// Queries for names of kind `help`, of which there is no record.
    pub withheld: u64,
    /// Failures of the store.
    pub store_errors: u64,
    /// Failures of the JSON output, each of which may have cost lines.
    pub json_errors: u64,
    /// Names that lists were found to take for others.
    pub mismatches: u64,
}

impl Tally {
    /// Noted, and not yet in one of the four ends.
    pub const fn waiting(&self) -> u64 {
        self.noted.saturating_sub(self.written + self.folded + self.dropped + self.withheld)
    }
}

impl Counts {
    /// Reads the writer's counters; what was noted and withheld is known where it was noted.
    pub fn tally(&self) -> Tally {
        let read = |count: &AtomicU64| count.load(Ordering::Acquire);
        let (written, folded) = (read(&self.written), read(&self.folded));
        let (store_errors, json_errors) = (read(&self.store_errors), read(&self.json_errors));
        let (dropped, mismatches) = (read(&self.dropped), read(&self.mismatches));
        Tally { written, folded, dropped, store_errors, json_errors, mismatches, ..Tally::default() }
    }

    pub(super) fn write(&self, entries: u64) {
        self.written.fetch_add(entries, Ordering::Release);
    }

    pub(super) fn fold(&self, entries: u64) {
        self.folded.fetch_add(entries, Ordering::Release);
    }

    pub(super) fn lose(&self, entries: u64) {
        self.dropped.fetch_add(entries, Ordering::Release);
    }

    pub(super) fn store_failed(&self) {
        self.store_errors.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn mismatch(&self, names: u64) {
        self.mismatches.fetch_add(names, Ordering::Release);
    }

    pub(super) fn json_failed(&self) {
        self.json_errors.fetch_add(1, Ordering::Relaxed);
    }
}
