//! `decide` against a model that is written from the order of rules in plain words, on random policies; and what holds of
//! every decision: more categories open nothing, and the trace is the decision.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::client::GroupId;
use crate::decisions::{Beneficiary, Exception, Grant, Guarantee, Ruling};
use crate::dns::Name;
use crate::lists::{CategorySet, Listed, Protected, Protection};
use crate::policy::kit::{case, decided, instant, monday, name, names, registry, set, shared, tier, window};
use crate::policy::{
    Action, AliasFindings, Case, Days, Effect, Only, Policy, Readiness, Reason, Schedule, Scope, Shared, Verdict, closes_below,
    decide, trace,
};

const NAMES: [&str; 6] = ["a.test", "b.a.test", "c.b.a.test", "d.test", "e.d.test", "test"];
const CATEGORIES: [&str; 7] = ["csam", "malware", "adult", "search-unsafe", "social", "games", "video"];
const TIERS: [&str; 5] = ["preschool", "primary", "lower-secondary", "upper-secondary", "staff"];
const KINDS: [Protected; 3] = [Protected::System, Protected::Help, Protected::Learning];

type Words = Vec<&'static str>;

/// Everything that a decision depends on, as words.
#[derive(Debug, Clone)]
struct World {
    asked: &'static str,
    alias: Option<&'static str>,
    office: Words,
    school: Words,
    alias_office: Words,
    alias_school: Words,
    alias_exact: Words,
    protected: Vec<Protected>,
    ready: bool,
    tier: &'static str,
    allow: Words,
    deny: Words,
    allow_only: bool,
    exams: Vec<Words>,
    opens: Vec<Words>,
    other_tier: Option<&'static str>,
    exceptions: Words,
    grants: Words,
    guarantees: Words,
    exam_guarantees: Words,
    office_allows: Words,
    office_locks: Words,
}

fn few(words: &'static [&'static str]) -> impl Strategy<Value = Words> {
    subsequence(words, 0..=2)
}

fn world() -> impl Strategy<Value = World> {
    let listed = (few(&CATEGORIES), few(&CATEGORIES), few(&CATEGORIES), few(&CATEGORIES), few(&CATEGORIES));
    let case =
        (select(&NAMES[..]), proptest::option::of(select(&NAMES[..])), subsequence(&KINDS[..], 0..=1), prop::bool::weighted(0.9));
    let windows = (
        prop::collection::vec(few(&NAMES), 0..=2),
        prop::collection::vec(few(&CATEGORIES), 0..=2),
        proptest::option::of(select(&TIERS[..])),
    );
    let group = (select(&TIERS[..]), few(&NAMES), few(&NAMES), prop::bool::weighted(0.1), windows);
    let decided = (few(&NAMES), few(&NAMES), few(&NAMES), few(&NAMES), few(&NAMES), subsequence(&NAMES[..], 0..=1));
    (listed, case, group, decided).prop_map(|(listed, case, group, decided)| {
        let (tier, allow, deny, allow_only, (exams, opens, other_tier)) = group;
        World {
            asked: case.0,
            alias: case.1,
            office: if listed.0.len() == 2 { listed.0 } else { Vec::new() },
            school: listed.1,
            alias_office: if listed.2.len() == 2 { listed.2 } else { Vec::new() },
            alias_school: listed.3,
            alias_exact: listed.4,
            protected: case.2,
            ready: case.3,
            tier,
            allow,
            deny,
            allow_only,
            // Half of the worlds have no exam: else nothing behind the exam would be reached often.
            exams: if opens.len() == 1 { exams } else { Vec::new() },
            opens,
            other_tier,
            exceptions: decided.0,
            grants: decided.1,
            guarantees: decided.2,
            exam_guarantees: decided.3,
            office_allows: decided.4,
            office_locks: decided.5,
        }
    })
}

