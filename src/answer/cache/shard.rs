//! One shard of the cache: S3-FIFO (Yang et al., SOSP 2023), which lets a flood of names asked once pass by.
//!
//! The rule: a newcomer waits in a small queue, and only what is asked for again while it waits, or soon after, comes into
//! the main one. So a million names that nobody asks for twice push out each other, and nothing that is in use.
//!
//! # Cost
//! A hit changes one counter and no queue. Each entry is moved a bounded number of times between hits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashTable;

use super::{CacheCounts, CacheKey, CacheRules, Cached, Cause, Found, Freshness, LARGEST, Prefetch};
use crate::answer::upstream::Answer;

/// What an entry takes in a shard, at worst: each table has doubled just now, so that half of it is empty. The index, 5 octets
/// a place, doubles when it is 7/8 full.
pub(super) const PLACE: usize = 2 * size_of::<Slot>() + 12 + 5 * size_of::<u32>();

/// The part of the room that newcomers get: a tenth, as the paper found best.
const NEWCOMERS: usize = 10;

/// So many uses are remembered.
const MOST_USES: u8 = 3;

/// An answer found so often within its TTL is renewed before that is over.
const POPULAR: u8 = 3;

/// Between two renewals of one entry lie so many seconds: longer than one takes.
const RENEWALS_APART: u32 = 5;

/// For so many octets of the shard one departure is remembered.
const PER_GHOST: usize = 256;

/// Entries of one part of all hashes.
#[derive(Debug)]
pub(super) struct Shard {
    rules: CacheRules,
    limit: usize,
    bytes: usize,
    newcomer_bytes: usize,
    /// The places of entries, by their hashes.
    index: HashTable<u32>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    newcomers: VecDeque<u32>,
    settled: VecDeque<u32>,
    ghosts: Ghosts,
    hits: u64,
    misses: u64,
}

#[derive(Debug)]
struct Slot {
    cached: Option<Arc<Cached>>,
    hash: u64,
    weight: u32,
    /// The running second from which it may be renewed again.
    renewable: u32,
    uses: u8,
    /// How often the present answer was found, up to [`POPULAR`].
    finds: u8,
    queue: Queue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Queue {
    Newcomers,
    Settled,
}

impl Shard {
    pub(super) fn new(rules: CacheRules) -> Self {
        let ghosts = Ghosts::new(rules.bytes / PER_GHOST);
        Self {
            rules,
            limit: rules.bytes.saturating_sub(ghosts.bytes()),
            bytes: 0,
            newcomer_bytes: 0,
            index: HashTable::new(),
            slots: Vec::new(),
            free: Vec::new(),
            newcomers: VecDeque::new(),
            settled: VecDeque::new(),
            ghosts,
            hits: 0,
            misses: 0,
        }
    }

    /// Goes by other rules; what has no room any more goes.
    pub(super) fn change(&mut self, rules: CacheRules, now: Duration) {
        if rules.bytes != self.rules.bytes {
            self.ghosts = Ghosts::new(rules.bytes / PER_GHOST);
            self.limit = rules.bytes.saturating_sub(self.ghosts.bytes());
        }
        self.rules = rules;
        self.bound(now);
        self.index.shrink_to_fit(|place| self.slots[*place as usize].hash);
        self.newcomers.shrink_to_fit();
        self.settled.shrink_to_fit();
        self.free.shrink_to_fit();
    }

    pub(super) fn find(&mut self, hash: u64, key: &CacheKey<'_>, now: Duration) -> Option<Found> {
        let found = self.find_at(hash, key, now);
        match &found {
            Some(Found { freshness: Freshness::Fresh | Freshness::Stale, .. }) => self.hits += 1,
            Some(Found { freshness: Freshness::Expired, .. }) | None => self.misses += 1,
        }
        found
    }

    fn find_at(&mut self, hash: u64, key: &CacheKey<'_>, now: Duration) -> Option<Found> {
        let CacheRules { serve_stale, prefetch, .. } = self.rules;
        let place = self.place_of(hash, key)?;
        let slot = &mut self.slots[place];
        let cached = slot.cached.as_ref()?;
        let (given, freshness) = cached.at(now, serve_stale)?;
        slot.uses = (slot.uses + 1).min(MOST_USES);
        slot.finds = (slot.finds + 1).min(POPULAR);
        // While a failure is kept the upstreams are left alone.
        let failing = !cached.is_answer() && cached.is_fresh(now);
        let due = match freshness {
            Freshness::Fresh if prefetch == Prefetch::On && given.is_answer() => {
                (slot.finds == POPULAR && given.ends_soon(now)).then_some(Cause::Popular)
            }
            Freshness::Fresh => None,
            Freshness::Stale | Freshness::Expired => Some(Cause::Stale),
        };
        let second = u32::try_from(now.as_secs()).unwrap_or(u32::MAX);
        let renewal = due.filter(|_| !failing && second >= slot.renewable);
        if renewal.is_some() {
            slot.renewable = second.saturating_add(RENEWALS_APART);
        }
        Some(Found { cached: Arc::clone(given), freshness, renewal })
    }

