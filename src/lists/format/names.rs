//! The office's own lists: one name a line with its categories, `name games`, `=name adult,games`, `!name games`.
//!
//! A name stands for itself and all below it; with `=` for itself alone; with `*.` for what is below it alone; with `!` before that
//! it is an exception, which takes what it stands for out of these categories of the same list. The first line says what it is: [`HEAD`]. One text, many categories: [`read`]
//! hands each entry to the lists that take one of them, and counts what no list takes.

use std::collections::BTreeMap;
use std::io::BufRead;

use super::lines::{self, Line, Whole};
use super::reader::{Effect, Out};
use super::{Action, Entry, Fault, Format, IssueKind, Issues, Parsed, Scope, TypeSet};
use crate::dns::Name;
use crate::lists::text;

/// The first line of such a list.
pub const HEAD: &str = "# khien names 1";

/// What a line says, as far as its own marks tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'l> {
    /// The name's text.
    pub name: &'l str,
    /// What it stands for.
    pub scope: Scope,
    /// Whether it is an exception.
    pub action: Action,
    /// Its categories, with commas between them.
    pub categories: &'l str,
}

/// Takes a line apart.
///
/// # Errors
/// Where it is no line of such a list.
pub fn said(line: &str) -> Result<Said<'_>, IssueKind> {
    let mut words = line.split(' ');
    let (Some(name), Some(categories)) = (words.next(), words.next()) else { return Err(IssueKind::Unreadable) };
    if words.next().is_some() {
        return Err(IssueKind::SecondWord);
    }
    if categories.split(',').any(str::is_empty) {
        return Err(IssueKind::Unreadable);
    }
    let (action, name) = match name.strip_prefix('!') {
        Some(name) => (Action::Allow, name),
        None => (Action::Block, name),
    };
    let (scope, name) = match (name.strip_prefix('='), name.strip_prefix("*.")) {
        (Some(name), _) => (Scope::Exact, name),
        (None, Some(name)) => (Scope::Below, name),
        (None, None) => (Scope::Subtree, name),
    };
    Ok(Said { name, scope, action, categories })
}

/// Reads one line for a list of one category, whatever categories it says.
pub(super) fn line(text: &str, out: &mut Out<'_>) {
    match said(text) {
        Ok(said) => {
            let effect = match said.action {
                Action::Block => Effect::BLOCK,
                Action::Allow => Effect::ALLOW,
            };
            out.name(said.name, text, said.scope, effect);
        }
        Err(kind) => out.issue(kind, text.as_bytes()),
    }
}

/// What came of reading a text for several categories at once.
#[derive(Debug)]
pub struct NamesRead<C> {
    /// For each category that was wanted, what the caller keeps for it and what was read besides its entries. Lines that were not
    /// taken at all stand with the first.
    pub parsed: Vec<(C, Parsed)>,
    /// Entries of categories that nobody wanted.
    pub cut: BTreeMap<String, u64>,
}

/// Reads a text once and hands each entry to `sink`, with what `wanted` keeps for each of its categories that is wanted.
///
/// # Errors
/// A [`Fault`] where the text does not begin with [`HEAD`], or most lines cannot be read. Entries may have been handed on by then.
pub fn read<C: Copy>(
    source: impl BufRead,
    wanted: &[(&str, C)],
    sink: &mut dyn FnMut(C, Entry<'_>),
) -> Result<NamesRead<C>, Fault> {
    let mut reading = Reading {
        wanted: wanted.iter().map(|(category, keeps)| Wanted { category, keeps: *keeps, entries: 0, exceptions: 0 }).collect(),
        cut: BTreeMap::new(),
        issues: Issues::default(),
        begun: false,
        telling: 0,
        bad: 0,
        sink,
    };
    let lines = lines::each(source, |line| reading.line(line))?;
    let Reading { wanted, cut, mut issues, begun, telling, bad, .. } = reading;
    if !begun {
        return Err(Fault::NotNames);
    }
    if bad * 2 > telling {
        return Err(Fault::MostlyBad { bad, lines: telling, format: Format::Names, looks_like: None });
    }
    let mut parsed = |own: Wanted<'_, C>| {
        let parsed = Parsed {
            format: Format::Names,
            lines,
            entries: own.entries,
            exceptions: own.exceptions,
            cancelled: 0,
            patterns: Vec::new(),
            networks: Vec::new(),
            issues: std::mem::take(&mut issues),
        };
        (own.keeps, parsed)
    };
    Ok(NamesRead { parsed: wanted.into_iter().map(&mut parsed).collect(), cut })
}

/// A category that is wanted.
struct Wanted<'w, C> {
    category: &'w str,
    keeps: C,
    entries: u64,
    exceptions: u64,
}

struct Reading<'w, 's, C> {
    wanted: Vec<Wanted<'w, C>>,
    cut: BTreeMap<String, u64>,
    issues: Issues,
    begun: bool,
    telling: u64,
    bad: u64,
    sink: &'s mut dyn FnMut(C, Entry<'_>),
}

impl<C: Copy> Reading<'_, '_, C> {
    fn line(&mut self, line: Line<'_>) {
        if line.number == 1 {
            self.begun = line.bytes == HEAD.as_bytes();
            return;
        }
        // What does not begin as such a list is none, and nothing of it is taken.
        if !self.begun || line.bytes.first().is_none_or(|first| *first == b'#') {
            return;
        }
        self.telling += 1;
        if let Err(kind) = self.entry(line) {
            self.bad += 1;
            self.issues.note(line.number, kind, line.bytes);
        }
    }

    fn entry(&mut self, line: Line<'_>) -> Result<(), IssueKind> {
        if line.whole == Whole::Cut {
            return Err(IssueKind::LongLine);
        }
        let Said { name: written, scope, action, categories } =
            said(std::str::from_utf8(line.bytes).map_err(|_| IssueKind::NotUtf8)?)?;
        let mut name = Name::root();
        text::normalise_into(written, &mut name).map_err(IssueKind::from)?;
        // A whole top-level domain, or a slip, whoever signed it.
        if name.label_count() < 2 {
            return Err(IssueKind::SingleLabel);
        }
        for category in categories.split(',') {
            let Some(wanted) = self.wanted.iter_mut().find(|wanted| wanted.category == category) else {
                match self.cut.get_mut(category) {
                    Some(count) => *count += 1,
                    None => drop(self.cut.insert(category.to_owned(), 1)),
                }
                continue;
            };
            wanted.entries += 1;
            wanted.exceptions += u64::from(action == Action::Allow);
            let entry = Entry { name: &name, scope, action, types: TypeSet::ALL, important: false, line: line.number };
            (self.sink)(wanted.keeps, entry);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
