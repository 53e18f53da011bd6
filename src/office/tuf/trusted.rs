//! What a school believes of a repository, in one file below its state directory: the newest root, and what was verified by it.
//!
//! The rule: the file is renamed into place, whole and on the disk, and begins with the digest of the rest; where it is damaged nothing
//! of it is believed, and the installed root is where believing begins anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fetch::Marks;
use crate::lists::store::write_aside;
use crate::office::publication::{Publication, RolePart};
use crate::office::{SpeaksFor, hexadecimal};

/// The most octets of the file: metadata of a large office, and a publication.
const LARGEST: u64 = 128 << 20;

/// What is believed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Trusted {
    /// The digest of the installed root file, which all of it was verified by.
    pub(super) origin: String,
    /// The newest root that the installed one leads to.
    pub(super) root: Value,
    /// What was verified by it, or by a root before it; nothing before the first time.
    pub(super) verified: Option<Verified>,
}

/// A repository as it was verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Verified {
    /// The timestamp and the snapshot, which nothing older may follow.
    pub(super) timestamp: Value,
    pub(super) snapshot: Value,
    /// The versions, which leap no further than the office can follow.
    pub(super) versions: Versions,
    /// The digest of the timestamp's file.
    pub(super) first: String,
    /// What the timestamp can be asked for by, and where.
    pub(super) marks: Marks,
    pub(super) from: String,
    /// When the first of the top roles expires, and which one it is.
    pub(super) expires: Timestamp,
    pub(super) expires_first: String,
    /// The publication.
    pub(super) publication: Publication,
    /// The tables that the top signed, by their targets' names.
    pub(super) tables: BTreeMap<String, FileOf>,
    /// The roles, those that delegate before those that they delegate to.
    pub(super) roles: Vec<Role>,
}

/// The versions of what is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Versions {
    pub(super) timestamp: u64,
    pub(super) snapshot: u64,
    pub(super) targets: u64,
    pub(super) publication: u64,
}

/// A delegated role as it was verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Role {
    /// Its name.
    pub(super) name: String,
    /// The version of its metadata.
    pub(super) version: u64,
    /// When its metadata expires.
    pub(super) expires: Timestamp,
    /// What the delegation lets it say.
    pub(super) speaks_for: SpeaksFor,
    /// The ids of the keys that the delegation counts.
    pub(super) keys: BTreeSet<String>,
    /// Its files, by their paths as targets.
    pub(super) files: BTreeMap<String, FileOf>,
    /// Its part of the publication where that is not what the publication says: it had expired, and its last content stays.
    #[serde(default)]
    pub(super) stays: Option<RolePart>,
}

/// A file that a role signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct FileOf {
    /// Its octets.
    pub(super) length: u64,
    /// Its digest, in hexadecimal digits.
    pub(super) sha256: String,
    /// What it is, by the role's word.
    #[serde(flatten)]
    pub(super) holds: Holds,
}

/// What a file holds, as a role says it of its target (`custom`, signed).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Holds {
    /// The digest of the text that comes out of it; none where it is the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The digest of the text that it is the difference from; none where it is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// The office's folder below a state directory.
fn folder(state: &Path) -> PathBuf {
    state.join("office")
}

/// The folder that a round works in; nothing in it outlives the round.
pub(super) fn scratch(state: &Path) -> PathBuf {
    folder(state).join("verifying")
}

fn file(state: &Path) -> PathBuf {
    folder(state).join("trusted.json")
}

/// What is believed by the root file with the digest `origin`; nothing where another root file was installed, or the file is damaged.
pub(super) fn read(state: &Path, origin: Option<&str>) -> Option<Trusted> {
    let mut octets = Vec::new();
    File::open(file(state)).ok()?.take(LARGEST).read_to_end(&mut octets).ok()?;
    let end = octets.iter().position(|octet| *octet == b'\n')?;
    let (digest, text) = (octets.get(..end)?, octets.get(end + 1..)?);
    if hexadecimal(text).as_bytes() != digest {
        return None;
    }
    let trusted: Trusted = serde_json::from_slice(text).ok()?;
    origin.is_none_or(|origin| trusted.origin == origin).then_some(trusted)
}

/// Believes `trusted` from now on.
///
/// # Errors
/// What the operating system says; what was believed still is.
pub(super) fn write(state: &Path, trusted: &Trusted) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder(state))?;
    let text = serde_json::to_vec(trusted)?;
    write_aside(&file(state), |to| {
        writeln!(to, "{}", hexadecimal(&text))?;
        to.write_all(&text)
    })
}

/// An empty folder to work in, with what nothing older may follow.
///
/// # Errors
/// What the operating system says.
pub(super) fn open_scratch(state: &Path, verified: Option<&Verified>) -> io::Result<PathBuf> {
    let scratch = scratch(state);
    match fs::remove_dir_all(&scratch) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    DirBuilder::new().recursive(true).mode(0o700).create(&scratch)?;
    if let Some(verified) = verified {
        fs::write(scratch.join("timestamp.json"), serde_json::to_vec(&verified.timestamp)?)?;
        fs::write(scratch.join("snapshot.json"), serde_json::to_vec(&verified.snapshot)?)?;
    }
    Ok(scratch)
}
