//! What a school needs of the office's repository: asked for news, its word kept, and texts by their digests.
//!
//! The rule: whatever comes from here was verified; who implements it hands out nothing else.

use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use jiff::Timestamp;

use super::publication::{self, Publication, Ring};
use super::{Part, RolePart, Shelf, SpeaksFor};
use crate::fetch::{Bootstrap, Failure, Page, Reason};

/// What is answered, in its time.
pub type Answer<'r, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'r>>;

/// A repository that is verified by a root file.
pub trait Repository: fmt::Debug + Send + Sync {
    /// What was verified before, by `root` and from what lies below the state directory `state`; no network is touched.
    fn kept<'r>(&'r self, state: &'r Path, root: &'r Path, now: Timestamp) -> Answer<'r, Option<Offered>>;

    /// Asks for news and verifies them: what is offered now, which may be what was before.
    fn ask<'r>(&'r self, state: &'r Path, root: &'r Path, way: &'r Way, now: Timestamp) -> Answer<'r, Offered>;

    /// The text that `wanted` names, unpacked and verified: whole, or made of the text before and a difference.
    fn text<'r>(&'r self, state: &'r Path, way: &'r Way, wanted: &'r Wanted<'r>) -> Answer<'r, Vec<u8>>;

    /// The tables with the digest `digest`, which the top signed: at most `most` octets.
    fn tables<'r>(&'r self, state: &'r Path, way: &'r Way, digest: &'r str, most: u64) -> Answer<'r, Vec<u8>>;
}

/// Where a repository is read.
#[derive(Debug, Clone)]
pub enum Way {
    /// By the network: a folder of pages, and who knows the addresses of hosts.
    Pages(Page, Bootstrap),
    /// In a folder of this machine.
    Folder(PathBuf),
}

/// Which of a role's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Its names.
    Names,
    /// Its decisions.
    Decisions,
}

/// A text that is wanted.
#[derive(Debug)]
pub struct Wanted<'w> {
    /// Which.
    pub kind: Kind,
    /// The role and the text's digest.
    pub role: &'w RolePart,
    /// The digest of the role's text that is in force, and the shelf that it lies on: a difference may lead on from it.
    pub before: Option<(&'w Shelf, &'w str)>,
    /// The most octets that it may have.
    pub most: u64,
}

/// What a verified repository offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The digest of the root file that it was verified by.
    pub origin: String,
    /// When its metadata expires.
    pub expires: Option<Timestamp>,
    /// The publication, and those that it remembers.
    pub publication: Publication,
    /// The delegated roles with what each may speak for, in the order in which the office names them.
    pub roles: Vec<(String, SpeaksFor)>,
    /// Those of them whose part is signed for a time that is over: their last content stays.
    pub lapsed: Vec<String>,
}

/// What is due for a school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The lists.
    pub lists: Part,
    /// The decisions.
    pub decisions: Part,
}

impl Offered {
    /// The newest publication's serial.
    pub fn newest(&self) -> u64 {
        self.publication.serial
    }

    /// What is due at `now` for a school of `ring`; nothing where what is due is not remembered.
    pub fn due(&self, ring: Ring, now: Timestamp) -> Option<Due> {
        let due = self.publication.due(ring, now);
        let mut lists = self.part(due.lists, |part| &part.names.sha256)?;
        lists.tables = self.publication.tables_of(due.lists).map(str::to_owned);
        let decisions = self.part(due.decisions, |part| &part.decisions.sha256)?;
        Some(Due { lists, decisions })
    }

    /// The texts of publication `serial`. A role that is delegated to no more has none: nobody vouches for it.
    fn part(&self, serial: u64, digest: impl Fn(&publication::RolePart) -> &String) -> Option<Part> {
        let published = self.publication.roles_of(serial)?;
        let role = |(role, speaks_for): &(String, SpeaksFor)| {
            let digest = digest(published.get(role)?).clone();
            Some(RolePart { role: role.clone(), speaks_for: speaks_for.clone(), digest })
        };
        Some(Part { serial, tables: None, roles: self.roles.iter().filter_map(role).collect() })
    }
}

/// Nobody, who verifies nothing and so hands out nothing: where there is no office to follow.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Nobody {
    fn refuse<'r, T: Send + 'r>() -> Answer<'r, T> {
        Box::pin(async { Err(Failure::new(Reason::Local, "nobody here verifies an office's repository")) })
    }
}

impl Repository for Nobody {
    fn kept<'r>(&'r self, _: &'r Path, _: &'r Path, _: Timestamp) -> Answer<'r, Option<Offered>> {
        Self::refuse()
    }

    fn ask<'r>(&'r self, _: &'r Path, _: &'r Path, _: &'r Way, _: Timestamp) -> Answer<'r, Offered> {
        Self::refuse()
    }

    fn text<'r>(&'r self, _: &'r Path, _: &'r Way, _: &'r Wanted<'r>) -> Answer<'r, Vec<u8>> {
        Self::refuse()
    }

    fn tables<'r>(&'r self, _: &'r Path, _: &'r Way, _: &'r str, _: u64) -> Answer<'r, Vec<u8>> {
        Self::refuse()
    }
}

#[cfg(test)]
mod tests;
