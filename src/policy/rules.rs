//! The ten rules, in their order; the first that matches decides. Serving and `explain` run these very functions.

use super::{Action, AliasFindings, Case, InForce, Policy, Readiness, Reason, SchoolTime, Shared, Verdict};
use crate::decisions::{Beneficiary, Decision, Grant, OfficeWord, Ruling};
use crate::dns::Name;
use crate::lists::{Category, CategorySet, Protected};

/// Which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleId {
    /// A configured list has never been loaded.
    NotReady,
    /// Help against abuse and suicide, health.
    Help,
    /// Forbidden to everyone.
    Locked,
    /// An exam, or a group that sees only what it allows.
    Exam,
    /// The office guarantees the name.
    Guarantee,
    /// The school opened the name for a time.
    Grant,
    /// The group's `allow` and `deny`.
    GroupNames,
    /// The office lifts tier blocks.
    OfficeAllow,
    /// The tier in force.
    Tier,
    /// Nothing closes the name.
    Open,
}

impl RuleId {
    /// As `explain` writes it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotReady => "not-ready",
            Self::Help => "help",
            Self::Locked => "locked",
            Self::Exam => "exam",
            Self::Guarantee => "guarantee",
            Self::Grant => "grant",
            Self::GroupNames => "group",
            Self::OfficeAllow => "office-allow",
            Self::Tier => "tier",
            Self::Open => "open",
        }
    }
}

/// A rule that matched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) verdict: Verdict,
    /// Labels of the name, at or above the asked one, that the rule is written for.
    pub(super) labels: Option<usize>,
}

type Rule = fn(&Scene<'_>) -> Option<Match>;

/// The order of `policy`: a rule stands before what it overrules.
pub(super) const RULES: [(RuleId, Rule); 10] = [
    // What is not known yet cannot be judged; SERVFAIL lets clients ask again.
    (RuleId::NotReady, not_ready),
    // No mistake of a list, and no exam, may stand between a child and help.
    (RuleId::Help, help),
    // What the law forbids is forbidden to every tier, before anything a school may open.
    (RuleId::Locked, locked),
    // An exam closes even what the office guarantees, unless the office says that exams need it.
    (RuleId::Exam, exam),
    (RuleId::Guarantee, guarantee),
    // A grant is younger than the file, so it overrules the file's denies.
    (RuleId::Grant, grant),
    (RuleId::GroupNames, group_names),
    (RuleId::OfficeAllow, office_allow),
    (RuleId::Tier, tier),
    (RuleId::Open, open),
];

/// All that the rules look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    case: &'a Case<'a>,
    policy: &'a Policy,
    shared: &'a Shared,
    at: &'a SchoolTime,
    in_force: &'a InForce<'a>,
    /// What of the aliases counts.
    aliases: AliasFindings,
    /// What the office decided of the name.
    office: OfficeWord<'a>,
    /// Labels of the exception that covers the name today.
    exception: Option<usize>,
    /// What the school's lists say of the name itself, without the locks that office or exception take away.
    school: CategorySet,
    /// Whether a lock of the school's lists was taken away by an exception alone.
    excepted: bool,
}

impl<'a> Scene<'a> {
    /// The scene as it is before any upstream has answered.
    pub(super) fn without_aliases(
        case: &'a Case<'a>,
        policy: &'a Policy,
        shared: &'a Shared,
        at: &'a SchoolTime,
        in_force: &'a InForce<'a>,
    ) -> Self {
        let locked = shared.tiers.locked();
        let exception = shared.exceptions.covering(case.name, at.date).map(|(labels, _)| labels);
        let office = shared.office.word(case.name, at.date);
        let lifted = office.allow.is_some() || exception.is_some();
        let school = if lifted { case.listed.school.without(locked) } else { case.listed.school };
        let excepted = office.allow.is_none() && exception.is_some() && !case.listed.school.and(locked).is_empty();
        Self { case, policy, shared, at, in_force, aliases: AliasFindings::default(), office, exception, school, excepted }
    }

    /// The scene with what counts of the aliases, for a name that `bare` decided without them.
    #[must_use]
    pub(super) fn with_aliases(self, bare: &Match) -> Self {
        let (locked, threats) = (self.shared.tiers.locked(), self.shared.threats);
        let found = self.case.aliases;
        if is_opened(&bare.verdict) {
            return Self { aliases: found.for_opened(locked, threats), ..self };
        }
        let office = self.office.allow.is_some();
        if !office && self.exception.is_none() {
            return Self { aliases: found, ..self };
        }
        let aliases = found.without_school_locks(locked, threats);
        let excepted = self.excepted || (!office && aliases.school != found.school);
        Self { aliases, excepted, ..self }
    }

