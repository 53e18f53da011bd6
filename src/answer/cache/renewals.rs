//! What is to be fetched again though nobody waits for it: noted where a query is judged, done on the side.
//!
//! The rule: a renewal carries the question and nothing of the client whose query brought it about. Noting it never waits, and
//! what finds no room is left out: the entry then expires as any other.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use super::{Cache, Cause};
use crate::answer::upstream::Upstreams;
use crate::dns::{Ask, Class, Name, Query, RecordType};

/// So many wait to be done.
const WAITING: usize = 256;

/// So many are under way at once: a small part of what the upstreams are asked at all.
const UNDER_WAY: usize = 64;

/// A question that is to be asked again, and of whom.
#[derive(Debug)]
pub struct Renewal {
    upstreams: Arc<Upstreams>,
    pub(in crate::answer) name: Name,
    pub(in crate::answer) record_type: RecordType,
    pub(in crate::answer) class: Class,
    pub(in crate::answer) ask: Ask,
    cause: Cause,
    /// The running time at which it was noted, and when that was.
    noted: (Duration, Instant),
}

/// The queue of renewals.
#[derive(Debug)]
pub struct Renewals {
    sender: mpsc::Sender<Renewal>,
    /// Until somebody works on it.
    receiver: Mutex<Option<mpsc::Receiver<Renewal>>>,
    prefetches: AtomicU64,
}

impl Renewals {
    pub(super) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self { sender, receiver: Mutex::new(Some(receiver)), prefetches: AtomicU64::new(0) }
    }

    /// Notes that the question of `query` is to be put to `upstreams` again; left out where too many wait.
    pub fn note(&self, upstreams: &Arc<Upstreams>, query: &Query, cause: Cause, now: Duration) {
        let Ok(place) = self.sender.try_reserve() else { return };
        place.send(Renewal {
            upstreams: Arc::clone(upstreams),
            name: query.name.clone(),
            record_type: query.record_type,
            class: query.class,
            ask: Ask::of(query),
            cause,
            noted: (now, Instant::now()),
        });
    }

    /// How many answers were fetched, or tried to be, before their TTL was over.
    pub fn prefetches(&self) -> u64 {
        self.prefetches.load(Relaxed)
    }
}

impl Cache {
    /// Does what is noted in [`Cache::renewals`], for as long as it is polled; a second call finds nothing to do.
    pub async fn renew(self: Arc<Self>) {
        let receiver = self.renewals.receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut receiver) = receiver else { return };
        let under_way = Arc::new(Semaphore::new(UNDER_WAY));
        while let Some(renewal) = receiver.recv().await {
            let permit = Arc::clone(&under_way).acquire_owned().await.expect("the semaphore is never closed");
            match renewal.cause {
                Cause::Popular => drop(self.renewals.prefetches.fetch_add(1, Relaxed)),
                Cause::Stale => {}
            }
            let cache = Arc::clone(&self);
            tokio::spawn(async move {
                let (noted, since) = renewal.noted;
                renewal.upstreams.renew(&cache, &renewal, noted + since.elapsed()).await;
                drop(permit);
            });
        }
    }
}
