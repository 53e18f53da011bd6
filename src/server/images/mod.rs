//! From the configured lists to the index in force: the last good image first, then what a compiler makes of the lists.
//!
//! There is an image for each owner: the school, and each role of the office. Only that is compiled whose sources changed.
//!
//! The rules: a list that was loaded once counts for ever; what cannot be compiled leaves what is in force as it is; and what is wrong
//! with one role's list touches no other image.

mod jobs;
mod loaded;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lock;
use crate::clock::Clock;
use crate::config::{ListSource, Program};
use crate::fetch::Reader;
use crate::lists::compile::{self, Job, JobList, ListReport, Report};
use crate::lists::store::{REPORT, Store, write_aside};
use crate::lists::{Image, Index, ListId, Owner};
use crate::office::{Lists, RoleText};

pub(super) use jobs::parts;
pub use jobs::{check_lists, lint};
pub use loaded::Loaded;

use jobs::{office_job, required};

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

/// An image with what is known of it.
#[derive(Debug)]
struct Made {
    image: Arc<Image>,
    saved: Saved,
    origin: Origin,
}

/// Where an image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It was there.
    Found,
    /// It was compiled in this moment.
    Compiled,
}

/// Where images come from.
#[derive(Debug)]
pub(super) struct Images {
    state: PathBuf,
    compiler: Compiler,
    clock: Clock,
    failures: Mutex<BTreeMap<String, u64>>,
    /// Those that were last made or found: what did not change goes on under the mapping that it has.
    open: Mutex<Vec<Weak<Image>>>,
}

impl Images {
    pub(super) fn new(state: &Path, compiler: Compiler, clock: Clock) -> Self {
        Self { state: state.to_owned(), compiler, clock, failures: Mutex::default(), open: Mutex::default() }
    }

    /// What the last run had in force, as far as it fits the configuration; nothing where it does not.
    ///
    /// `office` has the lists of the office's publication that is kept; none where there is none yet.
    pub(super) fn last_good(&self, program: &Program, office: Option<&Lists>) -> Loaded {
        let Ok(store) = Store::new(&self.state) else { return Loaded::nothing(program) };
        let Some(school) = last_good(&store, &Owner::School, program) else { return Loaded::nothing(program) };
        let roles = office.map(|lists| lists.roles.as_slice()).unwrap_or_default().iter();
        let roles = roles.map(|role| (role.role.clone(), last_good(&store, &Owner::Office(role.role.clone()), program)));
        self.loaded(program, school, office.map(|lists| lists.publication), roles.collect(), Vec::new())
    }

    /// Compiles what has changed, in a child process, and opens what came out. Only [`Images::keep`] makes it what the next run
    /// starts with.
    ///
    /// # Errors
    /// A sentence for people; what was in force is not touched.
    pub(super) async fn load(&self, program: &Arc<Program>, office: Option<Lists>) -> Result<Arc<Loaded>, String> {
        let (state, compiler, clock) = (self.state.clone(), self.compiler.clone(), self.clock.clone());
        let (for_compiling, publication) = (Arc::clone(program), office.as_ref().map(|lists| lists.publication));
        let roles = office.map(|lists| lists.roles).unwrap_or_default();
        let open: Vec<_> = lock(&self.open).iter().filter_map(Weak::upgrade).collect();
        let making = tokio::task::spawn_blocking(move || {
            let mut all = make_all(&state, &compiler, &for_compiling, &roles, &clock)?;
            all.under_mappings_of(&open);
            Ok::<_, String>(all)
        });
        let All { school, roles, faults } = making.await.map_err(|error| error.to_string())??;
        for (role, fault) in &faults {
            tracing::error!(role, fault, "the newest list of a role of the office cannot be used, the one before stays in force");
        }
        let office_lists = roles.iter().filter_map(|(_, made)| made.as_ref()).flat_map(|made| &made.saved.report.lists);
        for list in school.saved.report.lists.iter().chain(office_lists).filter(|list| list.fault.is_some()) {
            *lock(&self.failures).entry(list.id.0.clone()).or_default() += 1;
        }
        Ok(Arc::new(self.loaded(program, school, publication, roles, faults)))
    }

    /// Puts the images in one stack, the office's roles in their order before the school.
    fn loaded(
        &self,
        program: &Program,
        school: Made,
        publication: Option<u64>,
        roles: Vec<(String, Option<Made>)>,
        office_faults: Vec<(String, String)>,
    ) -> Loaded {
        let saved = &school.saved;
        let there = |id: &ListId| {
            // A tree is there when one of its folders is.
            let of_tree = format!("{}/", id.0);
            let own = |list: &&ListReport| list.id == *id || list.id.0.starts_with(&of_tree);
            saved.report.lists.iter().filter(own).any(|list| list.loaded != compile::Loaded::Nothing)
        };
        // A list that was only observed, or compiled as another category, is not the list that the file means now.
        let meant = |source: &ListSource| parts(source).all(|part| saved.meant.contains(&part));
        let mut missing: Vec<String> =
            required(program).filter(|source| !there(&source.id) || !meant(source)).map(|source| source.id.0.clone()).collect();
        if program.office.is_some() && publication.is_none() {
            missing.push(OFFICE.to_owned());
        }
        let absent = roles.iter().filter(|(_, made)| made.is_none());
        missing.extend(absent.map(|(role, _)| Owner::Office(role.clone()).text()));
        let all: Vec<Made> = roles.into_iter().filter_map(|(_, made)| made).chain([school]).collect();
        *lock(&self.open) = all.iter().map(|made| Arc::downgrade(&made.image)).collect();
        Loaded {
            index: Arc::new(Index::new(all.iter().map(|made| Arc::clone(&made.image)).collect())),
            publication,
            made: all.iter().map(|made| made.saved.made).max().unwrap_or_default(),
            missing,
            failures: lock(&self.failures).clone(),
            office_faults,
            reports: all.into_iter().map(|made| made.saved.report).collect(),
        }
    }

