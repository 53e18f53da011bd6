//! A role's canonical list of names: one text, the same to the octet whoever makes it of the same sources.
//!
//! The rules: names are in lower case as the wire has them (A-labels), in the order of their octets, each line once, its categories
//! in the order of their ids; the first line says what it is and every line ends with LF. A text that breaks one of them is refused
//! whole: it is no list that an office made. [`Gathering`] makes such a list of sources.
//!
//! # Cost
//! Five million names: 24 octets a line and its text, in two vectors; no line has an allocation of its own.

mod gather;
mod unite;

use std::collections::BTreeMap;
use std::io::{self, Write};

pub use gather::{Gathering, SourceId, TooManyCategories};

use crate::lists::format::names::{HEAD, Said, said};
use crate::lists::format::{Action, Scope};
use crate::lists::text::normalise;

/// The most categories in one list: a set of them is one 64-bit word.
pub const MOST_CATEGORIES: usize = 64;

/// The most octets of one list: room for some fifty million names, and less than an image can point into.
pub const LARGEST: u64 = 1 << 30;

/// One line of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'l> {
    /// The name, in presentation form without the final dot.
    pub name: &'l str,
    /// What it stands for.
    pub scope: Scope,
    /// Whether it is an exception.
    pub action: Action,
    /// Its categories: bit `n` for the `n`th of [`NameList::categories`].
    pub categories: u64,
}

/// A whole list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameList {
    /// In the order of their ids.
    categories: Vec<String>,
    text: Vec<u8>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    categories: u64,
    at: u32,
    len: u8,
    mark: Mark,
}

/// What stands before a name. The order is that of lines with one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Subtree,
    Exact,
    Below,
    NotSubtree,
    NotExact,
    NotBelow,
}

impl Mark {
    const ALL: [Self; 6] = [Self::Subtree, Self::Exact, Self::Below, Self::NotSubtree, Self::NotExact, Self::NotBelow];

    const fn of(scope: Scope, action: Action) -> Self {
        match (action, scope) {
            (Action::Block, Scope::Subtree) => Self::Subtree,
            (Action::Block, Scope::Exact) => Self::Exact,
            (Action::Block, Scope::Below) => Self::Below,
            (Action::Allow, Scope::Subtree) => Self::NotSubtree,
            (Action::Allow, Scope::Exact) => Self::NotExact,
            (Action::Allow, Scope::Below) => Self::NotBelow,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Subtree => "",
            Self::Exact => "=",
            Self::Below => "*.",
            Self::NotSubtree => "!",
            Self::NotExact => "!=",
            Self::NotBelow => "!*.",
        }
    }

    const fn read(self) -> (Scope, Action) {
        match self {
            Self::Subtree => (Scope::Subtree, Action::Block),
            Self::Exact => (Scope::Exact, Action::Block),
            Self::Below => (Scope::Below, Action::Block),
            Self::NotSubtree => (Scope::Subtree, Action::Allow),
            Self::NotExact => (Scope::Exact, Action::Allow),
            Self::NotBelow => (Scope::Below, Action::Allow),
        }
    }
}

/// Why a text is no canonical list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}\nhint: such a list is made by `khien office build` and never edited; fetch or build it again")]
pub struct NamesFault {
    /// The line, the first being 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: &'static str,
}

