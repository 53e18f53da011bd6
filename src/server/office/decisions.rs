//! The office's decisions from what was published to what is in force: in this school's categories, and none beyond a delegation.
//!
//! The rules: a lock counts only for a category that its role may speak for; one for no category, or for one that nobody here knows,
//! only from a role that speaks for all; what does not count is counted.

use std::collections::BTreeMap;
use std::io;

use crate::decisions::{self, OfficeDecisions, Ruling};
use crate::dns::Name;
use crate::lists::{Owner, Registry};
use crate::office::decisions::{Decision, Kind, read as read_decisions};
use crate::office::{Part, RolePart, Shelf, SpeaksFor};

/// The most octets of one role's decisions: they are written by people, one by one.
pub(super) const LARGEST: u64 = 16 << 20;

/// One role's decisions, as they were published.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::server) struct RoleDecisions {
    /// The role's id.
    pub(in crate::server) role: String,
    /// What the delegation lets it say.
    pub(in crate::server) speaks_for: SpeaksFor,
    /// The serial of the publication.
    pub(in crate::server) publication: u64,
    /// What it decided.
    pub(in crate::server) decisions: Vec<Decision>,
}

/// Decisions that do not count, by role and category.
pub(super) type Cut = BTreeMap<String, BTreeMap<String, u64>>;

/// The word for a lock without a category among those that were cut.
const NO_CATEGORY: &str = "none";

/// Reads the decisions of a publication that are kept.
///
/// # Errors
/// Where one of the texts is not there, damaged, or says nothing that can be read.
pub(super) fn read(shelf: &Shelf, part: &Part) -> io::Result<Vec<RoleDecisions>> {
    part.roles.iter().map(|role| of_role(shelf, role, part.serial)).collect()
}

/// Reads one role's decisions of publication `serial`.
///
/// # Errors
/// As [`read`]; what says nothing that can be read is [`io::ErrorKind::InvalidData`].
pub(super) fn of_role(shelf: &Shelf, role: &RolePart, serial: u64) -> io::Result<RoleDecisions> {
    let text = shelf.read_text(&role.digest, LARGEST)?;
    let unreadable = |fault| io::Error::new(io::ErrorKind::InvalidData, format!("role {}: {fault}", role.role));
    let decisions = read_decisions(&text).map_err(unreadable)?;
    Ok(RoleDecisions { role: role.role.clone(), speaks_for: role.speaks_for.clone(), publication: serial, decisions })
}

/// What counts of them here, and what was cut.
pub(super) fn of(decided: &[RoleDecisions], registry: &Registry) -> (OfficeDecisions, Cut) {
    let mut cut = Cut::new();
    let mut all: Vec<(Name, decisions::Decision)> = Vec::new();
    for role in decided {
        for decision in &role.decisions {
            match ruling(decision, &role.speaks_for, registry) {
                Ok(ruling) => all.push((decision.name.clone(), in_force(decision, ruling, role))),
                Err(category) => {
                    *cut.entry(role.role.clone()).or_default().entry(category.to_owned()).or_default() += 1;
                }
            }
        }
    }
    (all.into_iter().collect(), cut)
}

/// What a decision says here, or the category that its role has no say in.
fn ruling<'d>(decision: &'d Decision, speaks_for: &SpeaksFor, registry: &Registry) -> Result<Ruling, &'d str> {
    match decision.kind {
        Kind::Lock => {
            let category = decision.category.as_deref();
            match (category.and_then(|category| registry.find(category)), category, speaks_for) {
                (known, _, SpeaksFor::All) => Ok(Ruling::Lock(known)),
                (Some(known), Some(category), SpeaksFor::Only(_)) if speaks_for.has(category) => Ok(Ruling::Lock(Some(known))),
                (_, category, SpeaksFor::Only(_)) => Err(category.unwrap_or(NO_CATEGORY)),
            }
        }
        Kind::Guarantee if decision.exam => Ok(Ruling::Guarantee(decisions::Guarantee::InExamsToo)),
        Kind::Guarantee => Ok(Ruling::Guarantee(decisions::Guarantee::OutsideExams)),
        Kind::Allow => Ok(Ruling::Allow),
    }
}

fn in_force(decision: &Decision, ruling: Ruling, role: &RoleDecisions) -> decisions::Decision {
    decisions::Decision {
        ruling,
        owner: Owner::Office(role.role.clone()),
        by: decision.by.clone(),
        reason: decision.reason.clone(),
        made: decision.made,
        until: decision.until,
        publication: role.publication,
    }
}

#[cfg(test)]
mod tests;
