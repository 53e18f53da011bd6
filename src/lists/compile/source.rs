//! The text of a list: from its source, or from the copy that was kept when the source was last sound.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::job::{JobList, Source};
use super::names;
use super::report::{ListReport, Loaded};
use super::rules::Rules;
use super::toulouse as tree;
use crate::lists::format::{Action, Entry, Fault, Network, Parsed, Pattern, parse};
use crate::lists::store::write_aside;
use crate::lists::{ListAction, ListId};

/// The most octets of one list's text, unpacked.
const LARGEST: u64 = 2 << 30;

/// The first octets of a Zstandard frame (RFC 8878 section 3.1.1).
const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What a list brings besides its names.
#[derive(Debug, Default)]
pub(super) struct Brought {
    pub(super) patterns: Vec<Pattern>,
    pub(super) networks: Vec<Network>,
}

/// A list's report, and what it brings.
pub(super) type Loading = (ListReport, Brought);

/// All lists of a job, read.
#[derive(Debug)]
pub(super) struct AllLoaded {
    /// In the order of the job.
    pub(super) lists: Vec<Loading>,
    /// Entries of the office's lists that no list of the job takes, by category.
    pub(super) cut: BTreeMap<String, u64>,
}

/// Reads lists into `rules`, each under its place. A source at fault gives way to the copy that was kept.
pub(super) fn load(jobs: &[&JobList], kept: Option<&Path>, rules: &mut Rules) -> AllLoaded {
    let mut all = Vec::new();
    let mut folders = tree::read(jobs, kept, rules);
    let names::Outcomes { lists: mut texts, cut } = names::read(jobs, rules);
    for (place, job) in (0_u16..).zip(jobs) {
        let outcome = match (&job.source, folders.remove(&place)) {
            (Source::Folder { .. }, Some(outcome)) => outcome,
            (Source::Folder { .. }, None) => Err(Fault::NoSuchFolder),
            (Source::Names { .. }, _) => texts.remove(&place).unwrap_or(Err(Fault::NotNames)),
            (source @ (Source::File(_) | Source::Text(_)), _) => read(place, job, source, rules),
        };
        let mut report = ListReport::of(job.list.id.clone());
        let brought = match outcome {
            Ok(parsed) => {
                report.read(Loaded::Fresh, &parsed);
                if let Some(kept) = kept
                    && let Err(fault) = keep(kept, &job.list.id, &job.source)
                {
                    report.fault = Some(format!("the list is sound, but no copy of it could be kept: {fault}"));
                }
                Brought::of(parsed)
            }
            Err(fault) => {
                report.fault = Some(fault.to_string());
                from_copy(place, job, kept, rules, &mut report)
            }
        };
        all.push((report, brought));
    }
    AllLoaded { lists: all, cut }
}

/// Reads the copy that was kept of a list whose source is at fault, where there is one.
fn from_copy(place: u16, job: &JobList, kept: Option<&Path>, rules: &mut Rules, report: &mut ListReport) -> Brought {
    let copy = kept.map(|kept| kept_path(kept, &job.list.id)).filter(|path| path.exists());
    if let Some(copy) = copy
        && let Ok(parsed) = read(place, job, &Source::File(copy), rules)
    {
        report.read(Loaded::Kept, &parsed);
        return Brought::of(parsed);
    }
    Brought::default()
}

impl Brought {
    fn of(parsed: Parsed) -> Self {
        Self { patterns: parsed.patterns, networks: parsed.networks }
    }
}

fn read(place: u16, job: &JobList, source: &Source, rules: &mut Rules) -> Result<Parsed, Fault> {
    rules.begin_source();
    let mut blocks = 0_u64;
    let mut sink = |entry: Entry<'_>| {
        blocks += u64::from(entry.action == Action::Block);
        rules.add(place, &entry);
    };
    let parsed = open(source).and_then(|text| parse(text, job.reading(), &mut sink));
    match parsed {
        Ok(mut parsed) => {
            // A list that allows and has nothing but exceptions means the names that it excepts.
            let blocks = blocks > 0 || parsed.patterns.iter().any(|pattern| pattern.action == Action::Block);
            if job.list.action == ListAction::Allow && !blocks {
                rules.turn_exceptions();
                parsed.patterns.iter_mut().for_each(|pattern| pattern.action = Action::Block);
            }
            Ok(parsed)
        }
        Err(fault) => {
            rules.forget();
            Err(fault)
        }
    }
}

/// Opens a file that ends: reading a pipe or a device would never.
pub(super) fn regular(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no regular file"));
    }
    File::open(path)
}

/// The text of a source, unpacked.
pub(super) fn open(source: &Source) -> Result<Box<dyn BufRead + '_>, Fault> {
    match source {
        Source::Text(text) => Ok(Box::new(text.as_bytes())),
        Source::File(path) => {
            let mut file = BufReader::with_capacity(256 * 1024, regular(path)?);
            let packed = file.fill_buf()?.starts_with(&ZSTANDARD);
            if packed {
                let text = zstd::stream::read::Decoder::with_buffer(file)?;
                Ok(Box::new(BufReader::with_capacity(256 * 1024, Bounded { from: text, left: LARGEST })))
            } else {
                Ok(Box::new(BufReader::with_capacity(256 * 1024, Bounded { from: file, left: LARGEST })))
            }
        }
        // Folders of a tree are read together, by `tree`, and the categories of a text by `names`.
        Source::Folder { .. } | Source::Names { .. } => Err(Fault::NoSuchFolder),
    }
}

/// Fails where a text is longer than it may be, rather than to take its beginning for the whole.
struct Bounded<R> {
    from: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other(Fault::TooLarge(LARGEST).to_string()))?;
        Ok(read)
    }
}

/// Where the copy of a list is kept, in the directory of those that are.
pub fn kept_path(kept: &Path, id: &ListId) -> PathBuf {
    let mut file = String::new();
    for byte in id.0.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => file.push(char::from(byte)),
            other => file.push_str(&format!("%{other:02x}")),
        }
    }
    kept.join(file + ".list")
}

/// Keeps a copy of a file that was just read and found sound. Lists of the program need none; folders are kept as they are read, and
/// the office's texts are kept by who verified them.
fn keep(kept: &Path, id: &ListId, source: &Source) -> io::Result<()> {
    match source {
        // As it is: packing it would take a tenth of the time in which a change comes in force.
        Source::File(path) => write_aside(&kept_path(kept, id), |to| io::copy(&mut regular(path)?, to).map(drop)),
        Source::Text(_) | Source::Folder { .. } | Source::Names { .. } => Ok(()),
    }
}
