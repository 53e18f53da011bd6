//! A list as the index knows it: whose it is, what it is about, and what it may take along.
//!
//! An image carries the rows of its lists, so that it can be read without the configuration that it was made from.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Category, CategoryEntry};

/// The word by which configuration, journal and metrics know a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListId(pub String);

impl fmt::Display for ListId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for ListId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

/// Whose list it is. Each owner's lists make one image.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The school: its own lists and the starter lists.
    School,
    /// A role of the education office (ministry, province, district), by its id.
    Office(String),
}

impl Owner {
    /// Whether the education office speaks.
    pub const fn is_office(&self) -> bool {
        matches!(self, Self::Office(_))
    }

    /// As files and messages write it: `school`, or the role's id after `office-`.
    pub fn text(&self) -> String {
        match self {
            Self::School => "school".to_owned(),
            Self::Office(role) => format!("office-{role}"),
        }
    }
}

/// What a list does with the names on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListAction {
    /// Puts them into its category.
    Block,
    /// Takes them out of its category, as far as lists of the same owner put them there.
    Allow,
    /// Only says that it names them: by bit `n` of [`Listed::observed`](super::Listed), where `n` is its place (0 to 63)
    /// among the lists that observe.
    Observe(u8),
}

/// How grave the category of a list is, as far as protected names are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A category that a tier may close or not.
    Content,
    /// Forbidden to everyone.
    Locked,
    /// A danger to the visitor: malware, phishing.
    Threat,
}

impl Standing {
    /// That of a category of the registry.
    pub const fn of(entry: &CategoryEntry) -> Self {
        if entry.threat {
            Self::Threat
        } else if entry.locked {
            Self::Locked
        } else {
            Self::Content
        }
    }
}

/// What the operator lets a list take along that the guard would refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Force {
    /// Protected names, but those of kind `help`.
    pub protected: bool,
    /// Public suffixes of the ICANN part, and single labels.
    pub public_suffix: bool,
}

/// One list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Its id; within one owner no two lists share one.
    pub id: ListId,
    /// What the names on it are about.
    #[serde(with = "category_place")]
    pub category: Category,
    /// How grave that category is.
    pub standing: Standing,
    /// What it does with them.
    pub action: ListAction,
    /// What it may take along.
    pub force: Force,
}

mod category_place {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::Category;

    pub(super) fn serialize<S: Serializer>(category: &Category, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(category.place() as u64)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Category, D::Error> {
        let place = usize::deserialize(from)?;
        Category::at(place).ok_or_else(|| D::Error::custom("a category's place is below 64"))
    }
}
