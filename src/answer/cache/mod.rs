//! What upstreams answered, whole, for every client that asks the same question; never a verdict.
//!
//! The rule: an entry answers only the question it was filled by (name, type, class, DO, CD, and whom it was put to), and only
//! for as long as its records say; after that, where the operator allows it, while nothing fresher can be had (RFC 8767). Groups
//! share it: what it holds depends on nobody's policy.
//!
//! # Cost
//! `find` runs on the thread that received the packet: one keyed hash, one short lock, one comparison, no allocation.
//! Memory is bounded in octets, what the cache itself needs included. Guarded by `benches/cache.rs`.

mod entry;
mod file;
mod memo;
mod renewals;
mod shard;
#[cfg(test)]
mod testing;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use self::entry::Fate;
use self::file::Writing;
pub use self::memo::{Brought, Edition, Memo};
use self::shard::Shard;
use super::Route;
use super::upstream::Answer;
use crate::dns::{Ask, Class, Name, Query, RecordType, Spread};

pub use entry::{Cached, FAILURE_LIFETIME, Freshness, MOST_FAILURE_LIFETIME};
pub use file::{Damaged, Kept, KeptAnswer, read};
pub use renewals::{Renewal, Renewals};

/// The octets of a question besides its name.
const TAIL: usize = 13;

/// An entry that takes more than this part of a shard is not kept.
const LARGEST: usize = 8;

/// What the operator says of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheRules {
    /// The octets that it takes at most; 0 keeps nothing.
    pub bytes: usize,
    /// How long after its TTL an answer is given while nothing fresher can be had; zero for never.
    pub serve_stale: Duration,
    /// Whether what is asked often is renewed before its TTL is over.
    pub prefetch: Prefetch,
}

/// Whether what is asked often is renewed before its TTL is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefetch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// Whether answers are kept on disk too, for the program's next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDisk {
    /// They are.
    Kept,
    /// They are in memory alone.
    Never,
}

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

/// What was found for a question.
#[derive(Debug, Clone)]
pub struct Found {
    /// The entry.
    pub cached: Arc<Cached>,
    /// How it may be used.
    pub freshness: Freshness,
    /// Whether it is to be renewed; said once and not again for a while.
    pub renewal: Option<Cause>,
}

/// Why an entry is renewed though nobody waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It is asked for often, and its TTL is nearly over.
    Popular,
    /// It is given although its TTL is over.
    Stale,
}

/// What the cache has done and holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheCounts {
    /// Questions answered by an entry.
    pub hits: u64,
    /// Questions for which there was none, or none fresh.
    pub misses: u64,
    /// Answers given after their TTL.
    pub stale: u64,
    /// Answers fetched before their TTL was over.
    pub prefetches: u64,
    /// Entries, expired ones that still take room included.
    pub entries: u64,
    /// Octets, the cache's own included.
    pub bytes: u64,
}

/// The cache; shared by all threads.
#[derive(Debug)]
pub struct Cache {
    shards: Box<[Mutex<Shard>]>,
    /// Who sends names does not know it.
    key: Spread,
    stale: AtomicU64,
    renewals: Renewals,
}

impl<'a> CacheKey<'a> {
    /// The question of a client's query, put to the upstreams of `route`.
    pub fn of(query: &'a Query, route: Route) -> Self {
        Self::asked(&query.name, query.record_type, query.class, Ask::of(query), route)
    }

    /// A question by its parts.
    pub const fn asked(name: &'a Name, record_type: RecordType, class: Class, ask: Ask, route: Route) -> Self {
        let Ask { dnssec_ok, checking_disabled, recursion_desired: _, authentic_data: _ } = ask;
        Self { name, record_type, class, dnssec_ok, checking_disabled, route }
    }

    /// Type, class, flags and route, as an entry knows them.
    fn tail(&self) -> [u8; TAIL] {
        let ([a, b], [c, d]) = (self.record_type.0.to_be_bytes(), self.class.0.to_be_bytes());
        let flags = u8::from(self.dnssec_ok) << 1 | u8::from(self.checking_disabled);
        let [e, f, g, h, i, j, k, l] = self.route.to_bytes();
        [a, b, c, d, flags, e, f, g, h, i, j, k, l]
    }
}

impl CacheRules {
    /// So many octets, and nothing but what is fresh.
    pub const fn of_size(bytes: usize) -> Self {
        Self { bytes, serve_stale: Duration::ZERO, prefetch: Prefetch::Off }
    }
}

impl Cache {
    /// A cache under these rules.
    pub fn new(rules: CacheRules) -> Self {
        // Enough shards that threads seldom meet, and each large enough for the longest message.
        let shards = (rules.bytes >> 20).clamp(1, 32).next_power_of_two();
        let part = CacheRules { bytes: rules.bytes / shards, ..rules };
        Self {
            shards: (0..shards).map(|_| Mutex::new(Shard::new(part))).collect(),
            key: Spread::random(),
            stale: AtomicU64::new(0),
            renewals: Renewals::new(),
        }
    }

    /// Goes by other rules from now on; what it holds stays, as far as they leave room. The number of shards stays too.
    pub fn change(&self, rules: CacheRules, now: Duration) {
        let part = CacheRules { bytes: rules.bytes / self.shards.len(), ..rules };
        for shard in &self.shards {
            lock(shard).change(part, now);
        }
    }

