//! A role's list files: each read in whatever format it is, gathered into the role's one list.
//!
//! The rules: a file's name says its category (`games.txt`, `games.ut1.txt`), or a line at its head does
//! (`# khien category: games`, and `# khien match: exact` where its names stand for themselves alone). What a list of the office
//! cannot say is counted, and what takes a whole top-level domain never gets into one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::dns::Name;
use crate::fault::{Fault, Shown as _, nearest::nearest};
use crate::lists::Registry;
use crate::lists::format::{self, Action, Entry, Format, Match, Parsed, Reading, SingleLabels, Standing, names};
use crate::lists::guard::{SuffixKind, suffix_kind};
use crate::office::names::{Gathering, LARGEST, SourceId};

/// The first octets of a Zstandard frame (RFC 8878 section 3.1.1).
const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// How many lines at a file's head may say what it is.
const HEAD_LINES: usize = 20;

/// A list file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// The same from the folder, as publications and reports write it.
    pub id: String,
    /// Its category; none where each of its lines says its own.
    pub category: Option<String>,
    /// Which names its entries stand for.
    pub matching: Match,
}

/// What was found in a source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceFacts {
    /// Its entries that were taken.
    pub entries: u64,
    /// Names that would take a whole public suffix along, each with its line; none of them was taken.
    pub suffixes: Vec<(String, u32)>,
    /// Single labels that are no top-level domain: slips, not taken.
    pub slips: u64,
    /// Lines that cannot be read.
    pub bad: u64,
    /// Lines that were read and are not for a filter of names, patterns and networks among them.
    pub skipped: u64,
}

