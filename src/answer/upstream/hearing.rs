//! One round of hearing what the upstreams send: what came in together is answered together.
//!
//! The rule: what is put off waits for the end of the round and no longer, whatever else happens in it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::time::Instant;

/// What can be put off until the end of a round.
pub trait AtEnd: fmt::Debug + Send + Sync {
    /// Does what was put off.
    fn hearing_ends(&self);
}

/// A round; what was put off in it is done when it is dropped.
#[derive(Debug)]
pub struct Hearing {
    /// When it began.
    pub(super) now: Instant,
    at_end: Vec<Arc<dyn AtEnd>>,
}

impl Hearing {
    pub(super) const fn at(now: Instant) -> Self {
        Self { now, at_end: Vec::new() }
    }

    /// One that begins now, for one thing alone.
    pub fn alone() -> Self {
        Self::at(Instant::now())
    }

    /// Has something done at its end.
    pub fn put_off(&mut self, what: Arc<dyn AtEnd>) {
        self.at_end.push(what);
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        for what in self.at_end.drain(..) {
            survive(|| what.hearing_ends());
        }
    }
}

/// A fault of ours costs the question or the asker that met it, and not the thread that hears all others; what is shared is behind
/// locks that outlive a panic.
pub(super) fn survive(step: impl FnOnce()) {
    catch_unwind(AssertUnwindSafe(step)).ok();
}

#[cfg(test)]
mod tests;
