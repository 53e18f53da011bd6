//! One case, one decision: runs the rules in their order, with and without what an upstream's aliases bring.
//!
//! # Cost
//! Runs on every query and allocates nothing ([`trace`] does). Guarded by `benches/policy.rs`.

use super::rules::{self, Match, RULES, RuleId, Scene};
use super::{Action, Case, InForce, Policy, Reason, SchoolTime, Settings, Shared, TierId, Verdict};
use crate::decisions;
use crate::dns::Name;
use crate::lists::Protected;

/// A verdict, and how it came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What was decided.
    pub verdict: Verdict,
    /// The rule that decided.
    pub rule: RuleId,
    /// Labels of the name, at or above the asked one, that the rule is written for; none where it is written for none, or
    /// for an alias.
    pub labels: Option<usize>,
    /// The tier in force.
    pub tier: TierId,
    /// The settings in force: an open name may have a safe twin.
    pub settings: Settings,
}

/// One rule, as `explain` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which rule.
    pub rule: RuleId,
    /// What it says; none where it does not match. The first that matches decides.
    pub verdict: Option<Verdict>,
    /// The name, at or above the asked one, that it is written for.
    pub name: Option<Name>,
    /// The office's decision that it follows, where it follows one.
    pub decision: Option<decisions::Decision>,
}

/// Decides a case.
pub fn decide(case: &Case<'_>, policy: &Policy, shared: &Shared, at: &SchoolTime) -> Verdict {
    decide_fully(case, policy, shared, at, &policy.in_force(at, &shared.tiers)).verdict
}

/// Decides a case and says by which rule; `in_force` is what holds for the policy at that time.
pub fn decide_fully(case: &Case<'_>, policy: &Policy, shared: &Shared, at: &SchoolTime, in_force: &InForce<'_>) -> Decision {
    let scene = full_scene(case, policy, shared, at, in_force);
    let (rule, found) = scene.first_match();
    let Match { verdict, labels } = scene.told(rule, found);
    Decision { verdict, rule, labels, tier: in_force.tier, settings: in_force.settings }
}

/// What every rule says of a case, in order. The first that matches is what [`decide`] says.
pub fn trace(case: &Case<'_>, policy: &Policy, shared: &Shared, at: &SchoolTime) -> Vec<Step> {
    let in_force = policy.in_force(at, &shared.tiers);
    let scene = full_scene(case, policy, shared, at, &in_force);
    let steps = RULES.iter().map(|(rule, judge)| {
        let found = judge(&scene).map(|found| scene.told(*rule, found));
        Step {
            rule: *rule,
            verdict: found.map(|found| found.verdict),
            name: found.and_then(|found| found.labels).map(|labels| case.name.ancestor(labels)),
            decision: found.and_then(|found| scene.followed(*rule, &found)).cloned(),
        }
    });
    steps.collect()
}

/// Decides on the safe twin that an open name is answered as: nothing but a lock closes it, for no tier and in no exam, since
/// the name itself was judged before.
pub fn decide_twin(case: &Case<'_>, policy: &Policy, shared: &Shared, at: &SchoolTime) -> Option<Verdict> {
    let in_force = policy.in_force(at, &shared.tiers);
    rules::locked(&full_scene(case, policy, shared, at, &in_force)).map(|found| found.verdict)
}

/// Decides on a name of the school's own zones or of a conditionally forwarded one: closed only by the office's locks and
/// the group's deny, and open in exams.
pub fn decide_local(case: &Case<'_>, policy: &Policy, shared: &Shared, at: &SchoolTime) -> Verdict {
    let of = |action, reason, category| Verdict { action, reason, category, by_alias: false };
    if case.listed.protected.has(Protected::Help) {
        return of(Action::Open, Reason::Local, None);
    }
    let locked = case.listed.office.and(shared.tiers.locked());
    if let Some(lock) = shared.office.word(case.name, at.date).lock {
        return of(Action::Block, Reason::Locked, rules::gravest(locked, lock.decision));
    }
    if !locked.is_empty() {
        return of(Action::Block, Reason::Locked, locked.first());
    }
    if rules::denies(policy, case.name) {
        return of(Action::Block, Reason::Deny, None);
    }
    of(Action::Open, Reason::Local, None)
}

/// As [`decide_local`], and says by which rule.
pub fn decide_local_fully(
    case: &Case<'_>,
    policy: &Policy,
    shared: &Shared,
    at: &SchoolTime,
    in_force: &InForce<'_>,
) -> Decision {
    let verdict = decide_local(case, policy, shared, at);
    let rule = match verdict {
        Verdict { reason: Reason::Deny, .. } => RuleId::GroupNames,
        Verdict { action: Action::Block, .. } => RuleId::Locked,
        Verdict { action: Action::Open, .. } => RuleId::Open,
    };
    Decision { verdict, rule, labels: None, tier: in_force.tier, settings: in_force.settings }
}

/// Whether a blocked name is closed with everything below it, so that NXDOMAIN may be said (RFC 8020).
///
/// Walks every name that people wrote: for the block mode that needs it, not for every query.
pub fn closes_below(case: &Case<'_>, verdict: &Verdict, policy: &Policy, shared: &Shared) -> bool {
    // Only the index knows of all protected names below one, so only what it closes can be said to be closed.
    let by_list = verdict.category.is_some_and(|category| case.listed.closed.contains(category));
    let opened_below = || {
        policy.allow.has_below(case.name)
            || shared.exceptions.has_below(case.name)
            || shared.grants.has_below(case.name)
            || shared.office.opens_below(case.name)
            || shared.tiers.all().iter().any(|tier| tier.restricted.has_below(case.name))
    };
    verdict.action == Action::Block && !verdict.by_alias && by_list && !opened_below()
}

/// The scene in which a case is decided. A name that someone opened is judged with less of its aliases than another, so
/// it is judged without them first.
fn full_scene<'a>(
    case: &'a Case<'a>,
    policy: &'a Policy,
    shared: &'a Shared,
    at: &'a SchoolTime,
    in_force: &'a InForce<'a>,
) -> Scene<'a> {
    let bare = Scene::without_aliases(case, policy, shared, at, in_force);
    if case.aliases.is_empty() {
        return bare;
    }
    let (_, found) = bare.first_match();
    bare.with_aliases(&found)
}

#[cfg(test)]
mod tests;
