//! What was counted while answering: one sheet per worker, summed when somebody asks.
//!
//! # Cost
//! A worker's sheet is its own; its lock is taken by nobody else but the scrape. Counting allocates only the first time that a
//! series occurs. Series are bounded: groups, tiers and categories by the configuration, all else by fixed sets.

mod leading;

use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::dns::{Ignored, Rcode, RecordType, Transport};
use crate::policy::Outcome;

pub use leading::{Leading, nearly_all};

/// A word that stands as a label in the metrics: a group, a tier, a category, a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(u16);

/// Upper bounds of the request durations' buckets in seconds: three fine ones for what is answered at once, then 0.00025·2ⁿ.
pub const BOUNDS: [f64; 19] = {
    let mut bounds =
        [0.000_01, 0.000_05, 0.000_1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let mut bound = 0.000_25;
    let mut at = 3;
    while at < bounds.len() {
        bounds[at] = bound;
        bound *= 2.0;
        at += 1;
    }
    bounds
};

/// How long answers took.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histogram {
    /// How many fell into each bucket of [`BOUNDS`], and last how many were above all.
    pub counts: [u64; BOUNDS.len() + 1],
    /// The sum of all durations.
    pub sum: Duration,
}

impl Histogram {
    fn observe(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        self.counts[BOUNDS.partition_point(|bound| *bound < seconds)] += 1;
        self.sum += took;
    }

    fn add(&mut self, other: &Self) {
        for (own, more) in self.counts.iter_mut().zip(other.counts) {
            *own += more;
        }
        self.sum += other.sum;
    }
}

/// Counts by what they are counted by.
///
/// The keys are bounded by the configuration and by fixed sets, so that nobody can choose them to meet in one place.
pub type Series<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Quick>>;

/// A hash of keys that no client makes: each word is multiplied in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quick(u64);

impl Quick {
    fn word(&mut self, word: u64) {
        // An odd number near 2^64 divided by the golden ratio (Knuth, TAOCP vol. 3, section 6.4).
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        // A table looks at the highest and the lowest bits; multiplying leaves the lowest poor.
        self.0.rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.word(value.into());
    }

    fn write_u16(&mut self, value: u16) {
        self.word(value.into());
    }

    fn write_isize(&mut self, value: isize) {
        self.word(value as u64);
    }
}

/// One worker's counts, or the sum of all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// Queries by transport and type; a type without a mnemonic is `other`.
    pub queries: Series<(Transport, &'static str), u64>,
    /// Responses by group (none where the client was never identified), outcome and rcode.
    pub responses: Series<(Option<Label>, Outcome, Rcode), u64>,
    /// Blocks by group, tier and deciding category.
    pub blocked: Series<(Label, Label, Option<Label>), u64>,
    /// Durations, each outcome at its place in [`Outcome::ALL`].
    pub durations: [Histogram; Outcome::ALL.len()],
    /// Queries dropped by the rate limit, by group (none where the client is not served).
    pub rate_limited: Series<Option<Label>, u64>,
    /// Packets that were no query.
    pub ignored: Series<Ignored, u64>,
    /// Names that a list with `action = "observe"` has, by list.
    pub observed: Series<Label, u64>,
    /// Who asked most of late; taken out by [`Tally::take_leading`], and in no sum.
    pub leading: Leading,
    /// Answers with private addresses for public names, by what became of them.
    pub rebindings: Series<Outcome, u64>,
}

fn add_all<K: Hash + Eq + Copy>(to: &mut Series<K, u64>, from: &Series<K, u64>) {
    for (key, count) in from {
        *to.entry(*key).or_default() += count;
    }
}

impl Sheet {
    /// Counts a query that came in.
    pub fn query(&mut self, transport: Transport, record_type: Option<RecordType>) {
        let name = record_type.and_then(RecordType::mnemonic).unwrap_or("other");
        *self.queries.entry((transport, name)).or_default() += 1;
    }

