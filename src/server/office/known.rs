//! What the server knows of the office from one round to the next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::RoleDecisions;
use crate::config::OfficeSource;
use crate::fetch::Reason;
use crate::office::here::Here;
use crate::office::repository::Offered;
use crate::office::{Adopted, Lists, Part, RolePart, Shelf, Watch};

/// The state between rounds.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Who is followed.
    pub(super) source: Option<OfficeSource>,
    /// What is in force, what was before, what is held back.
    pub(super) adopted: Adopted,
    /// The decisions in force, as they were published.
    pub(super) decided: Arc<Vec<RoleDecisions>>,
    /// Of those, how many of each role count nowhere, by category.
    pub(super) cut_decisions: BTreeMap<String, BTreeMap<String, u64>>,
    /// When the office is asked next, by the running time.
    pub(super) due: Duration,
    /// When it last said something that could be verified.
    pub(super) confirmed: Option<Timestamp>,
    /// When the metadata expires that was verified last.
    pub(super) expires: Option<Timestamp>,
    /// What was verified last.
    pub(super) verified: Option<Arc<Offered>>,
    /// The lists that are compiled, with the school's own.
    pub(super) lists: Option<Lists>,
    /// Lists on their way into force.
    pub(super) awaited: Option<Part>,
    /// Nothing is taken before this running time: it failed.
    pub(super) take_not_before: Duration,
    /// Why asking has failed since.
    pub(super) failure: Option<String>,
    /// Why what it offers was not taken, the last time that it was tried.
    pub(super) refused: Option<String>,
    /// Why the tables in force cannot be read; others stand in until they came again.
    pub(super) tables_fault: Option<String>,
    /// How often in a row.
    pub(super) in_a_row: u32,
    /// How often at all, by reason.
    pub(super) failures: BTreeMap<Reason, u64>,
    /// How often this school went back, by what made it.
    pub(super) rollbacks: BTreeMap<&'static str, u64>,
    /// Who watches what a change does.
    pub(super) watch: Watch,
    /// When shares were last looked at, by the running time.
    pub(super) watched: Duration,
    /// Failures so far, and those of them that count: while some upstream answered.
    pub(super) failed_seen: u64,
    pub(super) failed_counted: u64,
}

impl Known {
    /// What an earlier run kept. In the place of decisions that cannot be read stand those before; the office is asked for them again.
    pub(super) fn open(shelf: &Shelf) -> Self {
        Self::of(shelf.adopted(), shelf)
    }

    /// What `adopted` says is in force, read from the shelf.
    pub(super) fn of(mut adopted: Adopted, shelf: &Shelf) -> Self {
        let (decided, is_whole) = kept_decisions(&adopted, shelf);
        if let Some(edition) = adopted.editions.first_mut().filter(|_| !is_whole) {
            // The office is asked for them again; what is kept stays, for the disk may be well with the next start.
            edition.decisions.serial = 0;
        }
        let mut lists = adopted.in_force().map(|edition| shelf.lists(&edition.lists));
        let (tables, tables_fault) = Here::in_force(shelf);
        if let Some(fault) = &tables_fault {
            tracing::error!(fault, "tables that were kept before, or the program's own, hold until the office is heard again");
            // What is compiled is compiled by those that stand in.
            lists.iter_mut().for_each(|lists| lists.tables.clone_from(&tables.digest));
        }
        Self { adopted, lists, tables_fault, decided: Arc::new(decided), ..Self::default() }
    }

    /// Another office, or another word on how to follow it: what was verified of the one before says nothing.
    pub(super) fn follow(&mut self, source: &OfficeSource) {
        if self.source.as_ref() == Some(source) {
            return;
        }
        self.source = Some(source.clone());
        (self.verified, self.expires, self.failure, self.in_a_row) = (None, None, None, 0);
        self.refused = None;
        (self.due, self.take_not_before) = (Duration::ZERO, Duration::ZERO);
    }

    /// Takes note of what was verified.
    pub(super) fn learn(&mut self, verified: Arc<Offered>) {
        self.expires = verified.expires;
        self.verified = Some(verified);
    }

    /// Puts an edition's word on the disk; where it cannot be written what is in force is in force all the same.
    pub(super) fn adopt(&mut self, adopted: Adopted, shelf: &Shelf) {
        if let Err(error) = shelf.adopt(&adopted, self.awaited.as_ref()) {
            tracing::error!(%error, "the office's publication is in force, but a restart would begin with the one before it");
        }
        self.adopted = adopted;
    }
}

/// The decisions of each role by the newest text of its that can be read, and whether that is the newest of all of them.
fn kept_decisions(adopted: &Adopted, shelf: &Shelf) -> (Vec<RoleDecisions>, bool) {
    let (mut decided, mut is_whole) = (Vec::new(), true);
    let Some(newest) = adopted.in_force() else { return (decided, is_whole) };
    for role in &newest.decisions.roles {
        for (number, edition) in adopted.editions.iter().enumerate() {
            let Some(kept) = edition.decisions.roles.iter().find(|kept| kept.role == role.role) else { continue };
            let kept = RolePart { digest: kept.digest.clone(), ..role.clone() };
            match super::decisions::of_role(shelf, &kept, edition.decisions.serial) {
                Ok(read) => {
                    decided.push(read);
                    break;
                }
                Err(fault) => {
                    is_whole = false;
                    let role = &role.role;
                    tracing::error!(role, edition = number, %fault, "the office's decisions that were kept cannot be read");
                }
            }
        }
    }
    (decided, is_whole)
}
