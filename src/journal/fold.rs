//! Repeats: the same client, name, type and verdict within ten seconds of the first are one entry.
//!
//! It remembers which entries may still be repeated, by a keyed hash and so without a name or an address.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

use siphasher::sip128::{Hasher128, SipHasher13};

use super::Line;
use super::store::Row;

/// How long after the first a query is a repeat.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// The most entries that are remembered; above that, queries are written one by one. A table of 2^18 places holds so many before it
/// grows; with its keys and their order it takes 28 MiB when it is full, and nothing before it is needed.
const MOST: usize = 229_376;

/// By so many microseconds a query may be older than the one that was taken as the first: two workers' notes are read one after the
/// other, and each lies for as long as the writer rests and writes.
const ASIDE: i64 = 1_000_000;

/// So many of a round's entries that have been repeated are updated at once: more than a school repeats in a round. In a flood they
/// are updated when their ten seconds are over.
const AT_ONCE: usize = 1_024;

/// The entries that may still be repeated.
#[derive(Debug)]
pub(super) struct Folds {
    /// Random for each run, so that nobody can make two names meet.
    key: (u64, u64),
    open: HashMap<u128, Fold, BuildHasherDefault<Taken>>,
    /// The keys in the order in which they were remembered, and when.
    order: VecDeque<(Duration, u128)>,
    /// Entries of earlier rounds that have been repeated and not updated, as far as they are few.
    untold: Vec<u128>,
    /// The opening of the store whose rows are remembered.
    generation: u64,
}

/// An entry that may still be repeated.
#[derive(Debug)]
pub(super) struct Fold {
    /// When its first query was answered, in microseconds since 1970.
    first: i64,
    /// The writer's uptime when it took the first query.
    since: Duration,
    /// Where it is kept.
    pub(super) stand: Stand,
    /// Repeats so far.
    pub(super) repeats: u32,
    /// How many of them have come to their end: the store has them, or they are lost.
    pub(super) told: u32,
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
    fn again(&mut self) -> Option<Line> {
        let line = *self.line.take()?;
        let repeats = u64::from(self.repeats);
        (repeats > line.repeats).then_some(Line { repeats, ..line })
    }

    const fn is_stored(&self) -> bool {
        matches!(self.stand, Stand::Stored(..))
    }

    /// What the store does not know of yet.
    pub(super) const fn untold(&self) -> u32 {
        self.repeats - self.told
    }
}

/// What an entry is to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The first of its kind: it is written.
    First,
    /// A repeat of one that is remembered.
    Repeat,
    /// The first of its kind, of which nothing is remembered because too much is.
    Alone,
}

/// What can be repeated no more.
#[derive(Debug, Default)]
pub(super) struct Closed {
    /// Lines for the JSON output, with their repeats.
    pub(super) again: Vec<Line>,
    /// Stored entries that are to be updated.
    pub(super) updates: Vec<Update>,
    /// Entries of this round, each with its repeats.
    pub(super) here: Vec<(u32, u32)>,
}

/// A stored entry that has been repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Update {
    pub(super) row: Row,
    pub(super) place: u32,
    /// So often in all.
    pub(super) repeats: u32,
    /// So many of these the store does not know of.
    pub(super) new: u32,
}

impl Closed {
    fn take(&mut self, mut fold: Fold) {
        match (fold.stand, fold.untold()) {
            (_, 0) => {}
            (Stand::Stored(row, place), new) => self.updates.push(Update { row, place, repeats: fold.repeats, new }),
            (Stand::Here(place), _) => self.here.push((place, fold.repeats)),
        }
        self.again.extend(fold.again());
    }
}

impl Folds {
    pub(super) fn new() -> Self {
        let (key, generation) = (rand::random(), 0);
        Self { key, open: HashMap::default(), order: VecDeque::new(), untold: Vec::new(), generation }
    }

    /// The key of what tells repeats from one another.
    pub(super) fn key(&self, octets: &[u8]) -> u128 {
        let mut hasher = SipHasher13::new_with_keys(self.key.0, self.key.1);
        hasher.write(octets);
        hasher.finish128().as_u128()
    }

