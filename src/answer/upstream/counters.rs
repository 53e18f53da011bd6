//! What is counted of each upstream, as plain atomics that a scrape reads at any time.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::failure::Fault;

/// The upper bounds of [`Latency`]'s buckets: 0.00025·2ⁿ seconds for n from 0 to 15; the last is 8.192 s.
pub const BUCKETS: [Duration; 16] = {
    let mut bounds = [Duration::ZERO; 16];
    let mut n = 0;
    while n < bounds.len() {
        bounds[n] = Duration::from_micros(250 << n);
        n += 1;
    }
    bounds
};

/// One upstream's counters; they only grow, across reloads too.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    failures: [AtomicU64; Fault::ALL.len()],
    buckets: [AtomicU64; BUCKETS.len()],
    answers: AtomicU64,
    micros: AtomicU64,
}

/// How long answers took: those of any rcode, by any transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency {
    /// How many answers took at most [`BUCKETS`]`[n]`, and longer than the bound before it (not cumulative).
    pub buckets: [u64; BUCKETS.len()],
    /// All answers, those beyond the last bound too.
    pub count: u64,
    /// Their times in sum.
    pub sum: Duration,
}

/// One upstream, as metrics and `khien status` show it.
#[derive(Debug, Clone)]
pub struct UpstreamStats {
    /// The upstream as the operator wrote it.
    pub upstream: String,
    /// Whether it is asked in its turn, or set back after failures.
    pub up: bool,
    /// How many UDP sockets it may hold; none where it is asked by TCP.
    pub sockets: Option<usize>,
    /// Questions put to it: each datagram's or connection's first sending, retries by TCP and without EDNS too.
    pub requests: u64,
    /// What failed, by reason, each of [`Fault::ALL`] once. A reply that was ignored counts, its question may yet succeed.
    pub failures: [(Fault, u64); Fault::ALL.len()],
    /// How long answers took.
    pub latency: Latency,
}

impl Counters {
    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    pub(super) fn fault(&self, fault: Fault) {
        self.failures[fault as usize].fetch_add(1, Relaxed);
    }

    pub(super) fn answer(&self, took: Duration) {
        let bucket = BUCKETS.partition_point(|bound| *bound < took);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Relaxed);
        }
        self.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
        self.answers.fetch_add(1, Relaxed);
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    pub(super) fn failures(&self) -> [(Fault, u64); Fault::ALL.len()] {
        Fault::ALL.map(|fault| (fault, self.failures[fault as usize].load(Relaxed)))
    }

    pub(super) fn latency(&self) -> Latency {
        Latency {
            buckets: std::array::from_fn(|n| self.buckets[n].load(Relaxed)),
            count: self.answers.load(Relaxed),
            sum: Duration::from_micros(self.micros.load(Relaxed)),
        }
    }
}

#[cfg(test)]
mod tests;
