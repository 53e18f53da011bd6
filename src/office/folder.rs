//! The office's working folder: text files that people read, edit and keep in git, read with every fault at once.
//!
//! ```text
//! office.toml                        name, address, roles, rings, bounds
//! categories.toml services.toml protected.toml tiers.toml      where they are left out, the program's own
//! roles/ROLE/lists/CATEGORY[.WORD].txt[.zst]                    lists in any format that is read
//! roles/ROLE/leave-out.txt           names that none of these lists takes
//! roles/ROLE/decisions.toml, .csv    what people decided of single names
//! overrides.toml                     refusals that a person overrode, with the reason
//! built/                             made of all that; not for git, and safe to delete
//! ```
//! The rule: a folder with a fault is read no further than to find the others. Nothing is published from it.

mod roles;
mod rules;
pub mod signing;
mod tables;

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub use roles::{DECISIONS_CSV, DECISIONS_TOML, LEAVE_OUT, LeftOut, Reach, Role, RoleDecision, SourceList};
pub use rules::{Bounds, RoleRules, Rules};

use super::asked::Asked;
use super::edit::Slip;
use super::publication::Override;
use super::registry::{Tables, Understood};
use super::written::Document;
use crate::fault::{Fault, Shown as _};
use crate::lists::Registry;
use crate::lists::store::write_aside;

/// The file that makes a folder one of an office.
pub const OFFICE: &str = "office.toml";

/// The file of overridden refusals.
pub const OVERRIDES: &str = "overrides.toml";

/// What of a working folder git should not keep.
pub const IGNORED: &str = "keys/*.key\nbuilt/\n";

/// The largest file that people write: names by the thousand belong into lists.
const LARGEST: u64 = 16 << 20;

/// A working folder, read.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Where it is.
    pub root: PathBuf,
    /// What office.toml says.
    pub rules: Rules,
    /// The tables, as they are published.
    pub tables: Tables,
    /// The tables, understood.
    pub understood: Understood,
    /// The roles whose files lie here, by id.
    pub roles: Vec<Role>,
    /// The names that most people ask for, the most asked first.
    pub popular: Option<Asked>,
    /// Refusals that a person overrode.
    pub overrides: Vec<Override>,
}

impl Folder {
    /// Reads the folder at `root`.
    ///
    /// # Errors
    /// Every fault of its files.
    pub fn read(root: &Path) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let office = root.join(OFFICE);
        if !office.is_file() {
            let hint = "this is no working folder; name one with --folder DIR, or begin one with `khien office init`";
            return Err(vec![Fault::error(&office, None, "there is no such file", hint)]);
        }
        let tables = tables::read(root, &mut faults);
        let understood = tables.as_ref().and_then(|tables| match tables.understand() {
            Ok(understood) => Some(understood),
            // What stands in the lines of a table was told with them.
            Err(_) if !faults.is_empty() => None,
            Err(fault) => {
                let hint = "the tables of the folder (or the program's own) speak of each other: mend the one that is named";
                faults.push(Fault::error(root, None, format!("the tables do not hold together: {fault}"), hint));
                None
            }
        });
        let rows = || Registry::of_rows(tables.as_ref()?.category.iter().cloned()).ok();
        let registry = understood.as_ref().map(|known| known.registry.clone()).or_else(rows).unwrap_or_else(Registry::shipped);
        let rules = rules::read(&office, &registry, &mut faults);
        let roles = roles::read(root, &rules, &registry, &mut faults);
        let popular = rules.popular.as_ref().and_then(|file| popular(file, &mut faults));
        let overrides = overrides(&root.join(OVERRIDES), &mut faults);
        faults.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
        match (tables, understood) {
            (Some(mut tables), Some(understood)) if faults.is_empty() => {
                tables.schools = rules.schools.clone();
                Ok(Self { root: root.to_owned(), rules, tables, understood, roles, popular, overrides })
            }
            _ => Err(faults),
        }
    }

    /// The role with this id, where its files lie here.
    pub fn role(&self, id: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id)
    }

    /// The role that a person speaks for: the one that is named, else the only one.
    ///
    /// # Errors
    /// Where there is no such role, or several and none is named.
    pub fn speaking(&self, named: Option<&str>) -> Result<Role, Slip> {
        let ids: Vec<&str> = match self.rules.mine.as_slice() {
            [] => self.rules.roles.iter().map(|role| role.id.as_str()).collect(),
            mine => mine.iter().map(String::as_str).collect(),
        };
        let there: Vec<&str> = self.roles.iter().map(|role| role.id.as_str()).collect();
        let id = match (named, there.as_slice(), ids.as_slice()) {
            (Some(named), ..) => ids.iter().copied().find(|id| *id == named),
            (None, [only], _) | (None, [], [only]) => Some(*only),
            (None, ..) => {
                return Err(Slip {
                    what: "this folder has several roles, and a decision is one role's".to_owned(),
                    hint: format!("say whose with --role: {}", ids.join(", ")),
                });
            }
        };
        let Some((id, rules)) = id.and_then(|id| Some((id, self.rules.role(id)?))) else {
            let named = named.unwrap_or_default();
            let hint = match crate::fault::nearest::nearest(named, ids.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are: {}", ids.join(", ")),
            };
            return Err(Slip { what: format!("there is no role {} here", named.quoted()), hint });
        };
        // A role of office.toml whose directory is yet to be made has decided nothing.
        Ok(self.role(id).cloned().unwrap_or_else(|| Role::new(id, &self.root.join("roles").join(id), rules.speaks_for.clone())))
    }

    /// A file of the folder as messages name it: from the folder's root.
    pub fn shown(&self, file: &Path) -> String {
        file.strip_prefix(&self.root).unwrap_or(file).display().to_string()
    }
}

