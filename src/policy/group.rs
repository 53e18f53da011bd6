//! What a group may see: its tier, its schedule and its own allows and denies; and what of these is in force at a time.

use std::time::Duration;

use super::schedule::{Effect, Only};
use super::{Bypass, Schedule, SchoolTime, Settings, Shared, TierId, Tiers, YouTube};
use crate::client::GroupId;
use crate::dns::{Name, NameMap};
use crate::lists::CategorySet;

/// How a name came into an `allow`, a `deny` or an `only`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// It was written there.
    Written,
    /// The service with this id brought it along.
    Service(String),
}

/// Whether a group sees only what its `allow` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    /// Everything that no rule closes.
    #[default]
    Everything,
    /// `allow_only`: a standing exam.
    AllowOnly,
}

/// One group's policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Whose policy it is.
    pub group: GroupId,
    /// The tier in force where no window says otherwise.
    pub tier: TierId,
    /// When something else holds.
    pub schedule: Schedule,
    /// Names that are open with all below them.
    pub allow: NameMap<Origin>,
    /// Names that are closed with all below them.
    pub deny: NameMap<Origin>,
    /// Whether only `allow` is open.
    pub scope: Scope,
    /// The group's own word on safe search, before any tier's.
    pub safe_search: Option<bool>,
    /// The group's own word on YouTube, before any tier's.
    pub youtube: Option<YouTube>,
}

impl Policy {
    /// A policy of nothing but a tier.
    pub fn of_tier(group: GroupId, tier: TierId) -> Self {
        Self {
            group,
            tier,
            schedule: Schedule::default(),
            allow: NameMap::default(),
            deny: NameMap::default(),
            scope: Scope::Everything,
            safe_search: None,
            youtube: None,
        }
    }

    /// What is in force for the group at `at`: of the windows that are open the strictest, and where the clock cannot be
    /// believed the strictest of the group's tier and every window that may be open.
    pub fn in_force<'p>(&'p self, at: &SchoolTime, tiers: &Tiers) -> InForce<'p> {
        let of_tier = |tier: TierId| (tier, tiers.tier(tier).mask, tiers.tier(tier).settings);
        let own = of_tier(self.tier);
        let of_windows = self.schedule.open(at).map(|window| match &window.effect {
            Effect::Tier(tier) => of_tier(*tier),
            Effect::Opens(opened) => (self.tier, own.1.without(opened.without(tiers.locked())), own.2),
            Effect::Exam(_) => own,
        });
        let doubted = at.is_doubtful().then_some(own);
        let strictest = of_windows.chain(doubted).reduce(|one, other| {
            // A younger tier is a smaller one, and its mask holds the other's; windows that open different things leave
            // open only what each of them does.
            (one.0.min(other.0), one.1.union(other.1), one.2.stricter(other.2))
        });
        let (tier, mut mask, settings) = strictest.unwrap_or(own);
        let safe_search = self.safe_search.unwrap_or(settings.safe_search);
        if safe_search {
            mask = mask.union(tiers.search_unsafe());
        }
        let exam = self.in_exam(at).then_some(Exam { policy: self, at: *at });
        let settings = Settings { safe_search, youtube: self.youtube.unwrap_or(settings.youtube), bypass: settings.bypass };
        InForce { tier, mask, settings, exam }
    }

    /// Whether ways round the filter are to be answered with no, at `at`.
    pub fn bypass(&self, at: &SchoolTime, tiers: &Tiers) -> Bypass {
        self.in_force(at, tiers).settings.bypass
    }

    /// How long from `at` on nothing of this policy changes by itself: until the next window edge, grant edge or end of an
    /// exception, or the next change of the clock. [`Duration::MAX`] where no end is known.
    pub fn next_edge(&self, at: &SchoolTime, shared: &Shared) -> Duration {
        let until_instant = |edge: jiff::Timestamp| Duration::try_from(edge.duration_since(at.instant)).unwrap_or_default();
        let grant = shared.grants.next_edge(at.instant).map(until_instant);
        let midnight = super::MinuteOfDay::END.since_midnight().saturating_sub(at.since_midnight);
        let ends = shared.exceptions.last_days().has(at.date) || shared.office.last_days().has(at.date);
        let exception = ends.then_some(midnight);
        let window = self.schedule.next_edge(at.minute()).map(|edge| edge.since_midnight().saturating_sub(at.since_midnight));
        let steady = at.steady_until.map(until_instant).filter(|_| window.is_some() || exception.is_some());
        [grant, exception, window, steady].into_iter().flatten().min().unwrap_or(Duration::MAX)
    }

    /// The names in `deny` that can never close anything, because `allow` has the same ones and wins there; in order.
    pub fn idle_denies(&self) -> Vec<Name> {
        let mut idle: Vec<_> = self.deny.names().filter(|name| self.allow.exact(name).is_some()).collect();
        idle.sort_unstable();
        idle
    }

    /// Whether an exam is on.
    fn in_exam(&self, at: &SchoolTime) -> bool {
        let standing = match self.scope {
            Scope::AllowOnly => true,
            Scope::Everything => false,
        };
        standing || self.exam_windows(at).next().is_some()
    }

    /// The sites and the start of each exam window that is open.
    fn exam_windows(&self, at: &SchoolTime) -> impl Iterator<Item = (&Only, super::MinuteOfDay)> {
        self.schedule.open(at).filter_map(|window| match &window.effect {
            Effect::Exam(only) => Some((only, window.from())),
            Effect::Tier(_) | Effect::Opens(_) => None,
        })
    }
}

