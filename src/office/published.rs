//! What the desk published last, read from `published/`: what the next build is held against.
//!
//! The rule: it is the office's own copy, so it is read and not verified; what schools take they verify for themselves.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::content::PUBLICATION;
use super::decisions::{self, Decision};
use super::hexadecimal;
use super::publication::Publication;

/// The last publication, with its decisions.
#[derive(Debug, Clone, Default)]
pub struct Last {
    /// The publication; none before the first.
    pub publication: Option<Publication>,
    /// The decisions of each role, as far as their files are there.
    pub decided: BTreeMap<String, Vec<Decision>>,
}

impl Last {
    /// The newest publication below `root`.
    ///
    /// # Errors
    /// What the operating system says; a file that is no publication is none.
    pub fn of(root: &Path) -> io::Result<Self> {
        let targets = root.join("published").join("targets");
        let mut newest: Option<Publication> = None;
        for file in named(&targets, PUBLICATION)? {
            let read = Publication::parse(&fs::read(file)?).ok();
            newest = newest.into_iter().chain(read).max_by_key(|publication| publication.serial);
        }
        let mut decided = BTreeMap::new();
        for (role, part) in newest.iter().flat_map(|publication| &publication.roles) {
            for file in named(&targets.join(role), "decisions.json")? {
                let text = fs::read(file)?;
                if hexadecimal(&text) == part.decisions.sha256
                    && let Ok(read) = decisions::read(&text)
                {
                    decided.insert(role.clone(), read);
                }
            }
        }
        Ok(Self { publication: newest, decided })
    }
}

/// The files that are called so, with or without a digest before the name.
fn named(directory: &Path, name: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
        if file == name || file.strip_suffix(name).is_some_and(|digest| digest.ends_with('.')) {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
