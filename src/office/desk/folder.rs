//! The working folder: everything that an office's people write, read at once, with every fault of it.
//!
//! ```text
//! office.toml                                      who, where, which roles, how far
//! categories.toml services.toml protected.toml tiers.toml        where they differ from the program's own
//! overrides.toml                                   refusals of the gate that a person set aside
//! roles/ROLE/lists/CATEGORY.txt                    lists in any format
//! roles/ROLE/decisions.toml, decisions.csv         locks, guarantees, allows
//! ```

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::decisions::{self, Placed, Setting};
use super::sources::{self, Source, SourceFacts};
use super::tables::parsed;
use super::{Settings, Tables};
use crate::dns::Name;
use crate::fault::{Fault, Severity, Shown as _};
use crate::lists::text::normalise;
use crate::office::decisions::Decision;
use crate::office::desk::publication::Override;
use crate::office::names::{Gathering, NameList, SourceId};

/// The file of refusals that were set aside.
pub const OVERRIDES: &str = "overrides.toml";

/// A decision with its file and line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// The file.
    pub file: PathBuf,
    /// The line, the first being 1.
    pub line: u32,
}

/// A role with all that it publishes.
#[derive(Debug)]
pub struct Role {
    /// Its id.
    pub id: String,
    /// What it may speak for.
    pub speaks_for: crate::office::SpeaksFor,
    /// Its list.
    pub names: NameList,
    /// Its list files and what was found in each.
    pub sources: Vec<(Source, SourceFacts)>,
    /// Its decisions.
    pub decisions: Vec<Decided>,
}

/// The folder, read.
#[derive(Debug)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// What `office.toml` says.
    pub settings: Settings,
    /// Categories, tiers, services, protected names.
    pub tables: Tables,
    /// The roles, from the highest down.
    pub roles: Vec<Role>,
    /// Refusals that were set aside.
    pub overrides: Vec<Override>,
    /// The popular names, the most asked first.
    pub popular: Vec<Name>,
    /// What its writers hardly meant, and what keeps nobody from publishing.
    pub warnings: Vec<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverridesFile {
    #[serde(default, rename = "override")]
    overrides: Vec<Override>,
}

impl Folder {
    /// Reads the folder at `path`.
    ///
    /// # Errors
    /// Every fault of every file, warnings among them, by file and line.
    pub fn read(path: &Path) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let settings = Settings::read(path, &mut faults);
        let tables = Tables::read(path, &mut faults);
        let overrides = read_overrides(path, &mut faults);
        let popular = settings.as_ref().and_then(|settings| settings.popular.as_deref()).map(|file| path.join(file));
        let popular = popular.map_or_else(Vec::new, |file| read_popular(&file, &mut faults));
        let mut roles = Vec::new();
        if let (Some(settings), Some(tables)) = (&settings, &tables) {
            for role in &settings.roles {
                let sources = sources::find(path, &role.lists, &tables.registry, &mut faults);
                let mut gathering = Gathering::default();
                let mut read = Vec::new();
                for (place, source) in (0..=u16::MAX).zip(sources) {
                    let facts = sources::gather(&source, SourceId(place), &tables.registry, &mut gathering, &mut faults);
                    warn(&source, &facts, &mut faults);
                    read.push((source, facts));
                }
                let decisions = read_decisions(path, &role.id, tables, &mut faults);
                let (id, speaks_for) = (role.id.clone(), role.speaks_for.clone());
                roles.push(Role { id, speaks_for, names: gathering.finish(), sources: read, decisions });
            }
            strangers(path, settings, &mut faults);
            if let crate::office::SpeaksFor::Only(words) =
                crate::office::SpeaksFor::from(settings.may_open.iter().cloned().collect::<std::collections::BTreeSet<_>>())
            {
                unknown_words(path, tables, words.iter(), &mut faults);
            }
            for role in &settings.roles {
                if let crate::office::SpeaksFor::Only(words) = &role.speaks_for {
                    unknown_words(path, tables, words.iter(), &mut faults);
                }
            }
        }
        faults.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
        faults.dedup();
        if faults.iter().any(|fault| fault.severity == Severity::Error) {
            return Err(faults);
        }
        let (Some(settings), Some(tables)) = (settings, tables) else { return Err(faults) };
        Ok(Self { path: path.to_owned(), settings, tables, roles, overrides, popular, warnings: faults })
    }

    /// Where a role's sources name some names: the first file and line of each.
    pub fn places(&self, role: &str, wanted: &HashSet<Name>) -> HashMap<Name, (PathBuf, u32)> {
        let mut found = HashMap::new();
        let sources = self.roles.iter().filter(|own| own.id == role).flat_map(|own| &own.sources);
        for (source, _) in sources {
            for (name, line) in sources::lines(source, &self.tables.registry, wanted) {
                found.entry(name).or_insert_with(|| (source.path.clone(), line));
            }
        }
        found
    }

    /// How many entries each source of a role has.
    pub fn counts(role: &Role) -> BTreeMap<String, u64> {
        role.sources.iter().map(|(source, facts)| (source.id.clone(), facts.entries)).collect()
    }
}

