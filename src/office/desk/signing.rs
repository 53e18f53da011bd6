//! `[signing]` and the roles' keys in office.toml, edited with what people wrote kept: keys come, go, and follow one another.

use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Table, Value};

use crate::fault::Fault;
use crate::office::folder::OFFICE;
use crate::office::folder::signing::Signers;
use crate::office::folder::{Folder, Rules};
use crate::office::written::edited;

/// What keys sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signs {
    /// The root, the tables and who may speak for what.
    People,
    /// Publications, snapshots or timestamps: the key of `[signing]`.
    Machine(&'static str),
    /// A role's part.
    Role(String),
}

impl Signs {
    /// What is called so: `people`, `publication`, `snapshot`, `timestamp` or a role.
    pub fn named(word: &str, rules: &Rules) -> Option<Self> {
        match word {
            "people" => Some(Self::People),
            "publication" => Some(Self::Machine("publication")),
            "snapshot" => Some(Self::Machine("snapshot")),
            "timestamp" => Some(Self::Machine("timestamp")),
            role => rules.role(role).map(|rules| Self::Role(rules.id.clone())),
        }
    }

    /// Who signs it now.
    pub fn signers<'r>(&self, rules: &'r Rules) -> Option<&'r Signers> {
        match self {
            Self::People => Some(&rules.signing.people),
            Self::Machine("publication") => Some(&rules.signing.publication),
            Self::Machine("snapshot") => Some(&rules.signing.snapshot),
            Self::Machine(_) => Some(&rules.signing.timestamp),
            Self::Role(role) => rules.role(role).map(|rules| &rules.signers),
        }
    }

    /// All that a key signs.
    pub fn of<'r>(name: &'r str, rules: &'r Rules) -> impl Iterator<Item = Self> + 'r {
        let fixed = [Self::People, Self::Machine("publication"), Self::Machine("snapshot"), Self::Machine("timestamp")];
        let roles = rules.roles.iter().map(|role| Self::Role(role.id.clone()));
        fixed
            .into_iter()
            .chain(roles)
            .filter(move |signs| signs.signers(rules).is_some_and(|signers| signers.keys.iter().any(|key| key == name)))
    }
}

/// The text of office.toml with these names as those who sign, and how many of them must.
///
/// # Errors
/// Where the text is no TOML, or the section is written in a way that is not edited.
pub fn signed_by(folder: &Folder, text: &str, signs: &Signs, names: &[String], threshold: Option<u64>) -> Result<String, Fault> {
    let file = folder.root.join(OFFICE);
    let mut document = edited(text, &file)?;
    let (table, keys) = match signs {
        Signs::People => (section(&mut document, &file)?, "people"),
        Signs::Machine(key) => (section(&mut document, &file)?, *key),
        Signs::Role(role) => (role_table(&mut document, &file, role)?, "keys"),
    };
    let mut array = Array::new();
    names.iter().for_each(|name| array.push(name.as_str()));
    put(table, keys, Value::Array(array));
    if let Some(threshold) = threshold.and_then(|threshold| i64::try_from(threshold).ok()) {
        put(table, "threshold", Value::from(threshold));
    }
    Ok(document.to_string())
}

/// Sets a value; a comment behind the old one stays.
fn put(table: &mut Table, key: &str, mut value: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => drop(table.insert(key, Item::Value(value))),
    }
}

fn section<'d>(document: &'d mut DocumentMut, file: &Path) -> Result<&'d mut Table, Fault> {
    let item = document.entry("signing").or_insert_with(|| Item::Table(Table::new()));
    item.as_table_mut()
        .ok_or_else(|| Fault::error(file, None, "`signing` is not written as a section", "write [signing] on a line of its own"))
}

fn role_table<'d>(document: &'d mut DocumentMut, file: &Path, role: &str) -> Result<&'d mut Table, Fault> {
    let tables = document.get_mut("role").and_then(Item::as_array_of_tables_mut);
    let found = tables.into_iter().flat_map(|tables| tables.iter_mut());
    let found = found.into_iter().find(|table| table.get("id").and_then(Item::as_str) == Some(role));
    found.ok_or_else(|| Fault::error(file, None, format!("role `{role}` is not written as a section"), "write [[role]] above it"))
}

#[cfg(test)]
mod tests;
