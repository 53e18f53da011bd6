//! From the configured lists to the index in force: the last good image first, then what a compiler makes of the lists.
//!
//! The rule: a list that was loaded once counts for ever; what cannot be compiled leaves what is in force as it is.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lock;
use crate::clock::Clock;
use crate::config::{self, Fault, ListSource, Program};
use crate::fetch::{Copies, Reader, Record};
use crate::lists::compile::{self, Job, JobList, ListReport, Report, Source};
use crate::lists::format::{Format, Match};
use crate::lists::store::{REPORT, Store, write_aside};
use crate::lists::{Category, Force, Image, Index, List, ListAction, ListId, Owner, ProtectedNames, Standing, starter};
use crate::metrics::ListReading;
use crate::web::{FetchStatus, ListStatus};

/// Address space that a compiler may have: room for ten million names.
const MEMORY_LIMIT: u64 = 8 << 30;

/// Who compiles lists: a child process of this program, whose memory goes when it ends.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
}

impl Compiler {
    /// This very program.
    ///
    /// # Errors
    /// Where the system does not say which program it is.
    pub fn this_program() -> io::Result<Self> {
        Ok(Self { program: std::env::current_exe()? })
    }

    /// The same program, for looking at lists that were fetched.
    pub(super) fn reader(&self) -> Reader {
        Reader { program: self.program.clone(), memory_limit: MEMORY_LIMIT }
    }

    /// The program at `path`, as tests have it, which are another.
    pub const fn at(path: PathBuf) -> Self {
        Self { program: path }
    }
}

/// What the lists brought.
#[derive(Debug)]
pub struct Loaded {
    /// The index.
    pub index: Arc<Index>,
    /// When its image was made.
    pub made: Timestamp,
    /// Lists without which nothing is ready, and that were never loaded.
    pub missing: Vec<String>,
    /// What the compiler found.
    pub report: Option<Report>,
    /// How often each list could not be read, by reason, since the program started.
    failures: BTreeMap<String, u64>,
}

impl Loaded {
    fn nothing(program: &Program) -> Self {
        let missing = required(program).map(|list| list.id.0.clone()).collect::<Vec<_>>();
        // Without any list of one's own the starter lists are what is awaited.
        let missing = if missing.is_empty() { vec!["the starter lists".to_owned()] } else { missing };
        Self { index: super::empty_index(), made: Timestamp::UNIX_EPOCH, missing, report: None, failures: BTreeMap::new() }
    }

    /// Whether both are of the same images.
    pub fn same_images(&self, other: &Self) -> bool {
        let prints = |loaded: &Self| loaded.index.images().iter().map(|image| image.fingerprint()).collect::<Vec<_>>();
        prints(self) == prints(other) && self.missing == other.missing
    }

    /// The reports of single lists, starter lists among them.
    fn lists(&self) -> &[ListReport] {
        self.report.as_ref().map_or(&[], |report| &report.lists)
    }

