//! What is wrong with the lists that a configuration names: what can be told without reading them whole, and what reading them told.

mod compiled;
mod zones;

pub use compiled::compiled;
pub use zones::{divide, zones};

use super::fault::Shown;
use super::{Fault, Program};
use crate::config::program::{ListSource, OfficeSource};
use crate::lists::format::Format;
use std::io::Read;
use std::path::Path;

/// Notes every list that is missing, unreadable or empty. `optional` lists only give a warning.
pub fn sources(program: &Program) -> Vec<Fault> {
    let config = program.file.as_deref().unwrap_or(Path::new(""));
    let lists = program.lists.iter().filter_map(|source| of_source(config, source));
    lists.chain(program.office.as_ref().and_then(|office| of_root(config, office))).collect()
}

/// What keeps the office's root file from being read.
fn of_root(config: &Path, office: &OfficeSource) -> Option<Fault> {
    let shown = office.root.display().to_string();
    let (what, hint) = match std::fs::read(&office.root) {
        Ok(text) if serde_json::from_slice::<serde_json::Value>(&text).is_ok_and(|root| root["signed"]["_type"] == "root") => {
            return None;
        }
        Ok(_) => (
            format!("[office] root: {} is no root file of a repository", shown.quoted()),
            "take the file `root.json` that the office gave you",
        ),
        Err(error) => {
            let hint = match error.kind() {
                std::io::ErrorKind::NotFound => {
                    "paths are relative to the configuration's folder; the office gives the file by hand"
                }
                _ => "name a file that can be read",
            };
            (format!("[office] root: {} cannot be read: {error}", shown.quoted()), hint)
        }
    };
    Some(Fault::error(config, Some(office.root_line), what, hint))
}

fn of_source(config: &Path, source: &ListSource) -> Option<Fault> {
    if let Some(fetched) = source.fetched() {
        let line = Some(source.source_line);
        if let Some(Err(failure)) = fetched.origin.primary().map(crate::fetch::Primary::key) {
            let (what, hint) = failure.said.split_once("\nhint: ").unwrap_or((&failure.said, ""));
            return Some(Fault::error(config, line, format!("list `{}`: {}", source.id, what.escaped()), hint));
        }
        // Looking is no fetching: a page that was never fetched is no fault of the file.
        let what = || format!("list `{}` has never been fetched from {}", source.id, fetched.origin.to_string().quoted());
        let hint = "`khien lists fetch` does that, and so does the running server by itself";
        return (!fetched.copy.exists()).then(|| Fault::warning(config, line, what(), hint));
    }
    let shown = source.path().display().to_string();
    let (what, hint) = match first_octet(source) {
        Ok(true) => return None,
        Ok(false) => {
            (format!("list `{}`: {} is empty", source.id, shown.quoted()), "fetch it again, or remove the [[list]]".to_owned())
        }
        Err(error) => {
            let hint = match error.kind() {
                std::io::ErrorKind::NotFound => "paths are relative to the configuration's folder",
                std::io::ErrorKind::PermissionDenied => "the user that runs khien needs leave to read it",
                std::io::ErrorKind::IsADirectory => "name a file, or write `format = \"ut1\"` for a tree of folders",
                _ => "name a file that can be read",
            };
            (format!("list `{}`: {} cannot be read: {error}", source.id, shown.quoted()), hint.to_owned())
        }
    };
    let line = Some(source.source_line);
    Some(if source.optional { Fault::warning(config, line, what, hint) } else { Fault::error(config, line, what, hint) })
}

/// Whether the source holds anything.
fn first_octet(source: &ListSource) -> std::io::Result<bool> {
    let found = std::fs::metadata(source.path())?;
    let is_tree = found.is_dir();
    if !is_tree && !found.is_file() {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "this is no regular file"));
    }
    if is_tree {
        return match source.format {
            None | Some(Format::Ut1) => Ok(std::fs::read_dir(source.path())?.next().is_some()),
            Some(_) => Err(std::io::ErrorKind::IsADirectory.into()),
        };
    }
    Ok(std::fs::File::open(source.path())?.read(&mut [0])? > 0)
}