    /// The first rule that matches. The last one always does.
    pub(super) fn first_match(&self) -> (RuleId, Match) {
        let found = RULES.iter().find_map(|(id, rule)| Some((*id, rule(self)?)));
        found.unwrap_or((RuleId::Open, self.opened(Reason::None, None)))
    }

    /// The verdict as it is told: an open name that a lock of the school's lists would close stands by its exception.
    pub(super) fn told(&self, rule: RuleId, found: Match) -> Match {
        let past_the_locks = rule > RuleId::Locked;
        match found.verdict.action {
            Action::Open if self.excepted && past_the_locks => {
                let verdict = Verdict { reason: Reason::Exception, ..found.verdict };
                Match { verdict, labels: self.exception }
            }
            Action::Open | Action::Block => found,
        }
    }

    /// The office's decision that a rule follows which matched, where it follows one.
    pub(super) fn followed(&self, rule: RuleId, found: &Match) -> Option<&'a Decision> {
        let OfficeWord { lock, guarantee, in_exams, allow } = self.office;
        let decided = match (rule, found.verdict.reason) {
            (RuleId::Locked, _) => lock,
            (RuleId::Exam, Reason::Guarantee) => in_exams,
            (RuleId::Guarantee, _) => guarantee,
            (RuleId::OfficeAllow, _) => allow,
            (
                RuleId::NotReady | RuleId::Help | RuleId::Exam | RuleId::Grant | RuleId::GroupNames | RuleId::Tier | RuleId::Open,
                _,
            ) => None,
        };
        decided.map(|decided| decided.decision)
    }

    fn is(&self, kind: Protected) -> bool {
        self.case.listed.protected.has(kind)
    }

    fn opened(&self, reason: Reason, labels: Option<usize>) -> Match {
        let category = self.case.listed.categories().first();
        Match { verdict: Verdict { action: Action::Open, reason, category, by_alias: false }, labels }
    }

    /// A block by the gravest of the categories that the name itself has (`own`) or its aliases bring.
    fn blocked(&self, reason: Reason, own: CategorySet, brought: CategorySet) -> Option<Match> {
        let category = own.union(brought).first()?;
        let by_alias = !own.contains(category);
        let labels = Some(usize::from(self.case.listed.rule_labels)).filter(|labels| !by_alias && *labels > 0);
        Some(closed(reason, Some(category), by_alias, labels))
    }

    /// Labels of the deepest grant that holds now for this client or its group and that `counts`.
    fn granted(&self, counts: impl Fn(&Grant) -> bool) -> Option<usize> {
        let suits = |grant: &Grant| {
            let for_us = match grant.to {
                Beneficiary::Group(group) => group == self.policy.group,
                Beneficiary::Client(client) => client == self.case.client,
            };
            for_us && grant.holds(self.at.instant) && counts(grant)
        };
        self.shared.grants.covering(self.case.name, suits).map(|(labels, _)| labels)
    }
}

/// The gravest of the categories that lists give a locked name, and of the one that its lock names.
pub(super) fn gravest(listed: CategorySet, lock: &Decision) -> Option<Category> {
    let named = match lock.ruling {
        Ruling::Lock(category) => category,
        Ruling::Guarantee(_) | Ruling::Allow => None,
    };
    listed.iter().chain(named).min()
}

fn closed(reason: Reason, category: Option<Category>, by_alias: bool, labels: Option<usize>) -> Match {
    Match { verdict: Verdict { action: Action::Block, reason, category, by_alias }, labels }
}

/// Whether a rule opened the name that keeps most of what its aliases bring from counting.
const fn is_opened(verdict: &Verdict) -> bool {
    let by_someone = match verdict.reason {
        Reason::Guarantee | Reason::OfficeAllow | Reason::Grant | Reason::Allow => true,
        Reason::Locked
        | Reason::Exception
        | Reason::Deny
        | Reason::AllowOnly
        | Reason::Tier
        | Reason::SafeSearch
        | Reason::Bypass
        | Reason::Rebinding
        | Reason::Local
        | Reason::NotReady
        | Reason::None => false,
    };
    by_someone && matches!(verdict.action, Action::Open)
}

fn not_ready(scene: &Scene<'_>) -> Option<Match> {
    match scene.case.ready {
        Readiness::Ready => return None,
        Readiness::NotReady => {}
    }
    // A clock that is to be set and a phone that checks its connection cannot wait, and without the hosts of the lists
    // nothing would ever get ready.
    let needed =
        scene.is(Protected::System) || scene.is(Protected::Help) || scene.shared.essential.exact(scene.case.name).is_some();
    (!needed).then(|| closed(Reason::NotReady, None, false, None))
}