    /// What is wrong with lists, for people.
    pub fn warnings(&self) -> impl Iterator<Item = String> + '_ {
        self.lists().iter().filter_map(|list| {
            let fault = list.fault.as_ref()?;
            let what = match list.loaded {
                compile::Loaded::Kept => "the copy kept when it was last sound is in force",
                compile::Loaded::Nothing => "nothing of it is in force",
                compile::Loaded::Fresh => "it is in force all the same",
            };
            Some(format!("warning: list {}: {fault}; {what}", list.id.0))
        })
    }

    /// Each list for the metrics; `fetched` has the records of those that are fetched.
    pub(super) fn readings(&self, fetched: &BTreeMap<ListId, Record>) -> Vec<ListReading> {
        let reading = |list: &ListReport| {
            let sound = list.loaded == compile::Loaded::Fresh;
            let failed = self.failures.get(&list.id.0).copied().unwrap_or(0);
            ListReading {
                list: list.id.0.clone(),
                entries: list.entries + u64::try_from(list.patterns).unwrap_or(u64::MAX),
                last_success: sound.then_some(self.made),
                failures: if failed == 0 { Vec::new() } else { vec![("source", failed)] },
            }
        };
        let mut readings: Vec<ListReading> = self.lists().iter().map(reading).collect();
        for (id, record) in fetched {
            let failures = record.failures.iter().map(|(reason, count)| (reason.text(), *count));
            match readings.iter_mut().find(|reading| reading.list == id.0) {
                // What is compiled anew every hour may come from a copy that is a week old.
                Some(reading) => {
                    reading.last_success = record.confirmed;
                    reading.failures.extend(failures);
                }
                // Never fetched, or a tree, whose folders are the lists.
                None => readings.push(ListReading {
                    list: id.0.clone(),
                    entries: record.entries,
                    last_success: record.confirmed,
                    failures: failures.collect(),
                }),
            }
        }
        readings
    }

    /// Each list for `khien status`; `fetched` has the records of those that are fetched.
    pub(super) fn statuses(&self, fetched: &BTreeMap<ListId, Record>) -> Vec<ListStatus> {
        let status = |list: &ListReport| ListStatus {
            id: list.id.0.clone(),
            entries: list.entries + u64::try_from(list.patterns).unwrap_or(u64::MAX),
            issues: list.issues.iter().map(|issue| u64::from(issue.count)).sum(),
            fault: list.fault.clone(),
            protected_names: list.guarded.tried.iter().map(|tried| format!("{} (line {})", tried.name, tried.line)).collect(),
            public_suffixes: list.guarded.suffixes.iter().map(|(name, line)| format!("{name} (line {line})")).collect(),
            fetched: None,
        };
        let mut statuses: Vec<ListStatus> = self.lists().iter().map(status).collect();
        for (id, record) in fetched {
            let fetch = FetchStatus::of(record);
            match statuses.iter_mut().find(|status| status.id == id.0) {
                Some(status) => status.fetched = Some(fetch),
                None => statuses.push(ListStatus { id: id.0.clone(), fetched: Some(fetch), ..ListStatus::default() }),
            }
        }
        statuses
    }
}

/// What is saved beside an image, so that a start knows what is in it without compiling.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    /// The image's fingerprint, in hexadecimal digits.
    fingerprint: String,
    /// The registry's ids in order: the image's sets mean these.
    categories: Vec<String>,
    /// What each list of the file was compiled as.
    meant: Vec<JobList>,
    made: Timestamp,
    report: Report,
}

/// Where images come from.
#[derive(Debug)]
pub(super) struct Images {
    state: PathBuf,
    compiler: Compiler,
    clock: Clock,
    failures: Mutex<BTreeMap<String, u64>>,
}

impl Images {
    pub(super) fn new(state: &Path, compiler: Compiler, clock: Clock) -> Self {
        Self { state: state.to_owned(), compiler, clock, failures: Mutex::default() }
    }

    /// What the last run had in force, as far as it fits the configuration; nothing where it does not.
    pub(super) fn last_good(&self, program: &Program) -> Loaded {
        let Ok(store) = Store::new(&self.state) else { return Loaded::nothing(program) };
        let opened = store.open_best(&Owner::School);
        for (path, fault) in &opened.faults {
            tracing::error!(image = %path.display(), %fault, "an image is damaged and is not used");
        }
        let Some(image) = opened.image else { return Loaded::nothing(program) };
        match saved_beside(&store.image_path(&Owner::School, image.fingerprint())) {
            Some(saved) if fits(&saved, &image, program) => self.loaded(program, image, saved),
            Some(_) | None => Loaded::nothing(program),
        }
    }

    /// Compiles what has changed, in a child process, and opens what came out. Only [`Images::keep`] makes it what the next run
    /// starts with.
    ///
    /// # Errors
    /// A sentence for people; what was in force is not touched.
    pub(super) async fn load(&self, program: &Arc<Program>) -> Result<Arc<Loaded>, String> {
        let (state, compiler, program) = (self.state.clone(), self.compiler.clone(), Arc::clone(program));
        let registry = ids(&program);
        let (for_compiling, clock) = (Arc::clone(&program), self.clock.clone());
        let made = tokio::task::spawn_blocking(move || make(&state, &compiler, &for_compiling, registry, &clock));
        let (image, saved) = made.await.map_err(|error| error.to_string())??;
        for list in saved.report.lists.iter().filter(|list| list.fault.is_some()) {
            *lock(&self.failures).entry(list.id.0.clone()).or_default() += 1;
        }
        Ok(Arc::new(self.loaded(&program, image, saved)))
    }