    pub(super) fn peek(&self, hash: u64, key: &CacheKey<'_>, now: Duration) -> Option<(Arc<Cached>, Freshness)> {
        let cached = self.slots[self.place_of(hash, key)?].cached.as_ref()?;
        let (given, freshness) = cached.at(now, self.rules.serve_stale)?;
        Some((Arc::clone(given), freshness))
    }

    pub(super) fn known(&self, hash: u64, key: &CacheKey<'_>, now: Duration) -> Option<Answer> {
        let cached = self.slots[self.place_of(hash, key)?].cached.as_ref()?;
        cached.is_fresh(now).then(|| cached.content.clone())
    }

    /// Keeps an entry, in place of the one with its hash; makes room where it must.
    pub(super) fn keep(&mut self, hash: u64, cached: Arc<Cached>, now: Duration) {
        let weight = cached.weight();
        let fits = weight <= self.limit / LARGEST;
        match (self.indexed(hash), u32::try_from(weight)) {
            (Some(place), Ok(weight)) if fits => self.replace(place, cached, weight),
            (None, Ok(weight)) if fits => self.insert(hash, cached, weight),
            // What was there answers no more, and nothing can stand in its place.
            (Some(place), _) => self.empty(place),
            (None, _) => return,
        }
        self.bound(now);
    }

    /// Keeps a failure; the answer that it stands before stays with it.
    pub(super) fn fail(&mut self, hash: u64, key: &CacheKey<'_>, content: &Answer, now: Duration) {
        let old = self.place_of(hash, key).and_then(|place| self.slots[place].cached.as_ref());
        let failure = Cached::failure(key, content.clone(), now, old, self.rules.serve_stale);
        self.keep(hash, Arc::new(failure), now);
    }

    /// Forgets what is kept for a question.
    pub(super) fn forget(&mut self, hash: u64, key: &CacheKey<'_>) {
        if let Some(place) = self.place_of(hash, key) {
            self.empty(u32::try_from(place).expect("places are counted in 32 bits"));
        }
    }

    /// The answers that may be given at `now` or later, those first that would go first.
    pub(super) fn answers(&self, now: Duration) -> Vec<Arc<Cached>> {
        let places = self.newcomers.iter().chain(&self.settled);
        let kept = places.filter_map(|place| self.slots[*place as usize].cached.as_ref());
        kept.filter_map(|cached| cached.last_answer(now, self.rules.serve_stale)).cloned().collect()
    }

    /// Keeps an answer of an earlier run, where there is nothing newer and it may still be given.
    pub(super) fn restore(&mut self, hash: u64, cached: Arc<Cached>, now: Duration) -> bool {
        let of_use = cached.at(now, self.rules.serve_stale).is_some() && self.indexed(hash).is_none();
        if of_use {
            self.keep(hash, cached, now);
        }
        of_use
    }

    pub(super) fn counts(&self) -> CacheCounts {
        let bytes = (self.bytes + self.ghosts.bytes()) as u64;
        let entries = self.index.len() as u64;
        CacheCounts { hits: self.hits, misses: self.misses, entries, bytes, ..CacheCounts::default() }
    }

    /// Where the entry of this question stands, fresh or not.
    fn place_of(&self, hash: u64, key: &CacheKey<'_>) -> Option<usize> {
        let place = self.indexed(hash)? as usize;
        self.slots[place].cached.as_ref()?.answers(key).then_some(place)
    }

    /// The place of the entry with this hash.
    fn indexed(&self, hash: u64) -> Option<u32> {
        self.index.find(hash, |place| self.slots[*place as usize].hash == hash).copied()
    }

    /// Makes room until the bound is kept.
    fn bound(&mut self, now: Duration) {
        while self.bytes > self.limit {
            self.make_room(now);
        }
    }

    /// Takes the entry out of a slot, which goes when its turn comes.
    fn empty(&mut self, place: u32) {
        let slot = &mut self.slots[place as usize];
        slot.cached = None;
        slot.uses = 0;
    }