    /// Counts a response that was rendered.
    pub fn response(&mut self, group: Option<Label>, outcome: Outcome, rcode: Rcode, took: Duration) {
        *self.responses.entry((group, outcome, rcode)).or_default() += 1;
        self.durations[outcome as usize].observe(took);
    }

    /// Counts the block that a response carried.
    pub fn block(&mut self, group: Label, tier: Label, category: Option<Label>) {
        *self.blocked.entry((group, tier, category)).or_default() += 1;
    }

    fn add(&mut self, other: &Self) {
        let Self { queries, responses, blocked, durations, rate_limited, ignored, observed, rebindings, leading: _ } = other;
        add_all(&mut self.queries, queries);
        add_all(&mut self.responses, responses);
        add_all(&mut self.blocked, blocked);
        add_all(&mut self.rate_limited, rate_limited);
        add_all(&mut self.ignored, ignored);
        add_all(&mut self.observed, observed);
        add_all(&mut self.rebindings, rebindings);
        for (own, more) in self.durations.iter_mut().zip(durations) {
            own.add(more);
        }
    }
}

/// All sheets of the program, and the words that their labels stand for.
#[derive(Debug, Default)]
pub struct Tally {
    sheets: Mutex<Sheets>,
    labels: Mutex<Labels>,
    panics: AtomicU64,
}

#[derive(Debug, Default)]
struct Sheets {
    all: Vec<Arc<Mutex<Sheet>>>,
    free: Vec<Arc<Mutex<Sheet>>>,
}

#[derive(Debug, Default)]
struct Labels {
    words: Vec<Arc<str>>,
    places: BTreeMap<Arc<str>, Label>,
}

impl Tally {
    /// A sheet for one worker; given back when dropped, its counts kept.
    pub fn hand_out(self: &Arc<Self>) -> Pen {
        let mut sheets = locked(&self.sheets);
        let sheet = sheets.free.pop().unwrap_or_else(|| {
            let sheet = Arc::<Mutex<Sheet>>::default();
            sheets.all.push(Arc::clone(&sheet));
            sheet
        });
        Pen { tally: Arc::clone(self), sheet }
    }

    /// The label that stands for `word`, now and after any reload.
    ///
    /// Past 65,535 different words all further ones share the last label.
    pub fn label(&self, word: &str) -> Label {
        let mut labels = locked(&self.labels);
        if let Some(label) = labels.places.get(word) {
            return *label;
        }
        let Ok(place) = u16::try_from(labels.words.len()) else { return Label(u16::MAX) };
        let word: Arc<str> = word.into();
        labels.words.push(Arc::clone(&word));
        labels.places.insert(word, Label(place));
        Label(place)
    }

    /// The word that `label` stands for.
    pub fn word(&self, label: Label) -> Arc<str> {
        Arc::clone(&locked(&self.labels).words[usize::from(label.0)])
    }

    /// The sum of all sheets.
    pub fn sum(&self) -> Sheet {
        let all = locked(&self.sheets).all.clone();
        let mut sum = Sheet::default();
        for sheet in all {
            sum.add(&locked(&sheet));
        }
        sum
    }

    /// Who asked most since this was last taken, on each sheet; the sheets forget it.
    pub fn take_leading(&self) -> Vec<Leading> {
        let all = locked(&self.sheets).all.clone();
        all.iter().map(|sheet| std::mem::take(&mut locked(sheet).leading)).collect()
    }

    /// Counts a panic that cost one query.
    pub fn panicked(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    /// Panics so far.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }
}

/// One worker's hold on its sheet.
#[derive(Debug)]
pub struct Pen {
    tally: Arc<Tally>,
    sheet: Arc<Mutex<Sheet>>,
}

impl Pen {
    /// The sheet, to count on.
    pub fn sheet(&self) -> MutexGuard<'_, Sheet> {
        locked(&self.sheet)
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        locked(&self.tally.sheets).free.push(Arc::clone(&self.sheet));
    }
}

/// A panic while counting leaves at worst one count out, so what stands behind the lock stays good.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
