//! The state directory's part for what is fetched: of each list the last good copy, and a record of where it stands.
//!
//! The rule: a copy is renamed into place, whole, and its record follows; wherever a crash, a full or a read-only disk comes between,
//! the copy is the old one or the new one, and a record that does not belong to it vouches for nothing.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::{Failure, Reason};
use crate::lists::ListId;
use crate::lists::store::write_aside;

/// The copies below a state directory.
#[derive(Debug, Clone)]
pub struct Copies {
    directory: PathBuf,
}

/// What a source said of the copy, so that it need not send it again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Its entity tag, as sent (RFC 9110 section 8.8.3).
    pub etag: Option<String>,
    /// When it was last modified, as sent (RFC 9110 section 8.8.2).
    pub last_modified: Option<String>,
    /// The version of the zone that it came from, and when that is to be asked for again.
    pub zone: Option<Version>,
}

/// A version of a zone, by its SOA record; times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its serial.
    pub serial: u32,
    /// How long the zone is left alone.
    pub refresh: u32,
    /// How long it is left alone after it could not be had.
    pub retry: u32,
}

/// Where a list stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Where the copy came from; another source owes it nothing.
    pub origin: String,
    /// What the source said of it.
    pub marks: Marks,
    /// The digest of the copy's octets on disk, in hexadecimal digits; empty before there is one.
    pub digest: String,
    /// Entries and patterns in it.
    pub entries: u64,
    /// How many there were before, where a person took the copy although that is too great a change.
    pub overridden: Option<u64>,
    /// When it came.
    pub fetched: Option<Timestamp>,
    /// When the source last sent it, or said that it is still the newest.
    pub confirmed: Option<Timestamp>,
    /// When the source was last asked.
    pub asked: Option<Timestamp>,
    /// Why the source has brought nothing since then.
    pub failure: Option<Failure>,
    /// How often in a row.
    pub in_a_row: u32,
    /// How often ever, by reason.
    pub failures: BTreeMap<Reason, u64>,
}

impl Record {
    /// Notes that the source was asked at `now` and failed.
    pub fn failed(&mut self, failure: Failure, now: Timestamp) {
        *self.failures.entry(failure.reason).or_default() += 1;
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.asked = Some(now);
        self.failure = Some(failure);
    }

    /// Notes that the source was asked at `now`, and that the copy is what it offers.
    pub fn succeeded(&mut self, now: Timestamp) {
        (self.asked, self.confirmed, self.failure, self.in_a_row) = (Some(now), Some(now), None, 0);
    }
}

impl Copies {
    /// Those below `state`. Nothing is made before something is fetched.
    pub fn below(state: &Path) -> Self {
        Self { directory: state.join("fetched") }
    }

    /// Where a list's last good copy is, once there is one: always in the same place, packed as a Zstandard frame.
    pub fn path(&self, list: &ListId) -> PathBuf {
        self.directory.join(stem(list) + ".copy")
    }

    /// What is known of a list; nothing where the record is missing or damaged, for all of it can be learned again.
    pub fn record(&self, list: &ListId) -> Record {
        let text = fs::read(self.directory.join(stem(list) + ".record")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Takes a list in hand, so that no other process fetches it meanwhile; none where one does. What a process left there that
    /// was killed is removed.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn hold(&self, list: &ListId) -> io::Result<Option<Held>> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        self.hand_over(&self.directory)?;
        let stem = stem(list);
        let lock = File::options().create(true).append(true).mode(0o600).open(self.directory.join(format!("{stem}.lock")))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        self.hand_over(&self.directory.join(format!("{stem}.lock")))?;
        let held = Held { copies: self.clone(), list: list.clone(), stem, lock };
        held.sweep()?;
        Ok(Some(held))
    }

    /// Gives a file to whom the state directory belongs: root, who fetches by hand, must leave the server what it can read.
    fn hand_over(&self, path: &Path) -> io::Result<()> {
        let state = fs::metadata(self.directory.parent().unwrap_or(&self.directory))?;
        let own = fs::metadata(path)?;
        if rustix::process::geteuid().is_root() && (own.uid(), own.gid()) != (state.uid(), state.gid()) {
            chown(path, Some(state.uid()), Some(state.gid()))?;
        }
        Ok(())
    }
}

/// A list in hand: the right to change its copy and record, until it is dropped.
#[derive(Debug)]
pub struct Held {
    copies: Copies,
    list: ListId,
    stem: String,
    lock: File,
}

/// What must be left on the disk, in octets, besides room for another copy.
const SPARE: u64 = 256 * 1024;

/// What stays of a list when nobody holds it.
const LASTING: [&str; 3] = ["copy", "record", "lock"];

impl Held {
    /// The list.
    pub const fn list(&self) -> &ListId {
        &self.list
    }