    fn replace(&mut self, place: u32, cached: Arc<Cached>, weight: u32) {
        let slot = &mut self.slots[place as usize];
        self.bytes = self.bytes - slot.weight as usize + weight as usize;
        if slot.queue == Queue::Newcomers {
            self.newcomer_bytes = self.newcomer_bytes - slot.weight as usize + weight as usize;
        }
        if cached.is_answer() {
            slot.finds = 0;
        }
        slot.renewable = 0;
        slot.weight = weight;
        slot.cached = Some(cached);
    }

    fn insert(&mut self, hash: u64, cached: Arc<Cached>, weight: u32) {
        let queue = if self.ghosts.take(hash) { Queue::Settled } else { Queue::Newcomers };
        let slot = Slot { cached: Some(cached), hash, weight, renewable: 0, uses: 0, finds: 0, queue };
        let place = match self.free.pop() {
            Some(place) => {
                self.slots[place as usize] = slot;
                place
            }
            None => {
                self.slots.push(slot);
                u32::try_from(self.slots.len() - 1).expect("a shard of 4 billion entries does not fit into memory")
            }
        };
        self.index.insert_unique(hash, place, |place| self.slots[*place as usize].hash);
        self.bytes += weight as usize;
        match queue {
            Queue::Newcomers => {
                self.newcomer_bytes += weight as usize;
                self.newcomers.push_back(place);
            }
            Queue::Settled => self.settled.push_back(place),
        }
    }

    /// Takes the next one from the queue whose turn it is: it moves up, stays on, or goes. Of those in use the ones that ran out
    /// go first: what is fresh is worth more than what may be given in an outage.
    fn make_room(&mut self, now: Duration) {
        let newcomers_turn = self.settled.is_empty() || self.newcomer_bytes > self.limit / NEWCOMERS;
        let queue = if newcomers_turn { &mut self.newcomers } else { &mut self.settled };
        let place = queue.pop_front().expect("what takes room stands in a queue");
        let slot = &mut self.slots[place as usize];
        let fresh = slot.cached.as_ref().is_some_and(|cached| cached.is_fresh(now));
        match (slot.uses, slot.queue) {
            (1.., Queue::Newcomers) if fresh => {
                slot.uses = 0;
                slot.queue = Queue::Settled;
                self.newcomer_bytes -= slot.weight as usize;
                self.settled.push_back(place);
            }
            (1.., Queue::Settled) if fresh => {
                slot.uses -= 1;
                self.settled.push_back(place);
            }
            // A newcomer that went too soon, or one in use that ran out: should it come back, it is no newcomer.
            (1.., _) | (0, Queue::Newcomers) => {
                self.ghosts.note(slot.hash);
                self.remove(place);
            }
            (0, Queue::Settled) => self.remove(place),
        }
    }

    /// Forgets an entry that stands in no queue any more.
    fn remove(&mut self, place: u32) {
        let slot = &mut self.slots[place as usize];
        slot.cached = None;
        self.bytes -= slot.weight as usize;
        if slot.queue == Queue::Newcomers {
            self.newcomer_bytes -= slot.weight as usize;
        }
        if let Ok(entry) = self.index.find_entry(slot.hash, |known| *known == place) {
            entry.remove();
        }
        self.free.push(place);
    }
}

/// Fingerprints of entries that went lately, each in the one place that its hash has: a newer one takes it over.
#[derive(Debug)]
struct Ghosts {
    fingerprints: Box<[u32]>,
}

impl Ghosts {
    fn new(places: usize) -> Self {
        Self { fingerprints: vec![0; places.max(16).next_power_of_two()].into() }
    }

    fn bytes(&self) -> usize {
        size_of_val::<[u32]>(&self.fingerprints)
    }

    fn note(&mut self, hash: u64) {
        let (place, fingerprint) = self.place(hash);
        self.fingerprints[place] = fingerprint;
    }

    /// Whether an entry of this hash went lately; it is forgotten here.
    fn take(&mut self, hash: u64) -> bool {
        let (place, fingerprint) = self.place(hash);
        let known = self.fingerprints[place] == fingerprint;
        if known {
            self.fingerprints[place] = 0;
        }
        known
    }

    /// The place goes by other bits than the fingerprint; no fingerprint is 0.
    fn place(&self, hash: u64) -> (usize, u32) {
        let fingerprint = (hash & u64::from(u32::MAX)) as u32 | 1;
        ((hash >> 32) as usize & (self.fingerprints.len() - 1), fingerprint)
    }
}
