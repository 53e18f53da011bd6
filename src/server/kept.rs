//! The cache's answers on disk, where the operator wants them there: written now and then and at the end, read at the start.
//!
//! The rule: names of what was looked up are private. The file is the server's own user's alone, names of help lines are not in
//! it, and where the operator does not want it none lies about. Whatever is wrong with it, answers go on.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::state::write_aside;
use crate::answer::cache::{Damaged, read};
use crate::dns::RecordType;
use crate::lists::Protected;
use crate::pipeline::Accounts;

/// How often it is written while the server runs: so much at most is forgotten where it is killed.
pub(super) const EVERY: Duration = Duration::from_secs(600);

/// No file is longer: all that a cache holds in so much memory fits, and reading one ends.
const LONGEST: u64 = 1 << 30;

/// The file.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    path: PathBuf,
}

impl Kept {
    /// In the state directory.
    pub(super) fn in_directory(state: &Path) -> Self {
        Self { path: state.join("answers") }
    }

    /// Takes into the cache what an earlier run left.
    pub(super) fn load(&self, accounts: &Accounts) {
        let bytes = match self.bytes() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => {
                tracing::warn!(%error, "the answers of the last run cannot be read; the cache begins empty");
                return;
            }
        };
        match read(&bytes) {
            Ok(kept) => {
                let (wall, now) = accounts.clock.both();
                let answers = accounts.rooms.cache.restore(kept, wall, now);
                tracing::info!(answers, "what was kept of the last run is in the cache");
            }
            Err(damage @ (Damaged::Foreign | Damaged::Checksum | Damaged::Content)) => {
                tracing::warn!(%damage, "the answers of the last run are set aside as `answers.damaged`; the cache begins empty");
                // Where it cannot be moved the next writing replaces it.
                fs::rename(&self.path, self.damaged()).ok();
            }
        }
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        fs::File::open(&self.path)?.take(LONGEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes what the cache holds.
    pub(super) fn save(&self, accounts: &Accounts) {
        let snapshot = accounts.snapshot.load();
        let (wall, now) = accounts.clock.both();
        let help = |name: &_| snapshot.listed(name, RecordType::A).protected.has(Protected::Help);
        let bytes = accounts.rooms.cache.write(wall, now, help);
        if let Err(error) = write_aside(&self.path, &bytes) {
            tracing::warn!(%error, "the cache's answers could not be written; a restart begins without them");
        }
    }

    /// Removes what earlier runs left.
    pub(super) fn forget(&self) {
        for path in [&self.path, &self.path.with_extension("new"), &self.damaged()] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(%error, path = %path.display(), "answers of an earlier run are still on disk");
                }
                Ok(()) | Err(_) => {}
            }
        }
    }

    fn damaged(&self) -> PathBuf {
        self.path.with_extension("damaged")
    }
}
