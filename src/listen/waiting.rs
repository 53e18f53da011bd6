//! The queries of one listener that wait for an upstream: bounded in all, and for each client, so that nobody takes all places.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Limits;
use super::limits::source_of;
use crate::dns::Secret;

/// How many times one client's places an IPv6 /64 has, as with rates.
const NETWORK_CEILING: usize = 4;

/// How many wait, and for whom.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    count: AtomicUsize,
    /// By address, and by the /64 of IPv6 addresses; who waits for nothing is not in it.
    by_client: Mutex<Counts>,
    changed: tokio::sync::Notify,
}

type Counts = HashMap<Waiter, usize, Secret>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Waiter {
    Client(IpAddr),
    Network(IpAddr),
}

impl Waiter {
    /// How many places it may have.
    const fn most(self, limits: &Limits) -> usize {
        match self {
            Self::Client(_) => limits.waiting_per_client,
            Self::Network(_) => limits.waiting_per_client.saturating_mul(NETWORK_CEILING),
        }
    }
}

impl Waiting {
    /// Takes a place for `client`, unless all that it may have, or all that there are, are taken.
    pub(super) fn enter(self: &Arc<Self>, client: IpAddr, limits: &Limits) -> Option<Place> {
        {
            let mut by_client = self.by_client();
            let full = |waiter: &Waiter| by_client.get(waiter).is_some_and(|count| *count >= waiter.most(limits));
            if waiters(client).any(|waiter| full(&waiter)) {
                return None;
            }
            if self.count.fetch_add(1, Ordering::Relaxed) >= limits.waiting {
                self.count.fetch_sub(1, Ordering::Relaxed);
                return None;
            }
            for waiter in waiters(client) {
                *by_client.entry(waiter).or_default() += 1;
            }
        }
        Some(Place { waiting: Arc::clone(self), client })
    }

    /// How many wait.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Waits until nothing waits any more, or until `deadline`.
    pub(super) async fn drained(&self, deadline: tokio::time::Instant) {
        while self.count.load(Ordering::Acquire) > 0 {
            let changed = self.changed.notified();
            if self.count.load(Ordering::Acquire) == 0 || tokio::time::timeout_at(deadline, changed).await.is_err() {
                return;
            }
        }
    }

    /// Only counts stand behind the lock, each sound by itself.
    fn by_client(&self) -> MutexGuard<'_, Counts> {
        self.by_client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Under what a client's places are counted.
fn waiters(client: IpAddr) -> impl Iterator<Item = Waiter> {
    let network = client.is_ipv6().then(|| Waiter::Network(source_of(client)));
    std::iter::once(Waiter::Client(client)).chain(network)
}

/// A place among the waiting, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    waiting: Arc<Waiting>,
    client: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_client = self.waiting.by_client();
        for waiter in waiters(self.client) {
            if let Some(count) = by_client.get_mut(&waiter) {
                *count -= 1;
                if *count == 0 {
                    by_client.remove(&waiter);
                }
            }
        }
        drop(by_client);
        if self.waiting.count.fetch_sub(1, Ordering::Release) == 1 {
            self.waiting.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests;
