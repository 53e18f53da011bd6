//! One shard of the cache: S3-FIFO (Yang et al., SOSP 2023), which lets a flood of names asked once pass by.
//!
//! The rule: a newcomer waits in a small queue, and only what is asked for again while it waits, or soon after, comes into
//! the main one. So a million names that nobody asks for twice push out each other, and nothing that is in use.
//!
//! # Cost
//! A hit changes one counter and no queue. Each entry is moved a bounded number of times between hits.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::time::Duration;

use super::{CacheCounts, CacheKey, Cached, LARGEST};

/// What an entry takes in a shard: its slot, up to two index places of 17 octets (the index doubles when it is 7/8 full),
/// and up to two queue places.
pub(super) const PLACE: usize = size_of::<Slot>() + 2 * 17 + 2 * size_of::<u32>();

/// The part of the room that newcomers get: a tenth, as the paper found best.
const NEWCOMERS: usize = 10;

/// So many uses are remembered.
const MOST_USES: u8 = 3;

/// For so many octets of the shard one departure is remembered.
const PER_GHOST: usize = 256;

/// Entries of one part of all hashes.
#[derive(Debug)]
pub(super) struct Shard {
    limit: usize,
    bytes: usize,
    newcomer_bytes: usize,
    index: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
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
    weight: usize,
    uses: u8,
    queue: Queue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Queue {
    Newcomers,
    Settled,
}

impl Shard {
    pub(super) fn new(bytes: usize) -> Self {
        let ghosts = Ghosts::new(bytes / PER_GHOST);
        Self {
            limit: bytes.saturating_sub(ghosts.bytes()),
            bytes: 0,
            newcomer_bytes: 0,
            index: HashMap::default(),
            slots: Vec::new(),
            free: Vec::new(),
            newcomers: VecDeque::new(),
            settled: VecDeque::new(),
            ghosts,
            hits: 0,
            misses: 0,
        }
    }

    pub(super) fn find(&mut self, hash: u64, key: &CacheKey<'_>, now: Duration) -> Option<Arc<Cached>> {
        let found = self.place_of(hash, key, now);
        match found {
            Some(place) => {
                self.hits += 1;
                let slot = &mut self.slots[place];
                slot.uses = (slot.uses + 1).min(MOST_USES);
                slot.cached.clone()
            }
            None => {
                self.misses += 1;
                None
            }
        }
    }

    pub(super) fn peek(&self, hash: u64, key: &CacheKey<'_>, now: Duration) -> Option<Arc<Cached>> {
        self.slots[self.place_of(hash, key, now)?].cached.clone()
    }

    /// Keeps an entry that takes `weight` octets, in place of the one with its hash; makes room where it must.
    pub(super) fn keep(&mut self, hash: u64, cached: Arc<Cached>, weight: usize, now: Duration) {
        let fits = weight <= self.limit / LARGEST;
        match self.index.get(&hash).copied() {
            // What was there answers no more, and nothing can stand in its place: it goes when its turn comes.
            Some(place) if !fits => {
                let slot = &mut self.slots[place as usize];
                slot.cached = None;
                slot.uses = 0;
            }
            Some(place) => self.replace(place, cached, weight),
            None if !fits => return,
            None => self.insert(hash, cached, weight),
        }
        while self.bytes > self.limit {
            self.make_room(now);
        }
    }

    pub(super) fn counts(&self) -> CacheCounts {
        let bytes = self.bytes + self.ghosts.bytes();
        CacheCounts { hits: self.hits, misses: self.misses, entries: self.index.len() as u64, bytes: bytes as u64 }
    }

    /// Where the entry stands that answers `key` now.
    fn place_of(&self, hash: u64, key: &CacheKey<'_>, now: Duration) -> Option<usize> {
        let place = *self.index.get(&hash)? as usize;
        let cached = self.slots[place].cached.as_ref()?;
        (now < cached.expires && cached.answers(key)).then_some(place)
    }

    fn replace(&mut self, place: u32, cached: Arc<Cached>, weight: usize) {
        let slot = &mut self.slots[place as usize];
        self.bytes = self.bytes - slot.weight + weight;
        if slot.queue == Queue::Newcomers {
            self.newcomer_bytes = self.newcomer_bytes - slot.weight + weight;
        }
        slot.weight = weight;
        slot.cached = Some(cached);
    }

    fn insert(&mut self, hash: u64, cached: Arc<Cached>, weight: usize) {
        let queue = if self.ghosts.take(hash) { Queue::Settled } else { Queue::Newcomers };
        let slot = Slot { cached: Some(cached), hash, weight, uses: 0, queue };
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
        self.index.insert(hash, place);
        self.bytes += weight;
        match queue {
            Queue::Newcomers => {
                self.newcomer_bytes += weight;
                self.newcomers.push_back(place);
            }
            Queue::Settled => self.settled.push_back(place),
        }
    }

    /// Takes the next one from the queue whose turn it is: it moves up, stays on, or goes.
    fn make_room(&mut self, now: Duration) {
        let newcomers_turn = self.settled.is_empty() || self.newcomer_bytes > self.limit / NEWCOMERS;
        let queue = if newcomers_turn { &mut self.newcomers } else { &mut self.settled };
        let place = queue.pop_front().expect("what takes room stands in a queue");
        let slot = &mut self.slots[place as usize];
        let fresh = slot.cached.as_ref().is_some_and(|cached| now < cached.expires);
        match (slot.uses, slot.queue) {
            (1.., Queue::Newcomers) if fresh => {
                slot.uses = 0;
                slot.queue = Queue::Settled;
                self.newcomer_bytes -= slot.weight;
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
        self.bytes -= slot.weight;
        if slot.queue == Queue::Newcomers {
            self.newcomer_bytes -= slot.weight;
        }
        self.index.remove(&slot.hash);
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

/// The index's keys are keyed hashes already and are not hashed again.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Keys are u64 and come by `write_u64`; the trait asks for this one too.
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
