//! `[[list]]`: where a list is, what it is about, and how it is read.

use super::At;
use super::values::{Id, Size};
use super::walk::{Keys, Section};
use crate::config::fault::Shown;
use crate::dns::{Name, TsigAlgorithm};
use crate::fetch::{Accept, Origin, Page, Primary, Signer};
use crate::lists::format::{Format, Match};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// The keys of `[[list]]`.
pub(super) const LIST: Keys = Keys {
    section: "list",
    written: "[[list]]",
    keys: &[
        "id",
        "category",
        "source",
        "accept",
        "tsig",
        "max_size",
        "format",
        "match",
        "refresh",
        "action",
        "force",
        "optional",
        "categories",
    ],
};

/// The keys of `tsig` in `[[list]]`.
pub(super) const TSIG: Keys = Keys { section: "list.tsig", written: "[list.tsig]", keys: &["name", "algorithm", "secret_file"] };

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
    pub source: At<Source>,
    /// The most octets that a list may have which is not a file.
    pub largest: Size,
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

/// Where a list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, or a tree of folders.
    File(PathBuf),
    /// A page or a zone that it is fetched from; the path of a secret is as it is written.
    Fetched(Origin),
}

/// What a list's page may be that others may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Accepted {
    PrivateAddress,
    Http,
    Port,
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

const ACCEPTED: [(&str, Accepted); 3] =
    [("private-address", Accepted::PrivateAddress), ("http", Accepted::Http), ("port", Accepted::Port)];

/// The bounds of `max_size`: what a compilation reads of one list at most stands at the end.
const SIZES: RangeInclusive<Size> = Size(1 << 10)..=Size(2 << 30);

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
            largest: section.within("max_size", Size(256 << 20), SIZES, "from \"1KiB\" to \"2GiB\"").value,
            id: id?,
            // A list without a place is of no use, but what else is wrong with it is worth saying.
            source: source.unwrap_or(At { value: Source::File(PathBuf::new()), line: section.line() }),
        };
        Some(list)
    }
}

/// What the page of this section may be that others may not.
pub(super) fn accepted(section: &Section<'_, '_>) -> Accept {
    let accepted: Vec<Accepted> =
        section.words("accept", &ACCEPTED).unwrap_or_default().into_iter().map(|word| word.value).collect();
    Accept {
        private_address: accepted.contains(&Accepted::PrivateAddress),
        http: accepted.contains(&Accepted::Http),
        port: accepted.contains(&Accepted::Port),
    }
}

fn source(section: &Section<'_, '_>) -> Option<At<Source>> {
    let accept = accepted(section);
    let At { value: text, line } = section.required::<String>("source")?;
    let signer = signer(section);
    let is_zone = text.starts_with("axfr://");
    if section.has("tsig") && !is_zone {
        section.fault(section.line_of("tsig"), "`tsig` signs transfers of zones, and this list is none", "leave it out");
    }
    let refuse = |error: String, hint: &str| {
        section.fault(line, format!("`source`: {} {}", text.quoted(), error.escaped()), hint);
        None
    };
    match text.split_once("://") {
        Some(("http" | "https", _)) => match Page::parse(&text, accept) {
            Ok(page) => Some(At { value: Source::Fetched(Origin::Page(page)), line }),
            Err(error) => refuse(error.to_string(), error.hint()),
        },
        Some(("axfr", _)) => match Primary::parse(&text, accept, signer) {
            Ok(primary) => Some(At { value: Source::Fetched(Origin::Zone(Box::new(primary))), line }),
            Err(error) => refuse(error.to_string(), error.hint()),
        },
        Some(_) => {
            let hint = "write a path, relative to this file, \"lists/adult.txt\", a page, \"https://…\", or a zone, \"axfr://HOST/ZONE\"";
            refuse("is neither a file nor a page nor a zone".to_owned(), hint)
        }
        None => section.optional("source").map(|At { value, line }| At { value: Source::File(value), line }),
    }
}

/// The key that a zone's transfers are signed with; none where there is none, or it is faulty.
fn signer(section: &Section<'_, '_>) -> Option<Signer> {
    if !section.has("tsig") {
        return None;
    }
    let tsig = section.section("tsig", &TSIG);
    let algorithms = TsigAlgorithm::ALL.map(|algorithm| (algorithm.text(), Some(algorithm)));
    let name = tsig.required::<Name>("name");
    let algorithm = tsig.word("algorithm", &algorithms).map_or(TsigAlgorithm::Sha256, |algorithm| algorithm.value);
    let secret = tsig.required::<PathBuf>("secret_file");
    Some(Signer { name: name?.value, algorithm, secret: secret?.value })
}
