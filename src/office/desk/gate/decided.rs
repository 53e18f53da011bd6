//! What a role's decisions would take from schools, or open.

use std::path::PathBuf;

use super::{Reason, Refusal};
use crate::dns::Name;
use crate::lists::guard::{SuffixKind, suffix_kind};
use crate::lists::{Protected, Standing};
use crate::office::decisions::{Decision, Kind};
use crate::office::desk::folder::{Decided, Folder, Role};

/// The refusals of a role's decisions.
pub(super) fn refusals(folder: &Folder, role: &Role) -> Vec<Refusal> {
    let mut all = Vec::new();
    for Decided { decision, file, line } in &role.decisions {
        let mut found = match decision.kind {
            Kind::Lock => of_lock(folder, role, decision),
            Kind::Guarantee | Kind::Allow => of_opening(folder, role, decision),
        };
        let place: (PathBuf, u32) = (file.clone(), *line);
        found.iter_mut().for_each(|refusal| refusal.place = Some(place.clone()));
        all.extend(found);
    }
    all
}

fn of_lock(folder: &Folder, role: &Role, decision: &Decision) -> Vec<Refusal> {
    let Decision { name, category, .. } = decision;
    let word = category.as_deref().unwrap_or_default();
    let text = name.to_string();
    let refusal = |reason: Reason| Refusal::new(reason, &role.id, text.clone(), category.as_deref());
    let mut all = Vec::new();
    if !role.speaks_for.has(word) {
        all.push(Refusal::new(Reason::NotItsCategory(1), &role.id, text.clone(), category.as_deref()));
    }
    if suffix_kind(name) == SuffixKind::Registry {
        all.push(refusal(Reason::PublicSuffix));
    }
    if let Some(host) = folder.settings.host.as_ref().filter(|host| host.is_at_or_below(name)) {
        let mut own = refusal(Reason::OwnHost);
        own.take(host.to_string());
        all.push(own);
    }
    let is_threat = folder
        .tables
        .registry
        .find(word)
        .is_some_and(|category| Standing::of(folder.tables.registry.entry(category)) == Standing::Threat);
    let mut taken = refusal(Reason::Protected(Vec::new()));
    let mut kinds: Vec<Protected> = Vec::new();
    let above_help = folder.tables.protected.kinds(name).has(Protected::Help).then(|| (name.clone(), Protected::Help));
    for (protected, kind) in folder.tables.protected.taken_along(name).cloned().chain(above_help) {
        // A lock has a reason and a person: a learning site that was broken into may be locked.
        if kind == Protected::Learning && is_threat {
            continue;
        }
        kinds.push(kind);
        let is_along = protected.labels().next() == Some(b"www") && protected != *name;
        if !is_along && !taken.taken.contains(&protected.to_string()) {
            taken.take(protected.to_string());
        }
    }
    if !kinds.is_empty() {
        kinds.sort();
        kinds.dedup();
        taken.reason = Reason::Protected(kinds);
        all.push(taken);
    }
    let crowd: Vec<&Name> = folder.popular.iter().filter(|popular| popular.is_at_or_below(name) && *popular != name).collect();
    if crowd.len() > folder.settings.bounds.below {
        let mut own = refusal(Reason::Crowd(crowd.len()));
        crowd.into_iter().for_each(|popular| own.take(popular.to_string()));
        all.push(own);
    }
    all
}

fn of_opening(folder: &Folder, role: &Role, decision: &Decision) -> Vec<Refusal> {
    let name = decision.name.to_string();
    let mut all = Vec::new();
    if suffix_kind(&decision.name) == SuffixKind::Registry {
        all.push(Refusal::new(Reason::PublicSuffix, &role.id, name.clone(), None));
    }
    let registry = &folder.tables.registry;
    let mut locked: Vec<String> = Vec::new();
    for other in &folder.roles {
        for holding in other.names.holding(&name) {
            let words = other.names.words(holding.categories);
            locked.extend(
                words.filter(|word| registry.find(word).is_some_and(|own| registry.entry(own).locked)).map(str::to_owned),
            );
        }
        let locks = other.decisions.iter().map(|decided| &decided.decision);
        let above = locks.filter(|lock| lock.kind == Kind::Lock && decision.name.is_at_or_below(&lock.name));
        locked.extend(above.filter_map(|lock| lock.category.clone()));
    }
    locked.sort();
    locked.dedup();
    all.extend(locked.into_iter().map(|word| {
        let mut refusal = Refusal::new(Reason::OpensLocked, &role.id, name.clone(), Some(&word));
        refusal.take(name.clone());
        refusal
    }));
    all
}
