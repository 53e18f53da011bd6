//! The gate for decisions: a lock takes along what stands below its name, and nothing opens what the office itself locks.

use jiff::civil::Date;

use super::lists::{is_free, standing, tidy};
use super::{Closed, Origin, Reason, Refusal};
use crate::dns::{Name, RecordType};
use crate::lists::guard::{SuffixKind, suffix_kind};
use crate::lists::{Protected, Standing};
use crate::office::build::Looked;
use crate::office::decisions::{Decision, Kind};
use crate::office::folder::{Folder, Role, RoleDecision};

/// How many names of a refusal are told.
const TOLD: usize = 5;

/// What of a role's decisions is refused on `today`, beside the lists of all roles that lie here, by their ids.
pub fn of_decisions(folder: &Folder, role: &Role, lists: &[(String, Looked)], today: Date) -> Vec<Refusal> {
    role.decisions
        .iter()
        .filter(|written| written.decision.holds(today))
        .flat_map(|written| of_one(folder, role, written, lists, today))
        .collect()
}

fn of_one(folder: &Folder, role: &Role, written: &RoleDecision, lists: &[(String, Looked)], today: Date) -> Vec<Refusal> {
    let decision = &written.decision;
    let standing = decision.category.as_deref().map_or(Standing::Content, |category| standing(folder, category));
    let reasons = match decision.kind {
        Kind::Lock => of_lock(folder, decision, standing),
        Kind::Guarantee | Kind::Allow => {
            closed(folder, &decision.name, lists, today).map(Reason::OpensLocked).into_iter().collect()
        }
    };
    let refusal = |reason| Refusal {
        role: role.id.clone(),
        origin: Origin::Decision(decision.kind),
        what: decision.name.to_string(),
        category: decision.category.clone(),
        standing,
        place: Some((written.file.clone(), Some(written.line))),
        reason,
    };
    reasons.into_iter().map(refusal).collect()
}

fn of_lock(folder: &Folder, decision: &Decision, standing: Standing) -> Vec<Reason> {
    let name = &decision.name;
    let protected = &folder.understood.protected;
    let mut reasons = Vec::new();
    // A lock closes for everyone, so what is content for a list is none for it. A person and a reason stand beside it: that is what
    // lets a threat take a learning site.
    let grave = if standing == Standing::Threat { Standing::Threat } else { Standing::Locked };
    let is_free = |kind| is_free(kind, grave) || (kind == Protected::Learning && grave == Standing::Threat);
    let mut taken: Vec<(Name, Protected)> = protected.taken_along(name).filter(|(_, kind)| !is_free(*kind)).cloned().collect();
    if taken.is_empty() && protected.kinds(name).has(Protected::Help) {
        taken.push((name.clone(), Protected::Help));
    }
    tidy(&mut taken);
    if !taken.is_empty() {
        let count = taken.len();
        taken.truncate(TOLD);
        reasons.push(Reason::Protected(taken, count));
    }
    if let Some(host) = folder.rules.host().filter(|host| host.is_at_or_below(name)) {
        reasons.push(Reason::OwnHost(Box::new(host)));
    }
    match suffix_kind(name) {
        SuffixKind::Registry => reasons.push(Reason::Suffix),
        SuffixKind::Platform => reasons.push(Reason::Platform),
        SuffixKind::None => {}
    }
    let popular = folder.popular.iter().flat_map(|popular| popular.iter());
    let below: Vec<Name> =
        popular.filter(|(known, _)| *known != name && known.is_at_or_below(name)).map(|(known, _)| known.clone()).collect();
    if below.len() as u64 > folder.rules.bounds.popular_below {
        reasons.push(Reason::Popular(below.len(), below.into_iter().take(TOLD).collect()));
    }
    reasons
}

/// What of the office closes a name for good.
fn closed(folder: &Folder, name: &Name, lists: &[(String, Looked)], today: Date) -> Option<Closed> {
    let decisions = folder.roles.iter().flat_map(|role| &role.decisions).map(|written| &written.decision);
    let mut locks = decisions.filter(|decision| decision.kind == Kind::Lock && decision.holds(today));
    if let Some(lock) = locks.find(|lock| name.is_at_or_below(&lock.name)) {
        return Some(Closed::Lock(Box::new(lock.name.clone())));
    }
    let registry = &folder.understood.registry;
    lists.iter().find_map(|(role, looked)| {
        let listed = looked.index.categories(name, RecordType::A).categories();
        let locked = listed.and(registry.locked()).first()?;
        Some(Closed::List(role.clone(), registry.entry(locked).id.clone()))
    })
}
