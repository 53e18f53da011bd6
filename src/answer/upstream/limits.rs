//! How much may be under way at once: in total, and for one client, so that one cannot starve the others.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::Acquire};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The counts, and their bounds.
#[derive(Debug)]
pub(super) struct Limits {
    questions: Arc<Questions>,
    per_client: usize,
    clients: [Mutex<HashMap<IpAddr, usize>>; 16],
    spread: RandomState,
}

/// Questions under way to upstreams.
#[derive(Debug)]
struct Questions {
    most: usize,
    now: AtomicUsize,
}

/// Leave to put one question to upstreams; dropped when it has ended.
#[derive(Debug)]
pub(super) struct QuestionPermit(Arc<Questions>);

/// Leave for one query of a client to wait; dropped when it has its answer or is given up.
#[derive(Debug)]
pub(super) struct ClientPermit<'a> {
    limits: &'a Limits,
    client: IpAddr,
}

impl Limits {
    pub(super) fn new(in_total: usize, per_client: usize) -> Self {
        Self {
            questions: Arc::new(Questions { most: in_total, now: AtomicUsize::new(0) }),
            per_client,
            clients: std::array::from_fn(|_| Mutex::new(HashMap::new())),
            spread: RandomState::new(),
        }
    }

    /// Room for one more question, where there is some.
    pub(super) fn question(&self) -> Option<QuestionPermit> {
        let Questions { most, now } = &*self.questions;
        let more = |count: usize| (count < *most).then(|| count + 1);
        now.fetch_update(AcqRel, Acquire, more).ok().map(|_| QuestionPermit(Arc::clone(&self.questions)))
    }

    /// Room for one more query of this client, where there is some.
    pub(super) fn client(&self, client: IpAddr) -> Option<ClientPermit<'_>> {
        let mut clients = self.clients_with(client);
        let waiting = clients.entry(client).or_default();
        if *waiting >= self.per_client {
            return None;
        }
        *waiting += 1;
        Some(ClientPermit { limits: self, client })
    }

    /// How many questions are under way.
    pub(super) fn in_flight(&self) -> usize {
        self.questions.now.load(Acquire)
    }

    fn clients_with(&self, client: IpAddr) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        let place = self.spread.hash_one(client) as usize % self.clients.len();
        self.clients[place].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for QuestionPermit {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, AcqRel);
    }
}

impl Drop for ClientPermit<'_> {
    fn drop(&mut self) {
        let mut clients = self.limits.clients_with(self.client);
        if let Some(waiting) = clients.get_mut(&self.client) {
            *waiting -= 1;
            if *waiting == 0 {
                clients.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests;
