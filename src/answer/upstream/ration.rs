//! How many UDP sockets each upstream may hold, so that all of them together leave the process enough open files.
//!
//! The rule: half of what the system grants is for these sockets, in equal shares; a share is never more than is of use,
//! and never so little that ports could be foreseen at a glance.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use rustix::process::{Resource, getrlimit};

/// So many sockets one upstream holds where there is room: with ids and letters, guessing is hopeless. More than 512, so that
/// of 20,000 questions in a row, 31 for each, hardly ever 64 meet on one.
pub(super) const MOST: usize = 640;

/// So many it may try to hold where there is none; what cannot be opened is then done without.
const LEAST: usize = 16;

/// The sockets that all pools together may hold, and how many pools there are.
#[derive(Debug)]
pub(super) struct Ration {
    sockets: usize,
    pools: AtomicUsize,
}

/// One pool's part; dropped with the pool, it leaves more for the others.
#[derive(Debug)]
pub(super) struct Share(Arc<Ration>);

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
        Share(Arc::clone(self))
    }
}

impl Share {
    /// How many sockets this pool may hold now.
    pub(super) fn sockets(&self) -> usize {
        (self.0.sockets / self.0.pools.load(Relaxed).max(1)).clamp(LEAST, MOST)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.0.pools.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests;
