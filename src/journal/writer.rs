//! The one thread that writes: it takes what was noted, folds repeats, and gives the rest to the store and the JSON output.
//!
//! It looks into the queue by itself, so that nobody who notes has to wake it. Time comes from outside, and every round is one
//! [`Writer::step`], so that tests drive it without a thread.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::fold::{Fold, Folds, Place, Stand};
use super::output::Output;
use super::pseudonym::subnet;
use super::queue::Shared;
use super::retention::{Failed, Progress, Retention};
use super::store::{Row, Store};
use super::{ClientForm, Entry, Journal, Line, Provenance, Pseudonyms, QUEUE, Settings};

/// The most entries of one round, and so of one transaction.
pub(super) const BATCH: usize = 1_000;

/// A point in time, by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What the clock on the wall says; it may be set back and forth.
    pub wall: Timestamp,
    /// Time since some start that only grows.
    pub uptime: Duration,
}

/// Makes a journal: the handle to note with, and the writer, which [`Writer::start`] sets to work.
///
/// It cannot fail: where nothing can be written, entries are counted as dropped until it can.
pub fn open(settings: Settings, provenance: Provenance) -> (Journal, Writer) {
    open_with_capacity(settings, provenance, QUEUE)
}

/// As [`open`], with a queue of `capacity` entries.
pub(super) fn open_with_capacity(settings: Settings, provenance: Provenance, capacity: usize) -> (Journal, Writer) {
    let (journal, shared) = Journal::with_capacity(capacity, settings.allowed);
    let writer = Writer {
        shared,
        provenance,
        batch: Vec::with_capacity(BATCH),
        folds: Folds::new(),
        store: Store::new(&settings.directory),
        keys: Keys { pseudonyms: Pseudonyms::empty(&settings.directory), loaded: false },
        output: settings.json.as_ref().map(Output::new),
        retention: Retention::default(),
        failing: false,
        settings,
    };
    (journal, writer)
}

/// What takes entries from the queue and writes them.
pub struct Writer {
    shared: Arc<Shared>,
    settings: Settings,
    provenance: Provenance,
    batch: Vec<Entry>,
    folds: Folds,
    store: Store,
    keys: Keys,
    output: Option<Output>,
    retention: Retention,
    /// Whether the store's last round failed.
    failing: bool,
}

/// The pseudonyms, and whether those of earlier runs have been read.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) pseudonyms: Pseudonyms,
    loaded: bool,
}

/// What one round's entries came to.
#[derive(Default)]
struct Round {
    /// New entries.
    lines: Vec<Line>,
    /// The key under which each is remembered, where it is.
    places: Vec<Option<u128>>,
    /// Repeats of this round's own entries.
    inside: u64,
    /// Of stored entries that were repeated: all their repeats, and how many of them came in this round.
    repeats: HashMap<Row, (u64, u64)>,
    /// Lines to be written to the JSON output once more, with their repeats.
    again: Vec<Line>,
}

impl Writer {
    /// Takes up to 1,000 entries and writes them; keeps what is to be kept and forgets what is to be forgotten.
    ///
    /// Returns how much it did; where nothing, there is time to rest.
    pub fn step(&mut self, now: Moment) -> usize {
        self.adopt();
        self.shared.take(&mut self.batch, BATCH);
        let taken = self.batch.len();
        self.keys.load(&self.settings.directory, now);
        let mut round = self.sort_out(now);
        round.again.extend(self.folds.closed(now.uptime).into_iter().filter_map(Fold::again));
        self.print(&round, now);
        if taken > 0 {
            self.store(round, now);
        }
        taken + self.forget(now)
    }

    /// Writes all that waits, and the repeats that the JSON output lacks.
    pub fn flush(&mut self, now: Moment) {
        while self.step(now) > 0 {}
        let again = self.folds.all().into_iter().filter_map(Fold::again).collect();
        self.print(&Round { again, ..Round::default() }, now);
    }

    /// Takes up what a reload brought.
    fn adopt(&mut self) {
        let Some(settings) = self.shared.changed() else { return };
        if settings.directory != self.settings.directory {
            self.store = Store::new(&settings.directory);
            self.keys = Keys { pseudonyms: Pseudonyms::empty(&settings.directory), loaded: false };
            self.folds.all();
        }
        if settings.json != self.settings.json {
            self.output = settings.json.as_ref().map(Output::new);
        }
        self.retention = Retention::default();
        self.settings = settings;
    }

