//! What upstreams answered, whole, for every client that asks the same question; never a verdict.
//!
//! The rule: an entry answers only the question it was filled by (name, type, class, DO, CD, and whom it was put to), and only
//! for as long as its records say. Groups share it: what it holds depends on nobody's policy.
//!
//! # Cost
//! `find` runs on the thread that received the packet: one keyed hash, one short lock, one comparison, no allocation.
//! Memory is bounded in octets, what the cache itself needs included. Guarded by `benches/cache.rs`.

mod shard;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::shard::Shard;
use super::Route;
use super::upstream::Answer;
use crate::dns::{Class, Name, Query, Rcode, RecordType};

/// How long a failure is kept: between the second that RFC 9520 section 3.2 demands and the five seconds in which a
/// recovered upstream is to be seen.
pub const FAILURE_LIFETIME: Duration = Duration::from_secs(5);

/// An entry that takes more than this part of a shard is not kept.
const LARGEST: usize = 8;

/// The question that an entry answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheKey<'a> {
    /// The name asked for.
    pub name: &'a Name,
    /// The type asked for.
    pub record_type: RecordType,
    /// The class asked for.
    pub class: Class,
    /// DO: with signatures.
    pub dnssec_ok: bool,
    /// CD: unchecked.
    pub checking_disabled: bool,
    /// Whom it is put to.
    pub route: Route,
}

/// An answer, or a failure, as it was kept.
#[derive(Debug)]
pub struct Cached {
    key: Box<[u8]>,
    /// What the upstreams brought.
    pub content: Answer,
    /// The running time at which it was kept.
    pub stored: Duration,
    /// The running time from which it answers no more.
    pub expires: Duration,
}

/// What the cache has done and holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheCounts {
    /// Questions answered by an entry.
    pub hits: u64,
    /// Questions for which there was none, or none fresh.
    pub misses: u64,
    /// Entries, expired ones that still take room included.
    pub entries: u64,
    /// Octets, the cache's own included.
    pub bytes: u64,
}

/// The cache; shared by all threads.
#[derive(Debug)]
pub struct Cache {
    shards: Box<[Mutex<Shard>]>,
    hasher: RandomState,
}

impl<'a> CacheKey<'a> {
    /// The question of a client's query, put to the upstreams of `route`.
    pub fn of(query: &'a Query, route: Route) -> Self {
        Self {
            name: &query.name,
            record_type: query.record_type,
            class: query.class,
            dnssec_ok: query.dnssec_ok(),
            checking_disabled: query.checking_disabled(),
            route,
        }
    }

    /// Type, class, flags and route as they stand behind the name in a stored key.
    fn tail(&self) -> [u8; 13] {
        let ([a, b], [c, d]) = (self.record_type.0.to_be_bytes(), self.class.0.to_be_bytes());
        let flags = u8::from(self.dnssec_ok) << 1 | u8::from(self.checking_disabled);
        let [e, f, g, h, i, j, k, l] = self.route.to_bytes();
        [a, b, c, d, flags, e, f, g, h, i, j, k, l]
    }

    fn stored(&self) -> Box<[u8]> {
        [self.name.as_wire(), &self.tail()].concat().into()
    }
}

impl Cached {
    /// How old it is, in whole seconds: by so much its TTLs have run down.
    pub fn age(&self, now: Duration) -> u32 {
        u32::try_from(now.saturating_sub(self.stored).as_secs()).unwrap_or(u32::MAX)
    }

    /// How long it will still answer.
    pub fn remaining(&self, now: Duration) -> Duration {
        self.expires.saturating_sub(now)
    }

    fn answers(&self, key: &CacheKey<'_>) -> bool {
        self.key.strip_suffix(&key.tail()).is_some_and(|name| name == key.name.as_wire())
    }

    /// The octets it takes in memory: itself, its allocations with the allocator's head (16 octets each), and its places
    /// in the shard's slots, index and queues.
    fn weight(&self) -> usize {
        const ALLOCATIONS: usize = 7 * 16;
        let content = match &self.content {
            Ok(relayed) => relayed.size() + 2 * size_of::<usize>(),
            Err(_) => 0,
        };
        size_of::<Self>() + 2 * size_of::<usize>() + self.key.len() + content + ALLOCATIONS + shard::PLACE
    }
}

impl Cache {
    /// A cache that takes `bytes` octets at most.
    pub fn new(bytes: usize) -> Self {
        // Enough shards that threads seldom meet, and each large enough for the longest message.
        let shards = (bytes >> 20).clamp(1, 32).next_power_of_two();
        Self { shards: (0..shards).map(|_| Mutex::new(Shard::new(bytes / shards))).collect(), hasher: RandomState::new() }
    }

    /// The entry that answers `key` at the running time `now`; counted as a hit or a miss.
    pub fn find(&self, key: &CacheKey<'_>, now: Duration) -> Option<Arc<Cached>> {
        let hash = self.hasher.hash_one(key);
        self.shard(hash).find(hash, key, now)
    }

    /// As [`Cache::find`], and neither counted nor taken for a use.
    pub fn peek(&self, key: &CacheKey<'_>, now: Duration) -> Option<Arc<Cached>> {
        let hash = self.hasher.hash_one(key);
        self.shard(hash).peek(hash, key, now)
    }

    /// Keeps what upstreams brought for `key`, in place of what was kept before.
    ///
    /// An answer without a lifetime is not kept, but SERVFAIL and failures are, for [`FAILURE_LIFETIME`]: a question that
    /// cannot be answered is not put to the upstreams by every client in turn (RFC 9520).
    pub fn keep(&self, key: &CacheKey<'_>, content: &Answer, now: Duration) {
        let Some(lifetime) = lifetime(content) else { return };
        let cached = Arc::new(Cached { key: key.stored(), content: content.clone(), stored: now, expires: now + lifetime });
        let hash = self.hasher.hash_one(key);
        let weight = cached.weight();
        self.shard(hash).keep(hash, cached, weight, now);
    }

    /// Hits, misses, entries and octets.
    pub fn counts(&self) -> CacheCounts {
        let mut sum = CacheCounts::default();
        for shard in &self.shards {
            let counts = shard.lock().unwrap_or_else(PoisonError::into_inner).counts();
            sum.hits += counts.hits;
            sum.misses += counts.misses;
            sum.entries += counts.entries;
            sum.bytes += counts.bytes;
        }
        sum
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        // The index inside a shard goes by the lowest and the topmost bits.
        let place = (hash >> 40) as usize & (self.shards.len() - 1);
        self.shards[place].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long something may be kept; `None` for not at all.
fn lifetime(content: &Answer) -> Option<Duration> {
    match content {
        Ok(relayed) => match relayed.lifetime() {
            0 => (relayed.rcode() == Rcode::SERVFAIL).then_some(FAILURE_LIFETIME),
            seconds => Some(Duration::from_secs(seconds.into())),
        },
        Err(failure) => failure.may_be_kept().then_some(FAILURE_LIFETIME),
    }
}

#[cfg(test)]
mod tests;