    /// Places the query under `key` that was answered at `time`, in microseconds since 1970; counts it where it is a repeat.
    pub(super) fn place(&mut self, key: u128, time: i64, uptime: Duration) -> Place {
        const LENGTH: i64 = WINDOW.as_micros() as i64;
        let Some(fold) = self.open.get_mut(&key) else {
            return if self.open.len() >= MOST { Place::Alone } else { Place::First };
        };
        // A clock that was set back makes the entry a new one.
        if !(-ASIDE..LENGTH).contains(&(time - fold.first)) || uptime.saturating_sub(fold.since) >= 2 * WINDOW {
            return Place::First;
        }
        if fold.untold() == 0 && fold.is_stored() && self.untold.len() <= AT_ONCE {
            self.untold.push(key);
        }
        fold.repeats = fold.repeats.saturating_add(1);
        Place::Repeat
    }

    /// Remembers the entry under `key`, which [`Folds::place`] called the first of its kind; gives the one that stood there to
    /// `closed`.
    pub(super) fn remember(
        &mut self,
        (key, time): (u128, i64),
        uptime: Duration,
        stand: Stand,
        line: Option<Box<Line>>,
        closed: &mut Closed,
    ) {
        self.order.push_back((uptime, key));
        let fold = Fold { first: time, since: uptime, stand, repeats: 0, told: 0, line };
        if let Some(over) = self.open.insert(key, fold) {
            closed.take(over);
        }
    }

    pub(super) fn find(&mut self, key: u128) -> Option<&mut Fold> {
        self.open.get_mut(&key)
    }

    /// The stored entries whose repeats the store does not know, where they are few; in a flood none: they wait for their time.
    pub(super) fn updates(&mut self) -> Vec<Update> {
        let few = self.untold.len() <= AT_ONCE;
        let untold = std::mem::take(&mut self.untold);
        if !few {
            return Vec::new();
        }
        let update = |key: u128| {
            let fold = self.open.get_mut(&key)?;
            let Stand::Stored(row, place) = fold.stand else { return None };
            let new = fold.untold();
            fold.told = fold.repeats;
            (new > 0).then_some(Update { row, place, repeats: fold.repeats, new })
        };
        untold.into_iter().filter_map(update).collect()
    }

    /// Forgets the entries of databases other than that of `generation`; returns how many repeats of them are lost.
    pub(super) fn retain(&mut self, generation: u64) -> u64 {
        let mut lost = 0;
        if std::mem::replace(&mut self.generation, generation) != generation {
            self.open.retain(|_, fold| match fold.stand {
                Stand::Here(_) => true,
                Stand::Stored(row, _) if row.generation == generation => true,
                Stand::Stored(..) => {
                    lost += u64::from(fold.untold());
                    false
                }
            });
        }
        lost
    }

    /// Forgets everything, after a round that was lost: what repeats it is a first one again, and so nothing is counted twice. Returns
    /// how many repeats the store never knew.
    pub(super) fn clear(&mut self) -> u64 {
        let untold = self.open.values().map(|fold| u64::from(fold.untold())).sum();
        self.open.clear();
        self.order.clear();
        self.untold.clear();
        untold
    }

    /// Takes out what cannot be repeated any more at `uptime`.
    pub(super) fn close(&mut self, uptime: Duration, closed: &mut Closed) {
        while let Some((since, key)) = self.order.front().copied()
            && uptime.saturating_sub(since) >= WINDOW
        {
            self.order.pop_front();
            // One that was remembered anew closes in its own time.
            if self.open.get(&key).is_some_and(|fold| fold.since == since)
                && let Some(fold) = self.open.remove(&key)
            {
                closed.take(fold);
            }
        }
    }

    /// Takes out everything.
    pub(super) fn close_all(&mut self, closed: &mut Closed) {
        self.order.clear();
        self.untold.clear();
        self.open.drain().for_each(|(_, fold)| closed.take(fold));
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
