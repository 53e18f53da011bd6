//! The snapshots that the journal may still have to ask which list or rule was meant: the one in force, and those before it for a while.
//!
//! The rule: a snapshot holds its images mapped, so none is remembered for longer than an entry may take to be written.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::lock;
use crate::snapshot::Snapshot;

/// So many at once, should one follow the other within moments.
const MOST: usize = 4;

/// So long after another took its place. Entries are looked up when they are first noted, and wait for ten seconds at most.
const AFTER: Duration = Duration::from_secs(60);

/// The newest first, each with the running time from which on it was no longer in force.
#[derive(Debug)]
pub(super) struct Remembered(Mutex<VecDeque<(Arc<Snapshot>, Option<Duration>)>>);

impl Remembered {
    pub(super) fn new(first: Arc<Snapshot>) -> Self {
        Self(Mutex::new(VecDeque::from([(first, None)])))
    }

    /// At the running time `now` another comes in force.
    pub(super) fn put(&self, snapshot: Arc<Snapshot>, now: Duration) {
        let mut all = lock(&self.0);
        if let Some((_, until)) = all.front_mut() {
            *until = Some(now);
        }
        all.push_front((snapshot, None));
        all.truncate(MOST);
    }

    /// Forgets those that nobody asks any more.
    pub(super) fn forget(&self, now: Duration) {
        lock(&self.0).retain(|(_, until)| until.is_none_or(|until| now.saturating_sub(until) < AFTER));
    }

    /// The one with this number.
    pub(super) fn find(&self, serial: u64) -> Option<Arc<Snapshot>> {
        lock(&self.0).iter().find(|(snapshot, _)| snapshot.serial == serial).map(|(snapshot, _)| Arc::clone(snapshot))
    }
}