    /// The entry for `key` at the running time `now`; counted as a hit where it may be given at once, else as a miss.
    pub fn find(&self, key: &CacheKey<'_>, now: Duration) -> Option<Found> {
        let hash = self.hash(key);
        self.shard(hash).find(hash, key, now)
    }

    /// As [`Cache::find`], and neither counted nor taken for a use, and nothing is to be renewed for it.
    pub fn peek(&self, key: &CacheKey<'_>, now: Duration) -> Option<Found> {
        let hash = self.hash(key);
        let found = self.shard(hash).peek(hash, key, now);
        found.map(|(cached, freshness)| Found { cached, freshness, renewal: None })
    }

    /// The last answer to a question that cannot be answered freshly, where it may still be given.
    pub fn stale(&self, key: &CacheKey<'_>, now: Duration) -> Option<Found> {
        self.peek(key, now).filter(|found| found.cached.is_answer())
    }

    /// What need not be asked for again: a fresh answer, or a failure whose time is not over.
    pub(super) fn known(&self, key: &CacheKey<'_>, now: Duration) -> Option<Answer> {
        let hash = self.hash(key);
        self.shard(hash).known(hash, key, now)
    }

    /// Keeps what upstreams brought for `key`, in place of what was kept before.
    ///
    /// An answer without a lifetime is not kept, and what stood in its place is forgotten. SERVFAIL, REFUSED and failures are
    /// kept for a while, longer where they come again: a question that cannot be answered is not put to the upstreams by every
    /// client in turn (RFC 9520). What answered before them stands by, for as long as stale answers are given.
    pub fn keep(&self, key: &CacheKey<'_>, content: &Answer, now: Duration) {
        let hash = self.hash(key);
        match Fate::of(content) {
            Fate::Answers(relayed) => {
                let lifetime = relayed.lifetime();
                let cached = Cached::answer(key, relayed, now, lifetime);
                self.shard(hash).keep(hash, Arc::new(cached), now);
            }
            Fate::Passes => self.shard(hash).forget(hash, key),
            Fate::Fails => self.shard(hash).fail(hash, key, content, now),
            Fate::Nothing => {}
        }
    }

    /// Counts an answer that was given after its TTL.
    pub fn gave_stale(&self) {
        self.stale.fetch_add(1, Relaxed);
    }

    /// What is to be renewed though nobody waits for it.
    pub const fn renewals(&self) -> &Renewals {
        &self.renewals
    }

    /// What a file is to hold of it at this time, but for the names that `withheld` withholds.
    pub fn write(&self, wall: Timestamp, now: Duration, withheld: impl Fn(&Name) -> bool) -> Vec<u8> {
        let mut writing = Writing::new(wall);
        for shard in &self.shards {
            // The shard is left alone while its answers are written.
            let answers = lock(shard).answers(now);
            for cached in answers {
                let Ok(relayed) = &cached.content else { continue };
                let name = relayed.name();
                if !withheld(&name) && !relayed.aliases().any(|alias| withheld(&alias)) {
                    writing.add(&name, cached.tail(), now.saturating_sub(cached.stored), relayed);
                }
            }
        }
        writing.finish()
    }

    /// Takes in what a file held, and returns how many answers of it are of use at this time.
    ///
    /// Where the wall clock stands before the time at which the file was written nobody knows how long ago that was: its answers
    /// are given as stale ones alone.
    pub fn restore(&self, kept: Kept, wall: Timestamp, now: Duration) -> usize {
        let since = Duration::try_from(wall.duration_since(kept.written)).ok();
        let mut restored = 0;
        for KeptAnswer { name, record_type, ask, route, age, relayed } in kept.answers {
            let key = CacheKey::asked(&name, record_type, Class::IN, ask, route);
            let lifetime = relayed.lifetime();
            let age = match since {
                Some(since) => age.saturating_add(since),
                None => age.max(Duration::from_secs(lifetime.into())),
            };
            let Some(stored) = now.checked_sub(age) else { continue };
            let cached = Arc::new(Cached::answer(&key, relayed, stored, lifetime));
            let hash = self.hash(&key);
            restored += usize::from(self.shard(hash).restore(hash, cached, now));
        }
        restored
    }

    /// What it has done and holds.
    pub fn counts(&self) -> CacheCounts {
        let (stale, prefetches) = (self.stale.load(Relaxed), self.renewals.prefetches());
        let mut sum = CacheCounts { stale, prefetches, ..CacheCounts::default() };
        for shard in &self.shards {
            let counts = lock(shard).counts();
            sum.hits += counts.hits;
            sum.misses += counts.misses;
            sum.entries += counts.entries;
            sum.bytes += counts.bytes;
        }
        sum
    }

    fn hash(&self, key: &CacheKey<'_>) -> u64 {
        self.key.step(self.key.step(0, key.name.as_wire()), &key.tail())
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        // The index inside a shard goes by the lowest and the topmost bits.
        let place = (hash >> 40) as usize & (self.shards.len() - 1);
        lock(&self.shards[place])
    }
}

/// A panic of a shard's holder leaves counts that are off at most; its entries are whole.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
