//! The audit trail: who did what that touches a person, in lines that each carry the hash of the one before.
//!
//! The rule: it is appended to and flushed before the act it speaks of, and nothing in it can be changed without the chain breaking.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The trail's file, below the state directory.
pub const FILE: &str = "audit.jsonl";

/// What was done, by whom, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// When.
    pub time: Timestamp,
    /// Who did it: the account's name.
    pub actor: String,
    /// What was done, in a word: `journal-client`.
    pub act: String,
    /// Whom or what it touches.
    pub subject: String,
    /// The reason that was typed.
    pub reason: String,
}

/// What a trail that holds together ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many lines there are.
    pub lines: u64,
    /// The hash of the last one, in hex. Kept elsewhere, it shows whether lines were cut off the end.
    pub hash: String,
}

/// Why a trail does not hold.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file cannot be read or written.
    #[error("the audit trail {path}: {error}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A line was changed, taken out, or put in.
    #[error("the audit trail {path} is broken at line {line}: {what}", path = path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// The first line that does not hold, from 1.
        line: u64,
        /// In what way.
        what: &'static str,
    },
}

/// Appends `act` to the trail below `directory`, flushes it to the disk, and gives the trail's new head.
///
/// Several programs may append at a time. The end of a line that a crash cut off is taken back: what it spoke of was not done.
///
/// # Errors
/// [`AuditError`]; a trail that is broken is not continued.
pub fn append(directory: &Path, act: &Act) -> Result<Head, AuditError> {
    let path = directory.join(FILE);
    let at = |error| AuditError::File { path: path.clone(), error };
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path).map_err(at)?;
    flock(&file, FlockOperation::LockExclusive).map_err(|error| at(error.into()))?;
    let (head, whole) = follow(&path, &file)?;
    if whole < file.metadata().map_err(at)?.len() {
        file.set_len(whole).map_err(at)?;
    }
    let lines = head.lines + 1;
    let mut record = json!({
        "number": lines,
        "time": act.time.to_string(),
        "actor": act.actor,
        "act": act.act,
        "subject": act.subject,
        "reason": act.reason,
        "previous": head.hash,
    });
    let hash = hash(&record);
    record["hash"] = Value::from(hash.as_str());
    file.write_all(format!("{record}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(at)?;
    Ok(Head { lines, hash })
}

/// Checks the whole trail below `directory`; one that is not there has no lines.
///
/// # Errors
/// [`AuditError`].
pub fn verify(directory: &Path) -> Result<Head, AuditError> {
    let path = directory.join(FILE);
    let at = |error| AuditError::File { path: path.clone(), error };
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Head::start()),
        opened => opened.map_err(at)?,
    };
    flock(&file, FlockOperation::LockShared).map_err(|error| at(error.into()))?;
    Ok(follow(&path, &file)?.0)
}

impl Head {
    /// The head of a trail without lines.
    fn start() -> Self {
        Self { lines: 0, hash: "0".repeat(64) }
    }
}

/// Follows the chain from its start; gives its head, and how many octets its whole lines have.
fn follow(path: &Path, mut file: &File) -> Result<(Head, u64), AuditError> {
    let at = |error| AuditError::File { path: path.to_owned(), error };
    file.seek(SeekFrom::Start(0)).map_err(at)?;
    let mut lines = BufReader::new(file);
    let (mut head, mut whole, mut line) = (Head::start(), 0, Vec::new());
    loop {
        line.clear();
        lines.read_until(b'\n', &mut line).map_err(at)?;
        if line.last() != Some(&b'\n') {
            return Ok((head, whole));
        }
        let number = head.lines + 1;
        let broken = |what| AuditError::Broken { path: path.to_owned(), line: number, what };
        let mut record: Value = serde_json::from_slice(&line).map_err(|_| broken("it is no record"))?;
        let stated = record.as_object_mut().and_then(|fields| fields.remove("hash"));
        let Some(Value::String(stated)) = stated else { return Err(broken("it is no record")) };
        if record["number"] != number {
            return Err(broken("its number is not the next one"));
        }
        if record["previous"] != head.hash.as_str() {
            return Err(broken("it does not follow the line before"));
        }
        if stated != hash(&record) {
            return Err(broken("it was changed"));
        }
        head = Head { lines: number, hash: stated };
        whole += line.len() as u64;
    }
}

/// SHA-256, in hex, of a record without its hash, its fields in the order of their names.
fn hash(record: &Value) -> String {
    Sha256::digest(record.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