/// What is in force for a group at a time.
#[derive(Debug, Clone, Copy)]
pub struct InForce<'p> {
    /// The tier, the youngest where several windows are open.
    pub tier: TierId,
    /// The categories that are blocked.
    pub mask: CategorySet,
    /// Safe search, YouTube and ways round the filter.
    pub settings: Settings,
    /// The exam that is on.
    pub exam: Option<Exam<'p>>,
}

/// An exam that is on.
#[derive(Debug, Clone, Copy)]
pub struct Exam<'p> {
    policy: &'p Policy,
    at: SchoolTime,
}

impl Exam<'_> {
    /// Labels of the name at or above `name` that the exam leaves open. Of several exams at a time each must.
    pub fn opens(&self, name: &Name) -> Option<usize> {
        let in_allow = || self.policy.allow.covering(name).map(|(labels, _)| labels);
        let mut deepest = None;
        for (only, _) in self.policy.exam_windows(&self.at) {
            let labels = match only {
                Only::GroupAllow => in_allow(),
                Only::Names(names) => names.covering(name).map(|(labels, ())| labels),
            };
            deepest = deepest.max(Some(labels?));
        }
        // A window's word stands before the group's own `allow_only`.
        deepest.or_else(|| if self.windows().next().is_none() { in_allow() } else { None })
    }

    /// Since when the latest of its windows is open; `None` for a standing `allow_only`.
    ///
    /// A grant counts in an exam only where it was made during the window.
    pub(super) fn since(&self) -> Option<jiff::Timestamp> {
        let minutes = self.windows().max()?;
        let passed = self.at.since_midnight.saturating_sub(minutes.since_midnight());
        Some(self.at.instant.checked_sub(passed).unwrap_or(self.at.instant))
    }

    /// Whether the clock that says so cannot be believed.
    pub(super) const fn is_doubtful(&self) -> bool {
        self.at.is_doubtful()
    }

    fn windows(&self) -> impl Iterator<Item = super::MinuteOfDay> {
        self.policy.exam_windows(&self.at).map(|(_, from)| from)
    }
}

/// The policies of all groups.
#[derive(Debug, Clone)]
pub struct Policies {
    policies: Vec<Policy>,
}

impl Policies {
    /// One policy for each group, in the order of the groups.
    ///
    /// # Panics
    /// Where a policy does not stand at its group's place.
    pub fn new(policies: Vec<Policy>) -> Self {
        let in_order = policies.iter().enumerate().all(|(place, policy)| policy.group.place() == place);
        assert!(in_order, "each policy stands at its group's place");
        Self { policies }
    }

    /// The policy of a group that the same configuration gave out.
    pub fn of(&self, group: GroupId) -> &Policy {
        &self.policies[group.place()]
    }

    /// All policies, in the order of their groups.
    pub fn all(&self) -> &[Policy] {
        &self.policies
    }
}

#[cfg(test)]
mod tests;
