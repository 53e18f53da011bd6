//! What the log is told of while queries are answered, and how seldom: nobody who asks may fill a disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What was told when.
#[derive(Debug, Default)]
pub struct Notices {
    /// Private addresses in answers for public names.
    pub rebinding: Seldom,
}

/// Something that is told once a minute at most.
#[derive(Debug, Default)]
pub struct Seldom {
    /// The second of the running time from which it may be told again.
    again: AtomicU64,
}

const MINUTE: u64 = 60;

impl Seldom {
    /// Whether it is to be told at the running time `now`; of several threads that ask, one hears yes.
    pub fn is_due(&self, now: Duration) -> bool {
        let (second, again) = (now.as_secs(), self.again.load(Ordering::Relaxed));
        let next = second + MINUTE;
        second >= again && self.again.compare_exchange(again, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests;
