//! The one thread that writes: it takes what was noted, folds repeats, and gives the rest to the store and the JSON output.
//!
//! It looks into the queue by itself, so that nobody who notes has to wake it. Time comes from outside, and every round is one
//! [`Writer::step`], so that tests drive it without a thread.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::block::Draft;
use super::fold::{Fold, Folds, Place, Stand};
use super::output::Output;
use super::pseudonym::subnet;
use super::queue::Shared;
use super::retention::{Failed, Progress, Retention};
use super::store::{Repeats, Store};
use super::{ClientForm, Entry, Journal, Line, Provenance, Pseudonyms, QUEUE, Settings};

/// The most entries of one round, and so of one block and one transaction.
pub(super) const BATCH: usize = 8_192;

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
        batch: Vec::new(),
        draft: Draft::default(),
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
    /// This round's new entries.
    draft: Draft,
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
    /// New entries as lines, where there is a JSON output.
    lines: Vec<Line>,
    /// The key under which each new entry is remembered, where it is.
    places: Vec<Option<u128>>,
    /// Repeats of this round's own entries.
    inside: u64,
    /// How often entries of stored blocks have been repeated in all.
    repeats: Repeats,
    /// How many of those repeats came in this round, by the opening of the store that holds the entries.
    again_by: BTreeMap<u64, u64>,
    /// Lines to be written to the JSON output once more, with their repeats.
    again: Vec<Line>,
}

impl Writer {
    /// Takes up to 8,192 entries and writes them; keeps what is to be kept and forgets what is to be forgotten.
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
        for entry in &batch {
            match self.folds.place(entry, now.uptime) {
                Place::Repeat(key) => {
                    let fold = self.folds.find(key).expect("a repeat has a first");
                    match fold.stand {
                        Stand::Here(at) => {
                            self.draft.repeated(at, fold.repeats);
                            if let Some(line) = round.lines.get_mut(at as usize) {
                                line.repeats = fold.repeats;
                            }
                            round.inside += 1;
                        }
                        Stand::Stored(row, at) => {
                            round.repeats.entry(row).or_default().insert(at, fold.repeats);
                            *round.again_by.entry(row.generation).or_default() += 1;
                        }
                    }
                }
                Place::First(key) => {
                    let at = self.take_in(entry, &mut round);
                    let again = round.lines.last().map(|line| Box::new(line.clone()));
                    let over = self.folds.remember(key, entry, now.uptime, Stand::Here(at), again);
                    round.again.extend(over.and_then(Fold::again));
                    round.places.push(Some(key));
                }
                Place::Alone => {
                    self.take_in(entry, &mut round);
                    round.places.push(None);
                }
            }
        }
        batch.clear();
        self.batch = batch;
        round
    }

    /// Takes a new entry into this round's block, and into its lines where there is an output for them.
    fn take_in(&mut self, entry: &Entry, round: &mut Round) -> u32 {
        let client = match self.settings.client {
            ClientForm::Pseudonym => self.keys.pseudonyms.pseudonym(entry.client, entry.time),
            ClientForm::Full => entry.client.to_canonical().to_string().into(),
            ClientForm::Subnet => subnet(entry.client).into(),
            ClientForm::None => "".into(),
        };
        // What the lists are asked is not the journal's code: should it panic, the entry lacks its source and is written.
        let source = catch_unwind(AssertUnwindSafe(|| (self.provenance)(entry))).ok().flatten().unwrap_or_default();
        let at = self.draft.push(entry, &client, &source);
        if self.output.is_some() {
            round.lines.push(Line::new(entry, client, source));
        }
        at
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
        let again: u64 = round.again_by.values().sum();
        let new = u64::from(self.draft.count());
        let all = new + round.inside + again;
        if self.store.is_waiting(now) {
            self.lose(all);
            return;
        }
        let block = (new > 0).then(|| self.draft.finish());
        // The directory first, then the keys, then what was made under them: no entry outlives the key of its pseudonym.
        let ready = self.store.ready(now).and_then(|()| Ok(self.keys.save()?));
        let written = ready.and_then(|()| self.store.write(block.as_ref(), &round.repeats, now));
        let row = match written {
            Ok(row) => row,
            Err(error) => {
                if !self.failing {
                    tracing::error!(%error, "the journal's store fails; entries are dropped until it works again");
                }
                self.failing = true;
                self.store.postpone(now);
                counts.store_failed();
                self.lose(all);
                return;
            }
        };
        if std::mem::take(&mut self.failing) {
            tracing::info!("the journal's store works again");
        }
        let generation = self.store.generation();
        let lost: u64 = round.again_by.iter().filter(|(opening, _)| **opening != generation).map(|(_, new)| new).sum();
        counts.lose(lost);
        counts.fold(round.inside + again - lost);
        counts.write(new);
        if let Some(row) = row {
            for (at, key) in (0..).zip(round.places) {
                let fold = key.and_then(|key| self.folds.find(key));
                if let Some(fold) = fold.filter(|fold| fold.stand == Stand::Here(at)) {
                    fold.stand = Stand::Stored(row, at);
                }
            }
        }
        self.folds.retain(generation);
    }

    /// Counts a round's entries as dropped.
    fn lose(&mut self, entries: u64) {
        self.shared.counts().lose(entries);
        self.draft.clear();
        self.folds.clear();
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
        // What is left of it is not put off until the next rest.
        if done > 0 { BATCH } else { 0 }
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