impl World {
    fn policy(&self) -> Policy {
        let only = |sites: &Words| Only::Names(sites.iter().map(|site| (name(site), ())).collect());
        let exams = self.exams.iter().map(|sites| Effect::Exam(only(sites)));
        let opens = self.opens.iter().map(|opened| Effect::Opens(set(opened)));
        let tiers = self.other_tier.iter().map(|id| Effect::Tier(tier(id)));
        let windows = exams.chain(opens).chain(tiers).map(|effect| window(Days::ALL, "08:00", "10:00", effect)).collect();
        Policy {
            schedule: Schedule::new(windows),
            allow: names(&self.allow),
            deny: names(&self.deny),
            scope: if self.allow_only { Scope::AllowOnly } else { Scope::Everything },
            ..Policy::of_tier(GroupId(0), tier(self.tier))
        }
    }

    fn shared(&self) -> Shared {
        let mut shared = shared();
        let until = "2026-12-31".parse().expect("a date");
        let exception = |text: &&str| (name(text), Exception { reason: "a test".to_owned(), until });
        shared.exceptions = self.exceptions.iter().map(exception).collect();
        let (made, until) = (instant("2026-11-23T01:00:00Z"), instant("2026-11-23T04:00:00Z"));
        let grant = |text: &&str| (name(text), Grant { to: Beneficiary::Group(GroupId(0)), made, until });
        shared.grants = self.grants.iter().map(grant).collect();
        let ruled = |texts: &[&'static str], ruling: Ruling| texts.iter().map(|text| (*text, ruling)).collect::<Vec<_>>();
        let rulings = [
            ruled(&self.guarantees, Ruling::Guarantee(Guarantee::OutsideExams)),
            ruled(&self.exam_guarantees, Ruling::Guarantee(Guarantee::InExamsToo)),
            ruled(&self.office_allows, Ruling::Allow),
            ruled(&self.office_locks, Ruling::Lock(None)),
        ];
        shared.office = decided(&rulings.concat());
        shared
    }

    fn listed(&self) -> Listed {
        let protected = self.protected.iter().fold(Protection::NONE, |set, kind| set.with(*kind));
        Listed { office: set(&self.office), school: set(&self.school), protected, ..Listed::default() }
    }

    fn with_case<T>(&self, then: impl FnOnce(&Case<'_>, &Policy, &Shared) -> T) -> T {
        let (policy, shared, asked) = (self.policy(), self.shared(), name(self.asked));
        let mut aliases = AliasFindings::default();
        if let Some(alias) = self.alias {
            let exact = set(&self.alias_exact);
            let listed = Listed {
                office: set(&self.alias_office),
                school: set(&self.alias_school).union(exact),
                school_exact: exact,
                ..Listed::default()
            };
            aliases.add_name(&name(alias), &listed, Protection::NONE, &shared, monday().date);
            aliases.deny(&name(alias), &policy);
        }
        let ready = if self.ready { Readiness::Ready } else { Readiness::NotReady };
        then(&Case { aliases, ready, ..case(&asked, self.listed()) }, &policy, &shared)
    }

    fn decided(&self) -> Verdict {
        self.with_case(|case, policy, shared| decide(case, policy, shared, &monday()))
    }
}

/// The model's words: names are compared as text, categories are lists of ids.
mod model {
    use super::{KINDS, Protected, TIERS, World};

    const LOCKED: [&str; 4] = ["csam", "malware", "phishing", "adult"];

    fn covers(rule: &str, asked: &str) -> bool {
        asked == rule || asked.ends_with(&format!(".{rule}"))
    }

    fn any(rules: &[&str], asked: &str) -> bool {
        rules.iter().any(|rule| covers(rule, asked))
    }

    /// The length of the longest rule that covers: longer text is more specific among names that cover the same one.
    fn longest(rules: &[&str], asked: &str) -> usize {
        rules.iter().filter(|rule| covers(rule, asked)).map(|rule| rule.len()).max().unwrap_or(0)
    }

    /// What a tier blocks, by the kit's tiers: each blocks what the next older one does and something more.
    fn tier_blocks(tier: &str, category: &str) -> bool {
        let age = |wanted: &str| TIERS.iter().position(|tier| *tier == wanted).expect("a tier of the kit");
        let oldest_that_blocks = match category {
            "video" => "preschool",
            "social" => "primary",
            "games" => "lower-secondary",
            "search-unsafe" => "upper-secondary",
            locked => return LOCKED.contains(&locked),
        };
        age(tier) <= age(oldest_that_blocks)
    }

    /// Whether the tier in force closes a category: some open window does, or, where none is open, the group's tier.
    fn closes(world: &World, category: &str) -> bool {
        let own = tier_blocks(world.tier, category);
        let mut windows = Vec::new();
        windows.extend(world.exams.iter().map(|_| own));
        // An `opens` window keeps the group's safe search on, and with it what safe search closes.
        let kept =
            |opened: &super::Words| LOCKED.contains(&category) || category == "search-unsafe" || !opened.contains(&category);
        windows.extend(world.opens.iter().map(|opened| own && kept(opened)));
        windows.extend(world.other_tier.iter().map(|tier| tier_blocks(tier, category)));
        if windows.is_empty() { own } else { windows.contains(&true) }
    }

    fn denied(world: &World, asked: &str) -> bool {
        longest(&world.deny, asked) > longest(&world.allow, asked)
    }

    /// `None` for open, else the reason's word.
    pub(super) fn closed_by(world: &World) -> Option<&'static str> {
        let asked = world.asked;
        let kind = |wanted: Protected| KINDS.contains(&wanted) && world.protected.contains(&wanted);
        if !world.ready && !kind(Protected::System) && !kind(Protected::Help) {
            return Some("not-ready");
        }
        if kind(Protected::Help) {
            return None;
        }
        let in_exam = world.allow_only || !world.exams.is_empty();
        let named_by_exam =
            if world.exams.is_empty() { any(&world.allow, asked) } else { world.exams.iter().all(|only| any(only, asked)) };
        let granted = any(&world.grants, asked);
        let let_through_exam = named_by_exam || (!kind(Protected::System) && (granted || any(&world.exam_guarantees, asked)));
        let guaranteed = any(&world.guarantees, asked) || any(&world.exam_guarantees, asked);
        let group_allows = !denied(world, asked) && any(&world.allow, asked);
        let group_denies = denied(world, asked);
        // Who opened it: in an exam only what the exam itself lets through counts.
        let opened = if in_exam {
            let_through_exam
        } else {
            guaranteed || granted || group_allows || (!group_denies && any(&world.office_allows, asked))
        };
        let lifted = any(&world.exceptions, asked) || any(&world.office_allows, asked);
        let alias = world.alias.is_some();
        let exact = |category: &str| alias && world.alias_exact.contains(&category);
        let locked = |category: &&str| LOCKED.contains(category);

        let own_lock = world.office.iter().any(&locked) || (!lifted && world.school.iter().any(&locked));
        let exact_threat = exact("malware") || exact("phishing");
        let alias_office_lock = alias && world.alias_office.iter().any(&locked);
        let alias_school_lock = alias && world.alias_school.iter().chain(&world.alias_exact).any(&locked);
        let alias_lock = alias_office_lock || exact_threat || (alias_school_lock && !opened && !lifted);
        let office_decision = any(&world.office_locks, asked) || world.alias.is_some_and(|alias| any(&world.office_locks, alias));
        if own_lock || alias_lock || office_decision {
            return Some("locked");
        }
        if in_exam {
            return if let_through_exam || kind(Protected::System) { None } else { Some("allow-only") };
        }
        if guaranteed || granted || group_allows {
            return None;
        }
        if group_denies {
            return Some("deny");
        }
        if !opened && world.alias.is_some_and(|alias| denied(world, alias)) {
            return Some("deny");
        }
        if any(&world.office_allows, asked) {
            return None;
        }
        let own = world.office.iter().chain(world.school.iter().filter(|c| !(lifted && locked(c))));
        let brought = world.alias_office.iter().chain(&world.alias_school).chain(&world.alias_exact);
        let brought = brought.filter(|c| alias && !(lifted && locked(c)));
        own.chain(brought).any(|category| closes(world, category)).then_some("tier")
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decide_agrees_with_the_model(world in world()) {
        let verdict = world.decided();
        let told = match verdict.action {
            Action::Block => Some(verdict.reason.text()),
            Action::Open => None,
        };
        prop_assert_eq!(told, model::closed_by(&world));
    }

    #[test]
    fn more_categories_never_open_a_name(world in world(), more in select(&CATEGORIES[..]), place in 0..5) {
        let mut wider = world.clone();
        let words = match place {
            0 => &mut wider.office,
            1 => &mut wider.school,
            2 => &mut wider.alias_office,
            3 => &mut wider.alias_school,
            _ => &mut wider.alias_exact,
        };
        words.push(more);
        if world.decided().action == Action::Block {
            prop_assert_eq!(wider.decided().action, Action::Block);
        }
    }

    #[test]
    fn the_first_match_of_the_trace_is_the_decision(world in world()) {
        let first = world.with_case(|case, policy, shared| {
            trace(case, policy, shared, &monday()).into_iter().find_map(|step| step.verdict)
        });
        prop_assert_eq!(first, Some(world.decided()));
    }

    #[test]
    fn masks_are_monotone_in_age(blocks in prop::collection::vec(few(&CATEGORIES), 1..8)) {
        let specs = blocks.iter().enumerate().map(|(place, ids)| crate::policy::kit::spec(&place.to_string(), ids)).collect();
        let tiers = crate::policy::Tiers::new(specs, &registry()).expect("the ids differ");
        for pair in tiers.all().windows(2) {
            prop_assert!(pair[0].mask.contains_all(pair[1].mask));
            prop_assert!(pair[0].mask.contains_all(pair[0].blocks));
        }
        prop_assert!(tiers.all().iter().all(|tier| tier.mask.contains_all(registry().locked())));
    }
}

#[test]
fn a_name_is_closed_below_only_where_nobody_opens_a_name_below_it() {
    let asked: Name = name("a.test");
    let listed = Listed { school: set(&["games"]), closed: set(&["games"]), ..Listed::default() };
    let closes = |policy: &Policy, shared: &Shared, listed: Listed| {
        let case = case(&asked, listed);
        closes_below(&case, &decide(&case, policy, shared, &monday()), policy, shared)
    };
    let plain = Policy::of_tier(GroupId(0), tier("primary"));
    assert!(closes(&plain, &shared(), listed));
    assert!(!closes(&plain, &shared(), Listed { closed: CategorySet::EMPTY, ..listed }), "an exception in a list");
    assert!(!closes(&Policy { allow: names(&["x.a.test"]), ..plain.clone() }, &shared(), listed));
    let mut guaranteed = shared();
    guaranteed.office = decided(&[("x.a.test", Ruling::Guarantee(Guarantee::OutsideExams))]);
    assert!(!closes(&plain, &guaranteed, listed));
    assert!(!closes(&Policy::of_tier(GroupId(0), tier("staff")), &shared(), listed), "an open name closes nothing");
}

#[test]
fn an_exception_is_the_reason_only_where_the_name_needs_it() {
    let mut shared = shared();
    let until = "2026-12-31".parse().expect("a date");
    shared.exceptions = [(name("a.test"), Exception { reason: "a test".to_owned(), until })].into_iter().collect();
    let policy = Policy { allow: names(&["a.test"]), ..Policy::of_tier(GroupId(0), tier("primary")) };
    let asked = name("a.test");
    let reason = |ids: &[&str]| {
        let listed = Listed { school: set(ids), ..Listed::default() };
        decide(&case(&asked, listed), &policy, &shared, &monday()).reason
    };
    assert_eq!(reason(&["adult"]), Reason::Exception);
    assert_eq!(reason(&["games"]), Reason::Allow);
}
