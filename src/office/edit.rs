//! What a person at the desk decides, from the words that are typed to the file of a role: comments, order and all other lines stay.
//!
//! The rule: what is about to be written is read back first, as the folder will be read. A text with a fault is never written.

mod said;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub use said::{Said, Slip, name};

use super::decisions::{self, Decision, Kind, Setting};
use super::folder::{DECISIONS_CSV, DECISIONS_TOML, Folder, Role, bytes_of, text_of, write};
use crate::dns::Name;
use crate::fault::Fault;
use crate::lists::Registry;

/// The largest file of decisions.
const LARGEST: u64 = 16 << 20;

/// What becomes of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    New,
    /// One for the same name stood there with another end, category or word on exams: that one is changed.
    Changed(Box<Decision>),
    /// It stands there already, made by this person or another.
    Stands(Box<Decision>),
}

/// A role's files with decisions added, not yet written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The role as it will be read.
    pub role: Role,
    /// What becomes of each decision.
    pub outcomes: Vec<(Decision, Outcome)>,
    /// The files that change, with their new text.
    texts: BTreeMap<PathBuf, String>,
}

impl Draft {
    /// Adds `decisions` to the role's files: to the file that the same decision stands in, else to `decisions.toml`, or to
    /// `decisions.csv` where the role has that alone.
    ///
    /// # Errors
    /// Faults of the files as they are, or as they would be: a lock beside a guarantee of one name, a category that the role may not
    /// speak for.
    pub fn of(folder: &Folder, role: &Role, decisions: &[Decision]) -> Result<Self, Vec<Fault>> {
        let mut outcomes = Vec::new();
        let mut changes: BTreeMap<PathBuf, Vec<Decision>> = BTreeMap::new();
        for decision in decisions {
            let same = |other: &Decision| (other.kind, &other.name) == (decision.kind, &decision.name);
            let (outcome, file) = match role.decisions.iter().find(|written| same(&written.decision)) {
                Some(written) if says_the_same(&written.decision, decision) => {
                    (Outcome::Stands(Box::new(written.decision.clone())), None)
                }
                Some(written) => (Outcome::Changed(Box::new(written.decision.clone())), Some(written.file.clone())),
                None => (Outcome::New, Some(usual(role))),
            };
            if let Some(file) = file {
                changes.entry(file).or_default().push(decision.clone());
            }
            outcomes.push((decision.clone(), outcome));
        }
        let mut texts = BTreeMap::new();
        let mut next = role.clone();
        for (file, changed) in changes {
            let setting = Setting { file: &file, owner: &role.id, registry: &folder.understood.registry, fallback: None };
            let text = edited(&changed, &setting)?;
            next = next.with(&file, text.as_bytes(), &folder.understood.registry)?;
            texts.insert(file, text);
        }
        Ok(Self { role: next, outcomes, texts })
    }

    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The files that change.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.texts.keys().map(PathBuf::as_path)
    }

    /// Writes the files, each whole.
    ///
    /// # Errors
    /// Where the system does not let it be done.
    pub fn write(&self) -> Result<(), Fault> {
        for (file, text) in &self.texts {
            put(file, text)?;
        }
        Ok(())
    }
}

/// What of a role's files is decided of some names, and the files without it, not yet written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removal {
    /// What goes.
    pub removed: Vec<(Name, Kind)>,
    texts: Vec<(PathBuf, String)>,
}

impl Removal {
    /// Looks for decisions on `names` in the files of the role in `directory`.
    ///
    /// The rest of the folder is not read, so that a decision that is at fault can be taken out too.
    ///
    /// # Errors
    /// Where a file cannot be read as what it is.
    pub fn of(directory: &Path, names: &[Name], registry: &Registry) -> Result<Self, Vec<Fault>> {
        let mut removal = Self::default();
        let mut faults = Vec::new();
        let file = directory.join(DECISIONS_TOML);
        if let Some(mut text) = text_of(&file, &mut faults) {
            let before = removal.removed.len();
            for name in names {
                let (rest, kinds) = decisions::toml::remove(&text, &file, name).map_err(|fault| vec![fault])?;
                text = rest;
                removal.removed.extend(kinds.into_iter().map(|kind| (name.clone(), kind)));
            }
            if removal.removed.len() > before {
                removal.texts.push((file, text));
            }
        }
        let file = directory.join(DECISIONS_CSV);
        if let Some(mut bytes) = bytes_of(&file, LARGEST, &mut faults) {
            let setting = Setting { file: &file, owner: "", registry, fallback: None };
            let before = removal.removed.len();
            for name in names {
                let (rest, kinds) = decisions::csv::remove(&bytes, name, &setting)?;
                bytes = rest;
                removal.removed.extend(kinds.into_iter().map(|kind| (name.clone(), kind)));
            }
            if removal.removed.len() > before {
                removal.texts.push((file, String::from_utf8(bytes).expect("a sheet that is read is UTF-8")));
            }
        }
        if faults.is_empty() { Ok(removal) } else { Err(faults) }
    }

    /// The files that change.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.texts.iter().map(|(file, _)| file.as_path())
    }

    /// Writes the files, each whole.
    ///
    /// # Errors
    /// Where the system does not let it be done.
    pub fn write(&self) -> Result<(), Fault> {
        self.texts.iter().try_for_each(|(file, text)| put(file, text))
    }
}

/// Whether `one` says all that `other` does, whoever decided it.
fn says_the_same(one: &Decision, other: &Decision) -> bool {
    (&one.category, one.until, one.exam) == (&other.category, other.until, other.exam)
}

/// Where new decisions of a role go.
fn usual(role: &Role) -> PathBuf {
    let (toml, csv) = (role.directory.join(DECISIONS_TOML), role.directory.join(DECISIONS_CSV));
    if !toml.exists() && csv.exists() { csv } else { toml }
}

/// The text of a file with decisions put into it.
fn edited(changed: &[Decision], setting: &Setting<'_>) -> Result<String, Vec<Fault>> {
    let mut faults = Vec::new();
    let is_sheet = setting.file.extension().is_some_and(|end| end == "csv");
    if is_sheet {
        let bytes = bytes_of(setting.file, LARGEST, &mut faults).unwrap_or_default();
        let bytes = if faults.is_empty() { decisions::csv::put(&bytes, changed, setting)? } else { return Err(faults) };
        return Ok(String::from_utf8(bytes).expect("a sheet that is read is UTF-8"));
    }
    let text = text_of(setting.file, &mut faults).unwrap_or_default();
    if faults.is_empty() { decisions::toml::put(&text, setting.file, changed).map_err(|fault| vec![fault]) } else { Err(faults) }
}

fn put(file: &Path, text: &str) -> Result<(), Fault> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory).map_err(|error| {
            let what = format!("the directory cannot be made: {error}");
            Fault::error(directory, None, what, "see to it that the folder has room and may be written")
        })?;
    }
    write(file, text)
}

#[cfg(test)]
mod tests;
