//! A block: the entries of one round as the store keeps them, in one row.
//!
//! The rule: a block is whole or it is refused, by the checksum at its end. It explains itself: words that entries share stand in it
//! once, and what an entry mostly has in common with those before it is one number. Names stand as people write them, so that
//! whoever looks for one in the files finds it.
//!
//! # Cost
//! An entry takes some 35 octets and no allocation but for words that are new to its block (`benches/journal.rs`).

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use jiff::Timestamp;

use super::line::NONE;
use super::{Entry, Line, Source};
use crate::dns::Name;

/// The form of a block's octets.
const FORM: u8 = 1;

/// The octets of the checksum.
const CHECKSUM: usize = 16;

/// What stands between the ids of several lists: no id has it.
const BETWEEN: char = '\n';

/// Entries on their way into a block.
#[derive(Debug, Default)]
pub(super) struct Draft {
    first: i64,
    last: i64,
    before: i64,
    count: u32,
    words: Words,
    contexts: HashMap<Context, u32>,
    /// The contexts in their order, written.
    context_octets: Vec<u8>,
    entries: Vec<u8>,
    /// Entries that were repeated before the block was written.
    repeats: Vec<(u32, u64)>,
    text: String,
}

/// A finished block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The times of its first and its last entry, in milliseconds since 1970.
    pub(super) first: i64,
    pub(super) last: i64,
    /// How many entries it has.
    pub(super) entries: u32,
    pub(super) octets: Vec<u8>,
}

/// A block's octets are not those that were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a block of the journal is damaged")]
pub struct Damaged;

/// What entries mostly share: the places of words, and the serial of lists and configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Context {
    /// Group, tier, type, transport, verdict, reason, category, lists, rcode.
    words: [u32; 9],
    snapshot: u64,
}

/// The words of a block.
#[derive(Debug, Default)]
struct Words {
    places: HashMap<Box<str>, u32>,
    octets: Vec<u8>,
    /// The place of a shared or fixed word by where it stands in memory, where it stays while the draft holds it.
    known: HashMap<(usize, usize), u32, BuildHasherDefault<Spread>>,
    held: Vec<Arc<str>>,
    types: HashMap<u16, u32, BuildHasherDefault<Spread>>,
}

impl Draft {
    /// How many entries it has.
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// Takes an entry in; returns its place.
    pub(super) fn push(&mut self, entry: &Entry, client: &Arc<str>, source: &Source) -> u32 {
        let words = &mut self.words;
        let context = Context {
            words: [
                words.shared(&entry.group),
                words.shared(&entry.tier),
                words.record_type(entry.record_type),
                words.fixed(entry.transport.text()),
                words.fixed(entry.outcome.text()),
                words.fixed(entry.reason.text()),
                match &entry.category {
                    Some(category) => words.shared(category),
                    None => words.fixed(NONE),
                },
                words.lists(&source.lists),
                words.fixed(entry.rcode.text()),
            ],
            snapshot: entry.snapshot,
        };
        let client = words.shared(client);
        self.begin(entry.time.as_millisecond(), context, client, entry.micros);
        let start = self.entries.len();
        self.name(&entry.name);
        self.rule(start, source.rule.as_deref().unwrap_or_default());
        self.count += 1;
        self.count - 1
    }

    /// Takes in a line that was read.
    pub(super) fn push_line(&mut self, line: &Line) {
        let words = &mut self.words;
        let context = Context {
            words: [
                words.text(&line.group),
                words.text(&line.tier),
                words.text(&line.record_type),
                words.text(&line.transport),
                words.text(&line.verdict),
                words.text(&line.reason),
                words.text(&line.category),
                words.lists(&line.lists),
                words.text(&line.rcode),
            ],
            snapshot: line.snapshot,
        };
        let client = words.text(&line.client);
        self.begin(line.time.as_millisecond(), context, client, line.micros);
        let start = self.entries.len();
        number(&mut self.entries, line.name.len() as u64);
        self.entries.extend_from_slice(line.name.as_bytes());
        self.rule(start, &line.rule);
        if line.repeats > 0 {
            self.repeats.push((self.count, line.repeats));
        }
        self.count += 1;
    }

    /// Notes that the entry at `place` has been repeated so often; the last word on it counts.
    pub(super) fn repeated(&mut self, place: u32, times: u64) {
        self.repeats.push((place, times));
    }

    /// The block, and an empty draft in place of this one.
    pub(super) fn finish(&mut self) -> Block {
        let mut octets = vec![FORM];
        let parts = [
            (self.words.count(), &self.words.octets),
            (self.contexts.len() as u64, &self.context_octets),
            (self.count.into(), &self.entries),
        ];
        for (count, part) in parts {
            number(&mut octets, count);
            octets.extend_from_slice(part);
        }
        octets.extend(repeats(&self.repeats));
        let checksum = blake3::hash(&octets);
        octets.extend_from_slice(&checksum.as_bytes()[..CHECKSUM]);
        let block = Block { first: self.first, last: self.last, entries: self.count, octets };
        self.clear();
        block
    }

