//! The queue between the threads that answer and the one that writes.
//!
//! [`Journal::note`] never waits: what finds no room is counted as dropped. Nobody is woken either: the writer looks by itself.
//!
//! # Cost
//! One entry of some 370 octets is moved into a slot that stands ready; no allocation, no system call. `benches/journal.rs`
//! guards it. The slots are resident from the start, which is why there are no more of them.

use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{AllowedForm, Counts, Entry, Settings, Tally};
use crate::policy::Outcome;

/// The most entries that wait: a second's worth at 30,000 queries a second, in 12 MiB.
pub const QUEUE: usize = 32_768;

/// The journal as those see it who have something to note.
#[derive(Debug, Clone)]
pub struct Journal {
    sender: SyncSender<Entry>,
    shared: Arc<Shared>,
}

/// What the journal's handles and its writer share.
#[derive(Debug)]
pub(super) struct Shared {
    counts: Counts,
    /// Whether allowed queries are noted.
    allowed: AtomicBool,
    /// Set when the writer has ended: from then on every entry is dropped.
    closed: AtomicBool,
    /// Kept here, not by the writer, so that what comes too late is still counted.
    receiver: Mutex<Receiver<Entry>>,
    /// What a reload brought and the writer has not yet taken up.
    changed: Mutex<Option<Settings>>,
}

impl Journal {
    /// A queue with room for `capacity` entries, and the writer's end of it.
    pub(super) fn with_capacity(capacity: usize, allowed: AllowedForm) -> (Self, Arc<Shared>) {
        let (sender, receiver) = sync_channel(capacity);
        let shared = Arc::new(Shared {
            counts: Counts::default(),
            allowed: AtomicBool::new(allowed == AllowedForm::Log),
            closed: AtomicBool::new(false),
            receiver: Mutex::new(receiver),
            changed: Mutex::new(None),
        });
        (Self { sender, shared: Arc::clone(&shared) }, shared)
    }

    /// Notes one query, without waiting.
    ///
    /// A query that was never judged is not the journal's, nor is an allowed one unless `[journal] allowed` is `log`:
    /// neither is counted here.
    pub fn note(&self, entry: Entry) {
        let shared = &*self.shared;
        if entry.help {
            shared.counts.note();
            shared.counts.withhold();
            return;
        }
        match entry.outcome {
            Outcome::None => return,
            Outcome::Allowed if !shared.allowed.load(Ordering::Relaxed) => return,
            Outcome::Allowed | Outcome::Blocked | Outcome::Rewritten | Outcome::Failed => {}
        }
        shared.counts.note();
        if self.sender.try_send(entry).is_err() {
            shared.counts.lose(1);
            return;
        }
        // Pairs with the fence in `close`: either the writer's last look sees the entry, or we see that it has looked.
        fence(Ordering::SeqCst);
        if shared.closed.load(Ordering::Relaxed) {
            shared.sweep();
        }
    }

    /// Whether an allowed query would be written: who does not, need not make the entry.
    pub fn takes_allowed(&self) -> bool {
        self.shared.allowed.load(Ordering::Relaxed)
    }

    /// The counters now.
    pub fn tally(&self) -> Tally {
        self.shared.counts.tally()
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

    /// Moves up to `most` waiting entries into `out`.
    pub(super) fn take(&self, out: &mut Vec<Entry>, most: usize) {
        let receiver = lock(&self.receiver);
        out.extend(std::iter::from_fn(|| receiver.try_recv().ok()).take(most));
    }

    /// The settings that a reload brought since the last call.
    pub(super) fn changed(&self) -> Option<Settings> {
        lock(&self.changed).take()
    }

    /// Counts everything that waits, and everything that comes from now on, as dropped.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.sweep();
    }

    /// Counts what waits as dropped.
    fn sweep(&self) {
        let receiver = lock(&self.receiver);
        let late = std::iter::from_fn(|| receiver.try_recv().ok()).count();
        self.counts.lose(late as u64);
    }
}

/// What is behind these locks is whole between any two statements, so a panic of its holder spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
