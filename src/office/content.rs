//! What a publication consists of, made of a working folder: targets by their names, once the gate lets them through.
//!
//! The rule: either everything is there and nothing is refused, or nothing is handed out. Signing and publishing is done elsewhere.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, Unit};

use super::build::{Built, Looked, RoleText};
use super::changes::{self, Lists, RoleChange};
use super::decisions::{self, Decision};
use super::folder::{Folder, Role};
use super::gate::{self, Examined, Refusal, Weighed};
use super::hexadecimal;
use super::names::NameList;
use super::publication::{DecisionsPart, HISTORY, NamesPart, Override, Publication, RolePart, Urgent};
use crate::fault::Fault;
use crate::lists::Words;

/// The target of the publication itself.
pub const PUBLICATION: &str = "publication.json";

/// The target of the tables.
pub const REGISTRY: &str = "registry.json";

/// What somebody wants published.
#[derive(Debug, Clone)]
pub struct Wanted<'w> {
    /// The time.
    pub now: Timestamp,
    /// The day at the office.
    pub today: Date,
    /// What of it does not wait for rings.
    pub urgent: Urgent,
    /// Overrides besides those of the folder.
    pub overrides: &'w [Override],
    /// Decisions as the last publication had them, by role: what the note compares with. A role that is left out had none.
    pub decided: &'w BTreeMap<String, Vec<Decision>>,
}

/// A publication's content.
#[derive(Debug, Clone)]
pub struct Content {
    /// The targets by name: `publication.json`, `registry.json`, `ROLE/names.zst`, `ROLE/names-OLD.patch`, `ROLE/decisions.json`.
    pub targets: BTreeMap<String, Vec<u8>>,
    /// The publication.
    pub publication: Publication,
    /// What the gate saw.
    pub findings: Findings,
}

/// What was found on the way, whether anything is refused or not.
#[derive(Debug, Clone)]
pub struct Findings {
    /// What was made of each role's sources.
    pub texts: Vec<(String, RoleText)>,
    /// Each role's list, looked up.
    pub lists: Vec<(String, Looked)>,
    /// Each role's list in the last publication, looked up, where its text is still here.
    pub before: Vec<(String, Looked)>,
    /// What changes.
    pub changes: Vec<RoleChange>,
    /// What the gate refuses, and what people overrode.
    pub weighed: Weighed,
    /// The note for people.
    pub note: Words,
    /// Roles whose last text is not here, so that what changes in it cannot be told.
    pub unknown: Vec<String>,
}

/// Why there is no content.
#[derive(Debug)]
pub enum NotBuilt {
    /// The folder, or a list in it, is at fault.
    Faults(Vec<Fault>),
    /// The gate refuses something; the findings say what.
    Refused(Box<Findings>),
    /// The machine failed, in a sentence for people.
    Failed(String),
}

impl Folder {
    /// Builds what would be published after `previous`.
    ///
    /// # Errors
    /// [`NotBuilt`]; what is built so far is kept, so that the next try is quick.
    pub fn content(&self, previous: Option<&Publication>, wanted: &Wanted<'_>) -> Result<Content, NotBuilt> {
        let findings = self.examine(previous, wanted)?;
        if !findings.weighed.refusals.is_empty() {
            return Err(NotBuilt::Refused(Box::new(findings)));
        }
        let built = Built::below(&self.root);
        let tables = self.tables.to_json();
        let tables_digest = hexadecimal(&tables);
        let mut targets = BTreeMap::from([(REGISTRY.to_owned(), tables)]);
        // What other machines build is as it was: their own files say so, signed by them.
        let mut roles = previous.map(|previous| previous.roles.clone()).unwrap_or_default();
        roles.retain(|id, _| self.rules.role(id).is_some());
        for (role, (_, text)) in self.roles.iter().zip(&findings.texts) {
            let packed = built.packed(&text.sha256).map_err(failed)?;
            let Some(packed) = packed else {
                return Err(NotBuilt::Failed(format!("the text of {} is gone from {}/built", role.id, self.root.display())));
            };
            let decisions = decisions::publish(&decisions_of(role));
            let part = RolePart {
                names: NamesPart { sha256: text.sha256.clone(), length: text.length, count: text.count },
                decisions: DecisionsPart { sha256: hexadecimal(&decisions) },
                sources: text.sources.clone(),
            };
            for old in older(previous, &role.id, &text.sha256) {
                if let Some(patch) = built.difference(&old, &text.sha256).map_err(failed)? {
                    targets.insert(format!("{}/names-{}.patch", role.id, &old[..12]), patch);
                }
            }
            targets.insert(format!("{}/names.zst", role.id), packed);
            targets.insert(format!("{}/decisions.json", role.id), decisions);
            roles.insert(role.id.clone(), part);
        }
        let publication = Publication {
            serial: previous.map_or(1, |previous| previous.serial + 1),
            made: wanted.now.round(Unit::Second).unwrap_or(wanted.now),
            urgent: wanted.urgent,
            rings: self.rules.rings.clone(),
            note: findings.note.clone(),
            overrides: findings.weighed.overridden.clone(),
            taken_back: previous.map(|previous| previous.taken_back.clone()).unwrap_or_default(),
            tables: tables_digest,
            roles,
            history: previous.cloned().map(Publication::into_history).unwrap_or_default(),
        };
        self.sweep(&built, &publication).map_err(failed)?;
        targets.insert(PUBLICATION.to_owned(), publication.to_json());
        Ok(Content { targets, publication, findings })
    }

