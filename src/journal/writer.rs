//! The one thread that writes: it takes what was noted, folds repeats, and gives the rest to the store and the JSON output.
//!
//! It looks into the queue by itself, so that nobody who notes has to wake it. Time comes from outside, and every round is one
//! [`Writer::step`], so that tests drive it without a thread.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::block::Draft;
use super::fold::{Closed, Folds, Place, Stand, Update};
use super::output::Output;
use super::pseudonym::subnet;
use super::queue::{SHEAVES, Shared};
use super::retention::{Failed, Progress, Retention};
use super::sheaf::{Record, Sheaf};
use super::store::{Repeats, Store};
use super::{ClientForm, Entry, Journal, Line, Provenance, Pseudonyms, QUEUE, Settings};

/// The most notes of one round, and so the most entries of one block and one transaction.
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
        waiting: VecDeque::new(),
        spare: (0..SHEAVES).map(|_| Sheaf::with_room()).collect(),
        hashes: Vec::new(),
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
    /// What was taken, and from which octet on it is still to be read.
    waiting: VecDeque<(Sheaf, usize)>,
    /// Sheaves that are empty.
    spare: Vec<Sheaf>,
    hashes: Vec<u128>,
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

/// What one round's notes came to.
#[derive(Default)]
struct Round {
    /// New entries as lines, where there is a JSON output.
    lines: Vec<Line>,
    /// The key under which each new entry is remembered, where it is.
    places: Vec<Option<u128>>,
    /// What can be repeated no more, and what else is to be updated.
    closed: Closed,
}

impl Writer {
    /// Takes up to 8,192 notes and writes them; keeps what is to be kept and forgets what is to be forgotten.
    ///
    /// Returns how much it did; where nothing, there is time to rest.
    pub fn step(&mut self, now: Moment) -> usize {
        self.adopt();
        if self.waiting.is_empty() {
            let mut taken = Vec::new();
            self.shared.take(&mut taken, &mut self.spare);
            self.waiting.extend(taken.into_iter().map(|sheaf| (sheaf, 0)));
        }
        self.keys.load(&self.settings.directory, now);
        let mut round = Round::default();
        let taken = self.sort_out(&mut round, now);
        self.folds.close(now.uptime, &mut round.closed);
        self.finish(round, now);
        taken + self.forget(now)
    }

    /// Writes all that waits, and the repeats that store and JSON output lack.
    pub fn flush(&mut self, now: Moment) {
        while self.step(now) > 0 {}
        let mut round = Round::default();
        self.folds.close_all(&mut round.closed);
        self.finish(round, now);
    }

    /// Takes up what a reload brought.
    fn adopt(&mut self) {
        let Some(settings) = self.shared.changed() else { return };
        if settings.directory != self.settings.directory {
            self.store = Store::new(&settings.directory);
            self.keys = Keys { pseudonyms: Pseudonyms::empty(&settings.directory), loaded: false };
            self.shared.counts().lose(self.folds.clear());
        }
        if settings.json != self.settings.json {
            self.output = settings.json.as_ref().map(Output::new);
        }
        self.retention = Retention::default();
        self.settings = settings;
    }

