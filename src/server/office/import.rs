//! Publications that come by hand: a folder that was filled from a stick, verified as what comes by the network is.

use std::fs;
use std::io::{self, BufRead, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::super::{Running, lock};
use super::offline::NO_OFFICE;
use crate::office::repository::Way;

/// Where an import puts what it brings, below a state directory.
pub(super) fn import_directory(state: &Path) -> PathBuf {
    state.join("import")
}

/// The most octets that an import copies: thirty publications of a large office have a tenth of it.
const LARGEST: u64 = 8 << 30;

/// The most files that it copies.
const FILES: usize = 100_000;

/// A copy of what is imported; it goes when this is dropped.
#[derive(Debug)]
pub struct Staged {
    directory: PathBuf,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What is left goes with the next import.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Copies a repository, from a folder or a tar of it, to where a server on `state` can read it. Only plain files and folders are
/// taken, and nothing outside of it.
///
/// # Errors
/// What the operating system says, or that it is no repository or too large.
pub fn stage_import(state: &Path, from: &Path) -> io::Result<Staged> {
    let directory = import_directory(state);
    match fs::remove_dir_all(&directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    fs::create_dir_all(&directory)?;
    let staged = Staged { directory };
    let mut room = Room { octets: LARGEST, files: FILES };
    if from.is_dir() {
        copy_folder(from, &staged.directory, &mut room)?;
    } else {
        copy_tar(from, &staged.directory, &mut room)?;
    }
    bare(&staged.directory)?;
    Ok(staged)
}

/// What may still be copied.
struct Room {
    octets: u64,
    files: usize,
}

impl Room {
    fn copy(&mut self, mut from: impl Read, to: &Path) -> io::Result<()> {
        self.files = self.files.checked_sub(1).ok_or_else(|| io::Error::other("it has too many files"))?;
        let mut file = fs::File::create(to)?;
        let copied = io::copy(&mut (&mut from).take(self.octets + 1), &mut file)?;
        self.octets = self.octets.checked_sub(copied).ok_or_else(|| io::Error::other("it is too large"))?;
        Ok(())
    }
}

fn copy_folder(from: &Path, to: &Path, room: &mut Room) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, at) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            fs::create_dir(&at)?;
            copy_folder(&entry.path(), &at, room)?;
        } else if kind.is_file() {
            room.copy(fs::File::open(entry.path())?, &at)?;
        }
    }
    Ok(())
}

fn copy_tar(from: &Path, to: &Path, room: &mut Room) -> io::Result<()> {
    let mut file = io::BufReader::new(fs::File::open(from)?);
    // The first octets of a Zstandard frame (RFC 8878 section 3.1.1).
    let packed = file.fill_buf()?.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    let text: Box<dyn Read> = if packed { Box::new(zstd::stream::read::Decoder::with_buffer(file)?) } else { Box::new(file) };
    // Whatever unpacks to more than may be copied ends with it.
    let mut archive = tar::Archive::new(text.take(2 * LARGEST));
    for entry in archive.entries()? {
        let entry = entry?;
        let path = entry.path()?.into_owned();
        if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(io::Error::other(format!("{} leads out of it", path.display())));
        }
        let at = to.join(&path);
        if entry.header().entry_type().is_file() {
            if let Some(folder) = at.parent() {
                fs::create_dir_all(folder)?;
            }
            room.copy(entry, &at)?;
        }
    }
    Ok(())
}

/// A tar often has the repository in a folder of its own: the repository is what is imported.
fn bare(directory: &Path) -> io::Result<()> {
    if directory.join(FIRST).exists() {
        return Ok(());
    }
    let entries: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    let inner = entries.iter().find(|path| path.join(FIRST).exists());
    let inner = inner.ok_or_else(|| io::Error::other(format!("there is no {FIRST}, so it is no repository of an office")))?;
    for entry in fs::read_dir(inner)? {
        let entry = entry?;
        fs::rename(entry.path(), directory.join(entry.file_name()))?;
    }
    Ok(())
}

/// The file that every repository has.
const FIRST: &str = "timestamp.json";

impl Running {
    /// Verifies what lies in the folder that an import filled, and puts in force what is due of it.
    ///
    /// # Errors
    /// A sentence for people; what was in force stays then.
    pub async fn office_import(self: &Arc<Self>) -> Result<String, String> {
        let Some(source) = self.office_source() else {
            return Err(NO_OFFICE.to_owned());
        };
        let way = Way::Folder(import_directory(self.state.path()));
        // Lists that are being put in force first have their turn.
        drop(self.office.changing.lock().await);
        let now = self.accounts.clock.wall();
        let asked = {
            let _one = self.office.asking.lock().await;
            self.office.repository.ask(&self.office.state, &source.root, &way, now).await
        };
        let verified = Arc::new(asked.map_err(|failure| format!("{failure}\nwhat was in force stays in force"))?);
        {
            let mut known = lock(&self.office.known);
            known.learn(Arc::clone(&verified));
            known.take_not_before = std::time::Duration::ZERO;
        }
        self.take_what_is_due(&source, &way).await;
        drop(self.office.changing.lock().await);
        let known = lock(&self.office.known);
        let in_force = known.adopted.in_force();
        let (lists, decisions) = in_force.map_or((0, 0), |edition| (edition.lists.serial, edition.decisions.serial));
        if known.take_not_before > std::time::Duration::ZERO {
            let failure = known.failure.clone().unwrap_or_default();
            return Err(format!("publication {} is verified, but could not be taken: {failure}", verified.newest()));
        }
        Ok(format!(
            "publication {} is verified; lists of publication {lists} and decisions of publication {decisions} are in force",
            verified.newest()
        ))
    }
}
