//! Repeats: the same client, name, type and verdict within ten seconds of the first are one entry.
//!
//! It remembers which entries may still be repeated, by a keyed hash and so without a name or an address.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::time::Duration;

use jiff::Timestamp;
use siphasher::sip128::{Hasher128, SipHasher13};

use super::store::Row;
use super::{Entry, Line};

/// How long after the first a query is a repeat.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// The most entries that are remembered; above that, queries are written one by one. 65,536 of 88 octets are 6 MiB.
const MOST: usize = 65_536;

/// The entries that may still be repeated.
#[derive(Debug)]
pub(super) struct Folds {
    /// Random for each run, so that nobody can make two names meet.
    key: (u64, u64),
    open: HashMap<u128, Fold, BuildHasherDefault<Taken>>,
    /// The keys in the order in which they were remembered, and when.
    order: VecDeque<(Duration, u128)>,
    /// The opening of the store whose rows are remembered.
    generation: u64,
}

/// An entry that may still be repeated.
#[derive(Debug)]
pub(super) struct Fold {
    /// When its first query was answered.
    first: Timestamp,
    /// The writer's uptime when it took the first query.
    since: Duration,
    /// Where it is kept.
    pub(super) stand: Stand,
    /// Repeats so far.
    pub(super) repeats: u64,
    /// The line as it was written, where it has to be written again with its repeats.
    pub(super) line: Option<Box<Line>>,
}

/// Where an entry is that may still be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// At this place of this round, which is not yet written.
    Here(u32),
    /// In the store, at this place of its block.
    Stored(Row, u32),
}

impl Fold {
    /// The line with its repeats, where they are not on the JSON output yet.
    pub(super) fn again(self) -> Option<Line> {
        let line = *self.line?;
        (self.repeats > line.repeats).then_some(Line { repeats: self.repeats, ..line })
    }
}

/// What an entry is to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The first of its kind: it is written.
    First(u128),
    /// A repeat of the entry under this key.
    Repeat(u128),
    /// The first of its kind, of which nothing is remembered because too much is.
    Alone,
}

impl Folds {
    pub(super) fn new() -> Self {
        Self { key: rand::random(), open: HashMap::default(), order: VecDeque::new(), generation: 0 }
    }

    /// Places `entry`, and remembers it where it is the first of its kind.
    pub(super) fn place(&mut self, entry: &Entry, uptime: Duration) -> Place {
        let key = self.hash(entry);
        if let Some(fold) = self.open.get_mut(&key) {
            let after = entry.time.duration_since(fold.first);
            // A clock that was set back makes the entry a new one.
            if !after.is_negative() && after.unsigned_abs() < WINDOW && uptime.saturating_sub(fold.since) < 2 * WINDOW {
                fold.repeats += 1;
                return Place::Repeat(key);
            }
        } else if self.open.len() >= MOST {
            return Place::Alone;
        }
        Place::First(key)
    }

    /// Remembers the entry under `key`, which [`Folds::place`] called the first of its kind; gives the one that stood there.
    pub(super) fn remember(
        &mut self,
        key: u128,
        entry: &Entry,
        uptime: Duration,
        stand: Stand,
        line: Option<Box<Line>>,
    ) -> Option<Fold> {
        self.order.push_back((uptime, key));
        self.open.insert(key, Fold { first: entry.time, since: uptime, stand, repeats: 0, line })
    }

    pub(super) fn find(&mut self, key: u128) -> Option<&mut Fold> {
        self.open.get_mut(&key)
    }

    /// Forgets the entries of databases other than that of `generation`.
    pub(super) fn retain(&mut self, generation: u64) {
        if std::mem::replace(&mut self.generation, generation) != generation {
            self.open.retain(|_, fold| match fold.stand {
                Stand::Here(_) => true,
                Stand::Stored(row, _) => row.generation == generation,
            });
        }
    }

    /// Forgets everything, after a round that was lost: what repeats it is a first one again, and so nothing is counted twice.
    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.order.clear();
    }

    /// Takes out what cannot be repeated any more at `uptime`.
    pub(super) fn closed(&mut self, uptime: Duration) -> Vec<Fold> {
        let mut closed = Vec::new();
        while let Some((since, key)) = self.order.front().copied()
            && uptime.saturating_sub(since) >= WINDOW
        {
            self.order.pop_front();
            // One that was remembered anew closes in its own time.
            if self.open.get(&key).is_some_and(|fold| fold.since == since) {
                closed.extend(self.open.remove(&key));
            }
        }
        closed
    }

    /// Takes out everything.
    pub(super) fn all(&mut self) -> Vec<Fold> {
        self.order.clear();
        self.open.drain().map(|(_, fold)| fold).collect()
    }

    fn hash(&self, entry: &Entry) -> u128 {
        let mut hasher = SipHasher13::new_with_keys(self.key.0, self.key.1);
        (entry.client, &entry.name, entry.record_type, entry.outcome).hash(&mut hasher);
        hasher.finish128().as_u128()
    }
}

/// The keys are hashes already: their lower half is taken as it is.
#[derive(Debug, Default)]
pub(super) struct Taken(u64);

impl Hasher for Taken {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut half = [0; 8];
        let len = bytes.len().min(8);
        half[..len].copy_from_slice(&bytes[..len]);
        self.0 = u64::from_ne_bytes(half);
    }
}

#[cfg(test)]
mod tests;
