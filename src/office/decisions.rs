//! Decisions as the office publishes them: one role's locks, guarantees and allows, each with who made it, why, and until when.
//!
//! The rule: a text that says anything which cannot be understood is refused whole, and the decisions before it stay in force.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::dns::Name;
use crate::lists::text::normalise;

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The name is closed to everyone.
    Lock,
    /// No deny and no tier closes the name.
    Guarantee,
    /// Tiers' blocks and schools' own locks are lifted.
    Allow,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Lock, Self::Guarantee, Self::Allow];

    /// As files write it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Guarantee => "guarantee",
            Self::Allow => "allow",
        }
    }
}

/// One decision, for its name and everything below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What is decided.
    pub kind: Kind,
    /// Of which name.
    #[serde(serialize_with = "written", deserialize_with = "read_name")]
    pub name: Name,
    /// The category that a locked name belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The role that decided.
    #[serde(default)]
    pub owner: String,
    /// The person.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub made: Date,
    /// The last day on which it holds; none where it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Whether a guarantee holds in exams too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exam: bool,
}

impl Decision {
    /// Whether it holds on `day`.
    pub fn holds(&self, day: Date) -> bool {
        self.until.is_none_or(|until| day <= until)
    }
}

/// Why a text is none of decisions.
#[derive(Debug, thiserror::Error)]
#[error("these are no decisions: {0}")]
pub struct DecisionsFault(#[from] serde_json::Error);

/// Reads the decisions that a role published.
///
/// # Errors
/// [`DecisionsFault`] says where the text is at fault.
pub fn read(text: &[u8]) -> Result<Vec<Decision>, DecisionsFault> {
    Ok(serde_json::from_slice(text)?)
}

fn written<S: Serializer>(name: &Name, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(name)
}

fn read_name<'de, D: Deserializer<'de>>(from: D) -> Result<Name, D::Error> {
    let text = String::deserialize(from)?;
    normalise(&text).map_err(|fault| serde::de::Error::custom(format!("`{}`: {fault}", text.escape_debug())))
}
