//! How often names were asked: a school's exported journal, a list of names with counts, or a list of popular names in their order.
//!
//! The rule: what a line says is read or counted as unread; help names are in no journal, and in none of these lists either.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;

use crate::dns::Name;
use crate::lists::text::normalise;

/// The most different names that are read: a school's month has some hundred thousand.
pub const MOST: usize = 2_000_000;

/// Names with how often each was asked, the most asked first; of equals, the one that was read first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    names: Vec<(Name, u64)>,
    /// Lines that say nothing that could be read.
    unread: u64,
}

/// Why a file says nothing of names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskedFault {
    /// No line has a name.
    #[error("no line has a name\nhint: it is what `khien journal --json` or `--csv` writes, or lines of `name` or `name count`")]
    NoNames,
    /// Most lines say nothing.
    #[error(
        "{unread} of {lines} lines have no name\nhint: it is what `khien journal --json` or `--csv` writes, or lines of `name count`"
    )]
    MostlyUnread {
        /// Lines that could not be read.
        unread: u64,
        /// All lines.
        lines: u64,
    },
    /// More names than are read.
    #[error("more than {MOST} different names\nhint: export a shorter time")]
    TooMany,
}

/// What of a line of the journal counts here.
#[derive(Deserialize)]
struct Entry {
    name: String,
    #[serde(default)]
    repeats: u64,
}

/// How the lines are written.
enum Form {
    Json,
    /// The journal's CSV: the places of `name` and `repeats`.
    Csv(usize, Option<usize>),
    Words,
}

impl Asked {
    /// Reads a file, whatever of the three it is.
    ///
    /// # Errors
    /// [`AskedFault`].
    pub fn read(bytes: &[u8]) -> Result<Self, AskedFault> {
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        let mut counts: HashMap<Name, (u64, usize)> = HashMap::new();
        let (mut unread, mut lines) = (0, 0);
        let mut form = None;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if form.is_none() {
                form = Some(form_of(line));
                if matches!(form, Some(Form::Csv(..))) {
                    continue;
                }
            }
            lines += 1;
            let said = match &form {
                Some(Form::Json) => {
                    serde_json::from_str::<Entry>(line).ok().map(|entry| (entry.name, entry.repeats.saturating_add(1)))
                }
                Some(Form::Csv(name, repeats)) => csv_line(line, *name, *repeats),
                Some(Form::Words) | None => words(line),
            };
            let name =
                said.and_then(|(name, count)| Some((normalise(&name).ok()?, count))).filter(|(name, _)| name.label_count() > 1);
            let Some((name, count)) = name else {
                unread += 1;
                continue;
            };
            let next = counts.len();
            let known = counts.entry(name).or_insert((0, next));
            known.0 = known.0.saturating_add(count);
            if counts.len() > MOST {
                return Err(AskedFault::TooMany);
            }
        }
        if counts.is_empty() {
            return Err(AskedFault::NoNames);
        }
        if unread * 2 > lines {
            return Err(AskedFault::MostlyUnread { unread, lines });
        }
        let mut names: Vec<(Name, u64, usize)> = counts.into_iter().map(|(name, (count, place))| (name, count, place)).collect();
        names.sort_unstable_by_key(|(_, count, place)| (std::cmp::Reverse(*count), *place));
        Ok(Self { names: names.into_iter().map(|(name, count, _)| (name, count)).collect(), unread })
    }

    /// Reads a ranking, the most asked first: a name a line, numbers beside it not looked at.
    ///
    /// # Errors
    /// [`AskedFault`].
    pub fn ranking(bytes: &[u8]) -> Result<Self, AskedFault> {
        let mut asked = Self::read(bytes)?;
        let text = String::from_utf8_lossy(bytes);
        let mut places: HashMap<Name, usize> = HashMap::new();
        let said = text.lines().filter_map(|line| normalise(&words(line.trim())?.0).ok());
        for (place, name) in said.enumerate() {
            places.entry(name).or_insert(place);
        }
        asked.names.sort_by_key(|(name, _)| places.get(name).copied());
        Ok(asked)
    }

    /// The names, the most asked first, with how often.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, u64)> {
        self.names.iter().map(|(name, count)| (name, *count))
    }

    /// How many different names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// How often anything was asked.
    pub fn total(&self) -> u64 {
        self.names.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// How many lines could not be read.
    pub const fn unread(&self) -> u64 {
        self.unread
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} names asked {} times", self.names.len(), self.total())
    }
}

fn form_of(first: &str) -> Form {
    if first.starts_with('{') {
        return Form::Json;
    }
    let place = |wanted: &str| first.split(',').position(|heading| heading.trim().trim_matches('"') == wanted);
    match place("name") {
        Some(name) => Form::Csv(name, place("repeats")),
        None => Form::Words,
    }
}

/// A line of the journal's CSV, whose cells are quoted where they need it (RFC 4180).
fn csv_line(line: &str, name: usize, repeats: Option<usize>) -> Option<(String, u64)> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
    let record = reader.records().next()?.ok()?;
    let count = repeats.and_then(|place| record.get(place)).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    Some((record.get(name)?.to_owned(), count.saturating_add(1)))
}

/// `name`, `name count` or `count name`, with blanks, tabs, commas or semicolons between them.
fn words(line: &str) -> Option<(String, u64)> {
    let mut words = line.split([' ', '\t', ',', ';']).map(|word| word.trim_matches('"')).filter(|word| !word.is_empty());
    let (first, second) = (words.next()?, words.next());
    if words.next().is_some() {
        return None;
    }
    let Some(second) = second else { return Some((first.to_owned(), 1)) };
    match (first.parse::<u64>(), second.parse::<u64>()) {
        (_, Ok(count)) => Some((first.to_owned(), count)),
        (Ok(count), Err(_)) => Some((second.to_owned(), count)),
        (Err(_), Err(_)) => None,
    }
}

#[cfg(test)]
mod tests;
