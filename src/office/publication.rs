//! What a publication says of itself: its serial, its parts by their digests, its note for people, and which schools take it when.
//!
//! The rules: serials only grow. Lists come to a ring after its wait, or at once where the publication is urgent for all; decisions
//! come at once where it is urgent for them. What became due once stays due: a later publication that is not urgent takes back
//! nothing that an urgent one before it brought.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU8;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::lists::Words;

/// How many publications before the newest are named, and their differences offered.
pub const HISTORY: usize = 30;

/// The most octets of the file.
pub const LARGEST: u64 = 4 << 20;

/// Which schools take a publication first: ring 1 does, at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ring(pub NonZeroU8);

impl Ring {
    /// The ring that waits for nothing.
    pub const FIRST: Self = Self(NonZeroU8::MIN);

    /// The ring with this number; none for 0.
    pub const fn new(number: u8) -> Option<Self> {
        match NonZeroU8::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

/// What of a publication does not wait for rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgent {
    /// Nothing.
    #[default]
    No,
    /// Its decisions.
    Decisions,
    /// All of it.
    All,
}

/// A list as a publication names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamesPart {
    /// SHA-256 of its text, in hexadecimal digits.
    pub sha256: String,
    /// Octets of its text.
    pub length: u64,
    /// Its lines.
    pub count: u64,
}

/// Decisions as a publication names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionsPart {
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
}

/// What one role publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolePart {
    /// Its list.
    pub names: NamesPart,
    /// Its decisions.
    pub decisions: DecisionsPart,
    /// How many entries each source of its list had: what the next build is held against.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, u64>,
}

/// A refusal that a person overrode.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Override {
    /// Which refusal it was, by its own word: `role/category/name/reason`.
    pub what: String,
    /// The person.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A publication as it is remembered once a newer one is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Its serial.
    pub serial: u64,
    /// When it was made.
    pub made: Timestamp,
    /// What of it did not wait.
    pub urgent: Urgent,
    /// SHA-256 of its tables, in hexadecimal digits.
    pub tables: String,
    /// Each role's part.
    pub roles: BTreeMap<String, RolePart>,
}

/// A publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Its serial: each is greater than all before.
    pub serial: u64,
    /// When it was made.
    pub made: Timestamp,
    /// What of it does not wait.
    pub urgent: Urgent,
    /// Seconds that a ring waits; a ring that is not named waits as the one before it.
    pub rings: BTreeMap<Ring, u64>,
    /// What changed, for people.
    pub note: Words,
    /// The refusals that people overrode.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// Digests of lists and decisions that were taken back: they come again only where a person says so.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub taken_back: BTreeSet<String>,
    /// SHA-256 of its tables (`registry.json`), in hexadecimal digits.
    pub tables: String,
    /// Each role's part.
    pub roles: BTreeMap<String, RolePart>,
    /// The publications before, the newest first.
    #[serde(default)]
    pub history: Vec<Past>,
}

/// What a school should have in force: serials of publications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Whose lists.
    pub lists: u64,
    /// Whose decisions: this one's or a later one's.
    pub decisions: u64,
}

/// Why a text is no publication.
#[derive(Debug, thiserror::Error)]
pub enum PublicationFault {
    /// No JSON of the right shape.
    #[error("this is no publication: {0}")]
    Shape(serde_json::Error),
    /// Values that do not agree.
    #[error("this publication makes no sense: {0}")]
    Sense(String),
}

impl Publication {
    /// Reads a publication.
    ///
    /// # Errors
    /// [`PublicationFault`].
    pub fn parse(text: &[u8]) -> Result<Self, PublicationFault> {
        if text.len() as u64 > LARGEST {
            return Err(PublicationFault::Sense("it is larger than 4 MiB".to_owned()));
        }
        let publication: Self = serde_json::from_slice(text).map_err(PublicationFault::Shape)?;
        publication.check().map_err(PublicationFault::Sense)?;
        Ok(publication)
    }

