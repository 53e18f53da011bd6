//! The compiler: from the sources of one owner's lists to one image.
//!
//! It runs in a child process with a memory limit of its own ([`spawn`], [`child::main`]); [`run`] is what the child does. The same
//! sources give the same octets, whatever the order of lists and lines, as far as they mean the same.

mod automata;
pub mod child;
mod job;
mod names;
mod networks;
mod order;
mod report;
mod rules;
mod runs;
mod source;
#[cfg(test)]
pub(crate) mod testkit;
mod toulouse;
mod tree;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub use child::spawn;
pub use job::{Job, JobList, Source};
pub use report::{Guarded, IssueReport, ListReport, Loaded, Report, Tried};
pub use rules::TooManyNames;
pub use source::kept_path;

use self::networks::NetRules;
use self::rules::Rules;
use self::tree::{Setting, grow};
use super::format::Action;
use super::guard::may_take;
use super::image::{ImageKey, Labels, MOST_LISTS, Meaning, Parts, PatternRow, Patterns, Sink, Unwritten, Writing};
use super::store::write_aside;
use super::{CategorySet, ImageFault, List, ListAction, Owner, Protection};
use crate::dns::{MAX_NAME, Name};

/// Why no image came out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileFailure {
    /// An owner has more lists than an image can tell apart.
    #[error("{0} lists are more than one owner can have ({MOST_LISTS})")]
    TooManyLists(usize),
    /// More names than an image can hold.
    #[error(transparent)]
    TooManyNames(#[from] TooManyNames),
    /// The job itself makes no sense.
    #[error("the job cannot be read: {0}")]
    Job(String),
    /// The image could not be written.
    #[error("cannot write {path}: {cause}")]
    Write {
        /// The image.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
    /// No child process could be had.
    #[error("cannot start the compiler: {0}")]
    Spawn(io::Error),
    /// The child process ended without a report: out of memory, or killed.
    #[error("the compiler ended early ({status}): {said}")]
    Child {
        /// How it ended.
        status: String,
        /// The end of what it wrote to standard error.
        said: String,
    },
}

/// Keys that are tried before two names are held for equal; the second is needed once in a million images.
const KEYS: u32 = 16;

/// Compiles the lists of `job` in this process and writes the image.
///
/// # Errors
/// [`CompileFailure`]. A list at fault is none: it is reported, and the image goes without it.
pub fn run(job: &Job) -> Result<Report, CompileFailure> {
    let begun = Instant::now();
    if job.lists.len() > MOST_LISTS {
        return Err(CompileFailure::TooManyLists(job.lists.len()));
    }
    // What was read is gone by the time that two names turn out to look alike, for it takes much memory.
    let made = (0..KEYS).map(|attempt| run_once(job, attempt)).find(|made| !matches!(made, Err(Unmade::Collision)));
    let mut report = made.unwrap_or(Err(Unmade::Collision)).map_err(|unmade| match unmade {
        Unmade::Failure(failure) => failure,
        Unmade::Patterns(fault) => CompileFailure::Job(format!("patterns: {fault}")),
        Unmade::Io(cause) => CompileFailure::Write { path: job.image.clone(), cause },
        Unmade::Collision => CompileFailure::Write { path: job.image.clone(), cause: io::Error::other(Unwritten::Collision) },
    })?;
    report.millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

fn run_once(job: &Job, attempt: u32) -> Result<Report, Unmade> {
    // Lists stand by id in the image, so that their order in the configuration changes nothing.
    let mut order: Vec<usize> = (0..job.lists.len()).collect();
    order.sort_by_key(|place| &job.lists[*place].list.id);
    let mut rules = Rules::default();
    let mut reports = Vec::new();
    let mut patterns = Vec::new();
    let mut networks = NetRules::default();
    let jobs: Vec<&JobList> = order.iter().map(|place| &job.lists[*place]).collect();
    let loaded = source::load(&jobs, job.kept.as_deref(), &mut rules);
    for (place, (report, own)) in (0_u16..).zip(loaded.lists) {
        reports.push(report);
        for own in own.networks {
            networks.add(place, own.network, own.line);
        }
        for pattern in own.patterns {
            let types = rules.types(pattern.types);
            let allow = pattern.action == Action::Allow;
            let important = pattern.important;
            patterns.push(PatternRow { list: place, line: pattern.line, regex: pattern.regex, allow, important, types });
        }
    }
    let lists = order.iter().map(|place| job.lists[*place].list.clone()).collect();
    let protected = protected_names(job)?;
    let content =
        Content { owner: job.owner.clone(), lists, rules, patterns, networks, protected, fingerprint: job.fingerprint() };
    let made = put_file(&job.image, |to| content.make(attempt, to))?;
    for (report, guarded) in reports.iter_mut().zip(made.guarded) {
        report.guarded = guarded;
    }
    for row in made.left_out {
        reports[usize::from(row.list)].patterns_left_out.push((row.line, row.regex));
    }
    let mut lists: Vec<(usize, ListReport)> = order.into_iter().zip(reports).collect();
    lists.sort_by_key(|(place, _)| *place);
    Ok(Report {
        owner: job.owner.clone(),
        names: made.names,
        rules: made.rules,
        patterns: made.patterns,
        networks: made.networks,
        octets: made.octets,
        millis: 0,
        lists: lists.into_iter().map(|(_, report)| report).collect(),
        cut: loaded.cut,
    })
}

/// Writes an image aside, and then gives it its name.
fn put_file(path: &Path, make: impl FnOnce(&mut dyn Sink) -> Result<Made, Unmade>) -> Result<Made, Unmade> {
    let mut outcome = None;
    let written = write_aside(path, |to| {
        let made = outcome.insert(make(to));
        made.as_ref().map(drop).map_err(|_| io::ErrorKind::Other.into())
    });
    // Where nothing was made, that is why nothing was written.
    match (outcome, written) {
        (Some(Err(unmade)), _) => Err(unmade),
        (Some(made), Ok(())) => made,
        (_, written) => Err(Unmade::Io(written.err().unwrap_or_else(|| io::ErrorKind::Other.into()))),
    }
}

/// All that is in the lists of an owner.
#[cfg_attr(test, derive(Clone))]
struct Content {
    owner: Owner,
    /// By id.
    lists: Vec<List>,
    rules: Rules,
    patterns: Vec<PatternRow>,
    networks: NetRules,
    protected: Vec<(Name, Protection)>,
    fingerprint: [u8; 32],
}

/// What came of it.
struct Made {
    names: u64,
    rules: u64,
    patterns: usize,
    networks: usize,
    octets: u64,
    /// For each list.
    guarded: Vec<Guarded>,
    left_out: Vec<PatternRow>,
}

/// Why nothing came of it.
#[derive(Debug)]
enum Unmade {
    Failure(CompileFailure),
    Patterns(ImageFault),
    Io(io::Error),
    /// Another key will do.
    Collision,
}

impl From<CompileFailure> for Unmade {
    fn from(failure: CompileFailure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Unwritten> for Unmade {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Collision => Self::Collision,
            Unwritten::Io(cause) => Self::Io(cause),
        }
    }
}

impl Content {
    /// Makes the image and writes it to `to`.
    fn make(self, attempt: u32, to: &mut dyn Sink) -> Result<Made, Unmade> {
        self.make_under(ImageKey::derive, attempt, to)
    }

    /// As [`Content::make`], under a key that `derive` gives.
    fn make_under(mut self, derive: fn(&[u8; 32], u32) -> ImageKey, attempt: u32, to: &mut dyn Sink) -> Result<Made, Unmade> {
        for (name, kinds) in &self.protected {
            self.rules.protect(name, *kinds);
        }
        let automata = automata::build(self.patterns);
        let openable = openable(&self.lists, &automata.rows);
        let (owner, lists, types) = (self.owner, self.lists, self.rules.type_table());
        let meaning = Meaning { owner, lists, types, patterns: automata.rows };
        let mut refused = vec![Guarded::default(); meaning.lists.len()];
        self.networks.guard(&meaning.lists, &mut refused);
        let key = derive(&self.fingerprint, attempt);
        let setting = Setting { owner: &meaning.owner, lists: &meaning.lists, key, openable };
        let mut image = Writing::begin(to).map_err(Unmade::Io)?;
        let grown = grow(self.rules, &setting, &mut image).ok_or(CompileFailure::from(TooManyNames))?;
        let (names, rules, mut guarded) = (grown.names, grown.rules, grown.guarded);
        note_patterns(&meaning, &automata.bytes, &self.protected, &mut guarded).map_err(Unmade::Patterns)?;
        for (own, refused) in guarded.iter_mut().zip(refused) {
            own.networks = refused.networks;
        }
        let patterns = meaning.patterns.iter().map(Vec::len).sum();
        let octets = image.finish(Parts {
            fingerprint: self.fingerprint,
            networks: self.networks.parts(&meaning.lists),
            meaning,
            names,
            rules,
            key,
            nodes: grown.nodes,
            classes: grown.classes,
            automata: automata.bytes,
        })?;
        let networks = self.networks.len();
        Ok(Made { names, rules, patterns, networks, octets, guarded, left_out: automata.left_out })
    }
}

fn protected_names(job: &Job) -> Result<Vec<(Name, Protection)>, CompileFailure> {
    let read = |(name, kinds): &(String, u8)| match Name::parse(name) {
        Ok(name) => Ok((name, Protection::from_bits(*kinds))),
        Err(fault) => Err(CompileFailure::Job(format!("protected name {name}: {fault}"))),
    };
    job.protected.iter().map(read).collect()
}

/// The categories that some pattern may take a name out of, though no name in the tree says so.
fn openable(lists: &[List], patterns: &[Vec<PatternRow>]) -> CategorySet {
    let opens = |row: &&PatternRow| row.allow != (lists[usize::from(row.list)].action == ListAction::Allow);
    patterns.iter().flatten().filter(opens).map(|row| lists[usize::from(row.list)].category).collect()
}

/// Notes the protected names that a pattern would have taken.
fn note_patterns(
    meaning: &Meaning,
    automata: &[u8],
    protected: &[(Name, Protection)],
    guarded: &mut [Guarded],
) -> Result<(), ImageFault> {
    let patterns = Patterns::read(automata, meaning.patterns.clone())?;
    if patterns.is_empty() {
        return Ok(());
    }
    for (name, kinds) in protected {
        let mut text = [0; MAX_NAME];
        patterns.matching(Labels::of(name).text(&mut text), |row| {
            let list = &meaning.lists[usize::from(row.list)];
            let blocks = !row.allow && list.action != ListAction::Allow;
            if blocks && !may_take(*kinds, list.standing, list.force, &meaning.owner) {
                guarded[usize::from(row.list)].note(name, *kinds, &row.regex, row.line);
            }
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
