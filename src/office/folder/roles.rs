//! The files of the roles: which lists they have, what they leave out, what they decide.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::rules::Rules;
use super::{bytes_of, text_of};
use crate::dns::Name;
use crate::fault::{Fault, Shown as _};
use crate::lists::Registry;
use crate::lists::text::normalise;
use crate::office::SpeaksFor;
use crate::office::decisions::{self, Decision, Placed, Setting};

/// A role's decisions as TOML.
pub const DECISIONS_TOML: &str = "decisions.toml";

/// A role's decisions as a spreadsheet keeps them.
pub const DECISIONS_CSV: &str = "decisions.csv";

/// The names that none of a role's lists takes.
pub const LEAVE_OUT: &str = "leave-out.txt";

/// The largest file of decisions.
const LARGEST: u64 = 16 << 20;

/// A list of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceList {
    /// Where it is.
    pub path: PathBuf,
    /// Its word in messages and publications: its file's name.
    pub id: String,
    /// The id of its category, which its file's name begins with.
    pub category: String,
}

/// A line of `leave-out.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The name.
    pub name: Name,
    /// What is left out of lists.
    pub reach: Reach,
}

/// What a line of `leave-out.txt` leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// `name`: the name and everything below it, whatever entry takes them.
    Below,
    /// `=name`: the entry that is written so; what is below it is taken where entries of their own say so.
    Entry,
}

/// A decision with the place where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleDecision {
    /// The decision.
    pub decision: Decision,
    /// The file.
    pub file: PathBuf,
    /// The line.
    pub line: u32,
}

/// A role whose files lie in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: String,
    /// Its directory.
    pub directory: PathBuf,
    /// What it may speak for.
    pub speaks_for: SpeaksFor,
    /// Its lists, by id.
    pub sources: Vec<SourceList>,
    /// What none of these lists takes.
    pub leave_out: Vec<LeftOut>,
    /// What it decides, in the order of the files.
    pub decisions: Vec<RoleDecision>,
}

impl Role {
    /// A role that has neither lists nor decisions.
    pub fn new(id: &str, directory: &Path, speaks_for: SpeaksFor) -> Self {
        let (id, directory) = (id.to_owned(), directory.to_owned());
        Self { id, directory, speaks_for, sources: Vec::new(), leave_out: Vec::new(), decisions: Vec::new() }
    }

    /// The role with this text in the place of one of its files of decisions.
    ///
    /// # Errors
    /// The faults that the folder would have with it.
    pub fn with(mut self, file: &Path, text: &[u8], registry: &Registry) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        self.decisions.retain(|written| written.file != file);
        self.take(file, text, registry, &mut faults);
        agree(&self, &mut faults);
        if faults.is_empty() { Ok(self) } else { Err(faults) }
    }

    /// Adds what a file of decisions says.
    fn take(&mut self, file: &Path, text: &[u8], registry: &Registry, faults: &mut Vec<Fault>) {
        let setting = Setting { file, owner: &self.id, registry, fallback: None };
        let (placed, found) = match file.extension().is_some_and(|end| end == "csv") {
            true => decisions::csv::read(text, &setting),
            false => decisions::toml::read(&String::from_utf8_lossy(text), &setting),
        };
        faults.extend(found);
        let at = |Placed { decision, line }| RoleDecision { decision, file: file.to_owned(), line };
        self.decisions.extend(placed.into_iter().map(at));
    }
}

/// Reads the roles that office.toml names and whose directories are there.
pub(super) fn read(root: &Path, rules: &Rules, registry: &Registry, faults: &mut Vec<Fault>) -> Vec<Role> {
    let directory = root.join("roles");
    let mut roles = Vec::new();
    for entry in entries(&directory, faults) {
        let Some(id) = entry.file_name().and_then(|name| name.to_str()).filter(|_| entry.is_dir()) else { continue };
        match rules.role(id) {
            Some(role) => roles.push(one(id, &entry, role.speaks_for.clone(), registry, faults)),
            None => {
                let hint = "add [[role]] with this `id` to office.toml, or remove the directory";
                faults.push(Fault::error(&entry, None, format!("office.toml has no role {}", id.quoted()), hint));
            }
        }
    }
    for id in rules.mine.iter().filter(|id| rules.role(id).is_some() && !roles.iter().any(|role| role.id == **id)) {
        let hint = "make the directory, and `lists` in it; or take the role out of `mine`";
        faults.push(Fault::error(
            &directory.join(id),
            None,
            "office.toml says that this role is built here, and its files are not there",
            hint,
        ));
    }
    let is_mine = |role: &Role| rules.mine.is_empty() || rules.mine.contains(&role.id);
    roles.retain(is_mine);
    roles
}