    /// Looks at what would be published after `previous`, and hands nothing out: what `khien office check` does.
    ///
    /// # Errors
    /// [`NotBuilt::Faults`] and [`NotBuilt::Failed`]; what the gate refuses is among the findings.
    pub fn examine(&self, previous: Option<&Publication>, wanted: &Wanted<'_>) -> Result<Findings, NotBuilt> {
        let built = Built::below(&self.root);
        let mut faults = Vec::new();
        let mut texts = Vec::new();
        for role in &self.roles {
            match built.role(self, role) {
                Ok(text) => texts.push((role.id.clone(), text)),
                Err(found) => faults.extend(found),
            }
        }
        if !faults.is_empty() {
            return Err(NotBuilt::Faults(faults));
        }
        let look = |id: &str, sha256: &str| built.looked(self, id, sha256).map_err(NotBuilt::Failed);
        let mut lists = Vec::new();
        for (id, text) in &texts {
            lists.push((id.clone(), look(id, &text.sha256)?));
        }
        let (mut before, mut unknown, mut changes, mut refusals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (role, ((id, text), (_, looked))) in self.roles.iter().zip(texts.iter().zip(&lists)) {
            let last = previous.and_then(|previous| previous.roles.get(id));
            refusals.extend(gate::of_list(&Examined { folder: self, role, text, looked }));
            if let Some(last) = last {
                refusals.extend(gate::of_sources(role, text, &last.sources, self.rules.bounds));
            }
            refusals.extend(gate::of_decisions(self, role, &lists, wanted.today));
            let digest = last.map(|last| last.names.sha256.as_str());
            let same = digest == Some(text.sha256.as_str());
            let old = match digest {
                Some(_) if same => {
                    before.push((id.clone(), looked.clone()));
                    None
                }
                Some(digest) => {
                    let old = built.text(digest).map_err(failed)?;
                    match &old {
                        Some(_) => before.push((id.clone(), look(id, digest)?)),
                        None => unknown.push(id.clone()),
                    }
                    old
                }
                None => None,
            };
            let is_told = !same && (old.is_some() || digest.is_none());
            let lists = if is_told {
                Some((parsed(old)?, parsed(built.text(&text.sha256).map_err(failed)?)?.unwrap_or_default()))
            } else {
                None
            };
            let lists = lists.as_ref().map(|(old, new)| Lists { old: old.as_ref(), new });
            let nothing = Vec::new();
            let decided = wanted.decided.get(id).unwrap_or(&nothing);
            changes.push(RoleChange::of(id, lists, decided, &decisions_of(role), self.popular.as_ref()));
        }
        let refusals = distinct(refusals);
        // What is said for this once may name what is refused; what is kept says the refusal's own word.
        let told = |said: &Override| {
            let what = gate::meant(&refusals, &said.what).map_or_else(|_| said.what.clone(), Refusal::word);
            Override { what, ..said.clone() }
        };
        let overrides: Vec<Override> = self.overrides.iter().cloned().chain(wanted.overrides.iter().map(told)).collect();
        let weighed = gate::weigh(refusals, &overrides);
        let note = changes::note(&changes, &weighed.overridden, &self.rules, &self.understood.registry);
        Ok(Findings { texts, lists, before, changes, weighed, note, unknown })
    }

    /// Each role's list as it is now, looked up.
    ///
    /// # Errors
    /// [`NotBuilt::Faults`] and [`NotBuilt::Failed`].
    pub fn lists(&self) -> Result<Vec<(String, Looked)>, NotBuilt> {
        let built = Built::below(&self.root);
        let look = |role: &Role| {
            let text = built.role(self, role).map_err(NotBuilt::Faults)?;
            Ok((role.id.clone(), built.looked(self, &role.id, &text.sha256).map_err(NotBuilt::Failed)?))
        };
        self.roles.iter().map(look).collect()
    }

    /// Lets go of texts and differences that nothing published speaks of any more.
    fn sweep(&self, built: &Built, publication: &Publication) -> std::io::Result<()> {
        let texts: Vec<&str> =
            publication.all().flat_map(|(.., roles)| roles.values()).map(|part| part.names.sha256.as_str()).collect();
        let newest: Vec<&str> = publication.roles.values().map(|part| part.names.sha256.as_str()).collect();
        built.sweep(&texts, &newest)
    }
}

/// A role's decisions, without the places where they are written.
pub fn decisions_of(role: &Role) -> Vec<Decision> {
    role.decisions.iter().map(|written| written.decision.clone()).collect()
}

/// The digests of a role's older texts, the newest first, each once.
fn older(previous: Option<&Publication>, role: &str, newest: &str) -> Vec<String> {
    let mut digests: Vec<String> = Vec::new();
    for (.., roles) in previous.into_iter().flat_map(Publication::all).take(HISTORY) {
        if let Some(part) = roles.get(role)
            && part.names.sha256 != newest
            && !digests.contains(&part.names.sha256)
        {
            digests.push(part.names.sha256.clone());
        }
    }
    digests
}

fn parsed(text: Option<Vec<u8>>) -> Result<Option<NameList>, NotBuilt> {
    text.map(|text| NameList::parse(&text)).transpose().map_err(|fault| NotBuilt::Failed(fault.to_string()))
}

fn distinct(refusals: Vec<Refusal>) -> Vec<Refusal> {
    let mut all: Vec<Refusal> = Vec::new();
    for refusal in refusals {
        if !all.contains(&refusal) {
            all.push(refusal);
        }
    }
    all
}

fn failed(error: std::io::Error) -> NotBuilt {
    NotBuilt::Failed(format!("what is built cannot be read or kept: {error}"))
}

#[cfg(test)]
mod tests;