    /// Forgets all; the room that it took is kept for the next block.
    pub(super) fn clear(&mut self) {
        let Self { words, contexts, context_octets, entries, repeats, .. } = self;
        words.clear();
        contexts.clear();
        context_octets.clear();
        entries.clear();
        repeats.clear();
        self.count = 0;
    }

    /// Writes what stands before an entry's name.
    fn begin(&mut self, time: i64, context: Context, client: u32, micros: u32) {
        if self.count == 0 {
            (self.first, self.last, self.before) = (time, time, 0);
        }
        self.first = self.first.min(time);
        self.last = self.last.max(time);
        let next = u32::try_from(self.contexts.len()).unwrap_or(u32::MAX);
        let octets = &mut self.context_octets;
        let place = *self.contexts.entry(context).or_insert_with(|| {
            context.words.iter().for_each(|word| number(octets, (*word).into()));
            number(octets, context.snapshot);
            next
        });
        number(&mut self.entries, zigzag(time.wrapping_sub(self.before)));
        self.before = time;
        for part in [place, client, micros] {
            number(&mut self.entries, part.into());
        }
    }

    /// Writes a name as people write it.
    fn name(&mut self, name: &Name) {
        let wire = name.as_wire();
        let plain = |octet: &u8| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if name.is_root() || !name.labels().flatten().all(plain) {
            self.text.clear();
            write!(self.text, "{name}").expect("a string takes everything");
            number(&mut self.entries, self.text.len() as u64);
            self.entries.extend_from_slice(self.text.as_bytes());
            return;
        }
        // Without the first length and the root's, and with dots for the others.
        number(&mut self.entries, wire.len() as u64 - 2);
        let mut at = 0;
        while wire[at] != 0 {
            if at > 0 {
                self.entries.push(b'.');
            }
            let end = at + 1 + usize::from(wire[at]);
            self.entries.extend_from_slice(&wire[at + 1..end]);
            at = end;
        }
    }

    /// Writes a rule: as how many octets at the end of the name, which begins with its length at `start`, or whole.
    fn rule(&mut self, start: usize, rule: &str) {
        let is_suffix = self.entries[start..].ends_with(rule.as_bytes());
        let kind = u64::from(is_suffix && !rule.is_empty());
        number(&mut self.entries, (rule.len() as u64) << 1 | kind);
        if kind == 0 {
            self.entries.extend_from_slice(rule.as_bytes());
        }
    }
}

impl Words {
    fn count(&self) -> u64 {
        // Every word has a place.
        self.places.len() as u64
    }

    fn text(&mut self, word: &str) -> u32 {
        if let Some(place) = self.places.get(word) {
            return *place;
        }
        let place = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        number(&mut self.octets, word.len() as u64);
        self.octets.extend_from_slice(word.as_bytes());
        self.places.insert(word.into(), place);
        place
    }

    fn shared(&mut self, word: &Arc<str>) -> u32 {
        if let Some(place) = self.known.get(&standing(word)) {
            return *place;
        }
        let place = self.text(word);
        self.known.insert(standing(word), place);
        self.held.push(Arc::clone(word));
        place
    }

    fn fixed(&mut self, word: &'static str) -> u32 {
        match self.known.get(&standing(word)) {
            Some(place) => *place,
            None => {
                let place = self.text(word);
                self.known.insert(standing(word), place);
                place
            }
        }
    }

    fn record_type(&mut self, record_type: crate::dns::RecordType) -> u32 {
        match self.types.get(&record_type.0) {
            Some(place) => *place,
            None => {
                let place = self.text(&record_type.to_string());
                self.types.insert(record_type.0, place);
                place
            }
        }
    }

    fn lists(&mut self, lists: &[String]) -> u32 {
        match lists {
            [] => self.text(""),
            [list] => self.text(list),
            several => self.text(&several.join(&BETWEEN.to_string())),
        }
    }

    fn clear(&mut self) {
        let Self { places, octets, known, held, types } = self;
        places.clear();
        octets.clear();
        known.clear();
        held.clear();
        types.clear();
    }
}

/// Where a word begins in memory, and how long it is.
fn standing(word: &str) -> (usize, usize) {
    (word.as_ptr().addr(), word.len())
}

/// Spreads a number over the places of a table; what is spread are addresses in memory and record types, which nobody sends.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let value = bytes.iter().rev().fold(0, |value: u64, byte| value << 8 | u64::from(*byte));
        self.0 = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

/// How often entries of a block were repeated, as octets.
pub(super) fn repeats(of: &[(u32, u64)]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(4 + of.len() * 4);
    number(&mut octets, of.len() as u64);
    for (place, times) in of {
        number(&mut octets, (*place).into());
        number(&mut octets, *times);
    }
    octets
}

/// Reads what [`repeats`] wrote into the lines; the last word on an entry counts.
pub(super) fn read_repeats(octets: &[u8], lines: &mut [Line]) -> Result<(), Damaged> {
    let mut reading = Reading { rest: octets };
    reading.repeats(lines)?;
    if reading.rest.is_empty() { Ok(()) } else { Err(Damaged) }
}