fn one(id: &str, directory: &Path, speaks_for: SpeaksFor, registry: &Registry, faults: &mut Vec<Fault>) -> Role {
    let mut role = Role::new(id, directory, speaks_for);
    for path in entries(&directory.join("lists"), faults) {
        role.sources.extend(source(path, &role.speaks_for, registry, faults));
    }
    role.leave_out = leave_out(&directory.join(LEAVE_OUT), faults);
    let file = directory.join(DECISIONS_TOML);
    if let Some(text) = text_of(&file, faults) {
        role.take(&file, text.as_bytes(), registry, faults);
    }
    let file = directory.join(DECISIONS_CSV);
    if let Some(bytes) = bytes_of(&file, LARGEST, faults) {
        role.take(&file, &bytes, registry, faults);
    }
    agree(&role, faults);
    role
}

/// A list's category is the beginning of its file's name.
fn source(path: PathBuf, speaks_for: &SpeaksFor, registry: &Registry, faults: &mut Vec<Fault>) -> Option<SourceList> {
    let id = path.file_name()?.to_str()?.to_owned();
    // What editors and people leave beside lists.
    if id.starts_with('.') || id.ends_with('~') || id == "README.md" {
        return None;
    }
    let stem = id.strip_suffix(".zst").unwrap_or(&id);
    let Some(stem) = stem.strip_suffix(".txt") else {
        let hint = "lists are called CATEGORY.txt or CATEGORY.word.txt, packed ones CATEGORY.txt.zst";
        faults.push(Fault::error(&path, None, "this is called as no list is", hint));
        return None;
    };
    let category = stem.split('.').next().unwrap_or_default().to_owned();
    if registry.find(&category).is_none() {
        let ids = registry.entries().iter().map(|entry| entry.id.as_str());
        let hint = match crate::fault::nearest::nearest(&category, ids) {
            Some(near) => format!("its name begins with the id of its category: did you mean `{near}`?"),
            None => "its name begins with the id of its category, as in games.txt".to_owned(),
        };
        faults.push(Fault::error(&path, None, format!("there is no category {}", category.quoted()), hint));
        return None;
    }
    if !speaks_for.has(&category) {
        let hint =
            "its schools would cut it; let `speaks_for` in office.toml name the category, or move the list to a role that may";
        faults.push(Fault::error(&path, None, format!("this role may not speak for {}", category.quoted()), hint));
        return None;
    }
    Some(SourceList { path, id, category })
}

fn leave_out(file: &Path, faults: &mut Vec<Fault>) -> Vec<LeftOut> {
    let Some(text) = text_of(file, faults) else { return Vec::new() };
    let mut names = Vec::new();
    for (line, said) in (1_u32..).zip(text.lines()) {
        let word = said.split('#').next().unwrap_or_default().trim();
        if word.is_empty() {
            continue;
        }
        let (reach, written) = match word.strip_prefix('=') {
            Some(written) => (Reach::Entry, written),
            None => (Reach::Below, word),
        };
        match normalise(written) {
            // Alone, a whole country may be left out: a source named it.
            Ok(name) if name.label_count() > 1 || reach == Reach::Entry => names.push(LeftOut { name, reach }),
            Ok(_) | Err(_) => {
                let hint = "write a name a line, as in example.com or =example.com for that entry alone, and after it `# why`";
                faults.push(Fault::error(file, Some(line), format!("{} is no name", word.quoted()), hint));
            }
        }
    }
    names
}

/// No name is decided twice in the same way, and no lock of one role stands beside its own guarantee.
fn agree(role: &Role, faults: &mut Vec<Fault>) {
    let mut seen: BTreeMap<(&Name, decisions::Kind), &RoleDecision> = BTreeMap::new();
    for decision in &role.decisions {
        if let Some(category) = decision.decision.category.as_deref().filter(|category| !role.speaks_for.has(category)) {
            let hint = "schools would cut it; let `speaks_for` in office.toml name the category, or leave it to a role that may";
            faults.push(Fault::error(
                &decision.file,
                Some(decision.line),
                format!("this role may not speak for `{category}`"),
                hint,
            ));
        }
        let key = (&decision.decision.name, decision.decision.kind);
        if let Some(first) = seen.insert(key, decision) {
            let what = format!("`{}` has this decision twice: on line {} of {} too", key.0, first.line, named(&first.file));
            faults.push(Fault::error(&decision.file, Some(decision.line), what, "keep the one that counts"));
        }
    }
    for decision in role.decisions.iter().filter(|decision| decision.decision.kind != decisions::Kind::Lock) {
        let name = &decision.decision.name;
        if let Some(lock) = seen.get(&(name, decisions::Kind::Lock)) {
            let what = format!("`{name}` is locked on line {} of {}, and a lock wins", lock.line, named(&lock.file));
            let hint = format!("keep one of both; `khien office remove {name}` takes back all that is decided of it");
            faults.push(Fault::error(&decision.file, Some(decision.line), what, hint));
        }
    }
}

/// A file as its neighbours name it.
fn named(file: &Path) -> String {
    file.file_name().unwrap_or_default().display().to_string()
}

/// What is in a directory, by name; nothing where it is not there.
fn entries(directory: &Path, faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    let read = fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>());
    match read {
        Ok(mut paths) => {
            paths.sort();
            paths
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            faults.push(Fault::error(directory, None, format!("it cannot be read: {error}"), "see to it that you may read it"));
            Vec::new()
        }
    }
}
