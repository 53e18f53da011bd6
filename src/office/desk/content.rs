//! What a folder becomes: the texts of a publication, the same to the octet whoever makes them of the same folder at the same time.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::decisions;
use super::folder::Folder;
use crate::lists::Words;
use crate::office::decisions::Decision;
use crate::office::desk::publication::{DecisionsFacts, NamesFacts, Override, Publication, RoleFacts, Urgency};
use crate::office::hexadecimal;

/// What one role publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleContent {
    /// The role's id.
    pub role: String,
    /// Its list, as text.
    pub names: Vec<u8>,
    /// Its decisions, as they are published.
    pub decisions: Vec<u8>,
}

/// What a publication consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The roles, from the highest down.
    pub roles: Vec<RoleContent>,
    /// `publication.json`, read.
    pub publication: Publication,
    /// `registry.json`.
    pub registry: Vec<u8>,
}

/// What a publication says besides its texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Saying {
    /// What of it is urgent.
    pub urgent: Urgency,
    /// What changes, for people.
    pub note: Words,
    /// The refusals that were set aside.
    pub overrides: Vec<Override>,
}

impl Folder {
    /// What is published of the folder after `previous`, made at `now`.
    pub fn content(&self, previous: Option<&Publication>, now: Timestamp, saying: Saying) -> Content {
        let mut roles = Vec::new();
        let mut facts = BTreeMap::new();
        for role in &self.roles {
            let names = role.names.to_text();
            let decided: Vec<Decision> = role.decisions.iter().map(|decided| decided.decision.clone()).collect();
            let decisions = decisions::publish(&decided);
            let own = RoleFacts {
                names: NamesFacts { sha256: hexadecimal(&names), length: names.len() as u64, count: role.names.len() as u64 },
                decisions: DecisionsFacts { sha256: hexadecimal(&decisions) },
                sources: Self::counts(role),
            };
            facts.insert(role.id.clone(), own);
            roles.push(RoleContent { role: role.id.clone(), names, decisions });
        }
        let Saying { urgent, note, overrides } = saying;
        let publication = Publication {
            serial: previous.map_or(1, |previous| previous.serial + 1),
            made: now.round(jiff::Unit::Second).unwrap_or(now),
            urgent,
            rings: self.settings.rings.clone(),
            note,
            overrides,
            order: self.roles.iter().map(|role| role.id.clone()).collect(),
            roles: facts,
            history: previous.map(Publication::history_of_next).unwrap_or_default(),
        };
        Content { roles, publication, registry: self.tables.publish(&self.settings.may_open) }
    }
}
