//! A snapshot from a configuration and what its lists brought, and the look back that the journal takes into it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use crate::answer::Upstreams;
use crate::answer::upstream::SetupError;
use crate::answer::zones::{Forwarded, Zones};
use crate::config::{ForwardedZone, Program};
use crate::dns::{Lead, RecordType};
use crate::journal::{self, Entry, Provenance};
use crate::listen::interface_number;
use crate::lists::{Along, Effect};
use crate::policy::{Reason, Shared};
use crate::snapshot::{Snapshot, Words};
use crate::tally::Tally;

use super::images::Loaded;
use super::{lock, office};

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
pub(super) fn provenance(remembered: Arc<Mutex<VecDeque<Arc<Snapshot>>>>) -> Provenance {
    Box::new(move |entry| {
        let snapshot = lock(&remembered).iter().find(|snapshot| snapshot.serial == entry.snapshot).map(Arc::clone)?;
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
                Some(journal::Source { lists: Vec::new(), rule: Some(name.ancestor(labels).to_string()) })
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
    Some(journal::Source { lists, rule: Some(name.ancestor(decided.labels).to_string()) })
}

/// The lists whose rules gave the deciding category, and the deepest of those rules.
fn of_lists(snapshot: &Snapshot, entry: &Entry) -> journal::Source {
    let gave = |why: &crate::lists::Why| {
        why.effect == Effect::Applied && entry.category.as_deref() == Some(&snapshot.registry.entry(why.category).id)
    };
    let all = match entry.by_alias.as_deref() {
        Some(Lead::Name(alias)) => snapshot.why(alias, RecordType::CNAME),
        Some(Lead::Address(address)) => snapshot.index.why_address(*address),
        None => snapshot.why(&entry.name, entry.record_type),
    };
    let given: Vec<_> = all.into_iter().filter(gave).collect();
    // Networks come in order, the narrowest last.
    let rule = given.iter().max_by_key(|why| why.scope.map(|_| why.rule.split('.').count())).map(|why| why.rule.clone());
    let mut lists: Vec<String> = given.into_iter().map(|why| why.list.0).collect();
    lists.sort_unstable();
    lists.dedup();
    journal::Source { lists, rule }
}
