//! What tests of the office are made of: a working folder of few files, and what would be published from it.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use tempfile::TempDir;

use super::content::{Content, Findings, NotBuilt, Wanted};
use super::decisions::Decision;
use super::folder::Folder;
use super::publication::{Override, Publication, Urgent};
use crate::fault::Fault;

pub(super) const OFFICE: &str = "name = \"Sở\"\nurl = \"https://lists.so.edu.vn/khien/\"\n[[role]]\nid = \"ministry\"\nname = { vi = \"Bộ\", en = \"Ministry\" }\nspeaks_for = [\"*\"]\n[[role]]\nid = \"district-1\"\nspeaks_for = [\"games\", \"social\"]\n";

/// A folder of office.toml and these files.
pub(super) fn folder(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().expect("a directory");
    put(root.path(), "office.toml", OFFICE);
    for (file, text) in files {
        put(root.path(), file, text);
    }
    root
}

pub(super) fn put(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().expect("below the root")).expect("a directory");
    std::fs::write(path, text).expect("a file");
}

/// A file of decisions of one person.
pub(super) fn decided(rows: &[(&str, &str, &str)]) -> String {
    let row = |(kind, name, category): &(&str, &str, &str)| {
        let category = if category.is_empty() { String::new() } else { format!("category = \"{category}\"\n") };
        format!("[[{kind}]]\nname = \"{name}\"\n{category}reason = \"lý do\"\nby = \"Lan\"\nmade = 2026-11-26\n")
    };
    rows.iter().map(row).collect()
}

pub(super) fn read(root: &Path) -> Folder {
    Folder::read(root).unwrap_or_else(|faults| panic!("{}", lines(&faults, root)))
}

/// Faults as they are shown, without the place of the test's folder.
pub(super) fn lines(faults: &[Fault], root: &Path) -> String {
    let root = format!("{}/", root.display());
    faults.iter().map(|fault| fault.to_string().replace(&root, "")).collect::<Vec<_>>().join("\n")
}

pub(super) fn saying(what: &str) -> Override {
    Override { what: what.to_owned(), by: "Lan".to_owned(), reason: "cần".to_owned() }
}

pub(super) fn now() -> Timestamp {
    "2026-11-26T08:00:00Z".parse().expect("a time")
}

/// What examining the folder finds.
pub(super) fn examined(root: &Path, previous: Option<&Publication>, overrides: &[Override]) -> Findings {
    let decided = BTreeMap::new();
    read(root).examine(previous, &wanted(overrides, &decided)).unwrap_or_else(|failure| panic!("{failure:?}"))
}

/// What is published of the folder after `previous`.
pub(super) fn built(
    root: &Path,
    previous: Option<&Publication>,
    decided: &BTreeMap<String, Vec<Decision>>,
) -> Result<Content, NotBuilt> {
    read(root).content(previous, &wanted(&[], decided))
}

fn wanted<'w>(overrides: &'w [Override], decided: &'w BTreeMap<String, Vec<Decision>>) -> Wanted<'w> {
    let today = jiff::civil::date(2026, 11, 26);
    Wanted { now: now(), today, urgent: Urgent::No, overrides, decided }
}
