//! A snapshot from a configuration and what its lists brought, and the look back that the journal takes into it.

use std::sync::Arc;

use crate::answer::Upstreams;
use crate::answer::upstream::SetupError;
use crate::answer::zones::{Forwarded, Zones};
use crate::config::{ForwardedZone, Program};
use crate::dns::{Lead, RecordType};
use crate::journal::{self, Entry, Provenance};
use crate::listen::interface_number;
use crate::lists::{Along, Effect, Mistaken, Taken, Verified};
use crate::policy::{Reason, Shared};
use crate::snapshot::{Snapshot, Words};
use crate::tally::Tally;

use super::images::Loaded;
use super::office;
use super::remembered::Remembered;

/// Who answers for names: the upstreams, and the zones with those who are asked for them.
#[derive(Debug, Clone)]
pub(super) struct Speakers {
    upstreams: Arc<Upstreams>,
    zones: Arc<Zones>,
}

impl Speakers {
    /// Those that `program` names; servers that `old` has too keep their health, counters and connections.
    pub(super) fn new(program: &Program, old: Option<&Snapshot>) -> Result<Self, SetupError> {
        let upstreams = Arc::new(Upstreams::new_from(&program.upstream, old.map(|old| &*old.upstreams))?);
        let mut forwarded = Vec::with_capacity(program.forwarded.len());
        for ForwardedZone { name, settings, line: _ } in &program.forwarded {
            let before = old.and_then(|old| old.zones.forwarded().iter().find(|zone| zone.name == *name));
            let upstreams = Upstreams::new_from(settings, before.map(|zone| &*zone.upstreams))?;
            forwarded.push(Forwarded { name: name.clone(), upstreams: Arc::new(upstreams) });
        }
        Ok(Self { upstreams, zones: Arc::new(Zones::new(&program.own_zones, forwarded)) })
    }

    /// Those of a snapshot.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self { upstreams: Arc::clone(&snapshot.upstreams), zones: Arc::clone(&snapshot.zones) }
    }
}

/// Puts everything together that one query sees.
pub(super) fn snapshot(
    program: &Program,
    loaded: &Loaded,
    office: office::InForce,
    speakers: Speakers,
    serial: u64,
    tally: &Tally,
) -> Snapshot {
    let Speakers { upstreams, zones } = speakers;
    program.clients.interfaces().look_up(interface_number);
    Snapshot {
        serial,
        words: Words::new(&program.clients, &program.shared, &program.registry, &loaded.index, tally),
        clients: program.clients.clone(),
        policies: program.policies.clone(),
        shared: Shared { office: office.decisions, ..program.shared.clone() },
        calendar: program.calendar.clone(),
        registry: program.registry.clone(),
        protected: Arc::new(program.tables.known.protected.as_map().clone()),
        twins: program.tables.known.twins.clone(),
        along: Along::new(&program.tables.known.services, &loaded.index),
        index: Arc::clone(&loaded.index),
        publication: loaded.publication,
        missing_lists: loaded.missing.clone(),
        images_made: loaded.made,
        block: program.block.clone(),
        upstreams,
        zones,
        rebinding: program.rebinding.clone(),
        max_ttl: program.max_ttl,
    }
}

/// Says which lists and which rule brought an entry's verdict, from the snapshot that gave it.
pub(super) fn provenance(remembered: Arc<Remembered>) -> Provenance {
    Box::new(move |entry| {
        let snapshot = remembered.find(entry.snapshot)?;
        match entry.reason {
            Reason::Locked => of_decision(&snapshot, entry).or_else(|| Some(of_lists(&snapshot, entry))),
            Reason::Tier | Reason::Exception => Some(of_lists(&snapshot, entry)),
            Reason::Guarantee | Reason::OfficeAllow => of_decision(&snapshot, entry),
            Reason::Deny | Reason::Allow => {
                let group = snapshot.clients.find(&entry.group)?;
                let policy = snapshot.policies.of(group);
                let names = if entry.reason == Reason::Deny { &policy.deny } else { &policy.allow };
                let name = match entry.by_alias.as_deref() {
                    Some(Lead::Name(alias)) => alias,
                    // No group denies an address.
                    Some(Lead::Address(_)) => return None,
                    None => &entry.name,
                };
                let (labels, _) = names.covering(name)?;
                Some(journal::Source { rule: Some(name.ancestor(labels).to_string()), ..journal::Source::default() })
            }
            Reason::Grant
            | Reason::AllowOnly
            | Reason::SafeSearch
            | Reason::Bypass
            | Reason::Rebinding
            | Reason::Local
            | Reason::NotReady
            | Reason::None => None,
        }
    })
}

