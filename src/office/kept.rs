//! What a school keeps of the office's publications below its state directory: texts by their digests, and which of them are in force.
//!
//! The rules: a file has its name only once it is whole and on the disk; what is in force changes by one rename; the last three
//! editions stay, with the texts that they need; and where the word on what is in force is damaged, the one before it counts.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lists::store::write_aside;

/// How many editions are kept, the one in force among them.
pub const EDITIONS: usize = 3;

/// Which categories a role may speak for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeSet<String>", into = "BTreeSet<String>")]
pub enum SpeaksFor {
    /// All of them.
    All,
    /// These.
    Only(BTreeSet<String>),
}

impl SpeaksFor {
    /// Whether `category` is among them.
    pub fn has(&self, category: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(categories) => categories.contains(category),
        }
    }
}

/// The word that stands for all categories.
const ALL: &str = "*";

impl From<BTreeSet<String>> for SpeaksFor {
    fn from(categories: BTreeSet<String>) -> Self {
        if categories.contains(ALL) { Self::All } else { Self::Only(categories) }
    }
}

impl From<SpeaksFor> for BTreeSet<String> {
    fn from(speaks_for: SpeaksFor) -> Self {
        match speaks_for {
            SpeaksFor::All => Self::from([ALL.to_owned()]),
            SpeaksFor::Only(categories) => categories,
        }
    }
}

/// A role's list in force: where its text is, and what it may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleText {
    /// The role's id.
    pub role: String,
    /// Its names with categories, packed.
    pub text: PathBuf,
    /// What the delegation lets it say.
    pub speaks_for: SpeaksFor,
}

/// The lists of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists {
    /// The publication's serial.
    pub publication: u64,
    /// The digest of the tables by which they are meant; none where those of the program are.
    pub tables: Option<String>,
    /// Each role's text, in the publication's order.
    pub roles: Vec<RoleText>,
}

/// One role's part of an edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolePart {
    /// The role's id.
    pub role: String,
    /// What the delegation lets it say.
    pub speaks_for: SpeaksFor,
    /// The digest (SHA-256) of its text, in hexadecimal digits.
    pub digest: String,
}

/// Lists, or decisions, of one publication.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Part {
    /// The publication's serial.
    pub serial: u64,
    /// The digest of the tables that came with lists: what their categories mean. None for decisions, and where the program's own hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<String>,
    /// The roles that have any, in the publication's order: the first that decides of a name is the one that is named.
    pub roles: Vec<RolePart>,
}

/// What was in force at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// The lists.
    pub lists: Part,
    /// The decisions, which may be of a later publication.
    pub decisions: Part,
    /// When it came in force here.
    pub since: Timestamp,
    /// The serial of the publication that changed something by it.
    #[serde(default)]
    brought_by: u64,
}

impl Edition {
    /// What is in force since `since`.
    pub fn new(lists: Part, decisions: Part, since: Timestamp) -> Self {
        let brought_by = lists.serial.max(decisions.serial);
        Self { lists, decisions, since, brought_by }
    }

    /// Whether both say the same, whatever their serials.
    pub fn is_the_same(&self, other: &Self) -> bool {
        let lists = |edition: &Self| (edition.lists.roles.clone(), edition.lists.tables.clone());
        lists(self) == lists(other) && self.decisions.roles == other.decisions.roles
    }

    /// Whether `other` has the lists of the publication whose decisions made this one.
    fn is_completed_by(&self, other: &Self) -> bool {
        let serial = self.brought_by;
        self.lists.serial < serial && [self.decisions.serial, other.decisions.serial, other.lists.serial] == [serial; 3]
    }
}

/// Why a school went back, and stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Lists of this publication, and of older ones, are not taken again.
    pub lists: Option<u64>,
    /// Likewise of decisions.
    pub decisions: Option<u64>,
    /// Why, for people.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
}

/// What is in force, what was before, and what is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Adopted {
    /// The digest of the root file by which all of it was verified: another root's serials say nothing of these.
    #[serde(default)]
    pub origin: String,
    /// The newest first; the first is in force.
    pub editions: Vec<Edition>,
    /// What was gone back from, until the office publishes anew.
    pub held: Option<Held>,
}

impl Adopted {
    /// What is in force.
    pub fn in_force(&self) -> Option<&Edition> {
        self.editions.first()
    }

    /// Whether lists of publication `serial` may be taken.
    pub fn takes_lists(&self, serial: u64) -> bool {
        let held = self.held.as_ref().and_then(|held| held.lists);
        held.is_none_or(|held| serial > held) && self.in_force().is_none_or(|edition| serial > edition.lists.serial)
    }

    /// Whether decisions of publication `serial` may be taken.
    pub fn takes_decisions(&self, serial: u64) -> bool {
        let held = self.held.as_ref().and_then(|held| held.decisions);
        held.is_none_or(|held| serial > held) && self.in_force().is_none_or(|edition| serial > edition.decisions.serial)
    }

    /// The same with `edition` in force. It stands in the place of the one before where it changes nothing but serials, and where it
    /// completes a publication whose decisions came first: going back means going back from all of that.
    #[must_use]
    pub fn with(mut self, mut edition: Edition) -> Self {
        if let Some(held) = &mut self.held {
            held.lists = held.lists.filter(|serial| edition.lists.serial <= *serial);
            held.decisions = held.decisions.filter(|serial| edition.decisions.serial <= *serial);
        }
        self.held = self.held.filter(|held| held.lists.is_some() || held.decisions.is_some());
        match self.editions.first_mut() {
            Some(head) if head.is_the_same(&edition) || head.is_completed_by(&edition) => {
                edition.brought_by = head.brought_by;
                *head = edition;
            }
            Some(_) | None => self.editions.insert(0, edition),
        }
        self.editions.truncate(EDITIONS);
        self
    }

