//! How many UDP sockets each upstream may hold, so that all of them together leave the process enough open files.
//!
//! The rule: half of what the system grants is for these sockets, in equal shares; a share is never more than is of use,
//! and never so little that ports could be foreseen at a glance. One that is too small to make guessing hopeless is said aloud.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use rustix::process::{Resource, getrlimit};

/// So many sockets make guessing hopeless, together with ids and letters: fewer are told of in log and `status`.
pub const ENOUGH: usize = 512;

/// So many sockets one upstream holds where there is room: more than [`ENOUGH`], so that of 20,000 questions in a row, 31 for
/// each, hardly ever 64 meet on one.
pub(super) const MOST: usize = 640;

/// So many it may try to hold where there is none; what cannot be opened is then done without.
const LEAST: usize = 16;

/// The sockets that all pools together may hold, and how many pools there are.
#[derive(Debug)]
pub(super) struct Ration {
    sockets: usize,
    pools: AtomicUsize,
}

/// One pool's part; dropped with the pool, it leaves more for the others. None is for a pool that is never asked for a socket.
#[derive(Debug)]
pub(super) struct Share(Option<Arc<Ration>>);

impl Ration {
    pub(super) fn new(sockets: usize) -> Arc<Self> {
        Arc::new(Self { sockets, pools: AtomicUsize::new(0) })
    }

    /// The ration of this process, as its limit of open files was at the first call.
    pub(super) fn of_process() -> Arc<Self> {
        static RATION: OnceLock<Arc<Ration>> = OnceLock::new();
        let granted = || usize::try_from(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        Arc::clone(RATION.get_or_init(|| Self::new(granted() / 2)))
    }

    /// A part for one more pool.
    pub(super) fn share(self: &Arc<Self>) -> Share {
        self.pools.fetch_add(1, Relaxed);
        Share(Some(Arc::clone(self)))
    }
}

impl Share {
    /// No part at all.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// How many sockets this pool may hold now.
    pub(super) fn sockets(&self) -> Option<usize> {
        self.0.as_ref().map(|ration| (ration.sockets / ration.pools.load(Relaxed).max(1)).clamp(LEAST, MOST))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(ration) = &self.0 {
            ration.pools.fetch_sub(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests;