impl NameList {
    /// Reads a list.
    ///
    /// # Errors
    /// [`NamesFault`] for the first line that is not as this module's rules say.
    pub fn parse(text: &[u8]) -> Result<Self, NamesFault> {
        let mut lines = Lines { rest: text, line: 0 };
        let fault = |line, what| Err(NamesFault { line, what });
        if text.len() as u64 > LARGEST {
            return fault(1, "the list is larger than 1 GiB");
        }
        if lines.next()? != Some(HEAD.as_bytes()) {
            return fault(1, "this is no list of names with categories");
        }
        let mut list = Self::default();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        while let Some(line) = lines.next()? {
            let number = lines.line;
            let Some(Said { name, scope, action, categories }) = std::str::from_utf8(line).ok().and_then(|text| said(text).ok())
            else {
                return fault(number, "this is no line of a list of names");
            };
            let Ok(known) = normalise(name) else { return fault(number, "this is no name") };
            if known.label_count() < 2 {
                return fault(number, "a single label is no name of a list");
            }
            if known.to_string() != name {
                return fault(number, "the name is not written in its one form");
            }
            let mut set = 0;
            let mut last = "";
            for category in categories.split(',') {
                if !category.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-') {
                    return fault(number, "a category is no word");
                }
                if category <= last {
                    return fault(number, "the categories are not in order");
                }
                let next = seen.len();
                let place = *seen.entry(category.to_owned()).or_insert(next);
                if place >= MOST_CATEGORIES {
                    return fault(number, "more than 64 categories");
                }
                set |= 1 << place;
                last = category;
            }
            let mark = Mark::of(scope, action);
            if let Some(before) = list.rows.last()
                && (list.name_of(before), before.mark) >= (name, mark)
            {
                return fault(number, "the names are not in order");
            }
            list.push(name, mark, set);
        }
        list.rank(&seen);
        Ok(list)
    }

    /// Puts the categories in the order of their ids, and the sets of all lines with them.
    fn rank(&mut self, seen: &BTreeMap<String, usize>) {
        let mut places = [0_u32; MOST_CATEGORIES];
        for (rank, place) in (0_u32..).zip(seen.values()) {
            places[*place] = rank;
        }
        if seen.values().copied().ne(0..seen.len()) {
            for row in &mut self.rows {
                row.categories = bits(row.categories).map(|place| 1_u64 << places[place]).fold(0, |set, bit| set | bit);
            }
        }
        self.categories = seen.keys().cloned().collect();
    }

    fn push(&mut self, name: &str, mark: Mark, categories: u64) {
        let at = u32::try_from(self.text.len()).expect("a list has at most 1 GiB");
        let len = u8::try_from(name.len()).expect("a name of plain octets has at most 253");
        self.text.extend_from_slice(name.as_bytes());
        self.rows.push(Row { categories, at, len, mark });
    }

    fn name_of(&self, row: &Row) -> &str {
        std::str::from_utf8(&self.text[row.at as usize..][..usize::from(row.len)]).expect("names are put in as text")
    }

    /// The ids of its categories, in their order.
    pub fn categories(&self) -> &[String] {
        &self.categories
    }

    /// Its lines, in order.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.rows.iter().map(|row| {
            let (scope, action) = row.mark.read();
            Entry { name: self.name_of(row), scope, action, categories: row.categories }
        })
    }

    /// The ids of the categories in a set.
    pub fn words(&self, categories: u64) -> impl Iterator<Item = &str> {
        bits(categories).map(|place| self.categories[place].as_str())
    }

    /// How many lines it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many names each category has, exceptions not counted.
    pub fn counts(&self) -> BTreeMap<&str, u64> {
        let mut counts = [0_u64; MOST_CATEGORIES];
        for entry in self.entries().filter(|entry| entry.action == Action::Block) {
            bits(entry.categories).for_each(|place| counts[place] += 1);
        }
        self.categories.iter().map(String::as_str).zip(counts).filter(|(_, count)| *count > 0).collect()
    }

    /// Writes it.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(HEAD.as_bytes())?;
        to.write_all(b"\n")?;
        let mut line = String::new();
        for row in &self.rows {
            line.clear();
            line.push_str(row.mark.text());
            line.push_str(self.name_of(row));
            for (place, category) in bits(row.categories).enumerate() {
                line.push(if place == 0 { ' ' } else { ',' });
                line.push_str(&self.categories[category]);
            }
            line.push('\n');
            to.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    /// Its text.
    pub fn to_text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.text.len() + self.rows.len() * 12);
        self.write(&mut text).expect("memory does not fail");
        text
    }
}

/// The places of the bits that are set, the lowest first.
fn bits(set: u64) -> impl Iterator<Item = usize> {
    let mut rest = set;
    std::iter::from_fn(move || {
        let first = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
        rest &= rest - 1;
        Some(first)
    })
}

/// The lines of a text, each of which ends with LF.
struct Lines<'t> {
    rest: &'t [u8],
    line: u64,
}

impl<'t> Lines<'t> {
    fn next(&mut self) -> Result<Option<&'t [u8]>, NamesFault> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        self.line += 1;
        let Some(end) = self.rest.iter().position(|octet| *octet == b'\n') else {
            return Err(NamesFault { line: self.line, what: "the text is cut off" });
        };
        let line = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests;