    /// The same with the edition before in force, and what is in force now not taken again; none where there is none before.
    pub fn back(&self, why: String, now: Timestamp) -> Option<Self> {
        let [current, before, ..] = self.editions.as_slice() else { return None };
        let lists = (current.lists != before.lists).then_some(current.lists.serial);
        let decisions = (current.decisions != before.decisions).then_some(current.decisions.serial);
        // What was held before that still is: the office has published nothing since.
        let (old_lists, old_decisions) = self.held.as_ref().map_or((None, None), |held| (held.lists, held.decisions));
        let held = Held { lists: lists.max(old_lists), decisions: decisions.max(old_decisions), why, since: now };
        let mut editions = self.editions[1..].to_vec();
        editions[0].since = now;
        Some(Self { origin: self.origin.clone(), editions, held: Some(held) })
    }
}

/// The directory of what is kept. One process writes there: the one that holds the state directory.
#[derive(Debug, Clone)]
pub struct Shelf {
    directory: PathBuf,
}

impl Shelf {
    /// The shelf below a state directory.
    pub fn below(state: &Path) -> Self {
        Self { directory: state.join("office") }
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What is in force here; nothing before the first publication was adopted.
    pub fn adopted(&self) -> Adopted {
        [ADOPTED, BEFORE].iter().find_map(|file| read(&self.directory.join(file))).unwrap_or_default()
    }

    /// Where the packed text with this digest lies.
    pub fn text(&self, digest: &str) -> PathBuf {
        self.directory.join(TEXTS).join(format!("{digest}.zst"))
    }

    /// Lists that are kept, for the compiler.
    pub fn lists(&self, part: &Part) -> Lists {
        let role = |part: &RolePart| RoleText {
            role: part.role.clone(),
            text: self.text(&part.digest),
            speaks_for: part.speaks_for.clone(),
        };
        Lists { publication: part.serial, tables: part.tables.clone(), roles: part.roles.iter().map(role).collect() }
    }

    /// The text with this digest, unpacked: at most `most` octets.
    ///
    /// # Errors
    /// Where it is not there, longer, or not what the digest says.
    pub fn read_text(&self, digest: &str, most: u64) -> io::Result<Vec<u8>> {
        let file = File::open(self.text(digest))?;
        let mut text = Vec::new();
        zstd::stream::read::Decoder::new(file)?.take(most.saturating_add(1)).read_to_end(&mut text)?;
        if text.len() as u64 > most {
            return Err(io::Error::other("a kept text is longer than it may be"));
        }
        if hexadecimal(&text) != digest {
            return Err(io::Error::other("a kept text is damaged"));
        }
        Ok(text)
    }

    /// Keeps a text, whose digest the caller verified.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn keep(&self, digest: &str, text: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(self.directory.join(TEXTS))?;
        write_aside(&self.text(digest), |to| {
            // Level 1: what is written once at each change is read at most twice.
            let mut packed = zstd::stream::write::Encoder::new(to, 1)?;
            packed.include_checksum(true)?;
            packed.write_all(text)?;
            packed.finish()?.flush()
        })
    }

    /// Whether the text with this digest is kept.
    pub fn has(&self, digest: &str) -> bool {
        self.text(digest).exists()
    }

    /// Puts in force what `adopted` says, and removes texts that no edition needs, nor `awaited`, which is on its way into force.
    ///
    /// # Errors
    /// What the operating system says; what was in force is then in force.
    pub fn adopt(&self, adopted: &Adopted, awaited: Option<&Part>) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(self.directory.join(TEXTS))?;
        let before = self.adopted();
        if !before.editions.is_empty() {
            put(&self.directory.join(BEFORE), &before)?;
        }
        put(&self.directory.join(ADOPTED), adopted)?;
        self.sweep(&[&before, adopted], awaited)
    }

    fn sweep(&self, needed: &[&Adopted], awaited: Option<&Part>) -> io::Result<()> {
        let editions = needed.iter().flat_map(|adopted| &adopted.editions);
        let parts = editions.flat_map(|edition| [&edition.lists, &edition.decisions]).chain(awaited);
        let digests = |part: &Part| {
            let roles = part.roles.iter().map(|role| &role.digest);
            roles.chain(&part.tables).map(|digest| format!("{digest}.zst")).collect::<Vec<_>>()
        };
        let named: BTreeSet<String> = parts.flat_map(digests).collect();
        for entry in fs::read_dir(self.directory.join(TEXTS))? {
            let entry = entry?;
            if !entry.file_name().to_str().is_some_and(|file| named.contains(file)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

const ADOPTED: &str = "adopted.json";
const BEFORE: &str = "adopted-before.json";
const TEXTS: &str = "texts";

fn read(path: &Path) -> Option<Adopted> {
    let adopted: Adopted = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (!adopted.editions.is_empty()).then_some(adopted)
}

fn put(path: &Path, adopted: &Adopted) -> io::Result<()> {
    let text = serde_json::to_vec_pretty(adopted)?;
    write_aside(path, |to| to.write_all(&text))
}

/// The digest (SHA-256) of a text, in hexadecimal digits.
pub fn hexadecimal(text: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(text).iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests;