    /// Tells first ones of up to [`BATCH`] notes from repeats, and takes the first in; returns how many notes there were.
    fn sort_out(&mut self, round: &mut Round, now: Moment) -> usize {
        let (mut waiting, mut hashes) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.hashes));
        let mut left = BATCH;
        while left > 0
            && let Some((sheaf, at)) = waiting.front_mut()
        {
            // All hashes first: look-ups that follow each other closely wait for the memory together.
            hashes.clear();
            hashes.extend(sheaf.records(*at).take(left).map(|record| self.folds.key(record.key())));
            let mut end = *at;
            for (record, key) in sheaf.records(*at).zip(&hashes) {
                end += record.size();
                self.sort(record, *key, round, now);
            }
            left -= hashes.len();
            *at = end;
            if sheaf.ends_at(end)
                && let Some((mut sheaf, _)) = waiting.pop_front()
            {
                sheaf.clear();
                self.spare.push(sheaf);
            }
        }
        (self.waiting, self.hashes) = (waiting, hashes);
        BATCH - left
    }

    fn sort(&mut self, record: Record<'_>, key: u128, round: &mut Round, now: Moment) {
        let place = self.folds.place(key, record.time(), now.uptime);
        if place == Place::Repeat {
            return;
        }
        let at = self.take_in(&record.entry(), round);
        round.places.push((place == Place::First).then_some(key));
        if place == Place::First {
            let line = round.lines.last().map(|line| Box::new(line.clone()));
            self.folds.remember((key, record.time()), now.uptime, Stand::Here(at), line, &mut round.closed);
        }
    }

    /// Writes a round.
    fn finish(&mut self, mut round: Round, now: Moment) {
        for (at, key) in (0..).zip(&round.places) {
            let fold = key.and_then(|key| self.folds.find(key)).filter(|fold| fold.stand == Stand::Here(at));
            if let Some(fold) = fold.filter(|fold| fold.untold() > 0) {
                round.closed.here.push((at, fold.repeats));
                fold.told = fold.repeats;
            }
        }
        for (at, repeats) in &round.closed.here {
            self.draft.repeated(*at, (*repeats).into());
            if let Some(line) = round.lines.get_mut(*at as usize) {
                line.repeats = (*repeats).into();
            }
        }
        round.closed.updates.extend(self.folds.updates());
        self.print(&round, now);
        self.store(&round, now);
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
        self.shared.counts().mismatch(source.mismatches);
        let at = self.draft.push(entry, &client, &source);
        if self.output.is_some() {
            round.lines.push(Line::new(entry, client, source));
        }
        at
    }

    /// Gives the round's lines to the JSON output.
    fn print(&mut self, round: &Round, now: Moment) {
        let Some(output) = &mut self.output else { return };
        let printed = output.write(&round.lines, now.wall).and_then(|()| output.write(&round.closed.again, now.wall));
        if printed.is_err() {
            self.shared.counts().json_failed();
        }
        for (line, key) in round.lines.iter().zip(&round.places) {
            if let Some(written) = key.and_then(|key| self.folds.find(key)).and_then(|fold| fold.line.as_mut()) {
                written.repeats = line.repeats;
            }
        }
    }

    /// Gives the round to the store, and counts how each of its queries ended.
    fn store(&mut self, round: &Round, now: Moment) {
        let counts = self.shared.counts();
        let inside: u64 = round.closed.here.iter().map(|(_, repeats)| u64::from(*repeats)).sum();
        let again: u64 = round.closed.updates.iter().map(|update| u64::from(update.new)).sum();
        let new = u64::from(self.draft.count());
        let all = new + inside + again;
        if all == 0 {
            return;
        }
        if self.store.is_waiting(now) {
            self.lose(all);
            return;
        }
        let block = (new > 0).then(|| self.draft.finish());
        let mut repeats = Repeats::new();
        for Update { row, place, repeats: times, .. } in &round.closed.updates {
            repeats.entry(*row).or_default().insert(*place, (*times).into());
        }
        // The directory first, then the keys, then what was made under them: no entry outlives the key of its pseudonym.
        let ready = self.store.ready(now).and_then(|()| Ok(self.keys.save()?));
        let written = ready.and_then(|()| self.store.write(block.as_ref(), &repeats, now));
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
        let of_others = round.closed.updates.iter().filter(|update| update.row.generation != generation);
        let lost: u64 = of_others.map(|update| u64::from(update.new)).sum();
        counts.fold(inside + again - lost);
        counts.write(new);
        if let Some(row) = row {
            for (at, key) in (0..).zip(&round.places) {
                let fold = key.and_then(|key| self.folds.find(key));
                if let Some(fold) = fold.filter(|fold| fold.stand == Stand::Here(at)) {
                    fold.stand = Stand::Stored(row, at);
                }
            }
        }
        counts.lose(lost + self.folds.retain(generation));
    }

    /// Counts a round's queries as dropped, and the repeats that wait to be told.
    fn lose(&mut self, queries: u64) {
        self.draft.clear();
        let untold = self.folds.clear();
        self.shared.counts().lose(queries + untold);
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
        let unread: usize = self.waiting.iter().map(|(sheaf, at)| sheaf.records(*at).count()).sum();
        self.shared.counts().lose(unread as u64 + self.folds.clear());
        self.shared.close();
    }
}

#[cfg(test)]
mod tests;
