//! What a compilation is asked to do: the lists of one owner, and where the image goes.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::lists::format::{Format, Match, Reading, SingleLabels};
use crate::lists::image::VERSION;
use crate::lists::{List, Owner};

/// One compilation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Whose lists they are.
    pub owner: Owner,
    /// The lists, with ids of their own.
    pub lists: Vec<JobList>,
    /// The protected names, each with its kinds as [`Protection::bits`](crate::lists::Protection::bits).
    pub protected: Vec<(String, u8)>,
    /// Where the image goes. It is written aside and renamed.
    pub image: PathBuf,
    /// The directory of the sources that are kept, where they are.
    pub kept: Option<PathBuf>,
}

/// A list with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobList {
    /// What it is.
    pub list: List,
    /// Where its text is.
    pub source: Source,
    /// Its format; `None`: by its content.
    #[serde(with = "format_text")]
    pub format: Option<Format>,
    /// Which names its entries stand for.
    #[serde(with = "match_text")]
    pub matching: Match,
}

/// Where a list's text is. A file that begins as a Zstandard frame is taken as one, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// In a file.
    File(PathBuf),
    /// In the program: a starter list.
    Text(String),
    /// In a folder of a tree that the University of Toulouse publishes, which is a directory or its tar.
    Folder {
        /// The tree.
        tree: PathBuf,
        /// The folder's name.
        folder: String,
    },
    /// The entries of one category in a list of the office, a text of names with categories.
    Names {
        /// The text.
        file: PathBuf,
        /// The category's word in it.
        category: String,
    },
}

impl JobList {
    pub(super) fn reading(&self) -> Reading {
        let single_labels = if self.list.force.public_suffix { SingleLabels::HandOn } else { SingleLabels::Refuse };
        Reading { format: self.format, matching: self.matching, single_labels }
    }
}

impl Job {
    /// Tells compilations apart: equal where configuration, sources and the image's format are.
    ///
    /// A source that cannot be read counts as missing, together with the copy that is kept in its place.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("khien list image: fingerprint of sources");
        hasher.update(&VERSION.to_le_bytes());
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
        let mut field = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        field(self.owner.text().as_bytes());
        let mut trees: HashMap<&Path, Option<[u8; 32]>> = HashMap::new();
        for list in &self.lists {
            let rows = serde_json::to_vec(&(&list.list, list.format.map(Format::text))).unwrap_or_default();
            field(&rows);
            field(match_text::text(list.matching).as_bytes());
            let fresh = match &list.source {
                Source::Text(text) => Some(blake3::hash(text.as_bytes()).into()),
                Source::File(path) => digest(path).ok(),
                Source::Folder { tree, folder: part } | Source::Names { file: tree, category: part } => {
                    field(part.as_bytes());
                    *trees.entry(tree).or_insert_with(|| digest(tree).ok())
                }
            };
            let kept = || self.kept.as_ref().and_then(|kept| digest(&super::source::kept_path(kept, &list.list.id)).ok());
            // A copy is the same octets, and yet not the source: that one is gone is to be told.
            if fresh.is_none() {
                field(b"kept");
            }
            field(&fresh.or_else(kept).unwrap_or_default());
        }
        for (name, kinds) in &self.protected {
            field(name.as_bytes());
            field(&[*kinds]);
        }
        hasher.finalize().into()
    }
}

/// The digest of a file, or of a tree of files with their paths, links not followed.
fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    if path.is_dir() {
        let mut entries = std::fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let kind = entry.file_type()?;
            hasher.update(entry.file_name().as_encoded_bytes());
            if kind.is_symlink() {
                hasher.update(std::fs::read_link(entry.path())?.as_os_str().as_encoded_bytes());
            } else {
                hasher.update(&digest(&entry.path())?);
            }
        }
    } else {
        hasher.update_reader(super::source::regular(path)?)?;
    }
    Ok(hasher.finalize().into())
}

mod format_text {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};

    use super::Format;

    pub(super) fn serialize<S: Serializer>(format: &Option<Format>, to: S) -> Result<S::Ok, S::Error> {
        format.map(Format::text).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Format>, D::Error> {
        let text: Option<String> = Option::deserialize(from)?;
        text.map(|text| {
            Format::ALL.into_iter().find(|format| format.text() == text).ok_or_else(|| D::Error::custom("no such format"))
        })
        .transpose()
    }
}

mod match_text {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::Match;

    pub(super) const fn text(matching: Match) -> &'static str {
        match matching {
            Match::AsFormat => "format",
            Match::Exact => "exact",
            Match::Subtree => "subtree",
        }
    }

    pub(super) fn serialize<S: Serializer>(matching: &Match, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(text(*matching))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Match, D::Error> {
        let read = String::deserialize(from)?;
        [Match::AsFormat, Match::Exact, Match::Subtree]
            .into_iter()
            .find(|matching| text(*matching) == read)
            .ok_or_else(|| D::Error::custom("no such way to match"))
    }
}
