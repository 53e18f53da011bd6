//! What was published last, read from the folder's `published/`: what a change is weighed against, and what differences lead on from.
//!
//! The rule: a file counts only where its digest is what its name, or who names it, says.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::gate::Previous;
use super::publication::Publication;
use crate::fault::Fault;
use crate::office::decisions::{self, Decision};
use crate::office::hexadecimal;
use crate::office::names::{LARGEST, NameList};
use crate::office::patch::unpack;

/// The repository's files, as far as the desk reads them.
#[derive(Debug, Clone)]
pub struct Published {
    targets: PathBuf,
}

/// How the file of a publication ends.
const PUBLICATION: &str = ".publication.json";

impl Published {
    /// That of a working folder.
    pub fn of(folder: &Path) -> Self {
        Self { targets: folder.join("published/targets") }
    }

    /// The newest publication with its lists, and what each role decided in it. Nothing before the first.
    ///
    /// # Errors
    /// A file that is damaged or missing.
    pub fn last(&self) -> Result<(Previous, BTreeMap<String, Vec<Decision>>), Fault> {
        let Some(publication) = self.newest().map_err(|error| self.fault(&self.targets, &error.to_string()))? else {
            return Ok((Previous::default(), BTreeMap::new()));
        };
        let mut previous = Previous::default();
        let mut decided = BTreeMap::new();
        for (role, facts) in &publication.roles {
            let text = self.text(role, &facts.names.sha256)?;
            let list = NameList::parse(&text).map_err(|fault| self.fault(&self.targets.join(role), &fault.to_string()))?;
            previous.lists.insert(role.clone(), list);
            let file = self.targets.join(role).join(format!("{}.decisions.json", facts.decisions.sha256));
            let text = fs::read(&file).map_err(|error| self.fault(&file, &format!("this cannot be read: {error}")))?;
            if hexadecimal(&text) != facts.decisions.sha256 {
                return Err(self.fault(&file, "this is not what was published: its digest is another"));
            }
            decided.insert(role.clone(), decisions::read(&text).map_err(|fault| self.fault(&file, &fault.to_string()))?);
        }
        previous.publication = Some(publication);
        Ok((previous, decided))
    }

    /// The text with this digest that a role published.
    ///
    /// # Errors
    /// Where there is none.
    pub fn text(&self, role: &str, digest: &str) -> Result<Vec<u8>, Fault> {
        let directory = self.targets.join(role);
        let missing = |said: &str| self.fault(&directory, &format!("the list {digest} that was published is not here{said}"));
        let entries = fs::read_dir(&directory).map_err(|error| missing(&format!(": {error}")))?;
        for entry in entries.filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().ends_with(".names.zst") {
                let packed = fs::read(entry.path()).map_err(|error| missing(&format!(": {error}")))?;
                if let Ok(text) = unpack(&packed, LARGEST)
                    && hexadecimal(&text) == digest
                {
                    return Ok(text);
                }
            }
        }
        Err(missing(""))
    }

    fn newest(&self) -> io::Result<Option<Publication>> {
        let entries = match fs::read_dir(&self.targets) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut newest: Option<Publication> = None;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(digest) = name.strip_suffix(PUBLICATION) else { continue };
            let text = fs::read(entry.path())?;
            if hexadecimal(&text) != digest {
                continue;
            }
            let publication = Publication::parse(&text).map_err(io::Error::other)?;
            if newest.as_ref().is_none_or(|known| known.serial < publication.serial) {
                newest = Some(publication);
            }
        }
        Ok(newest)
    }

    fn fault(&self, file: &Path, what: &str) -> Fault {
        let what = what.lines().next().unwrap_or_default();
        Fault::error(file, None, what, "take `published/` again from the web server, as it was published last")
    }
}

#[cfg(test)]
mod tests;
