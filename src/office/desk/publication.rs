//! What the desk writes into `publication.json`: serial, time, whom it reaches when, what changed, and which texts it has.
//!
//! The rule: it names texts by their digests, its own and those of the publications before it that may still be had, so that a
//! school of a later ring and one that went back find what is due for them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lists::Words;

/// How many publications before a publication stay available.
pub const HISTORY: usize = 30;

/// What of a publication is for all schools at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// Nothing: each ring waits as long as the office says.
    #[default]
    No,
    /// Its decisions.
    Decisions,
    /// All of it.
    All,
}

/// A list's text, by which it is asked for and checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamesFacts {
    /// The digest (SHA-256) of the text, in hexadecimal digits.
    pub sha256: String,
    /// Its octets.
    pub length: u64,
    /// Its lines, the first one not counted.
    pub count: u64,
}

/// A role's published decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionsFacts {
    /// The digest (SHA-256) of the text, in hexadecimal digits.
    pub sha256: String,
}

/// What a role publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleFacts {
    /// Its names.
    pub names: NamesFacts,
    /// Its decisions.
    pub decisions: DecisionsFacts,
    /// How many entries each of its sources had: what the next publication is compared with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, u64>,
}

/// A refusal of the gate that a named person set aside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Which refusal.
    pub what: String,
    /// The person.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// One publication of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Its serial.
    pub serial: u64,
    /// When it was made.
    pub made: Timestamp,
    /// What of it was urgent.
    pub urgent: Urgency,
    /// What each role published.
    pub roles: BTreeMap<String, RoleFacts>,
}

/// One publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Its serial, one more than that of the one before.
    pub serial: u64,
    /// When it was made.
    pub made: Timestamp,
    /// What of it is urgent.
    #[serde(default)]
    pub urgent: Urgency,
    /// How long each ring of schools after the first waits, in seconds.
    #[serde(default)]
    pub rings: BTreeMap<u8, u64>,
    /// What changes, for people.
    pub note: Words,
    /// Which refusals were set aside, by whom and why.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// The roles from the highest down: the first that decides of a name is the one that is named.
    #[serde(default)]
    pub order: Vec<String>,
    /// What each role publishes.
    pub roles: BTreeMap<String, RoleFacts>,
    /// The publications before it, the newest first.
    #[serde(default)]
    pub history: Vec<Past>,
}

impl Publication {
    /// Reads one.
    ///
    /// # Errors
    /// Where the text is none.
    pub fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text)
    }

    /// As it is published. The same publication gives the same octets.
    ///
    /// # Panics
    /// Never: plain values are JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("plain values are JSON");
        text.push(b'\n');
        text
    }

    /// The history of the publication after this one: this one, and those before it, as many as stay available.
    pub fn history_of_next(&self) -> Vec<Past> {
        let own = Past { serial: self.serial, made: self.made, urgent: self.urgent, roles: self.roles.clone() };
        std::iter::once(own).chain(self.history.iter().cloned()).take(HISTORY).collect()
    }

    /// The digests of the texts that a role published before, the newest first, each once, but for the one of now.
    pub fn older_texts(&self, role: &str) -> Vec<&str> {
        let now = self.roles.get(role).map(|facts| facts.names.sha256.as_str());
        let mut seen: Vec<&str> = Vec::new();
        for past in &self.history {
            if let Some(facts) = past.roles.get(role) {
                let digest = facts.names.sha256.as_str();
                if Some(digest) != now && !seen.contains(&digest) {
                    seen.push(digest);
                }
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests;