    fn check(&self) -> Result<(), String> {
        if self.history.len() > HISTORY {
            return Err(format!("it remembers more than {HISTORY} publications"));
        }
        let serials = std::iter::once(self.serial).chain(self.history.iter().map(|past| past.serial));
        if !serials.is_sorted_by(|newer, older| newer > older) {
            return Err("its serials do not fall from the newest to the oldest".to_owned());
        }
        if !self.history.iter().map(|past| &past.tables).chain([&self.tables]).all(|digest| is_digest(digest)) {
            return Err("a digest of its tables is none".to_owned());
        }
        for (role, part) in self.history.iter().flat_map(|past| &past.roles).chain(&self.roles) {
            if !is_role(role) {
                return Err("a role's id is no word of a–z, 0–9 and hyphens".to_owned());
            }
            if ![&part.names.sha256, &part.decisions.sha256].into_iter().all(|digest| is_digest(digest)) {
                return Err(format!("a digest of role {role} is none"));
            }
        }
        Ok(())
    }

    /// The file.
    ///
    /// # Panics
    /// Never: plain values are JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("plain values are JSON");
        text.push(b'\n');
        text
    }

    /// This publication and those that it remembers, the newest first.
    pub fn all(&self) -> impl Iterator<Item = (u64, Timestamp, Urgent, &BTreeMap<String, RolePart>)> {
        let past = self.history.iter().map(|past| (past.serial, past.made, past.urgent, &past.roles));
        std::iter::once((self.serial, self.made, self.urgent, &self.roles)).chain(past)
    }

    /// The roles' parts as publication `serial` had them; none where it is not remembered.
    pub fn roles_of(&self, serial: u64) -> Option<&BTreeMap<String, RolePart>> {
        self.all().find(|(own, ..)| *own == serial).map(|(.., roles)| roles)
    }

    /// The digest of the tables that publication `serial` came with; none where it is not remembered.
    pub fn tables_of(&self, serial: u64) -> Option<&str> {
        let past = self.history.iter().map(|past| (past.serial, &past.tables));
        std::iter::once((self.serial, &self.tables))
            .chain(past)
            .find(|(own, _)| *own == serial)
            .map(|(_, tables)| tables.as_str())
    }

    /// How long `ring` waits.
    pub fn wait(&self, ring: Ring) -> SignedDuration {
        let seconds = self.rings.range(..=ring).map(|(_, wait)| *wait).max().unwrap_or(0);
        SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    /// What a school of `ring` should have in force at `now`. Where nothing is due yet it is the oldest that is remembered.
    ///
    /// Whoever has something newer in force keeps it: a clock that is wrong, or a ring that was changed, takes nothing back.
    pub fn due(&self, ring: Ring, now: Timestamp) -> Due {
        let wait = self.wait(ring);
        // A wait that reaches past the end of time is never over.
        let is_over = |made: Timestamp| made.checked_add(wait).is_ok_and(|due| due <= now);
        let newest = |is_due: &dyn Fn(Timestamp, Urgent) -> bool| {
            self.all().find(|(_, made, urgent, _)| is_due(*made, *urgent)).map(|(serial, ..)| serial)
        };
        let oldest = self.history.last().map_or(self.serial, |past| past.serial);
        let lists = newest(&|made, urgent| urgent == Urgent::All || is_over(made)).unwrap_or(oldest);
        let decisions = newest(&|made, urgent| urgent != Urgent::No || is_over(made)).unwrap_or(oldest);
        Due { lists, decisions: decisions.max(lists) }
    }

    /// What a later publication remembers of this one and those before it.
    pub fn into_history(self) -> Vec<Past> {
        let Self { serial, made, urgent, tables, roles, history, .. } = self;
        let mut all = vec![Past { serial, made, urgent, tables, roles }];
        all.extend(history);
        all.truncate(HISTORY);
        all
    }
}

/// The role that signs publications, and so none that speaks for categories.
pub const SIGNER: &str = "publication";

/// The names that metadata of the top roles has in a repository (TUF specification section 4).
const TOPS: [&str; 4] = ["root", "targets", "snapshot", "timestamp"];

/// Whether a word may be a role's id: it is part of file names and of targets' paths.
pub fn is_role(word: &str) -> bool {
    let is_plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    (1..=40).contains(&word.len())
        && word.bytes().all(is_plain)
        && !word.starts_with('-')
        && word != SIGNER
        && !TOPS.contains(&word)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|octet| octet.is_ascii_digit() || (b'a'..=b'f').contains(&octet))
}

#[cfg(test)]
mod tests;