/// The list files of a role, in the order of their names.
pub(super) fn find(folder: &Path, lists: &Path, registry: &Registry, faults: &mut Vec<Fault>) -> Vec<Source> {
    let directory = folder.join(lists);
    let entries = match std::fs::read_dir(&directory) {
        Ok(entries) => entries,
        // A role may decide of single names only.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            faults.push(Fault::error(&directory, None, format!("this cannot be read: {error}"), "make the folder readable"));
            return Vec::new();
        }
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    let mut sources = Vec::new();
    for path in paths {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_list = file.ends_with(".txt") || file.ends_with(".txt.zst");
        if file.starts_with('.') || !is_list {
            if !file.starts_with('.') {
                let hint = "a list is called by its category: games.txt, games.ut1.txt, adult.txt.zst";
                faults.push(Fault::warning(&path, None, "this is no list, and is not read", hint));
            }
            continue;
        }
        let head = match head(&path) {
            Ok(head) => head,
            Err(error) => {
                faults.push(Fault::error(&path, None, format!("this cannot be read: {error}"), "make it a readable file"));
                continue;
            }
        };
        let id = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        if head.lines().next() == Some(names::HEAD) {
            sources.push(Source { path, id, category: None, matching: Match::AsFormat });
            continue;
        }
        let said =
            |key: &str| head.lines().take(HEAD_LINES).find_map(|line| line.strip_prefix(key).map(|rest| rest.trim().to_owned()));
        let category = said("# khien category:").unwrap_or_else(|| file.split('.').next().unwrap_or_default().to_owned());
        let matching = match said("# khien match:").as_deref() {
            None => Match::AsFormat,
            Some("exact") => Match::Exact,
            Some("subtree") => Match::Subtree,
            Some(other) => {
                let what = format!("{} is no way to match", other.quoted());
                faults.push(Fault::error(&path, None, what, "write `# khien match: exact` or `# khien match: subtree`"));
                continue;
            }
        };
        if registry.find(&category).is_none() {
            let near = nearest(&category, registry.entries().iter().map(|entry| entry.id.as_str()));
            let hint = near.map_or_else(
                || "call the file by an id of categories.toml, or write `# khien category: games` at its head".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            faults.push(Fault::error(&path, None, format!("there is no category {}", category.quoted()), hint));
            continue;
        }
        sources.push(Source { path, id, category: Some(category), matching });
    }
    sources
}

/// Reads a source into `gathering`.
pub(super) fn gather(
    source: &Source,
    place: SourceId,
    registry: &Registry,
    gathering: &mut Gathering,
    faults: &mut Vec<Fault>,
) -> SourceFacts {
    let mut facts = SourceFacts::default();
    let mut full = None;
    let outcome = each(source, registry, &mut |category, entry| {
        if let Some(refused) = suffix(&entry) {
            match refused {
                Taken::Suffix => facts.suffixes.push((entry.name.to_string(), entry.line)),
                Taken::Slip => facts.slips += 1,
            }
            return;
        }
        facts.entries += 1;
        if full.is_none() {
            full = gathering.add(place, category, &entry).err();
        }
    });
    if let Some(full) = full {
        faults.push(Fault::error(&source.path, None, full.to_string(), "give some of these lists to another role"));
    }
    match outcome {
        Ok(Outcome { parsed, unknown }) => {
            for parsed in parsed {
                facts.bad += parsed.issues.total(Standing::Bad);
                facts.skipped += parsed.issues.total(Standing::Skipped) + (parsed.patterns.len() + parsed.networks.len()) as u64;
            }
            for (category, count) in unknown {
                let what = format!("{count} lines are of {}, which is no category", category.quoted());
                faults.push(Fault::error(&source.path, None, what, "write an id of categories.toml"));
            }
        }
        Err(fault) => {
            let hint = "`khien lists lint` shows what is read of a file; the source is left as it is";
            faults.push(Fault::error(&source.path, None, fault.to_string(), hint));
        }
    }
    facts
}

/// The first line of each wanted name in a source.
pub(super) fn lines(source: &Source, registry: &Registry, wanted: &HashSet<Name>) -> HashMap<Name, u32> {
    let mut found = HashMap::new();
    let outcome = each(source, registry, &mut |_, entry| {
        if wanted.contains(entry.name) {
            found.entry(entry.name.clone()).or_insert(entry.line);
        }
    });
    // A source that cannot be read any more has no lines to show; that it cannot was told when it was gathered.
    if outcome.is_err() { HashMap::new() } else { found }
}

/// What a source brought besides its entries.
struct Outcome {
    parsed: Vec<Parsed>,
    unknown: BTreeMap<String, u64>,
}

/// Hands on every entry of a source with its category.
fn each(source: &Source, registry: &Registry, sink: &mut dyn FnMut(&str, Entry<'_>)) -> Result<Outcome, format::Fault> {
    let text = open(&source.path)?;
    match &source.category {
        Some(category) => {
            let reading = Reading { format: None, matching: source.matching, single_labels: SingleLabels::HandOn };
            let parsed = format::parse(text, reading, &mut |entry| sink(category, entry))?;
            Ok(Outcome { parsed: vec![parsed], unknown: BTreeMap::new() })
        }
        None => {
            let ids: Vec<&str> = registry.entries().iter().map(|entry| entry.id.as_str()).collect();
            let wanted: Vec<(&str, &str)> = ids.iter().map(|id| (*id, *id)).collect();
            let read = names::read(text, &wanted, &mut |category, entry| sink(category, entry))?;
            debug_assert!(read.parsed.iter().all(|(_, parsed)| parsed.format == Format::Names), "there is one format here");
            Ok(Outcome { parsed: read.parsed.into_iter().map(|(_, parsed)| parsed).collect(), unknown: read.cut })
        }
    }
}

/// What an entry would take along.
enum Taken {
    /// A whole public suffix.
    Suffix,
    /// Nothing that exists.
    Slip,
}

fn suffix(entry: &Entry<'_>) -> Option<Taken> {
    if entry.action == Action::Allow && entry.name.label_count() > 1 {
        return None;
    }
    match suffix_kind(entry.name) {
        SuffixKind::Registry if entry.name.label_count() > 1 => Some(Taken::Suffix),
        SuffixKind::Registry => {
            let text = entry.name.to_string();
            let is_known = psl::suffix(text.as_bytes()).is_some_and(|suffix| suffix.is_known());
            Some(if is_known { Taken::Suffix } else { Taken::Slip })
        }
        SuffixKind::None | SuffixKind::Platform => None,
    }
}

/// The start of a file's text.
fn head(path: &Path) -> io::Result<String> {
    let mut head = Vec::new();
    open(path)?.take(4096).read_to_end(&mut head)?;
    Ok(String::from_utf8_lossy(&head).trim_start_matches('\u{feff}').to_owned())
}

/// The text of a file, unpacked.
fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no regular file"));
    }
    let mut file = BufReader::with_capacity(256 * 1024, File::open(path)?);
    if file.fill_buf()?.starts_with(&ZSTANDARD) {
        let text = zstd::stream::read::Decoder::with_buffer(file)?;
        return Ok(Box::new(BufReader::with_capacity(256 * 1024, Bounded { from: text, left: LARGEST })));
    }
    Ok(Box::new(BufReader::with_capacity(256 * 1024, Bounded { from: file, left: LARGEST })))
}

/// Fails where a text is longer than it may be, rather than to take its beginning for the whole.
struct Bounded<R> {
    from: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other("more than 1 GiB, unpacked"))?;
        Ok(read)
    }
}
