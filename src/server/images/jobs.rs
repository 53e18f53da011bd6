//! What each image is made of: the starter lists and the file's for the school's, a text with its categories for a role's of the office.

use std::path::{Path, PathBuf};

use crate::config::{self, Fault, ListSource, Program};
use crate::fetch::Copies;
use crate::lists::compile::{self, Job, JobList, Report, Source};
use crate::lists::format::{Format, Match};
use crate::lists::{Category, Force, List, ListAction, ListId, Owner, Standing, starter};
use crate::office::RoleText;

/// The lists without which nothing is ready.
pub(super) fn required(program: &Program) -> impl Iterator<Item = &ListSource> {
    program.lists.iter().filter(|list| !list.optional)
}

/// What a source is compiled as: one list, or one for each folder of a tree.
pub(in crate::server) fn parts(source: &ListSource) -> impl Iterator<Item = JobList> + '_ {
    source.parts.iter().map(|part| {
        let file = match &part.folder {
            None => Source::File(source.path().to_owned()),
            Some(folder) => Source::Folder { tree: source.path().to_owned(), folder: folder.clone() },
        };
        JobList { list: part.list.clone(), source: file, format: source.format, matching: source.matches }
    })
}

/// Everything that the school's image is made of: the starter lists, and what the file names.
pub(super) fn job(program: &Program, kept: &Path) -> Job {
    let mut lists: Vec<JobList> = starter::lists().iter().filter_map(|list| starter_list(list, program)).collect();
    let copies = Copies::below(&program.state);
    lists.extend(program.lists.iter().filter(|source| is_there(source, &copies, kept)).flat_map(parts));
    Job { owner: Owner::School, lists, protected: protected(program), image: PathBuf::new(), kept: Some(kept.to_owned()) }
}

/// What a role's image is made of: a list for each category that it may speak for, all of one text.
pub(super) fn office_job(program: &Program, role: &RoleText) -> Job {
    let list = |entry: &crate::lists::CategoryEntry| {
        let category = program.registry.find(&entry.id)?;
        let id = ListId(format!("{}/{}", role.role, entry.id));
        Some(JobList {
            list: List { id, category, standing: Standing::of(entry), action: ListAction::Block, force: Force::default() },
            source: Source::Names { file: role.text.clone(), category: entry.id.clone() },
            format: Some(Format::Names),
            matching: Match::AsFormat,
        })
    };
    let may = |entry: &&crate::lists::CategoryEntry| role.speaks_for.has(&entry.id);
    let lists = program.registry.entries().iter().filter(may).filter_map(list).collect();
    // The text itself is what is kept.
    Job { owner: Owner::Office(role.role.clone()), lists, protected: protected(program), image: PathBuf::new(), kept: None }
}

/// Whether a list can be asked for at all: of what was never fetched there is nothing to say yet.
fn is_there(source: &ListSource, copies: &Copies, kept: &Path) -> bool {
    source.fetched().is_none_or(|fetched| {
        fetched.copy.exists() || compile::kept_path(kept, &source.id).exists() || copies.record(&source.id).fetched.is_some()
    })
}

/// The protected names as a job names them.
fn protected(program: &Program) -> Vec<(String, u8)> {
    let protected = program.tables.known.protected.as_map();
    let mut names: Vec<_> = protected.iter().map(|(name, kinds)| (name.to_string(), kinds.bits())).collect();
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
        protected: protected(program),
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
