//! The folders of trees: each tree is gone through once, however many lists take a folder of it.
//!
//! Of each folder a copy of its names is kept, as lists in files are.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

use super::job::{JobList, Source};
use super::rules::Rules;
use super::source::kept_path;
use crate::lists::ListAction;
use crate::lists::format::ut1::Tree;
use crate::lists::format::{Action, Entry, Fault, Parsed};
use crate::lists::store::write_aside;

/// What came of the folders, by the places of their lists.
type Outcomes = HashMap<u16, Result<Parsed, Fault>>;

/// The names of a folder on their way to the copy that is kept.
type Copies = HashMap<u16, zstd::stream::write::Encoder<'static, Vec<u8>>>;

/// Reads all lists that are folders of trees into `rules`.
pub(super) fn read(jobs: &[&JobList], kept: Option<&Path>, rules: &mut Rules) -> Outcomes {
    let mut outcomes = Outcomes::new();
    let mut left: Vec<(u16, &JobList, &Path, &str)> = (0_u16..)
        .zip(jobs)
        .filter_map(|(place, job)| match &job.source {
            Source::Folder { tree, folder } => Some((place, *job, tree.as_path(), folder.as_str())),
            Source::File(_) | Source::Text(_) | Source::Names { .. } => None,
        })
        .collect();
    while let Some((_, first, tree, _)) = left.first().copied() {
        let action = wanted(first);
        let alike = |(_, job, path, _): &(u16, &JobList, &Path, &str)| {
            *path == tree && job.reading() == first.reading() && wanted(job) == action
        };
        let (together, others) = left.into_iter().partition(alike);
        left = others;
        read_tree(tree, action, first, &together, kept, rules, &mut outcomes);
    }
    outcomes
}

/// White folders are read for lists that allow only.
fn wanted(job: &JobList) -> Action {
    match job.list.action {
        ListAction::Allow => Action::Allow,
        ListAction::Block | ListAction::Observe(_) => Action::Block,
    }
}

fn read_tree(
    tree: &Path,
    action: Action,
    first: &JobList,
    lists: &[(u16, &JobList, &Path, &str)],
    kept: Option<&Path>,
    rules: &mut Rules,
    outcomes: &mut Outcomes,
) {
    let folders: Vec<(&str, u16)> = lists.iter().map(|(place, _, _, folder)| (*folder, *place)).collect();
    let mut copies = Copies::new();
    rules.begin_source();
    let mut sink = |place: u16, entry: Entry<'_>| {
        rules.add(place, &entry);
        if kept.is_some() {
            note(&mut copies, place, &entry);
        }
    };
    let read = Tree::open(tree).and_then(|tree| tree.read(&folders, first.reading(), action, &mut sink));
    match read {
        Ok(read) => {
            for folder in read {
                if folder.outcome.is_err() {
                    rules.forget_list(folder.category);
                    copies.remove(&folder.category);
                }
                outcomes.insert(folder.category, folder.outcome);
            }
        }
        Err(fault) => {
            rules.forget();
            copies.clear();
            for (place, ..) in lists {
                outcomes.insert(*place, Err(Fault::Io(io::Error::other(fault.to_string()))));
            }
        }
    }
    for (place, job, ..) in lists {
        if let (Some(kept), Some(copy)) = (kept, copies.remove(place)) {
            // A copy that cannot be kept leaves the one before in its place.
            let _ = copy.finish().and_then(|packed| write_aside(&kept_path(kept, &job.list.id), |to| to.write_all(&packed)));
        }
    }
}

fn note(copies: &mut Copies, place: u16, entry: &Entry<'_>) {
    let copy = match copies.entry(place) {
        std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
        std::collections::hash_map::Entry::Vacant(new) => {
            let Ok(encoder) = zstd::stream::write::Encoder::new(Vec::new(), 1) else { return };
            new.insert(encoder)
        }
    };
    // Writing to memory cannot fail.
    let _ = writeln!(copy, "{}", entry.name);
}
