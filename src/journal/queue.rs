//! What lies between the threads that answer and the one that writes.
//!
//! [`Journal::note`] never waits: what finds no room is counted as dropped. Nobody is woken either: the writer looks by itself.
//!
//! # Cost
//! A note is some hundred octets behind the one before, under a lock that is the thread's own but for the moment in which the writer
//! takes the sheaf away; no allocation, no system call (`benches/journal.rs`).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::sheaf::Sheaf;
use super::{AllowedForm, Counts, Note, Settings, Tally};
use crate::policy::Outcome;

/// The most notes of one sheaf that wait: 0.3 seconds' worth at 100,000 queries a second. With names of 20 octets that are 2.5 MiB, with
/// the longest 10 MiB.
pub const QUEUE: usize = 32_768;

/// So many sheaves are filled at a time, each by its own threads.
pub(super) const SHEAVES: usize = 8;

/// The journal as those see it who have something to note.
#[derive(Debug, Clone)]
pub struct Journal {
    shared: Arc<Shared>,
}

/// What the journal's handles and its writer share.
#[derive(Debug)]
pub(super) struct Shared {
    counts: Counts,
    /// Whether allowed queries are noted.
    allowed: AtomicBool,
    /// The most notes of a sheaf.
    capacity: usize,
    sheaves: [Mutex<Filling>; SHEAVES],
    /// What a reload brought and the writer has not yet taken up.
    changed: Mutex<Option<Settings>>,
}

/// A sheaf that is filled, and what became of notes for it.
#[derive(Debug)]
struct Filling {
    sheaf: Sheaf,
    noted: u64,
    dropped: u64,
    withheld: u64,
    end: End,
}

impl Filling {
    fn new() -> Self {
        Self { sheaf: Sheaf::with_room(), noted: 0, dropped: 0, withheld: 0, end: End::Open }
    }
}

/// Whether the writer still comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It does.
    Open,
    /// It has ended: from then on every note is dropped.
    Closed,
}

impl Journal {
    /// A journal with room for `capacity` notes a sheaf, and the writer's end of it.
    pub(super) fn with_capacity(capacity: usize, allowed: AllowedForm) -> (Self, Arc<Shared>) {
        let shared = Arc::new(Shared {
            counts: Counts::default(),
            allowed: AtomicBool::new(allowed == AllowedForm::Log),
            capacity,
            sheaves: std::array::from_fn(|_| Mutex::new(Filling::new())),
            changed: Mutex::new(None),
        });
        (Self { shared: Arc::clone(&shared) }, shared)
    }

    /// Notes one query, without waiting.
    ///
    /// A query that was never judged is not the journal's, nor is an allowed one unless `[journal] allowed` is `log`:
    /// neither is counted here.
    pub fn note(&self, note: &Note<'_>) {
        let shared = &*self.shared;
        match note.outcome {
            _ if note.help => {}
            Outcome::None => return,
            Outcome::Allowed if !shared.allowed.load(Ordering::Relaxed) => return,
            Outcome::Allowed | Outcome::Blocked | Outcome::Rewritten | Outcome::Failed => {}
        }
        let mut filling = lock(&shared.sheaves[own_sheaf()]);
        filling.noted += 1;
        if note.help {
            filling.withheld += 1;
        } else if filling.end == End::Closed || filling.sheaf.len() >= shared.capacity {
            filling.dropped += 1;
        } else {
            filling.sheaf.lay(note);
        }
    }

    /// Whether an allowed query would be written: who does not, need not make the note.
    pub fn takes_allowed(&self) -> bool {
        self.shared.allowed.load(Ordering::Relaxed)
    }

    /// The counters now.
    pub fn tally(&self) -> Tally {
        // The ends before what was noted, so that what waits is never short of what was noted in between.
        let mut tally = self.shared.counts.tally();
        for filling in &self.shared.sheaves {
            let filling = lock(filling);
            tally.noted += filling.noted;
            tally.dropped += filling.dropped;
            tally.withheld += filling.withheld;
        }
        tally
    }

    /// Puts other settings in force, as a reload brings them; the writer takes them up with its next step.
    pub fn change(&self, settings: Settings) {
        self.shared.allowed.store(settings.allowed == AllowedForm::Log, Ordering::Relaxed);
        *lock(&self.shared.changed) = Some(settings);
    }
}

impl Shared {
    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Takes the sheaves that hold anything, and leaves those of `spare`, which are empty, in their places.
    pub(super) fn take(&self, out: &mut Vec<Sheaf>, spare: &mut Vec<Sheaf>) {
        for filling in &self.sheaves {
            let mut filling = lock(filling);
            if filling.sheaf.len() > 0 {
                out.push(std::mem::replace(&mut filling.sheaf, spare.pop().unwrap_or_else(Sheaf::with_room)));
            }
        }
    }

    /// The settings that a reload brought since the last call.
    pub(super) fn changed(&self) -> Option<Settings> {
        lock(&self.changed).take()
    }

    /// Counts everything that waits, and everything that comes from now on, as dropped.
    pub(super) fn close(&self) {
        for filling in &self.sheaves {
            let mut filling = lock(filling);
            filling.end = End::Closed;
            filling.dropped += filling.sheaf.len() as u64;
            filling.sheaf.clear();
        }
    }
}

/// The sheaf of this thread: threads take turns, so that two that note much seldom share one.
fn own_sheaf() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = THREADS.fetch_add(1, Ordering::Relaxed) % SHEAVES;
    }
    OWN.with(|own| *own)
}

/// What is behind these locks is whole between any two statements, so a panic of its holder spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