/// The text of a file that people write; none where it is not there.
pub(super) fn text_of(file: &Path, faults: &mut Vec<Fault>) -> Option<String> {
    let bytes = bytes_of(file, LARGEST, faults)?;
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = 1 + error.as_bytes()[..good].iter().filter(|octet| **octet == b'\n').count();
            faults.push(Fault::error(file, u32::try_from(line).ok(), "text is not UTF-8", "save the file as UTF-8"));
            None
        }
    }
}

/// The octets of a file; none where it is not there.
pub(super) fn bytes_of(file: &Path, largest: u64, faults: &mut Vec<Fault>) -> Option<Vec<u8>> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        fs::File::open(file)?.take(largest + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) if bytes.len() as u64 > largest => {
            let what = format!("the file is larger than {} MiB", largest >> 20);
            faults.push(Fault::error(file, None, what, "long lists of names belong into the role's lists"));
            None
        }
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            faults.push(Fault::error(file, None, format!("the file cannot be read: {error}"), "see to it that you may read it"));
            None
        }
    }
}

fn popular(file: &Path, faults: &mut Vec<Fault>) -> Option<Asked> {
    // A hundred thousand names have some two megabytes; a million, twenty.
    const MOST: u64 = 64 << 20;
    let before = faults.len();
    let Some(bytes) = bytes_of(file, MOST, faults) else {
        if faults.len() == before {
            let hint = "put the list of popular names there, the most asked first, or leave `popular` out of office.toml";
            faults.push(Fault::error(file, None, "there is no such file", hint));
        }
        return None;
    };
    Asked::ranking(&bytes)
        .map_err(|fault| {
            let said = fault.to_string();
            faults.push(Fault::error(
                file,
                None,
                said.lines().next().unwrap_or_default(),
                "write a name a line, the most asked first",
            ));
        })
        .ok()
}

/// Adds an override to the folder's file, whose comments and order stay.
///
/// # Errors
/// Where the file is no TOML, or cannot be written.
pub fn add_override(root: &Path, said: &Override, made: jiff::civil::Date) -> Result<(), Fault> {
    let file = root.join(OVERRIDES);
    let mut faults = Vec::new();
    let text = text_of(&file, &mut faults).unwrap_or_default();
    if let Some(fault) = faults.pop() {
        return Err(fault);
    }
    let mut table = toml_edit::Table::new();
    for (key, value) in [("what", &said.what), ("by", &said.by), ("reason", &said.reason)] {
        table.insert(key, toml_edit::value(value.as_str()));
    }
    table.insert("made", toml_edit::value(made.to_string().parse::<toml_edit::Datetime>().expect("a day is a value of TOML")));
    let added = super::written::add_section(&text, &file, "override", table)?;
    write(&file, &added)
}

/// Writes a file that people edit: the old one or the new, whole.
///
/// # Errors
/// Where the system does not let it be written.
pub fn write(file: &Path, text: &str) -> Result<(), Fault> {
    use std::io::Write as _;
    write_aside(file, |to| to.write_all(text.as_bytes())).map_err(|error| {
        Fault::error(
            file,
            None,
            format!("it cannot be written: {error}"),
            "see to it that the folder has room and may be written",
        )
    })
}

fn overrides(file: &Path, faults: &mut Vec<Fault>) -> Vec<Override> {
    let Some(text) = text_of(file, faults) else { return Vec::new() };
    let (overrides, found) = Document::read(file, &text, |document, top| {
        document.known(top, &["override"]);
        let mut overrides = Vec::new();
        for table in document.tables(top, "override", "[[override]]") {
            document.known(table, &["what", "by", "reason", "made"]);
            document.day(table, "made");
            let mut said = |key: &'static str| {
                let text = document.text(table, key).map(|(text, _)| text.trim().to_owned()).filter(|text| !text.is_empty());
                if text.is_none() {
                    document.fault(
                        table.line,
                        format!("[[override]] without `{key}`"),
                        "say what was refused, who overrides it and why",
                    );
                }
                text
            };
            if let (Some(what), Some(by), Some(reason)) = (said("what"), said("by"), said("reason")) {
                overrides.push(Override { what, by, reason });
            }
        }
        overrides
    });
    faults.extend(found);
    overrides.unwrap_or_default()
}

#[cfg(test)]
mod tests;
