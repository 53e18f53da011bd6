//! What a compilation found: for each list what was taken, what was not, and what the guard refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::lists::format::{Issues, Parsed};
use crate::lists::{ListId, Owner};

/// The outcome of one compilation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Whose lists they are.
    pub owner: Owner,
    /// Different names with rules.
    pub names: u64,
    /// Rules with a name.
    pub rules: u64,
    /// Patterns in the image.
    pub patterns: usize,
    /// Networks in the image.
    pub networks: usize,
    /// Octets of the image.
    pub octets: u64,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// The lists, in the order in which they were given.
    pub lists: Vec<ListReport>,
    /// Entries of an office's list for categories that its role may not speak for, or that are not known here: they count nowhere.
    #[serde(default)]
    pub cut: BTreeMap<String, u64>,
}

/// Where a list's entries come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loaded {
    /// From its source.
    Fresh,
    /// From the copy kept when it was last sound; [`ListReport::fault`] says what is wrong with the source.
    Kept,
    /// Not at all: it has no entries.
    Nothing,
}

/// The outcome for one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListReport {
    /// The list.
    pub id: ListId,
    /// Where its entries come from.
    pub loaded: Loaded,
    /// Why its source could not be used.
    pub fault: Option<String>,
    /// The format it was read as.
    pub format: Option<String>,
    /// Lines in it.
    pub lines: u32,
    /// Entries taken, repeated ones each time, refused suffixes among them.
    pub entries: u64,
    /// Exceptions among the entries.
    pub exceptions: u64,
    /// Rules that the list itself takes back.
    pub cancelled: u32,
    /// Patterns taken.
    pub patterns: usize,
    /// Patterns for which the automata had no room: line and expression.
    pub patterns_left_out: Vec<(u32, String)>,
    /// What was not taken, by kind.
    pub issues: Vec<IssueReport>,
    /// What the guard saw.
    pub guarded: Guarded,
}

/// Lines of one kind that were not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueReport {
    /// What is the matter with them.
    pub what: String,
    /// How many there are.
    pub count: u32,
    /// The first of them: line and text.
    pub first: Vec<(u32, String)>,
}

/// What the guard saw in one list. Names with the line that named them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Guarded {
    /// Entries refused because they would take a public suffix along.
    pub suffixes: Vec<(String, u32)>,
    /// Entries for a whole platform (private part of the public suffix list): they count.
    pub platforms: Vec<(String, u32)>,
    /// Networks refused because they are half the world, or no part of the Internet.
    pub networks: Vec<(String, u32)>,
    /// Protected names that the list would have taken, and that stay open.
    pub tried: Vec<Tried>,
}

/// A protected name that a list would have taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The protected name.
    pub name: String,
    /// Its kinds.
    pub kinds: Vec<String>,
    /// The rule's name, or the pattern.
    pub rule: String,
    /// The rule's line.
    pub line: u32,
}

impl ListReport {
    pub(super) fn of(id: ListId) -> Self {
        Self {
            id,
            loaded: Loaded::Nothing,
            fault: None,
            format: None,
            lines: 0,
            entries: 0,
            exceptions: 0,
            cancelled: 0,
            patterns: 0,
            patterns_left_out: Vec::new(),
            issues: Vec::new(),
            guarded: Guarded::default(),
        }
    }

    pub(super) fn read(&mut self, loaded: Loaded, parsed: &Parsed) {
        self.loaded = loaded;
        self.format = Some(parsed.format.text().to_owned());
        self.lines = parsed.lines;
        self.entries = parsed.entries;
        self.exceptions = parsed.exceptions;
        self.cancelled = parsed.cancelled;
        self.patterns = parsed.patterns.len();
        self.issues = issues(&parsed.issues);
    }
}

fn issues(issues: &Issues) -> Vec<IssueReport> {
    let first = |kind| issues.kept().iter().filter(move |issue| issue.what == kind).map(|issue| (issue.line, issue.text.clone()));
    issues
        .counts()
        .map(|(kind, count)| IssueReport { what: kind.text().to_owned(), count, first: first(kind).collect() })
        .collect()
}