/// The decision of the office that brought it: whose it is stands in the place of a list.
fn of_decision(snapshot: &Snapshot, entry: &Entry) -> Option<journal::Source> {
    let name = match entry.by_alias.as_deref() {
        Some(Lead::Name(alias)) => alias,
        Some(Lead::Address(_)) => return None,
        None => &entry.name,
    };
    let word = snapshot.shared.office.word(name, snapshot.school_time(entry.time).date);
    let decided = match entry.reason {
        Reason::Guarantee => word.guarantee,
        Reason::OfficeAllow => word.allow,
        Reason::Locked
        | Reason::Tier
        | Reason::Exception
        | Reason::Deny
        | Reason::Allow
        | Reason::Grant
        | Reason::AllowOnly
        | Reason::SafeSearch
        | Reason::Bypass
        | Reason::Rebinding
        | Reason::Local
        | Reason::NotReady
        | Reason::None => word.lock,
    }?;
    let lists = vec![format!("{}/decisions", decided.decision.owner.text())];
    Some(journal::Source { lists, rule: Some(name.ancestor(decided.labels).to_string()), mismatches: 0 })
}

/// What stands in the place of a list where none names the name, but it has the hash of one that is listed.
const MISTAKEN: &str = "khien/mistaken";

/// The lists whose rules gave the deciding category, and the deepest of those rules.
///
/// The lists trust hashes; here each name that they block is compared with those that they hold.
fn of_lists(snapshot: &Snapshot, entry: &Entry) -> journal::Source {
    let gave = |why: &crate::lists::Why| {
        why.effect == Effect::Applied && entry.category.as_deref() == Some(&snapshot.registry.entry(why.category).id)
    };
    let Verified { why, mistaken } = match entry.by_alias.as_deref() {
        Some(Lead::Name(alias)) => snapshot.verify(alias, RecordType::CNAME),
        Some(Lead::Address(address)) => Verified { why: snapshot.index.why_address(*address), mistaken: Vec::new() },
        None => snapshot.verify(&entry.name, entry.record_type),
    };
    mistaken.iter().for_each(tell);
    let count = |taken| mistaken.iter().filter(|mistaken| mistaken.taken == taken).count() as u64;
    let mismatches = count(Taken::Quarantined) + count(Taken::Full);
    let given: Vec<_> = why.into_iter().filter(gave).collect();
    // Networks come in order, the narrowest last.
    let rule = given.iter().max_by_key(|why| why.scope.map(|_| why.rule.split('.').count())).map(|why| why.rule.clone());
    let mut lists: Vec<String> = given.into_iter().map(|why| why.list.0).collect();
    lists.sort_unstable();
    lists.dedup();
    if lists.is_empty() && mismatches + count(Taken::Known) > 0 {
        lists.push(MISTAKEN.to_owned());
    }
    journal::Source { lists, rule, mismatches }
}

/// Says once of each name that it was taken for another.
fn tell(Mistaken { owner, name, taken }: &Mistaken) {
    let owner = owner.text();
    match taken {
        Taken::Quarantined => {
            tracing::warn!(%name, owner, "a name has the hash of a listed one and was taken for it; from now on it is not")
        }
        Taken::Damaged => {
            tracing::error!(owner, "the image of these lists is damaged on disk; what is in memory filters on: look at the disk")
        }
        // Without a place nobody knows whether it was said.
        Taken::Known | Taken::Full => {}
    }
}

#[cfg(test)]
mod tests;
