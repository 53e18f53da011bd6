//! The state directory: one server at a time, readable by its own user only, and a serial that outlives the process.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// The control socket's name in the state directory.
pub const CONTROL_SOCKET: &str = "control.sock";

/// The state directory, held by this process until it ends.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    /// Kept open: the lock goes with it.
    _lock: File,
}

/// Why the state directory cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be made or written.
    #[error(
        "the state directory {path} cannot be used: {error}\nhint: let the user that runs khien write there, or set [state] directory"
    )]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Another server runs on it.
    #[error("another khien runs on the state directory {path}\nhint: stop it, or give this one its own [state] directory")]
    Taken {
        /// The directory.
        path: PathBuf,
    },
}

impl State {
    /// Makes the directory where it is missing and takes it.
    ///
    /// # Errors
    /// As [`StateError`] says. A directory that can be read but not written is taken as it is: what was compiled before still filters.
    pub fn take(path: &Path) -> Result<Self, StateError> {
        let unusable = |error| StateError::Unusable { path: path.to_owned(), error };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let lock_path = path.join("lock");
        let lock = File::options().create(true).append(true).open(&lock_path).or_else(|error| {
            // On a read-only disk the lock of an earlier run, or the directory itself, can still be locked.
            File::open(&lock_path).or_else(|_| File::open(path)).map_err(|_| error)
        });
        let lock = lock.map_err(unusable)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(StateError::Taken { path: path.to_owned() }),
            Err(error) => Err(unusable(error.into())),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The serial after `last` and after all that an earlier run has given out, as far as the disk keeps it.
    pub fn next_serial(&self, last: u64) -> u64 {
        let file = self.path.join("serial");
        let kept = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(0);
        let next = kept.max(last) + 1;
        if let Err(error) = write_aside(&file, next.to_string().as_bytes()) {
            tracing::warn!(%error, "the serial could not be kept; it may be given out again after a restart");
        }
        next
    }

    /// A listening control socket that only this user may open.
    ///
    /// # Errors
    /// As the system says.
    pub fn control_socket(&self) -> io::Result<tokio::net::UnixListener> {
        let path = self.path.join(CONTROL_SOCKET);
        // The lock says that no other server uses it: what lies there is an earlier run's.
        fs::remove_file(&path).ok();
        let listener = tokio::net::UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    }
}

/// Writes a file so that, whatever happens, it holds the old content or the new, whole.
/// Only this server's user can read it.
pub(super) fn write_aside(path: &Path, content: &[u8]) -> io::Result<()> {
    let aside = path.with_extension("new");
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    // One that lay there already has the mode it had.
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&aside, path)
}

#[cfg(test)]
mod tests;
