//! A tree as a directory.
//!
//! A link counts only where it leads to a folder beside it; files that are links are not opened at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::super::Fault;
use super::{Folder, Found, out_of_tree, sibling, usage};

/// The most octets of a `usage` file that are read.
const LARGEST_USAGE: u64 = 64 * 1024;

/// The directory that has the folders: the publisher's archive unpacks to one called `blacklists`.
pub(super) fn root(path: &Path) -> PathBuf {
    let inner = path.join("blacklists");
    if inner.is_dir() { inner } else { path.to_owned() }
}

/// Looks for folders.
pub(super) fn survey(root: &Path) -> Result<BTreeMap<String, Found>, Fault> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            let link = fs::read_link(&path)?;
            let alias_of = Some(sibling(&link).ok_or_else(|| out_of_tree(&link))?);
            found.insert(name, Found { alias_of, ..Found::default() });
        } else if kind.is_dir() {
            let mut text = Vec::new();
            if is_file(&path.join("usage")) {
                File::open(path.join("usage"))?.take(LARGEST_USAGE).read_to_end(&mut text)?;
            }
            let usage = usage(&String::from_utf8_lossy(&text));
            found.insert(name, Found { domains: is_file(&path.join("domains")), usage, alias_of: None });
        }
    }
    Ok(found)
}

/// Hands the text of each folder's names to `take`.
pub(super) fn each(
    root: &Path,
    folders: &[Folder],
    take: &mut dyn FnMut(&str, &mut dyn BufRead) -> Result<(), Fault>,
) -> Result<(), Fault> {
    for folder in folders.iter().filter(|folder| folder.alias_of.is_none()) {
        let file = File::open(root.join(&folder.name).join("domains"))?;
        take(&folder.name, &mut BufReader::with_capacity(64 * 1024, file))?;
    }
    Ok(())
}

/// Whether this is a file itself, and no link to one.
fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|entry| entry.is_file())
}