    fn loaded(&self, program: &Program, image: Image, saved: Saved) -> Loaded {
        let there = |id: &ListId| {
            // A tree is there when one of its folders is.
            let of_tree = format!("{}/", id.0);
            let own = |list: &&ListReport| list.id == *id || list.id.0.starts_with(&of_tree);
            saved.report.lists.iter().filter(own).any(|list| list.loaded != compile::Loaded::Nothing)
        };
        // A list that was only observed, or compiled as another category, is not the list that the file means now.
        let meant = |source: &ListSource| parts(source).all(|part| saved.meant.contains(&part));
        let missing =
            required(program).filter(|source| !there(&source.id) || !meant(source)).map(|source| source.id.0.clone()).collect();
        Loaded {
            index: Arc::new(Index::new(vec![Arc::new(image)])),
            made: saved.made,
            missing,
            failures: lock(&self.failures).clone(),
            report: Some(saved.report),
        }
    }

    /// Makes the images of what came in force those that the next run starts with.
    pub(super) fn keep(&self, loaded: &Loaded) {
        for image in loaded.index.images() {
            let kept = Store::new(&self.state).and_then(|store| store.adopt(image.owner(), image.fingerprint()));
            if let Err(error) = kept {
                tracing::error!(%error, "these lists are in force, but a restart would begin with those before them");
            }
        }
    }
}

/// Compiles the lists of `program`, for a command: what is in force of a running server is not touched.
///
/// # Errors
/// A sentence for people.
pub fn compile(program: &Program, compiler: &Compiler) -> Result<Report, String> {
    let (image, saved) = make(&program.state, compiler, program, ids(program), &Clock::system())?;
    Store::new(&program.state)
        .and_then(|store| store.adopt(image.owner(), image.fingerprint()))
        .map_err(|error| format!("the compiled image cannot be kept: {error}"))?;
    Ok(saved.report)
}

/// Where the report of the compilation stands that made `image`.
fn report_path(image: &Path) -> PathBuf {
    let mut path = image.as_os_str().to_owned();
    path.push(REPORT);
    PathBuf::from(path)
}

fn saved_beside(image: &Path) -> Option<Saved> {
    serde_json::from_slice(&std::fs::read(report_path(image)).ok()?).ok()
}

fn ids(program: &Program) -> Vec<String> {
    program.registry.entries().iter().map(|entry| entry.id.clone()).collect()
}

/// Whether an image and its report belong together, and mean what this configuration means.
fn fits(saved: &Saved, image: &Image, program: &Program) -> bool {
    saved.fingerprint == hexadecimal(image.fingerprint()) && saved.categories == ids(program)
}

fn hexadecimal(fingerprint: [u8; 32]) -> String {
    blake3::Hash::from_bytes(fingerprint).to_hex().to_string()
}

/// The lists without which nothing is ready.
fn required(program: &Program) -> impl Iterator<Item = &ListSource> {
    program.lists.iter().filter(|list| !list.optional)
}

/// What a source is compiled as: one list, or one for each folder of a tree.
pub(super) fn parts(source: &ListSource) -> impl Iterator<Item = JobList> + '_ {
    source.parts.iter().map(|part| {
        let file = match &part.folder {
            None => Source::File(source.path().to_owned()),
            Some(folder) => Source::Folder { tree: source.path().to_owned(), folder: folder.clone() },
        };
        JobList { list: part.list.clone(), source: file, format: source.format, matching: source.matches }
    })
}