/// Reads the entries of a block, as a row of the store holds it.
///
/// # Errors
/// [`Damaged`], where the octets are not those that were written.
pub fn read(octets: &[u8]) -> Result<Vec<Line>, Damaged> {
    let (octets, checksum) = octets.split_last_chunk::<CHECKSUM>().ok_or(Damaged)?;
    if blake3::hash(octets).as_bytes()[..CHECKSUM] != *checksum {
        return Err(Damaged);
    }
    read_parts(octets)
}

/// As [`read`], behind the checksum.
pub(super) fn read_parts(octets: &[u8]) -> Result<Vec<Line>, Damaged> {
    let mut reading = Reading { rest: octets };
    if reading.octets(1)? != [FORM] {
        return Err(Damaged);
    }
    let words: Vec<Arc<str>> = reading.all(|reading| reading.text().map(Arc::from))?;
    let word = |place: u64| words.get(usize::try_from(place).ok()?).ok_or(Damaged).ok();
    let contexts: Vec<Context> = reading.all(|reading| {
        let mut places = [0; 9];
        for place in &mut places {
            *place = reading.short()?;
        }
        Ok(Context { words: places, snapshot: reading.number()? })
    })?;
    let mut time = 0_i64;
    let mut lines = reading.all(|reading| {
        time = time.wrapping_add(unzigzag(reading.number()?));
        let context = contexts.get(reading.short()? as usize).ok_or(Damaged)?;
        let client = word(reading.number()?).ok_or(Damaged)?;
        let micros = reading.short()?;
        let name = reading.text()?.to_owned();
        let rule = reading.rule(&name)?;
        let mut shared = context.words.iter().map(|place| word((*place).into()).ok_or(Damaged));
        let mut next = || shared.next().expect("there are nine");
        let owned = |word: &Arc<str>| Cow::Owned(word.to_string());
        Ok(Line {
            time: Timestamp::from_millisecond(time).map_err(|_| Damaged)?,
            client: Arc::clone(client),
            group: Arc::clone(next()?),
            tier: Arc::clone(next()?),
            name,
            record_type: next()?.to_string(),
            transport: owned(next()?),
            verdict: owned(next()?),
            reason: owned(next()?),
            category: Arc::clone(next()?),
            lists: next()?.split(BETWEEN).filter(|list| !list.is_empty()).map(str::to_owned).collect(),
            rule,
            rcode: owned(next()?),
            micros,
            snapshot: context.snapshot,
            repeats: 0,
        })
    })?;
    reading.repeats(&mut lines)?;
    if reading.rest.is_empty() { Ok(lines) } else { Err(Damaged) }
}

/// What of a block is still to be read.
struct Reading<'a> {
    rest: &'a [u8],
}

impl<'a> Reading<'a> {
    fn octets(&mut self, count: usize) -> Result<&'a [u8], Damaged> {
        let (octets, rest) = self.rest.split_at_checked(count).ok_or(Damaged)?;
        self.rest = rest;
        Ok(octets)
    }

    /// A number of seven bits an octet, the lowest first.
    fn number(&mut self) -> Result<u64, Damaged> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let octet = self.octets(1)?[0];
            value |= u64::from(octet & 0x7f) << shift;
            if octet & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Damaged)
    }

    fn short(&mut self) -> Result<u32, Damaged> {
        u32::try_from(self.number()?).map_err(|_| Damaged)
    }

    fn text(&mut self) -> Result<&'a str, Damaged> {
        let len = usize::try_from(self.number()?).map_err(|_| Damaged)?;
        std::str::from_utf8(self.octets(len)?).map_err(|_| Damaged)
    }

    fn rule(&mut self, name: &str) -> Result<String, Damaged> {
        let kind = self.number()?;
        let len = usize::try_from(kind >> 1).map_err(|_| Damaged)?;
        if kind & 1 == 1 {
            let start = name.len().checked_sub(len).ok_or(Damaged)?;
            return name.get(start..).map(str::to_owned).ok_or(Damaged);
        }
        std::str::from_utf8(self.octets(len)?).map(str::to_owned).map_err(|_| Damaged)
    }

    /// A count, and so many of something, each of which takes an octet at least.
    fn all<T>(&mut self, mut each: impl FnMut(&mut Self) -> Result<T, Damaged>) -> Result<Vec<T>, Damaged> {
        let count = usize::try_from(self.number()?).ok().filter(|count| *count <= self.rest.len()).ok_or(Damaged)?;
        (0..count).map(|_| each(self)).collect()
    }

    fn repeats(&mut self, lines: &mut [Line]) -> Result<(), Damaged> {
        self.all(|reading| {
            let (place, times) = (reading.short()?, reading.number()?);
            lines.get_mut(place as usize).ok_or(Damaged)?.repeats = times;
            Ok(())
        })?;
        Ok(())
    }
}

fn number(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// Small numbers of either sign as small ones of none.
const fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests;
