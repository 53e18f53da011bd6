//! What a school needs of the office's repository: asked for news, its word kept, and texts by their digests.
//!
//! The rule: whatever comes from here was verified; who implements it hands out nothing else.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

use super::{Part, RolePart, Shelf};
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

/// How much of a publication is for all schools at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgent {
    /// Nothing.
    No,
    /// Its decisions.
    Decisions,
    /// All of it.
    All,
}

/// One publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its serial.
    pub serial: u64,
    /// When the office made it.
    pub made: Timestamp,
    /// What of it is urgent.
    pub urgent: Urgent,
    /// Its lists.
    pub lists: Part,
    /// Its decisions.
    pub decisions: Part,
}

/// What a verified repository offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The digest of the root file that it was verified by.
    pub origin: String,
    /// When its metadata expires.
    pub expires: Option<Timestamp>,
    /// The publications that can be had, the newest first.
    pub published: Vec<Published>,
    /// How long each ring of schools waits after the first.
    pub rings: BTreeMap<u8, Duration>,
    /// The roles whose part is signed for a time that is over: their last content stays.
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
        self.published.first().map_or(0, |published| published.serial)
    }

    /// What is due at `now` for a school of ring `ring`: the newest publication whose time has come there, and of an urgent one what
    /// is urgent. Where none has come the oldest is: a school that begins to follow an office has to begin with something.
    pub fn due(&self, ring: u8, now: Timestamp) -> Option<Due> {
        let wait = self.wait(ring);
        let has_come = |published: &&Published| {
            // A clock before the publication is wrong, and none of its seconds count.
            Duration::try_from(now.duration_since(published.made)).is_ok_and(|since| since >= wait)
        };
        let of = |urgent: &[Urgent]| {
            let newest = self.published.iter().find(|one| urgent.contains(&one.urgent) || has_come(one));
            newest.or(self.published.last())
        };
        let lists = of(&[Urgent::All])?.lists.clone();
        let decisions = of(&[Urgent::Decisions, Urgent::All])?.decisions.clone();
        Some(Due { lists, decisions })
    }

    /// How long a ring waits: as long as the office says for it, or for the nearest before it that it says anything for.
    fn wait(&self, ring: u8) -> Duration {
        if ring <= 1 {
            return Duration::ZERO;
        }
        self.rings.range(..=ring).next_back().map_or(Duration::ZERO, |(_, wait)| *wait)
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
}

#[cfg(test)]
mod tests;