fn make(
    state: &Path,
    compiler: &Compiler,
    program: &Program,
    categories: Vec<String>,
    clock: &Clock,
) -> Result<(Image, Saved), String> {
    let store = Store::new(state).map_err(|error| format!("the state directory cannot be written: {error}"))?;
    let mut job = job(program, store.sources());
    let fingerprint = job.fingerprint();
    job.image = store.image_path(&Owner::School, fingerprint);
    if let Some(image) = store.reusable(&Owner::School, fingerprint)
        && let Some(saved) = saved_beside(&job.image)
        && fits(&saved, &image, program)
    {
        return Ok((image, saved));
    }
    let report = compile::child::spawn_program(&compiler.program, &job, MEMORY_LIMIT).map_err(|failure| failure.to_string())?;
    let image = Image::open(&job.image).map_err(|fault| format!("the compiled image cannot be used: {fault}"))?;
    let meant = program.lists.iter().flat_map(parts).collect();
    let saved = Saved { fingerprint: hexadecimal(image.fingerprint()), categories, meant, made: clock.wall(), report };
    let text = serde_json::to_vec(&saved).map_err(|error| error.to_string())?;
    write_aside(&report_path(&job.image), |to| to.write_all(&text))
        .map_err(|error| format!("the compiled image's report cannot be kept: {error}"))?;
    Ok((image, saved))
}

/// Everything that the school's image is made of: the starter lists, and what the file names.
fn job(program: &Program, kept: &Path) -> Job {
    let mut lists: Vec<JobList> = starter::lists().iter().filter_map(|list| starter_list(list, program)).collect();
    let copies = Copies::below(&program.state);
    lists.extend(program.lists.iter().filter(|source| is_there(source, &copies, kept)).flat_map(parts));
    Job { owner: Owner::School, lists, protected: protected(), image: PathBuf::new(), kept: Some(kept.to_owned()) }
}

/// Whether a list can be asked for at all: of what was never fetched there is nothing to say yet.
fn is_there(source: &ListSource, copies: &Copies, kept: &Path) -> bool {
    source.fetched().is_none_or(|fetched| {
        fetched.copy.exists() || compile::kept_path(kept, &source.id).exists() || copies.record(&source.id).fetched.is_some()
    })
}

/// The protected names as a job names them.
fn protected() -> Vec<(String, u8)> {
    let shipped = ProtectedNames::shipped();
    let mut names: Vec<_> = shipped.as_map().iter().map(|(name, kinds)| (name.to_string(), kinds.bits())).collect();
    names.sort_unstable();
    names
}

/// What is wrong with the lists that `program` names, told without touching what is kept of them.
///
/// # Errors
/// A sentence for people, where no compiler could be run.
pub fn check_lists(program: &Program) -> Result<Vec<Fault>, String> {
    let mut faults = config::check::sources(program);
    let report = in_scratch(|scratch| Job { image: scratch.join("image"), kept: None, ..job(program, scratch) })?;
    // A list that is not there was told of already, in better words.
    let told = |fault: &Fault| faults.iter().any(|known| known.file == fault.file && known.line == fault.line);
    let more: Vec<Fault> = config::check::compiled(program, &report).into_iter().filter(|fault| !told(fault)).collect();
    faults.extend(more);
    Ok(faults)
}

/// What compiling single files as `category` finds.
///
/// # Errors
/// A sentence for people, where no compiler could be run.
pub fn lint(program: &Program, files: &[PathBuf], category: Category) -> Result<Report, String> {
    let standing = Standing::of(program.registry.entry(category));
    let list = |path: &PathBuf| JobList {
        list: List {
            id: ListId(path.display().to_string()),
            category,
            standing,
            action: ListAction::Block,
            force: Force::default(),
        },
        source: Source::File(path.clone()),
        format: None,
        matching: Match::AsFormat,
    };
    in_scratch(|scratch| Job {
        owner: Owner::School,
        lists: files.iter().map(list).collect(),
        protected: protected(),
        image: scratch.join("image"),
        kept: None,
    })
}

/// Compiles beside everything, and leaves nothing behind.
fn in_scratch(job: impl FnOnce(&Path) -> Job) -> Result<Report, String> {
    let scratch = tempfile::tempdir().map_err(|error| format!("no place for a trial image: {error}"))?;
    compile::run(&job(scratch.path())).map_err(|failure| failure.to_string())
}

fn starter_list(list: &starter::StarterList, program: &Program) -> Option<JobList> {
    let category = program.registry.find(list.category)?;
    let standing = Standing::of(program.registry.entry(category));
    let list_id = ListId(list.id.to_owned());
    Some(JobList {
        list: List { id: list_id, category, standing, action: ListAction::Block, force: Force::default() },
        source: Source::Text(list.text.to_owned()),
        format: Some(Format::Domains),
        matching: Match::Subtree,
    })
}