/// What of a source was not taken, and is no harm.
fn warn(source: &Source, facts: &SourceFacts, faults: &mut Vec<Fault>) {
    let SourceFacts { slips, bad, skipped, .. } = *facts;
    let mut parts = Vec::new();
    for (count, what) in [(bad, "cannot be read"), (slips, "are single labels"), (skipped, "are not for a filter of names")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    if !parts.is_empty() {
        let hint = "they are not published; `khien lists lint` shows them with their lines";
        faults.push(Fault::warning(&source.path, None, format!("lines that are not taken: {}", parts.join(", ")), hint));
    }
}

fn unknown_words<'w>(path: &Path, tables: &Tables, words: impl Iterator<Item = &'w String>, faults: &mut Vec<Fault>) {
    for word in words.filter(|word| tables.registry.find(word).is_none()) {
        let near = crate::fault::nearest::nearest(word, tables.registry.entries().iter().map(|entry| entry.id.as_str()));
        let hint =
            near.map_or_else(|| "write an id of categories.toml, or \"*\"".to_owned(), |near| format!("did you mean `{near}`?"));
        faults.push(Fault::error(
            &path.join(super::settings::FILE),
            None,
            format!("there is no category {}", word.quoted()),
            hint,
        ));
    }
}

/// Folders of roles that nobody has.
fn strangers(path: &Path, settings: &Settings, faults: &mut Vec<Fault>) {
    let Ok(entries) = fs::read_dir(path.join("roles")) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && !settings.roles.iter().any(|role| role.id == name) {
            let hint = "write a `[[role]]` with this id into office.toml, or remove the folder";
            faults.push(Fault::error(&entry.path(), None, "no role has this folder", hint));
        }
    }
}

fn read_decisions(path: &Path, role: &str, tables: &Tables, faults: &mut Vec<Fault>) -> Vec<Decided> {
    let mut all: Vec<Decided> = Vec::new();
    for name in ["decisions.toml", "decisions.csv"] {
        let file = path.join("roles").join(role).join(name);
        let Some(bytes) = contents(&file, faults) else { continue };
        let setting = Setting { file: &file, owner: role, registry: &tables.registry, fallback: None };
        let placed = if name.ends_with(".csv") {
            decisions::csv::read(&bytes, &setting, faults)
        } else {
            match String::from_utf8(bytes) {
                Ok(text) => decisions::toml::read(&text, &setting, faults),
                Err(_) => {
                    faults.push(Fault::error(&file, None, "this is not UTF-8", "save it again as UTF-8"));
                    continue;
                }
            }
        };
        for Placed { decision, line } in placed {
            let same = |known: &&Decided| known.decision.name == decision.name && known.decision.kind == decision.kind;
            if let Some(known) = all.iter().find(same) {
                let place = format!("{}:{}", known.file.strip_prefix(path).unwrap_or(&known.file).display(), known.line);
                let what = format!("{} has this decision already, in {place}", decision.name.to_string().quoted());
                faults.push(Fault::error(&file, Some(line), what, "remove one of both"));
                continue;
            }
            all.push(Decided { decision, file: file.clone(), line });
        }
    }
    all
}

fn read_overrides(path: &Path, faults: &mut Vec<Fault>) -> Vec<Override> {
    let file = path.join(OVERRIDES);
    let Some(bytes) = contents(&file, faults) else { return Vec::new() };
    let Ok(text) = String::from_utf8(bytes) else {
        faults.push(Fault::error(&file, None, "this is not UTF-8", "save it again as UTF-8"));
        return Vec::new();
    };
    let Some(OverridesFile { overrides }) = parsed(&file, &text, faults) else { return Vec::new() };
    for one in overrides.iter().filter(|one| one.by.trim().is_empty() || one.reason.trim().is_empty()) {
        let what = format!("{} is set aside by nobody, or for no reason", one.what.quoted());
        faults.push(Fault::error(&file, None, what, "say `by` and `reason`: both are published"));
    }
    overrides
}

/// The popular names: one a line, the most asked first; or as ranked lists are written, `1,google.com`.
fn read_popular(file: &Path, faults: &mut Vec<Fault>) -> Vec<Name> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            let hint = "`popular` in office.toml names a file with one name a line, the most asked first";
            faults.push(Fault::error(file, None, format!("this cannot be read: {error}"), hint));
            return Vec::new();
        }
    };
    let mut names = Vec::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let name = line.rsplit([',', ';', '\t']).next().unwrap_or(line).trim();
        match normalise(name) {
            Ok(name) => names.push(name),
            Err(fault) => {
                let what = format!("{} is no name: {fault}", name.quoted());
                faults.push(Fault::error(file, Some(number), what, "write one name a line, or a rank, a comma and a name"));
            }
        }
    }
    names
}

/// What is in a file, where there is one.
fn contents(file: &Path, faults: &mut Vec<Fault>) -> Option<Vec<u8>> {
    match fs::read(file) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            faults.push(Fault::error(file, None, format!("this cannot be read: {error}"), "make it a readable file"));
            None
        }
    }
}

#[cfg(test)]
mod tests;
