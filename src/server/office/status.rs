//! How the office stands here, as metrics, `status` and `/readyz` show it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::images::Loaded;
use super::super::{Running, lock};
use super::RoleDecisions;
use super::known::Known;
use crate::config::OfficeSource;
use crate::metrics::OfficeReading;
use crate::office::Adopted;
use crate::web::{HeldStatus, OfficeStatus, RoleStatus};

impl Running {
    /// The office for a scrape; none where the school follows none.
    pub(in crate::server) fn office_reading(&self) -> Option<OfficeReading> {
        let (source, loaded) = self.office_source_and_lists();
        source?;
        let known = lock(&self.office.known);
        let edition = known.adopted.in_force();
        let mut cut: BTreeMap<String, u64> = BTreeMap::new();
        for (role, _, count) in all_cut(&known, &loaded) {
            *cut.entry(role).or_default() += count;
        }
        Some(OfficeReading {
            serial: edition.map_or(0, |edition| edition.lists.serial),
            decisions_serial: edition.map_or(0, |edition| edition.decisions.serial),
            expires: known.expires,
            confirmed: known.confirmed,
            held: known.adopted.held.is_some(),
            rollbacks: known.rollbacks.iter().map(|(cause, count)| (*cause, *count)).collect(),
            failures: known.failures.iter().map(|(reason, count)| (reason.text(), *count)).collect(),
            cut: cut.into_iter().collect(),
            decisions: known.decided.iter().map(|role| role.decisions.len() as u64).sum(),
        })
    }

    /// The office for `khien status`; none where the school follows none.
    pub(in crate::server) fn office_status(&self) -> Option<OfficeStatus> {
        let (source, loaded) = self.office_source_and_lists();
        let source = source?;
        let remark = self.office_remark();
        let known = lock(&self.office.known);
        Some(OfficeStatus {
            newest: known.verified.as_ref().map(|verified| verified.newest()),
            expires: known.expires.map(written),
            confirmed: known.confirmed.map(written),
            failure: known.failure.clone().or_else(|| known.refused.clone()).or_else(|| known.tables_fault.clone()),
            failures: known.in_a_row,
            roles: roles(&known, &loaded),
            remark,
            ..kept(&source, &known.adopted)
        })
    }

    /// What a person should know of office and clock although all that was loaded is in force.
    pub(in crate::server) fn office_remark(&self) -> Option<String> {
        let (source, loaded) = self.office_source_and_lists();
        source?;
        let now = self.accounts.clock.wall();
        let known = lock(&self.office.known);
        let since = known.adopted.in_force().map(|edition| edition.since)?;
        let lived = loaded.made.max(since);
        // A clock cannot be right that stands before what this machine did by it; an hour is for one that was set right.
        if now + jiff::SignedDuration::from_hours(1) < lived {
            return Some(format!(
                "this machine's clock says {}, but it put lists in force at {}: is it wrong? The last good publication stays in force",
                written(now),
                written(lived)
            ));
        }
        let expires = known.expires.filter(|expires| *expires < now)?;
        Some(format!(
            "the office's repository expired at {}, or this machine's clock is ahead; the last good publication stays in force",
            written(expires)
        ))
    }

    fn office_source_and_lists(&self) -> (Option<OfficeSource>, std::sync::Arc<Loaded>) {
        let in_force = self.in_force();
        (in_force.program.office.clone(), std::sync::Arc::clone(&in_force.loaded))
    }
}

/// How the office stands by what is kept: as much as there is to say where no server runs.
pub(super) fn kept(source: &OfficeSource, adopted: &Adopted) -> OfficeStatus {
    let edition = adopted.in_force();
    OfficeStatus {
        url: source.page.to_string(),
        ring: source.ring.0.get(),
        serial: edition.map(|edition| edition.lists.serial),
        decisions_serial: edition.map(|edition| edition.decisions.serial),
        since: edition.map(|edition| written(edition.since)),
        held: adopted.held.as_ref().map(|held| HeldStatus {
            lists: held.lists,
            decisions: held.decisions,
            why: held.why.clone(),
            since: written(held.since),
        }),
        editions: adopted.editions.iter().map(|edition| (edition.lists.serial, edition.decisions.serial)).collect(),
        ..OfficeStatus::default()
    }
}

/// What of lists and decisions counts nowhere: role, category, how much.
fn all_cut(known: &Known, loaded: &Loaded) -> Vec<(String, String, u64)> {
    let decisions = known
        .cut_decisions
        .iter()
        .flat_map(|(role, cut)| cut.iter().map(|(category, count)| (role.clone(), category.clone(), *count)));
    let lists = loaded.cut().map(|(role, category, count)| (role.to_owned(), category.to_owned(), count));
    lists.chain(decisions).collect()
}

fn roles(known: &Known, loaded: &Loaded) -> Vec<RoleStatus> {
    let mut roles: Vec<RoleStatus> = Vec::new();
    let mut at = |role: &str, change: &dyn Fn(&mut RoleStatus)| match roles.iter_mut().find(|known| known.role == role) {
        Some(known) => change(known),
        None => {
            let mut fresh = RoleStatus { role: role.to_owned(), ..RoleStatus::default() };
            change(&mut fresh);
            roles.push(fresh);
        }
    };
    for (role, entries) in loaded.office_entries() {
        at(role, &|status| status.entries = entries);
    }
    for RoleDecisions { role, decisions, .. } in known.decided.iter() {
        at(role, &|status| status.decisions = decisions.len() as u64);
    }
    for (role, category, count) in all_cut(known, loaded) {
        at(&role, &|status| status.cut.push((category.clone(), count)));
    }
    if let (Some(offered), Some(edition)) = (&known.verified, known.adopted.in_force()) {
        for role in &offered.lapsed {
            at(role, &|status| status.lapsed = true);
        }
        let published = offered.publication.roles_of(edition.decisions.serial);
        for (role, part) in published.into_iter().flatten() {
            let taken = edition.decisions.roles.iter().find(|taken| taken.role == *role);
            if taken.is_none_or(|taken| taken.digest != part.decisions.sha256) {
                let fault = "its newest decisions cannot be read; those before are in force";
                at(role, &|status| status.fault = Some(fault.to_owned()));
            }
        }
    }
    for (role, fault) in &loaded.office_faults {
        at(role, &|status| status.fault = Some(fault.clone()));
    }
    roles
}

/// A time as people and programs read it.
pub(super) fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
