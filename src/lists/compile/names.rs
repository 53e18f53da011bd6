//! The office's lists: each text is gone through once, however many categories its role may speak for.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

use super::job::{JobList, Source};
use super::rules::Rules;
use super::source::open;
use crate::lists::format::{Entry, Fault, Parsed, names};

/// What came of the texts.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    /// By the places of their lists.
    pub(super) lists: HashMap<u16, Result<Parsed, Fault>>,
    /// Entries of categories that no list of the job is about.
    pub(super) cut: BTreeMap<String, u64>,
}

/// Reads all lists that are a category of such a text into `rules`.
pub(super) fn read(jobs: &[&JobList], rules: &mut Rules) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let mut texts: BTreeMap<&Path, Vec<(&str, u16)>> = BTreeMap::new();
    for (place, job) in (0_u16..).zip(jobs) {
        match &job.source {
            Source::Names { file, category } => texts.entry(file).or_default().push((category, place)),
            Source::File(_) | Source::Text(_) | Source::Folder { .. } => {}
        }
    }
    for (file, wanted) in texts {
        rules.begin_source();
        let mut sink = |place: u16, entry: Entry<'_>| rules.add(place, &entry);
        let read = open(&Source::File(file.to_owned())).and_then(|text| names::read(text, &wanted, &mut sink));
        match read {
            Ok(read) => {
                outcomes.lists.extend(read.parsed.into_iter().map(|(place, parsed)| (place, Ok(parsed))));
                for (category, count) in read.cut {
                    *outcomes.cut.entry(category).or_default() += count;
                }
            }
            Err(fault) => {
                rules.forget();
                let said = fault.to_string();
                let failed = |(_, place): &(&str, u16)| (*place, Err(Fault::Io(io::Error::other(said.clone()))));
                outcomes.lists.extend(wanted.iter().map(failed));
            }
        }
    }
    outcomes
}
