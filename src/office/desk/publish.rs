//! Publishing: what is prepared is written where the folder keeps it, and mirrored to where schools read it.
//!
//! The rule: whoever reads meanwhile has the old publication or the new one, whole, in either place.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Desk;
use super::prepare::Prepared;
use super::staged::Staging;
use crate::lists::store::write_aside;
use crate::office::publication::SIGNER;
use crate::office::published::PUBLISHED;
use crate::office::tuf::sign::{SignFault, delegation_ids, enough_of, finish, root_keys_of, write};

/// The file that says which others count.
const TIMESTAMP: &str = "timestamp.json";

impl Desk<'_> {
    /// Whether this machine has what publications are signed by.
    pub fn publishes_here(&self) -> bool {
        self.folder.rules.signing.publication.keys.iter().any(|name| self.keys.private_path(name).exists())
    }

    /// Writes what is prepared into `published/`.
    ///
    /// # Errors
    /// [`SignFault`]; what was published before then still is.
    pub fn publish(&self, prepared: &Prepared) -> Result<(), SignFault> {
        let Prepared { root, targets, roles, files, .. } = prepared;
        if let Some(signed) = roles.get(SIGNER)
            && enough_of(targets, signed, SIGNER).is_err()
        {
            let who: Vec<String> = delegation_ids(targets, SIGNER).0.iter().map(|id| self.keys.name_of(id)).collect();
            return Err(SignFault::Unready(format!(
                "who signs publications is not here\nhint: publish on the machine that has keys/{}.key; \
                 where this one builds a role's part, carry staged/part-ROLE there",
                who.join(".key or keys/")
            )));
        }
        let signing = &self.folder.rules.signing;
        let keys = |ids: Vec<String>, what: &str| {
            let keys = self.keys.here(&ids)?;
            if keys.is_empty() {
                let said =
                    format!("the key that signs {what}s is not here\nhint: publish on the machine that has keys/{what}.key");
                return Err(SignFault::Unready(said));
            }
            Ok(keys)
        };
        let (snapshot_ids, timestamp_ids) = root_keys_of(&root.signed);
        let (snapshot, timestamp) = (keys(snapshot_ids, "snapshot")?, keys(timestamp_ids, "timestamp")?);
        let until = (self.until(signing.lifetimes.snapshot)?, self.until(signing.lifetimes.timestamp)?);
        let snapshot: Vec<_> = snapshot.iter().map(AsRef::as_ref).collect();
        let timestamp: Vec<_> = timestamp.iter().map(AsRef::as_ref).collect();
        let current = self.last.current.as_ref();
        let finished = finish(root.clone(), targets.clone(), roles, current, (&snapshot, &timestamp), until)?;
        let folder = self.folder.root.join(PUBLISHED);
        fs::create_dir_all(folder.join("targets")).map_err(SignFault::file(&folder))?;
        write(&folder, &finished, files, current)?;
        let staging = Staging::below(&self.folder.root);
        let waits = |name: &str| prepared.waiting.iter().any(|waiting| waiting.name == name);
        for name in ["root", "targets"].into_iter().chain(roles.keys().map(String::as_str)).filter(|name| !waits(name)) {
            staging.done(name)?;
        }
        Ok(())
    }
}

/// Makes the folder `to` what `from` is: files first, then metadata, the timestamp last; what is there no more goes then.
///
/// # Errors
/// Which file could not be read or written.
pub fn mirror(from: &Path, to: &Path) -> Result<(), SignFault> {
    fs::create_dir_all(to).map_err(SignFault::file(to))?;
    let files = below(from)?;
    let order = |file: &Path| match file.to_str() {
        Some(TIMESTAMP) => 3,
        Some(name) if name.ends_with(".root.json") => 2,
        Some(_) if file.parent().is_some_and(|parent| parent.as_os_str().is_empty()) => 1,
        Some(_) | None => 0,
    };
    let mut sorted: Vec<&PathBuf> = files.iter().collect();
    sorted.sort_by_key(|file| order(file));
    for file in sorted {
        let (source, target) = (from.join(file), to.join(file));
        let octets = |path: &Path| fs::metadata(path).map(|metadata| metadata.len());
        // A file among targets has its digest in its name, and is never another.
        if order(file) == 0 && octets(&source).ok() == octets(&target).ok() {
            continue;
        }
        let text = fs::read(&source).map_err(SignFault::file(&source))?;
        let made = target.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| write_aside(&target, |to| to.write_all(&text))).map_err(SignFault::file(&target))?;
    }
    for file in below(to)?.difference(&files).filter(|file| file.starts_with("targets")) {
        let path = to.join(file);
        fs::remove_file(&path).map_err(SignFault::file(&path))?;
    }
    Ok(())
}

/// The files below a folder, by their paths from there.
fn below(folder: &Path) -> Result<BTreeSet<PathBuf>, SignFault> {
    let mut files = BTreeSet::new();
    let mut open = vec![PathBuf::new()];
    while let Some(at) = open.pop() {
        let path = folder.join(&at);
        let entries = fs::read_dir(&path).map_err(SignFault::file(&path))?;
        for entry in entries.collect::<io::Result<Vec<_>>>().map_err(SignFault::file(&path))? {
            let name = at.join(entry.file_name());
            match entry.file_type().map_err(SignFault::file(&path))?.is_dir() {
                true => open.push(name),
                false => drop(files.insert(name)),
            }
        }
    }
    Ok(files)
}