fn help(scene: &Scene<'_>) -> Option<Match> {
    scene.is(Protected::Help).then(|| scene.opened(Reason::None, None))
}

pub(super) fn locked(scene: &Scene<'_>) -> Option<Match> {
    let locked = scene.shared.tiers.locked();
    let own = scene.case.listed.office.union(scene.school).and(locked);
    let brought = scene.aliases.office.union(scene.aliases.school).and(locked);
    if let Some(lock) = scene.office.lock {
        return Some(closed(Reason::Locked, gravest(own, lock.decision), false, Some(lock.labels)));
    }
    let by_list = scene.blocked(Reason::Locked, own, brought);
    by_list.or_else(|| scene.aliases.office_decided.then(|| closed(Reason::Locked, None, true, None)))
}

fn exam(scene: &Scene<'_>) -> Option<Match> {
    let exam = scene.in_force.exam?;
    if let Some(labels) = exam.opens(scene.case.name) {
        return Some(scene.opened(Reason::Allow, Some(labels)));
    }
    if scene.is(Protected::System) {
        return Some(scene.opened(Reason::None, None));
    }
    // Only what was granted to the group in this exam: a pupil's grant of yesterday is no aid for today's paper.
    let made_in_exam = |grant: &Grant| exam.since().is_none_or(|start| !exam.is_doubtful() && start <= grant.made);
    let to_the_group = |grant: &Grant| grant.to == Beneficiary::Group(scene.policy.group);
    if let Some(labels) = scene.granted(|grant| to_the_group(grant) && made_in_exam(grant)) {
        return Some(scene.opened(Reason::Grant, Some(labels)));
    }
    if let Some(guarantee) = scene.office.in_exams {
        return Some(scene.opened(Reason::Guarantee, Some(guarantee.labels)));
    }
    Some(closed(Reason::AllowOnly, None, false, None))
}

fn guarantee(scene: &Scene<'_>) -> Option<Match> {
    let guarantee = scene.office.guarantee?;
    Some(scene.opened(Reason::Guarantee, Some(guarantee.labels)))
}

fn grant(scene: &Scene<'_>) -> Option<Match> {
    let labels = scene.granted(|_| true)?;
    Some(scene.opened(Reason::Grant, Some(labels)))
}

fn group_names(scene: &Scene<'_>) -> Option<Match> {
    match group_word(scene.policy, scene.case.name) {
        Some((Action::Open, labels)) => Some(scene.opened(Reason::Allow, Some(labels))),
        Some((Action::Block, labels)) => Some(closed(Reason::Deny, None, false, Some(labels))),
        None => scene.aliases.denied.then(|| closed(Reason::Deny, None, true, None)),
    }
}

fn office_allow(scene: &Scene<'_>) -> Option<Match> {
    let allow = scene.office.allow?;
    Some(scene.opened(Reason::OfficeAllow, Some(allow.labels)))
}

fn tier(scene: &Scene<'_>) -> Option<Match> {
    let mask = scene.in_force.mask;
    let own = scene.case.listed.office.union(scene.school).and(mask);
    let brought = scene.aliases.office.union(scene.aliases.school).and(mask);
    let found = scene.blocked(Reason::Tier, own, brought)?;
    let tier = scene.shared.tiers.tier(scene.in_force.tier);
    match tier.restricted.covering(scene.case.name) {
        Some((labels, ())) => Some(scene.opened(Reason::Tier, Some(labels))),
        None => Some(found),
    }
}

fn open(scene: &Scene<'_>) -> Option<Match> {
    Some(scene.opened(Reason::None, None))
}

/// What the group's own `allow` and `deny` say of `name`: the more specific name wins, and at the same name the allow.
/// With it the labels of the name that won.
fn group_word(policy: &Policy, name: &Name) -> Option<(Action, usize)> {
    let allow = policy.allow.covering(name).map(|(labels, _)| labels);
    let deny = policy.deny.covering(name).map(|(labels, _)| labels);
    match (allow, deny) {
        (Some(allow), Some(deny)) if deny > allow => Some((Action::Block, deny)),
        (Some(allow), _) => Some((Action::Open, allow)),
        (None, Some(deny)) => Some((Action::Block, deny)),
        (None, None) => None,
    }
}

/// Whether the group denies `name`.
pub(super) fn denies(policy: &Policy, name: &Name) -> bool {
    group_word(policy, name).is_some_and(|(action, _)| action == Action::Block)
}

#[cfg(test)]
mod tests;
