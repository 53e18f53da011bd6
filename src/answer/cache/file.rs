//! Answers as they lie in a file between two runs of the program, so that a restart in an outage still has what to answer.
//!
//! The rule: a file is used whole or not at all. Its checksum must be right, and each message in it is read and tidied as if an
//! upstream had sent it just now. An answer is as old as it was when the file was written, and older by the time since.

use std::time::Duration;

use jiff::Timestamp;

use super::TAIL;
use crate::answer::Route;
use crate::dns::{Ask, Class, Message, Name, RecordType, Relayed, Signatures, tidy};

/// What a file begins with; its form has a number, which another form changes.
const MAGIC: &[u8; 16] = b"khien answers 1\n";

/// Where the checksum ends: it is that of all behind it.
const CHECKED: usize = MAGIC.len() + blake3::OUT_LEN;

/// Why a file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damaged {
    /// Another program's, or another version's.
    #[error("it is no file of answers of this version")]
    Foreign,
    /// Cut off or changed.
    #[error("its checksum is wrong")]
    Checksum,
    /// It says what this program never writes.
    #[error("what it holds is not what this program writes")]
    Content,
}

/// What a file holds.
#[derive(Debug)]
pub struct Kept {
    /// The wall time at which it was written.
    pub written: Timestamp,
    /// The answers, what is worth least first.
    pub answers: Vec<KeptAnswer>,
}

/// One answer of a file.
#[derive(Debug)]
pub struct KeptAnswer {
    /// The name asked for.
    pub name: Name,
    /// The type asked for.
    pub record_type: RecordType,
    /// The flags that it was asked with.
    pub ask: Ask,
    /// Whom it was put to.
    pub route: Route,
    /// How old it was when the file was written.
    pub age: Duration,
    /// What the upstreams brought.
    pub relayed: Relayed,
}

/// A file under way.
#[derive(Debug)]
pub(super) struct Writing {
    bytes: Vec<u8>,
}

impl Writing {
    pub(super) fn new(wall: Timestamp) -> Self {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([0; blake3::OUT_LEN]);
        bytes.extend(wall.as_millisecond().to_be_bytes());
        Self { bytes }
    }

    /// Adds an answer under its key, the name and the rest of the question; one that no message can hold is left out.
    pub(super) fn add(&mut self, name: &Name, tail: &[u8; TAIL], age: Duration, relayed: &Relayed) {
        let Some(message) = relayed.to_message() else { return };
        let key = [name.as_wire(), tail].concat();
        let (Ok(key_length), Ok(length)) = (u16::try_from(key.len()), u16::try_from(message.len())) else { return };
        self.bytes.extend(key_length.to_be_bytes());
        self.bytes.extend(key);
        self.bytes.extend(u64::try_from(age.as_millis()).unwrap_or(u64::MAX).to_be_bytes());
        self.bytes.extend(length.to_be_bytes());
        self.bytes.extend(message);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let checksum = blake3::hash(&self.bytes[CHECKED..]);
        self.bytes[MAGIC.len()..CHECKED].copy_from_slice(checksum.as_bytes());
        self.bytes
    }
}

/// Reads a file.
///
/// # Errors
/// As [`Damaged`] says.
pub fn read(bytes: &[u8]) -> Result<Kept, Damaged> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(Damaged::Foreign)?;
    let (checksum, content) = rest.split_first_chunk::<{ blake3::OUT_LEN }>().ok_or(Damaged::Checksum)?;
    if blake3::hash(content) != *checksum {
        return Err(Damaged::Checksum);
    }
    let mut reading = Reading(content);
    let written = Timestamp::from_millisecond(i64::from_be_bytes(reading.take()?)).map_err(|_| Damaged::Content)?;
    let mut answers = Vec::new();
    while !reading.0.is_empty() {
        answers.push(reading.answer()?);
    }
    Ok(Kept { written, answers })
}

/// What is left to read.
struct Reading<'a>(&'a [u8]);

impl<'a> Reading<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Damaged::Content)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// Octets behind their number.
    fn counted(&mut self) -> Result<&'a [u8], Damaged> {
        let length = usize::from(u16::from_be_bytes(self.take()?));
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Damaged::Content)?;
        self.0 = rest;
        Ok(taken)
    }

    fn answer(&mut self) -> Result<KeptAnswer, Damaged> {
        let mut key = Reading(self.counted()?);
        let age = Duration::from_millis(u64::from_be_bytes(self.take()?));
        let message = Message::parse(self.counted()?).map_err(|_| Damaged::Content)?;

        let name = Name::from_wire(key.0).map_err(|_| Damaged::Content)?;
        key.0 = &key.0[name.as_wire().len()..];
        let record_type = RecordType(u16::from_be_bytes(key.take()?));
        let class = Class(u16::from_be_bytes(key.take()?));
        let [flags] = key.take()?;
        let route = Route::from_bytes(key.take()?);
        let question = message.question().ok_or(Damaged::Content)?;
        let same = question.name == name && question.record_type == record_type && question.class == class;
        if !same || class != Class::IN || flags > 3 || !key.0.is_empty() {
            return Err(Damaged::Content);
        }
        let ask =
            Ask { recursion_desired: true, authentic_data: true, checking_disabled: flags & 1 == 1, dnssec_ok: flags & 2 == 2 };
        let signatures = if ask.dnssec_ok { Signatures::Wanted } else { Signatures::Unasked };
        let relayed = tidy(&message, signatures).map_err(|_| Damaged::Content)?;
        if relayed.lifetime() == 0 {
            Err(Damaged::Content)
        } else {
            Ok(KeptAnswer { name, record_type, ask, route, age, relayed })
        }
    }
}

#[cfg(test)]
mod tests;