    /// Tells first entries from repeats, and makes the lines of the first.
    fn sort_out(&mut self, now: Moment) -> Round {
        let mut round = Round::default();
        let mut batch = std::mem::take(&mut self.batch);
        for entry in batch.drain(..) {
            match self.folds.place(&entry, now.uptime) {
                Place::Repeat(key) => {
                    let fold = self.folds.find(key).expect("a repeat has a first");
                    match fold.stand {
                        Stand::Here(at) => {
                            round.lines[at].repeats = fold.repeats;
                            round.inside += 1;
                        }
                        Stand::Stored(row) => {
                            let (all, new) = round.repeats.entry(row).or_default();
                            *all = fold.repeats;
                            *new += 1;
                        }
                    }
                }
                Place::First(key) => {
                    let line = self.line(&entry);
                    let again = self.output.is_some().then(|| Box::new(line.clone()));
                    let stand = Stand::Here(round.lines.len());
                    let over = self.folds.remember(key, &entry, now.uptime, stand, again);
                    round.again.extend(over.and_then(Fold::again));
                    round.places.push(Some(key));
                    round.lines.push(line);
                }
                Place::Alone => {
                    round.places.push(None);
                    round.lines.push(self.line(&entry));
                }
            }
        }
        self.batch = batch;
        round
    }

    fn line(&mut self, entry: &Entry) -> Line {
        let client = match self.settings.client {
            ClientForm::Pseudonym => self.keys.pseudonyms.pseudonym(entry.client, entry.time),
            ClientForm::Full => entry.client.to_canonical().to_string().into(),
            ClientForm::Subnet => subnet(entry.client).into(),
            ClientForm::None => "".into(),
        };
        // What the lists are asked is not the journal's code: should it panic, the entry lacks its source and is written.
        let source = catch_unwind(AssertUnwindSafe(|| (self.provenance)(entry))).ok().flatten().unwrap_or_default();
        Line::new(entry, client, source)
    }

    /// Gives the round's lines to the JSON output.
    fn print(&mut self, round: &Round, now: Moment) {
        let Some(output) = &mut self.output else { return };
        let printed = output.write(&round.lines, now.wall).and_then(|()| output.write(&round.again, now.wall));
        if printed.is_err() {
            self.shared.counts().json_failed();
        }
        for (line, key) in round.lines.iter().zip(&round.places) {
            if let Some(written) = key.and_then(|key| self.folds.find(key)).and_then(|fold| fold.line.as_mut()) {
                written.repeats = line.repeats;
            }
        }
    }

    /// Gives the round to the store, and counts how each of its entries ended.
    fn store(&mut self, round: Round, now: Moment) {
        let counts = self.shared.counts();
        let again: u64 = round.repeats.values().map(|(_, new)| new).sum();
        let all = round.lines.len() as u64 + round.inside + again;
        if self.store.is_waiting(now) {
            counts.lose(all);
            self.folds.clear();
            return;
        }
        let repeats: Vec<(Row, u64)> = round.repeats.iter().map(|(row, (all, _))| (*row, *all)).collect();
        // The directory first, then the keys, then what was made under them: no entry outlives the key of its pseudonym.
        let ready = self.store.ready(now).and_then(|()| Ok(self.keys.save()?));
        let written = ready.and_then(|()| self.store.write(&round.lines, &repeats, now));
        let rows = match written {
            Ok(rows) => rows,
            Err(error) => {
                if !self.failing {
                    tracing::error!(%error, "the journal's store fails; entries are dropped until it works again");
                }
                self.failing = true;
                self.store.postpone(now);
                counts.store_failed();
                counts.lose(all);
                self.folds.clear();
                return;
            }
        };
        if std::mem::take(&mut self.failing) {
            tracing::info!("the journal's store works again");
        }
        let generation = self.store.generation();
        let lost: u64 = round.repeats.iter().filter(|(row, _)| row.generation != generation).map(|(_, (_, new))| new).sum();
        counts.lose(lost);
        counts.fold(round.inside + again - lost);
        counts.write(rows.len() as u64);
        for (at, (row, key)) in rows.into_iter().zip(round.places).enumerate() {
            let fold = key.and_then(|key| self.folds.find(key));
            if let Some(fold) = fold.filter(|fold| fold.stand == Stand::Here(at)) {
                fold.stand = Stand::Stored(row);
            }
        }
        self.folds.retain(generation);
    }

    /// The hourly round, in parts; returns how much it did.
    fn forget(&mut self, now: Moment) -> usize {
        let Progress { done, failed } =
            self.retention.round(&mut self.store, &mut self.keys, self.output.as_mut(), &self.settings, now);
        match failed {
            Some(Failed::Store) => self.shared.counts().store_failed(),
            Some(Failed::Json) => self.shared.counts().json_failed(),
            None => {}
        }
        done
    }
}

impl Keys {
    /// Reads the keys of earlier runs, where that has not been done; a failure shows when they are to be saved.
    fn load(&mut self, directory: &Path, now: Moment) {
        if self.loaded {
            return;
        }
        if let Ok(read) = Pseudonyms::load(directory, now.wall) {
            self.pseudonyms.join(read);
            self.loaded = true;
        }
    }

    /// Saves the keys, unless those of earlier runs could not be read: they would be lost.
    pub(super) fn save(&mut self) -> std::io::Result<()> {
        if self.loaded { self.pseudonyms.save() } else { Err(std::io::Error::other("the keys of pseudonyms cannot be read")) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.close();
    }
}

#[cfg(test)]
mod tests;
