//! Whether what came is the list: read whole by a compiler of its own, and compared with the copy that is there.
//!
//! The rule: a list that shrank by more than 30 %, grew more than threefold, became a page or mostly unreadable is not believed; a
//! person can say that it is meant.

use std::path::{Path, PathBuf};

use super::{Failure, Reason};
use crate::lists::Owner;
use crate::lists::compile::{CompileFailure, Job, JobList, Loaded, Report, Source, child};
use crate::lists::format::{Fault, detect};

/// Whether a list may have become much shorter or longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Not by more than 30 %, and not more than threefold.
    Bounded,
    /// Yes: a person says that it is meant.
    Any,
}

/// The program that reads lists, in a process of its own with bounded memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The program; it knows the command [`child::COMMAND`].
    pub program: PathBuf,
    /// Address space that it may have.
    pub memory_limit: u64,
}

impl Reader {
    /// How many entries the list in `candidate` has, whose first octets are `head`, read as `parts`; the trial's image goes to
    /// `scratch`. For a thread that may wait.
    pub(super) fn entries(&self, parts: &[JobList], head: &[u8], candidate: &Path, scratch: &Path) -> Result<u64, Failure> {
        of_page(head)?;
        let lists: Vec<JobList> =
            parts.iter().map(|part| JobList { source: at(&part.source, candidate), ..part.clone() }).collect();
        let job = Job { owner: Owner::School, lists, protected: Vec::new(), image: scratch.to_owned(), kept: None };
        let report = child::spawn_program(&self.program, &job, self.memory_limit).map_err(|failure| match failure {
            CompileFailure::Spawn(error) => Failure::local("the list cannot be looked at", &error),
            other => Failure::new(Reason::Unparsable, format!("the list cannot be read: {other}")),
        })?;
        of_report(&report)
    }
}

/// The same source, in another file.
fn at(source: &Source, candidate: &Path) -> Source {
    match source {
        Source::File(_) => Source::File(candidate.to_owned()),
        Source::Folder { folder, .. } => Source::Folder { tree: candidate.to_owned(), folder: folder.clone() },
        Source::Names { category, .. } => Source::Names { file: candidate.to_owned(), category: category.clone() },
        Source::Text(text) => Source::Text(text.clone()),
    }
}

/// A page for people is told from a list by its first octets.
fn of_page(head: &[u8]) -> Result<(), Failure> {
    match detect(head) {
        Err(fault @ Fault::WebPage) => {
            let said = format!("{fault}\nhint: is there a login or an error page before it, or has the list moved?");
            Err(Failure::new(Reason::WebPage, said))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

fn of_report(report: &Report) -> Result<u64, Failure> {
    // A folder that is missing from a tree is said when the lists are compiled; a tree without any of them is none.
    if report.lists.iter().all(|list| list.loaded == Loaded::Nothing) {
        let why = report.lists.iter().find_map(|list| list.fault.clone()).unwrap_or_else(|| "it has no entries".to_owned());
        return Err(Failure::new(Reason::Unparsable, why));
    }
    Ok(report.lists.iter().map(|list| list.entries + list.patterns as u64).sum())
}

/// Whether a list may go from `before` entries to `now`; what a person overrode by letting it, if anything.
pub(super) fn compare(before: u64, now: u64, change: Change) -> Result<Option<u64>, Failure> {
    match (bounded(before, now), change) {
        (Ok(()), Change::Bounded | Change::Any) => Ok(None),
        (Err(_), Change::Any) => Ok(Some(before)),
        (Err(failure), Change::Bounded) => Err(failure),
    }
}

fn bounded(before: u64, now: u64) -> Result<(), Failure> {
    const HINT: &str = "hint: where that is right, `khien lists fetch --accept-change` takes it";
    let (before, now) = (u128::from(before), u128::from(now));
    if now * 10 < before * 7 {
        let said = format!("it has {now} entries and had {before}: more than 30 % are gone\n{HINT}");
        return Err(Failure::new(Reason::Shrunk, said));
    }
    if now > before * 3 {
        let said = format!("it has {now} entries and had {before}: more than three times as many\n{HINT}");
        return Err(Failure::new(Reason::Grown, said));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