    /// Makes the images of what came in force those that the next run starts with.
    pub(super) fn keep(&self, loaded: &Loaded) {
        let kept = Store::new(&self.state).and_then(|store| {
            for image in loaded.index.images() {
                store.adopt(image.owner(), image.fingerprint())?;
            }
            // A role that is no more has nothing to say at the next start either.
            store.retain(&|owner| loaded.index.images().iter().any(|image| image.owner().text() == owner))
        });
        if let Err(error) = kept {
            tracing::error!(%error, "these lists are in force, but a restart would begin with those before them");
        }
    }
}

/// What is missing where an office is configured and nothing of it was ever loaded.
pub(super) const OFFICE: &str = "the education office's lists";

/// Compiles the lists of `program`, for a command: what is in force of a running server is not touched.
///
/// # Errors
/// A sentence for people.
pub fn compile(program: &Program, compiler: &Compiler) -> Result<Report, String> {
    let store = Store::new(&program.state).map_err(|error| unwritable(&error))?;
    let made = make(&store, compiler, program, jobs::job(program, store.sources()), &Clock::system())?;
    store
        .adopt(made.image.owner(), made.image.fingerprint())
        .map_err(|error| format!("the compiled image cannot be kept: {error}"))?;
    Ok(made.saved.report)
}

fn unwritable(error: &io::Error) -> String {
    format!("the state directory cannot be written: {error}")
}

/// The image of an owner that the last run had in force.
fn last_good(store: &Store, owner: &Owner, program: &Program) -> Option<Made> {
    let opened = store.open_best(owner);
    for (path, fault) in &opened.faults {
        tracing::error!(image = %path.display(), %fault, "an image is damaged and is not used");
    }
    let image = opened.image?;
    let saved = saved_beside(&store.image_path(owner, image.fingerprint())).filter(|saved| fits(saved, &image, program))?;
    Some(Made { image: Arc::new(image), saved, origin: Origin::Found })
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

/// The images of all owners.
struct All {
    school: Made,
    /// In the order of the publication; none where there never was an image of the role.
    roles: Vec<(String, Option<Made>)>,
    /// Why the newest list of a role is not what its image was made of.
    faults: Vec<(String, String)>,
}

impl All {
    /// Takes the images of `open` in place of new mappings of the same. What had to be compiled though there was an image of it is not
    /// the same: that one was damaged in the part that a start does not read.
    fn under_mappings_of(&mut self, open: &[Arc<Image>]) {
        for made in self.roles.iter_mut().filter_map(|(_, made)| made.as_mut()).chain([&mut self.school]) {
            if made.origin == Origin::Compiled {
                continue;
            }
            let same =
                |known: &&Arc<Image>| (known.owner(), known.fingerprint()) == (made.image.owner(), made.image.fingerprint());
            if let Some(known) = open.iter().find(same) {
                made.image = Arc::clone(known);
            }
        }
    }
}

fn make_all(state: &Path, compiler: &Compiler, program: &Program, office: &[RoleText], clock: &Clock) -> Result<All, String> {
    let store = Store::new(state).map_err(|error| unwritable(&error))?;
    let school = make(&store, compiler, program, jobs::job(program, store.sources()), clock)?;
    let (mut roles, mut faults) = (Vec::new(), Vec::new());
    for role in office {
        let made = make(&store, compiler, program, office_job(program, role), clock).and_then(whole);
        let made = match made {
            Ok(made) => Some(made),
            Err(fault) => {
                faults.push((role.role.clone(), fault));
                last_good(&store, &Owner::Office(role.role.clone()), program)
            }
        };
        roles.push((role.role.clone(), made));
    }
    Ok(All { school, roles, faults })
}

/// The image of a role whose text was read; one made of a text that could not be read blocks nothing.
fn whole(made: Made) -> Result<Made, String> {
    let fault = made.saved.report.lists.iter().find_map(|list| list.fault.clone());
    fault.map_or(Ok(made), Err)
}

/// The image that `job` means: one that was made before, else compiled now.
fn make(store: &Store, compiler: &Compiler, program: &Program, mut job: Job, clock: &Clock) -> Result<Made, String> {
    let fingerprint = job.fingerprint();
    job.image = store.image_path(&job.owner, fingerprint);
    if let Some(image) = store.reusable(&job.owner, fingerprint)
        && let Some(saved) = saved_beside(&job.image)
        && fits(&saved, &image, program)
    {
        return Ok(Made { image: Arc::new(image), saved, origin: Origin::Found });
    }
    let report = compile::child::spawn_program(&compiler.program, &job, MEMORY_LIMIT).map_err(|failure| failure.to_string())?;
    let image = Image::open(&job.image).map_err(|fault| format!("the compiled image cannot be used: {fault}"))?;
    let meant = match job.owner {
        Owner::School => program.lists.iter().flat_map(parts).collect(),
        Owner::Office(_) => job.lists,
    };
    let categories = ids(program);
    let saved = Saved { fingerprint: hexadecimal(image.fingerprint()), categories, meant, made: clock.wall(), report };
    let text = serde_json::to_vec(&saved).map_err(|error| error.to_string())?;
    write_aside(&report_path(&job.image), |to| to.write_all(&text))
        .map_err(|error| format!("the compiled image's report cannot be kept: {error}"))?;
    Ok(Made { image: Arc::new(image), saved, origin: Origin::Compiled })
}
