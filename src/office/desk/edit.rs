//! Changing a folder's files from the command line: what people wrote around it, comments and order, stays as it is.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item};

use super::decisions::toml;
use super::folder::OVERRIDES;
use super::publication::Override;
use crate::dns::Name;
use crate::lists::store::write_aside;
use crate::lists::text::normalise;
use crate::office::decisions::{Decision, Kind};

/// Why a file was not changed; it is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditFault {
    /// It cannot be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// It is no TOML.
    #[error("{0}: this is no TOML, and is left as it is\nhint: `khien office check` says where")]
    NotToml(PathBuf),
    /// The decision stands there already.
    #[error("{0} has a {kind} already\nhint: `khien office remove {0}` takes it out", kind = .1.text())]
    There(String, Kind),
    /// Nothing is decided of the name.
    #[error("{0}: nothing is decided of it in {1}\nhint: a decision in a CSV is removed there, and a name of a list in its list")]
    Nothing(String, PathBuf),
}

/// The file of a role's decisions.
pub fn decisions_file(folder: &Path, role: &str) -> PathBuf {
    folder.join("roles").join(role).join("decisions.toml")
}

/// Adds decisions to a role's file, all of them or none.
///
/// # Errors
/// [`EditFault`].
pub fn add(folder: &Path, role: &str, decisions: &[Decision]) -> Result<PathBuf, EditFault> {
    let file = decisions_file(folder, role);
    let mut text = text(&file)?;
    let document = document(&file, &text)?;
    for decision in decisions {
        let there = |own: &Name| own == &decision.name;
        if names(&document, decision.kind).iter().flatten().any(there) {
            return Err(EditFault::There(decision.name.to_string(), decision.kind));
        }
    }
    for decision in decisions {
        append(&mut text, &toml::write(decision));
    }
    put(&file, &text)?;
    Ok(file)
}

/// Takes out of a role's file what is decided of names, all of them or none.
///
/// # Errors
/// [`EditFault`].
pub fn remove(folder: &Path, role: &str, wanted: &[Name]) -> Result<PathBuf, EditFault> {
    let file = decisions_file(folder, role);
    let mut document = document(&file, &text(&file)?)?;
    for name in wanted {
        let mut removed = false;
        for kind in Kind::ALL {
            let places: Vec<usize> = names(&document, kind)
                .iter()
                .enumerate()
                .filter(|(_, own)| own.as_ref() == Some(name))
                .map(|(place, _)| place)
                .collect();
            let Some(tables) = document.get_mut(kind.text()).and_then(Item::as_array_of_tables_mut) else { continue };
            for place in places.into_iter().rev() {
                tables.remove(place);
                removed = true;
            }
        }
        if !removed {
            return Err(EditFault::Nothing(name.to_string(), file));
        }
    }
    put(&file, &document.to_string())?;
    Ok(file)
}

/// Sets refusals aside.
///
/// # Errors
/// [`EditFault`].
pub fn set_aside(folder: &Path, overrides: &[Override]) -> Result<PathBuf, EditFault> {
    let file = folder.join(OVERRIDES);
    let mut text = text(&file)?;
    document(&file, &text)?;
    for Override { what, by, reason } in overrides {
        let quoted = |text: &str| toml_edit::Value::from(text).to_string().trim().to_owned();
        append(&mut text, &format!("[[override]]\nwhat = {}\nby = {}\nreason = {}\n", quoted(what), quoted(by), quoted(reason)));
    }
    put(&file, &text)?;
    Ok(file)
}

/// Puts a paragraph at a text's end.
fn append(text: &mut String, paragraph: &str) {
    if !text.is_empty() {
        text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
    }
    text.push_str(paragraph);
}

/// The names of one kind's decisions, in the file's order; none for what is no name.
fn names(document: &DocumentMut, kind: Kind) -> Vec<Option<Name>> {
    let Some(tables) = document.get(kind.text()).and_then(Item::as_array_of_tables) else { return Vec::new() };
    tables.iter().map(|table| table.get("name").and_then(Item::as_str).and_then(|text| normalise(text).ok())).collect()
}

fn document(file: &Path, text: &str) -> Result<DocumentMut, EditFault> {
    text.parse().map_err(|_| EditFault::NotToml(file.to_owned()))
}

fn text(file: &Path) -> Result<String, EditFault> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(EditFault::Io(file.to_owned(), error)),
    }
}

fn put(file: &Path, text: &str) -> Result<(), EditFault> {
    let io = |error| EditFault::Io(file.to_owned(), error);
    fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).map_err(io)?;
    write_aside(file, |to| to.write_all(text.as_bytes())).map_err(io)
}

#[cfg(test)]
mod tests;
