//! What waits for signatures, in files that travel: each is signed apart, and signatures are merged where it waits.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tough::schema::{Role, Root, Signed, Targets};

use crate::lists::store::write_aside;
use crate::office::hexadecimal;
use crate::office::tuf::sign::{Detached, SignFault, Staged, canonical};

/// The folder of what waits.
pub const STAGED: &str = "staged";

/// What waits in a working folder.
#[derive(Debug, Clone)]
pub struct Staging {
    folder: PathBuf,
}

/// A signature that was merged, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The file that it is for.
    pub name: String,
    /// The key's id.
    pub key: String,
}

impl Staging {
    /// What waits in the folder at `root`.
    pub fn below(root: &Path) -> Self {
        Self { folder: root.join(STAGED) }
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where `name` waits.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    /// What waits as `name`; nothing where nothing does, or what does cannot be read.
    fn read(&self, name: &str) -> Option<Staged> {
        Staged::read(&fs::read(self.path(name)).ok()?).ok()
    }

    /// The root that waits.
    pub(super) fn root(&self) -> Option<Signed<Root>> {
        match self.read("root")? {
            Staged::Root(signed) => Some(signed),
            Staged::Targets(_) | Staged::Snapshot(_) | Staged::Timestamp(_) => None,
        }
    }

    /// The targets that wait, of the top or of a role.
    pub(super) fn targets(&self, name: &str) -> Option<Signed<Targets>> {
        match self.read(name)? {
            Staged::Targets(signed) => Some(signed),
            Staged::Root(_) | Staged::Snapshot(_) | Staged::Timestamp(_) => None,
        }
    }

    /// Lets `staged` wait as `name`.
    ///
    /// # Errors
    /// [`SignFault::File`].
    pub(super) fn put(&self, name: &str, staged: &Staged) -> Result<(), SignFault> {
        let path = self.path(name);
        let text = staged.text();
        if fs::read(&path).is_ok_and(|known| known == text) {
            return Ok(());
        }
        let made = fs::create_dir_all(&self.folder);
        made.and_then(|()| write_aside(&path, |to| to.write_all(&text))).map_err(SignFault::file(&path))
    }

    /// What waited as `name` waits no more.
    ///
    /// # Errors
    /// [`SignFault::File`].
    pub(super) fn done(&self, name: &str) -> Result<(), SignFault> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(SignFault::file(&path)),
        }
    }

    /// Everything that waits for signatures, by name.
    ///
    /// # Errors
    /// [`SignFault::File`].
    pub fn all(&self) -> Result<BTreeMap<String, Staged>, SignFault> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            read => read.map_err(SignFault::file(&self.folder))?,
        };
        let mut all = BTreeMap::new();
        for entry in entries {
            let path = entry.map_err(SignFault::file(&self.folder))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".json"));
            if let Some(name) = name
                && let Some(staged) = self.read(name)
            {
                all.insert(name.to_owned(), staged);
            }
        }
        Ok(all)
    }

    /// Merges a signature that came from another machine.
    ///
    /// # Errors
    /// Where it is none, or for nothing that waits here.
    pub fn merge(&self, path: &Path) -> Result<Merged, SignFault> {
        let text = fs::read(path).map_err(SignFault::file(path))?;
        let none = |error: serde_json::Error| {
            SignFault::Unready(format!(
                "{} is no signature: {error}\nhint: `khien office sign` writes one, beside what it signs",
                path.display()
            ))
        };
        let detached: Detached = serde_json::from_slice(&text).map_err(none)?;
        for (name, mut staged) in self.all()? {
            if hexadecimal(&canonical(&staged)?) == detached.of {
                staged.merge(&detached)?;
                self.put(&name, &staged)?;
                return Ok(Merged { name, key: detached.key_id() });
            }
        }
        Err(SignFault::Unready(format!(
            "{} signs nothing that waits here\nhint: what waits has changed since; let its signer sign {} anew",
            path.display(),
            self.folder.display()
        )))
    }
}

/// What is staged as it was, where it says the same as `made` but for when it expires: signatures count for it.
pub(super) fn kept<T: Role + Clone>(staged: Option<Signed<T>>, made: T, same: impl Fn(&T, &T) -> bool) -> Signed<T> {
    match staged {
        Some(staged) if same(&staged.signed, &made) => staged,
        Some(_) | None => Signed { signed: made, signatures: Vec::new() },
    }
}
