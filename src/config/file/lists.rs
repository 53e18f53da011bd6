//! `[[list]]`: where a list is, what it is about, and how it is read.

use super::At;
use super::values::Id;
use super::walk::{Keys, Section, Wrong};
use crate::config::fault::Shown;
use crate::lists::format::{Format, Match};
use std::path::PathBuf;
use std::time::Duration;

/// The keys of `[[list]]`.
pub(super) const LIST: Keys = Keys {
    section: "list",
    written: "[[list]]",
    keys: &["id", "category", "source", "format", "match", "refresh", "action", "force", "optional", "categories"],
};

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Where the section starts.
    pub line: u32,
    /// Its word in journal and metrics.
    pub id: At<Id>,
    /// The category that its names get; none for a source of many categories.
    pub category: Option<At<Id>>,
    /// For a source of many categories: which of its folders is which category.
    pub categories: Option<Vec<(At<String>, At<Id>)>>,
    /// Where it is.
    pub source: At<PathBuf>,
    /// How it is written; none where its content tells.
    pub format: Option<Format>,
    /// What its entries cover.
    pub matches: Match,
    /// How often a list that is not a file is fetched.
    pub refresh: Duration,
    /// What its names are for.
    pub action: ListAction,
    /// What it may take along.
    pub force: Vec<At<Force>>,
    /// Whether the program is ready without it.
    pub optional: bool,
}

/// What the names of a list are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListAction {
    /// They get the category.
    Block,
    /// They are taken out of the category, as far as the school's own lists gave it.
    Allow,
    /// They are only counted.
    Observe,
}

/// What a list may take along that others may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Force {
    /// Protected names, but never those of help.
    Protected,
    /// Public suffixes.
    PublicSuffix,
}

const ACTIONS: [(&str, Option<ListAction>); 3] =
    [("block", Some(ListAction::Block)), ("allow", Some(ListAction::Allow)), ("observe", Some(ListAction::Observe))];

const FORCES: [(&str, Force); 2] = [("protected", Force::Protected), ("public-suffix", Force::PublicSuffix)];

impl List {
    /// Reads the section; none where it lacks what it cannot do without.
    pub(super) fn read(section: &Section<'_, '_>) -> Option<Self> {
        let id = section.required("id");
        let category = section.optional("category");
        let categories = section.pairs("categories");
        if !section.has("category") && !section.has("categories") {
            let hint = "add `category = \"adult\"`, or for a tree of folders `categories = { folder = \"adult\" }`";
            section.fault(section.line(), "[[list]] without `category`", hint);
        }
        let source = source(section);
        let mut formats = vec![("auto", Some(None))];
        formats.extend(Format::ALL.map(|format| (format.text(), Some(Some(format)))));
        let matches = [("format", Match::AsFormat), ("exact", Match::Exact), ("subtree", Match::Subtree)];
        let matches = matches.map(|(word, meant)| (word, Some(meant)));
        let refresh = Duration::from_secs(60)..=Duration::from_secs(366 * 86_400);
        let list = Self {
            line: section.line(),
            category,
            categories,
            format: section.word("format", &formats).and_then(|format| format.value),
            matches: section.word("match", &matches).map_or(Match::AsFormat, |matches| matches.value),
            refresh: section.within("refresh", Duration::from_secs(86_400), refresh, "from \"1m\" to \"366d\"").value,
            action: section.word("action", &ACTIONS).map_or(ListAction::Block, |action| action.value),
            force: section.words("force", &FORCES).unwrap_or_default(),
            optional: section.or("optional", false).value,
            id: id?,
            // A list without a place is of no use, but what else is wrong with it is worth saying.
            source: source.unwrap_or(At { value: PathBuf::new(), line: section.line() }),
        };
        Some(list)
    }
}

fn source(section: &Section<'_, '_>) -> Option<At<PathBuf>> {
    let text: At<String> = section.required("source")?;
    match text.value.split_once("://") {
        Some(("http" | "https", _)) => {
            let Wrong { what, .. } = Wrong::not_built();
            let hint = "fetch the list to a file by other means, and name the file";
            section.fault(text.line, format!("`source`: fetching {} {what}", text.value.quoted()), hint);
            None
        }
        Some(_) => {
            let what = format!("`source`: {} is neither a file nor a page", text.value.quoted());
            section.fault(text.line, what, "write a path, relative to this file: \"lists/adult.txt\"");
            None
        }
        None => section.optional("source"),
    }
}