    /// What is known of it. Marks that do not belong to the copy as it lies on the disk are left out, so that the source sends it.
    pub fn record(&self) -> Record {
        let mut record = self.copies.record(&self.list);
        if !record.digest.is_empty() && digest(&self.copies.path(&self.list)).ok().as_ref() != Some(&record.digest) {
            record.marks = Marks::default();
            record.digest.clear();
        }
        record
    }

    /// Where the copy is, once there is one.
    pub fn copy(&self) -> PathBuf {
        self.copies.path(&self.list)
    }

    /// A file beside the copy, for what is on its way; gone, at the latest, when the list is next taken in hand.
    pub fn beside(&self, what: &str) -> PathBuf {
        debug_assert!(!LASTING.contains(&what), "this is no file for the way");
        self.copies.directory.join(format!("{}.{what}", self.stem))
    }

    /// Makes `candidate`, a file [`beside`](Self::beside) the copy, the last good copy, and notes `record` of it.
    ///
    /// # Errors
    /// What the operating system says; the copy is then the old one, unless only the record could not be written.
    pub fn adopt(&self, candidate: &Path, record: &mut Record) -> io::Result<()> {
        File::open(candidate)?.sync_all()?;
        record.digest = digest(candidate)?;
        self.copies.hand_over(candidate)?;
        fs::rename(candidate, self.copies.path(&self.list))?;
        File::open(&self.copies.directory)?.sync_all()?;
        self.note(record)
    }

    /// Keeps `record`.
    ///
    /// # Errors
    /// What the operating system says; what was kept before stays.
    pub fn note(&self, record: &Record) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(record)?;
        let path = self.copies.directory.join(format!("{}.record", self.stem));
        write_aside(&path, |to| to.write_all(&text))?;
        self.copies.hand_over(&path)
    }

    /// Whether there is room for another copy beside the one that is there, told without asking anybody for it: `record` is kept as
    /// it is, and the disk has so much left.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn has_room(&self, record: &Record) -> io::Result<()> {
        self.note(record)?;
        let disk = rustix::fs::statvfs(&self.copies.directory)?;
        let left = disk.f_bavail.saturating_mul(disk.f_frsize);
        let copy = fs::metadata(self.copies.path(&self.list)).map_or(0, |copy| copy.len());
        // What is half-written and the trial image take about as much again.
        if left < 2 * copy + SPARE { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    /// Removes what is neither copy nor record.
    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.copies.directory)? {
            let entry = entry?;
            let file = entry.file_name();
            let own = file.to_str().and_then(|file| file.strip_prefix(&self.stem)).and_then(|rest| rest.strip_prefix('.'));
            if own.is_some_and(|kind| !LASTING.contains(&kind)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // What cannot be removed now is removed by who comes next.
        self.sweep().ok();
        // In so many words: closing alone waits for a child that is being started meanwhile, which has the file open until then.
        flock(&self.lock, FlockOperation::Unlock).ok();
    }
}

/// What the names of a list's files begin with: no two lists share one, and none leads out of the directory.
fn stem(list: &ListId) -> String {
    let mut stem = String::new();
    for byte in list.0.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => stem.push(char::from(byte)),
            other => stem.push_str(&format!("%{other:02x}")),
        }
    }
    stem
}

/// The digest of a file's octets.
fn digest(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests;
