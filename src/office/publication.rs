//! `publication.json`: what a publication says of itself and of those before it, as desk and school read it.
//!
//! The rule: it is signed by the office's top role, and names texts by their digests; each role signs its texts itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::repository::Urgent;

/// How many publications before it a publication remembers, and a school may still be at.
pub const HISTORY: usize = 30;

/// The largest serial: the largest whole number that every reader of JSON reads alike (RFC 8259 section 6).
pub const LARGEST_SERIAL: u64 = (1 << 53) - 1;

/// A publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Its serial, its time, its texts.
    #[serde(flatten)]
    pub issue: Issue,
    /// How many seconds each ring of schools waits after the first.
    #[serde(default)]
    pub rings: BTreeMap<u8, u64>,
    /// What changes, for people, by language.
    #[serde(default)]
    pub note: BTreeMap<String, String>,
    /// What the gate refused and a person let through.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// Those before, the newest first.
    #[serde(default)]
    pub history: Vec<Issue>,
}

/// One publication's serial, time and texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// The serial, which only grows.
    pub serial: u64,
    /// When the office made it.
    pub made: Timestamp,
    /// What of it is urgent.
    #[serde(with = "urgent")]
    pub urgent: Urgent,
    /// The texts of each role.
    pub roles: BTreeMap<String, Texts>,
}

/// The texts of one role.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Texts {
    /// Its names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<NamesText>,
    /// Its decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decisions: Option<DecisionsText>,
}

/// A text of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamesText {
    /// Its digest, in hexadecimal digits.
    pub sha256: String,
    /// Its octets, unpacked.
    pub length: u64,
    /// Its entries.
    pub count: u64,
}

/// A text of decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionsText {
    /// Its digest, in hexadecimal digits.
    pub sha256: String,
}

/// A refusal that a person overrode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// What was refused.
    pub what: String,
    /// Who overrode it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Why a publication cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PublicationFault {
    /// It is none.
    #[error("this is no publication: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Serials count from 1, to what JSON can hold, and those before are smaller, each than the one after it.
    #[error("serial {0} stands where it cannot")]
    Serial(u64),
    /// A digest that is none.
    #[error("`{0}` is no digest")]
    Digest(String),
    /// More publications before than any office keeps.
    #[error("it remembers {0} publications, and may remember {HISTORY}")]
    TooMany(usize),
}

impl Publication {
    /// Reads a publication.
    ///
    /// # Errors
    /// [`PublicationFault`].
    pub fn read(text: &[u8]) -> Result<Self, PublicationFault> {
        let publication: Self = serde_json::from_slice(text)?;
        if publication.history.len() > HISTORY {
            return Err(PublicationFault::TooMany(publication.history.len()));
        }
        let mut next = LARGEST_SERIAL + 1;
        for issue in publication.issues() {
            if issue.serial == 0 || issue.serial >= next {
                return Err(PublicationFault::Serial(issue.serial));
            }
            next = issue.serial;
            for digest in issue.roles.values().flat_map(Texts::digests) {
                let is_digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
                if digest.len() != 64 || !digest.bytes().all(is_digit) {
                    return Err(PublicationFault::Digest(digest.chars().take(80).collect()));
                }
            }
        }
        Ok(publication)
    }

    /// This publication and those before it, the newest first.
    pub fn issues(&self) -> impl Iterator<Item = &Issue> {
        std::iter::once(&self.issue).chain(&self.history)
    }
}

impl Texts {
    /// The digests of its texts.
    pub fn digests(&self) -> impl Iterator<Item = &str> {
        let names = self.names.as_ref().map(|names| names.sha256.as_str());
        names.into_iter().chain(self.decisions.as_ref().map(|decisions| decisions.sha256.as_str()))
    }
}

/// The words for what is urgent.
mod urgent {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Urgent;

    pub(super) fn serialize<S: Serializer>(urgent: &Urgent, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(match urgent {
            Urgent::No => "no",
            Urgent::Decisions => "decisions",
            Urgent::All => "all",
        })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Urgent, D::Error> {
        match String::deserialize(from)?.as_str() {
            "no" => Ok(Urgent::No),
            "decisions" => Ok(Urgent::Decisions),
            "all" => Ok(Urgent::All),
            other => Err(serde::de::Error::unknown_variant(other, &["no", "decisions", "all"])),
        }
    }
}
