//! Each two neighbouring rules meet in one case, and the test is named for the winner.

use crate::client::GroupId;
use crate::decisions::{Beneficiary, Exception, Exceptions, Grant, Grants, Guarantee, Ruling};
use crate::dns::Name;
use crate::lists::{Listed, Protected, Protection};
use crate::policy::kit::{
    ADULT, GAMES, MALWARE, VIDEO, at, case, category, decided, instant, listed_by_office, listed_by_school, monday, name, names,
    policy, registry, set, shared, spec, window,
};
use crate::policy::{
    Action, AliasFindings, Case, Days, Effect, Only, Policy, Readiness, Reason, Restricted, RuleId, Scope, Settings, Shared,
    Tiers, Verdict, decide, decide_fully, decide_local, trace,
};

fn block(reason: Reason, category_id: Option<&str>) -> Verdict {
    Verdict { action: Action::Block, reason, category: category_id.map(category), by_alias: false }
}

fn open(reason: Reason, category_id: Option<&str>) -> Verdict {
    Verdict { action: Action::Open, reason, category: category_id.map(category), by_alias: false }
}

fn exception(text: &str) -> Exceptions {
    let until = "2026-12-31".parse().expect("a date");
    [(name(text), Exception { reason: "wrongly listed".to_owned(), until })].into_iter().collect()
}

fn grant(text: &str, to: Beneficiary) -> Grants {
    let grant = Grant { to, made: instant("2026-11-23T01:30:00Z"), until: instant("2026-11-23T03:00:00Z") };
    [(name(text), grant)].into_iter().collect()
}

fn exam_policy(only: &[&str]) -> Policy {
    let only = Only::Names(only.iter().map(|text| (name(text), ())).collect());
    let exam = window(Days::ALL, "08:00", "10:00", Effect::Exam(only));
    Policy { schedule: crate::policy::Schedule::new(vec![exam]), ..policy("primary") }
}

fn protected(kind: Protected, listed: Listed) -> Listed {
    Listed { protected: Protection::NONE.with(kind), ..listed }
}

fn judged(text: &str, listed: Listed, policy: &Policy, shared: &Shared) -> Verdict {
    let name: Name = name(text);
    decide(&case(&name, listed), policy, shared, &monday())
}

#[test]
fn not_ready_beats_what_would_be_open_but_not_system_and_help() {
    let asked = name("example.org");
    let unready = |listed| Case { ready: Readiness::NotReady, ..case(&asked, listed) };
    let verdict = |listed| decide(&unready(listed), &policy("staff"), &shared(), &monday());
    assert_eq!(verdict(Listed::default()), block(Reason::NotReady, None));
    for kind in [Protected::System, Protected::Help] {
        assert_eq!(verdict(protected(kind, Listed::default())), open(Reason::None, None));
    }
    for kind in [Protected::Learning, Protected::Popular] {
        assert_eq!(verdict(protected(kind, Listed::default())), block(Reason::NotReady, None));
    }
}

#[test]
fn hosts_of_lists_resolve_before_anything_is_ready() {
    let asked = name("lists.example.org");
    let mut shared = shared();
    shared.essential.insert(&asked, ());
    let unready = Case { ready: Readiness::NotReady, ..case(&asked, Listed::default()) };
    assert_eq!(decide(&unready, &policy("primary"), &shared, &monday()), open(Reason::None, None));
}

#[test]
fn help_beats_locked() {
    let listed = protected(Protected::Help, listed_by_office(&[ADULT]));
    assert_eq!(judged("help.example", listed, &policy("preschool"), &shared()).action, Action::Open);
}

#[test]
fn help_beats_exam_and_deny() {
    let listed = protected(Protected::Help, Listed::default());
    let policy = Policy { deny: names(&["help.example"]), ..exam_policy(&[]) };
    assert_eq!(judged("help.example", listed, &policy, &shared()), open(Reason::None, None));
}

#[test]
fn locked_beats_exam() {
    let policy = exam_policy(&["thi.example"]);
    assert_eq!(judged("thi.example", listed_by_school(&[ADULT]), &policy, &shared()), block(Reason::Locked, Some(ADULT)));
}

#[test]
fn locked_beats_guarantee_grant_and_allow() {
    let mut shared = shared();
    shared.office = decided(&[("a.example", Ruling::Guarantee(Guarantee::InExamsToo))]);
    shared.grants = grant("a.example", Beneficiary::Group(GroupId(0)));
    let policy = Policy { allow: names(&["a.example"]), ..policy("staff") };
    assert_eq!(judged("a.example", listed_by_school(&[ADULT]), &policy, &shared), block(Reason::Locked, Some(ADULT)));
}

#[test]
fn office_lock_beats_office_allow_and_exception() {
    let mut shared = shared();
    shared.office = decided(&[("a.example", Ruling::Allow)]);
    shared.exceptions = exception("a.example");
    let verdict = judged("a.example", listed_by_office(&[ADULT]), &policy("staff"), &shared);
    assert_eq!(verdict, block(Reason::Locked, Some(ADULT)));
    shared.office = decided(&[("a.example", Ruling::Allow), ("example", Ruling::Lock(None))]);
    assert_eq!(judged("a.example", Listed::default(), &policy("staff"), &shared), block(Reason::Locked, None));
    shared.office = decided(&[("example", Ruling::Lock(Some(category(GAMES))))]);
    assert_eq!(judged("a.example", Listed::default(), &policy("staff"), &shared), block(Reason::Locked, Some(GAMES)));
    let verdict = judged("a.example", listed_by_office(&[ADULT, VIDEO]), &policy("staff"), &shared);
    assert_eq!(verdict, block(Reason::Locked, Some(ADULT)), "the gravest");
}

#[test]
fn office_allow_beats_school_lock() {
    let mut shared = shared();
    shared.office = decided(&[("a.example", Ruling::Allow)]);
    let verdict = judged("a.example", listed_by_school(&[ADULT]), &policy("primary"), &shared);
    assert_eq!(verdict, open(Reason::OfficeAllow, Some(ADULT)));
}

#[test]
fn exception_beats_school_lock_and_says_so() {
    let mut shared = shared();
    shared.exceptions = exception("a.example");
    let verdict = |listed| judged("www.a.example", listed, &policy("primary"), &shared);
    assert_eq!(verdict(listed_by_school(&[ADULT])), open(Reason::Exception, Some(ADULT)));
    assert_eq!(verdict(Listed::default()), open(Reason::None, None), "it stands without the exception");
    assert_eq!(verdict(listed_by_school(&[ADULT, GAMES])), block(Reason::Tier, Some(GAMES)), "an exception lifts locks alone");
}

#[test]
fn an_exception_that_ended_lifts_nothing() {
    let mut shared = shared();
    shared.exceptions = exception("a.example");
    let asked = name("a.example");
    let verdict = |at| decide(&case(&asked, listed_by_school(&[ADULT])), &policy("primary"), &shared, &at).action;
    assert_eq!(verdict(at("2026-12-31T23:59:59")), Action::Open);
    assert_eq!(verdict(at("2027-01-01T00:00:00")), Action::Block);
}

#[test]
fn exam_beats_guarantee() {
    let mut shared = shared();
    shared.office = decided(&[("a.example", Ruling::Guarantee(Guarantee::OutsideExams))]);
    let verdict = judged("a.example", Listed::default(), &exam_policy(&["thi.example"]), &shared);
    assert_eq!(verdict, block(Reason::AllowOnly, None));
}

#[test]
fn guarantee_with_exam_flag_beats_exam() {
    let mut shared = shared();
    let (outside, too) = (Ruling::Guarantee(Guarantee::OutsideExams), Ruling::Guarantee(Guarantee::InExamsToo));
    shared.office = decided(&[("example", too), ("a.example", outside)]);
    let verdict = judged("a.example", Listed::default(), &exam_policy(&[]), &shared);
    assert_eq!(verdict, open(Reason::Guarantee, None));
}

#[test]
fn only_and_system_stay_open_in_an_exam_whatever_the_tier() {
    let policy = exam_policy(&["thi.example"]);
    assert_eq!(judged("a.thi.example", listed_by_school(&[GAMES]), &policy, &shared()), open(Reason::Allow, Some(GAMES)));
    let system = protected(Protected::System, Listed::default());
    assert_eq!(judged("time.example", system, &policy, &shared()), open(Reason::None, None));
    let learning = protected(Protected::Learning, Listed::default());
    assert_eq!(judged("learn.example", learning, &policy, &shared()), block(Reason::AllowOnly, None));
}

#[test]
fn an_exam_without_only_leaves_open_what_the_group_allows() {
    let exam = window(Days::ALL, "08:00", "10:00", Effect::Exam(Only::GroupAllow));
    let windowed = Policy { schedule: crate::policy::Schedule::new(vec![exam]), ..policy("primary") };
    for policy in [windowed, Policy { scope: Scope::AllowOnly, ..policy("primary") }] {
        let policy = Policy { allow: names(&["olm.example"]), ..policy };
        assert_eq!(judged("olm.example", Listed::default(), &policy, &shared()), open(Reason::Allow, None));
        assert_eq!(judged("example", Listed::default(), &policy, &shared()), block(Reason::AllowOnly, None));
    }
}

#[test]
fn of_two_exams_at_once_both_must_open_a_name() {
    let sites = |texts: &[&str]| Effect::Exam(Only::Names(texts.iter().map(|text| (name(text), ())).collect()));
    let windows = vec![
        window(Days::ALL, "08:00", "10:00", sites(&["a.example", "b.example"])),
        window(Days::ALL, "08:30", "11:00", sites(&["b.example", "c.example"])),
    ];
    let policy = Policy { schedule: crate::policy::Schedule::new(windows), ..policy("primary") };
    let actions = ["a.example", "b.example", "c.example"].map(|text| judged(text, Listed::default(), &policy, &shared()).action);
    assert_eq!(actions, [Action::Block, Action::Open, Action::Block]);
}

#[test]
fn in_an_exam_only_grants_made_in_it_for_the_group_count() {
    let action = |grants| {
        let shared = Shared { grants, ..shared() };
        judged("a.example", Listed::default(), &exam_policy(&[]), &shared).action
    };
    // The exam starts at 08:00 in Hà Nội, 01:00 UTC; the kit's grant is made at 08:30.
    assert_eq!(action(grant("a.example", Beneficiary::Group(GroupId(0)))), Action::Open);
    assert_eq!(action(grant("a.example", Beneficiary::Group(GroupId(1)))), Action::Block);
    assert_eq!(action(grant("a.example", Beneficiary::Client([10, 0, 0, 9].into()))), Action::Block);
    let group = Beneficiary::Group(GroupId(0));
    let before = Grant { to: group, made: instant("2026-11-23T00:59:59Z"), until: instant("2026-11-23T03:00:00Z") };
    assert_eq!(action([(name("a.example"), before)].into_iter().collect()), Action::Block);
}

#[test]
fn guarantee_beats_grant_and_deny() {
    let mut shared = shared();
    shared.office = decided(&[("a.example", Ruling::Guarantee(Guarantee::OutsideExams))]);
    shared.grants = grant("a.example", Beneficiary::Group(GroupId(0)));
    let policy = Policy { deny: names(&["a.example"]), ..policy("primary") };
    assert_eq!(judged("a.example", listed_by_school(&[GAMES]), &policy, &shared), open(Reason::Guarantee, Some(GAMES)));
}

#[test]
fn grant_beats_group_deny() {
    let policy = Policy { deny: names(&["www.a.example"]), ..policy("primary") };
    for to in [Beneficiary::Group(GroupId(0)), Beneficiary::Client([10, 0, 0, 9].into())] {
        let shared = Shared { grants: grant("a.example", to), ..shared() };
        assert_eq!(judged("www.a.example", Listed::default(), &policy, &shared), open(Reason::Grant, None));
    }
    let shared = Shared { grants: grant("a.example", Beneficiary::Client([10, 0, 0, 8].into())), ..shared() };
    assert_eq!(judged("www.a.example", Listed::default(), &policy, &shared), block(Reason::Deny, None));
}

#[test]
fn group_deny_beats_office_allow() {
    let mut shared = shared();
    shared.office = decided(&[("a.example", Ruling::Allow)]);
    let policy = Policy { deny: names(&["a.example"]), ..policy("primary") };
    assert_eq!(judged("a.example", Listed::default(), &policy, &shared), block(Reason::Deny, None));
}

#[test]
fn the_more_specific_of_allow_and_deny_wins_and_allow_at_the_same_name() {
    let policy = Policy {
        allow: names(&["example", "a.b.example", "same.example"]),
        deny: names(&["b.example", "same.example"]),
        ..policy("primary")
    };
    let reason = |text| judged(text, Listed::default(), &policy, &shared()).reason;
    assert_eq!(reason("c.example"), Reason::Allow);
    assert_eq!(reason("c.b.example"), Reason::Deny);
    assert_eq!(reason("x.a.b.example"), Reason::Allow);
    assert_eq!(reason("same.example"), Reason::Allow);
}

#[test]
fn group_deny_closes_system_and_learning_names() {
    let policy = Policy { deny: names(&["a.example"]), ..policy("staff") };
    for kind in [Protected::System, Protected::Learning, Protected::Popular] {
        let verdict = judged("a.example", protected(kind, Listed::default()), &policy, &shared());
        assert_eq!(verdict, block(Reason::Deny, None));
    }
}

#[test]
fn office_allow_beats_tier() {
    let mut shared = shared();
    shared.office = decided(&[("a.example", Ruling::Allow)]);
    let verdict = judged("a.example", listed_by_school(&[GAMES]), &policy("primary"), &shared);
    assert_eq!(verdict, open(Reason::OfficeAllow, Some(GAMES)));
}

#[test]
fn tier_beats_open_by_the_gravest_category() {
    let verdict = |tier| judged("a.example", listed_by_school(&[VIDEO, GAMES]), &policy(tier), &shared());
    assert_eq!(verdict("preschool"), block(Reason::Tier, Some(GAMES)));
    assert_eq!(verdict("upper-secondary"), open(Reason::None, Some(GAMES)));
}

#[test]
fn restricted_service_beats_tier_but_not_locked() {
    let youtube = Restricted { service: "youtube".to_owned(), names: vec![name("youtube.example")], categories: set(&[VIDEO]) };
    let mut spec = spec("primary", &[VIDEO]);
    spec.restricted = vec![youtube];
    let tiers = Tiers::new(vec![spec], &registry()).expect("one sound tier");
    let shared = Shared { tiers, ..shared() };
    let policy = Policy::of_tier(GroupId(0), crate::policy::TierId::YOUNGEST);
    let verdict = |text, listed| judged(text, listed, &policy, &shared);
    assert_eq!(verdict("m.youtube.example", listed_by_school(&[VIDEO])), open(Reason::Tier, Some(VIDEO)));
    assert_eq!(verdict("vimeo.example", listed_by_school(&[VIDEO])), block(Reason::Tier, Some(VIDEO)));
    assert_eq!(verdict("youtube.example", listed_by_school(&[ADULT])), block(Reason::Locked, Some(ADULT)));
}

#[test]
fn safe_search_closes_search_engines_without_a_twin() {
    let verdict = |policy| judged("search.example", listed_by_school(&["search-unsafe"]), &policy, &shared()).action;
    assert_eq!(verdict(policy("primary")), Action::Block);
    assert_eq!(verdict(policy("staff")), Action::Open);
    assert_eq!(verdict(Policy { safe_search: Some(true), ..policy("staff") }), Action::Block);
    assert_eq!(verdict(Policy { safe_search: Some(false), ..policy("primary") }), Action::Open);
}

/// The verdict on `a.example` where an alias brings `listed` and stands at `alias`.
fn with_alias(listed: Listed, alias: &str, policy: &Policy, shared: &Shared) -> Verdict {
    let mut aliases = AliasFindings::default();
    aliases.add_name(&name(alias), &listed, Protection::NONE, shared, monday().date);
    aliases.deny(&name(alias), policy);
    let asked = name("a.example");
    decide(&Case { aliases, ..case(&asked, Listed::default()) }, policy, shared, &monday())
}

#[test]
fn an_alias_brings_categories_and_denies_but_no_allow() {
    let by_alias = |verdict| Verdict { by_alias: true, ..verdict };
    let tier_only = policy("primary");
    let verdict = with_alias(listed_by_school(&[GAMES]), "cdn.example", &tier_only, &shared());
    assert_eq!(verdict, by_alias(block(Reason::Tier, Some(GAMES))));
    let denying = Policy { deny: names(&["cdn.example"]), ..policy("primary") };
    let verdict = with_alias(Listed::default(), "x.cdn.example", &denying, &shared());
    assert_eq!(verdict, by_alias(block(Reason::Deny, None)));
    let allowing = Policy { allow: names(&["cdn.example"]), ..policy("primary") };
    let verdict = with_alias(listed_by_school(&[GAMES]), "cdn.example", &allowing, &shared());
    assert_eq!(verdict, by_alias(block(Reason::Tier, Some(GAMES))));
}

#[test]
fn for_an_opened_name_an_alias_counts_where_the_office_locks_it_or_an_exact_rule_calls_it_a_threat() {
    let exact = |ids: &[&str]| Listed { school_exact: set(ids), ..listed_by_school(ids) };
    let allowing = Policy { allow: names(&["a.example"]), deny: names(&["cdn.example"]), ..policy("primary") };
    let mut office = shared();
    office.office = decided(&[("a.example", Ruling::Allow)]);
    let mut granted = shared();
    granted.grants = grant("a.example", Beneficiary::Group(GroupId(0)));
    let mut guaranteed = shared();
    guaranteed.office = decided(&[("a.example", Ruling::Guarantee(Guarantee::OutsideExams))]);
    let plain = policy("primary");
    for (policy, shared) in [(&allowing, &shared()), (&plain, &office), (&plain, &granted), (&plain, &guaranteed)] {
        let action = |listed| with_alias(listed, "cdn.example", policy, shared).action;
        assert_eq!(action(listed_by_school(&[GAMES])), Action::Open);
        assert_eq!(action(listed_by_office(&[GAMES])), Action::Open);
        assert_eq!(action(listed_by_school(&[MALWARE])), Action::Open, "a rule above the alias");
        assert_eq!(action(exact(&[ADULT])), Action::Open, "no threat");
        assert_eq!(action(exact(&[MALWARE])), Action::Block);
        assert_eq!(action(listed_by_office(&[ADULT])), Action::Block);
    }
}

#[test]
fn what_stands_behind_a_protected_name_closes_it_no_more_than_a_list_that_names_it_could() {
    let shared = shared();
    let brought = |kind: Protected, listed: Listed, exactly: bool| {
        let listed = Listed { school_exact: if exactly { listed.school } else { listed.school_exact }, ..listed };
        let mut findings = AliasFindings::default();
        findings.add_name(&name("cdn.example"), &listed, Protection::NONE.with(kind), &shared, monday().date);
        let mut by_address = AliasFindings::default();
        by_address.add_address(&listed, Protection::NONE.with(kind), &shared);
        (!findings.is_empty(), !by_address.is_empty())
    };
    for ids in [GAMES, ADULT, MALWARE] {
        for exactly in [false, true] {
            assert_eq!(brought(Protected::System, listed_by_school(&[ids]), exactly), (false, false), "{ids}");
            assert_eq!(brought(Protected::Help, listed_by_office(&[ids]), exactly), (false, false), "{ids}");
            // No address is a site's very name, so that none darkens a learning site.
            let threat = exactly && ids == MALWARE;
            assert_eq!(brought(Protected::Learning, listed_by_school(&[ids]), exactly), (threat, false), "{ids}");
            let content = ids == GAMES;
            assert_eq!(brought(Protected::Popular, listed_by_school(&[ids]), exactly), (content, content), "{ids}");
            assert_eq!(brought(Protected::Popular, listed_by_office(&[ids]), exactly), (true, true), "{ids}");
        }
    }
    assert_eq!(brought(Protected::Learning, listed_by_office(&[MALWARE]), false), (true, true));
}

#[test]
fn an_exception_covers_its_aliases_locks_but_not_their_tier_blocks() {
    let shared = Shared { exceptions: exception("a.example"), ..shared() };
    let verdict = |ids: &[&str]| with_alias(listed_by_school(ids), "cdn.example", &policy("primary"), &shared);
    assert_eq!(verdict(&[ADULT]), open(Reason::Exception, None));
    assert_eq!(verdict(&[GAMES]), Verdict { by_alias: true, ..block(Reason::Tier, Some(GAMES)) });
}

#[test]
fn local_names_are_closed_by_office_lock_and_deny_only() {
    let verdict = |listed, policy: &Policy| decide_local(&case(&name("files.truong.lan"), listed), policy, &shared(), &monday());
    assert_eq!(verdict(Listed::default(), &exam_policy(&[])), open(Reason::Local, None));
    assert_eq!(verdict(listed_by_school(&[ADULT]), &policy("primary")), open(Reason::Local, None));
    assert_eq!(verdict(listed_by_office(&[ADULT]), &policy("primary")), block(Reason::Locked, Some(ADULT)));
    let denying = Policy { deny: names(&["truong.lan"]), ..policy("primary") };
    assert_eq!(verdict(Listed::default(), &denying), block(Reason::Deny, None));
}

#[test]
fn the_trace_shows_all_ten_rules_and_the_name_each_is_written_for() {
    let policy = Policy { deny: names(&["b.example"]), ..policy("preschool") };
    let asked = name("a.b.example");
    let case = case(&asked, listed_by_school(&[VIDEO]));
    let steps = trace(&case, &policy, &shared(), &monday());
    let matched: Vec<RuleId> = steps.iter().filter(|step| step.verdict.is_some()).map(|step| step.rule).collect();
    assert_eq!(steps.len(), 10);
    assert_eq!(matched, [RuleId::GroupNames, RuleId::Tier, RuleId::Open]);
    assert_eq!(steps[6].name, Some(name("b.example")));
    let shared = shared();
    let decision = decide_fully(&case, &policy, &shared, &monday(), &policy.in_force(&monday(), &shared.tiers));
    assert_eq!((decision.rule, decision.labels), (RuleId::GroupNames, Some(2)));
    assert_eq!(Some(decision.verdict), steps[6].verdict);
    assert_eq!(Settings::shipped("primary"), policy.in_force(&monday(), &shared.tiers).settings);
}

#[test]
fn a_decision_ends_by_the_schools_date_and_the_trace_names_it() {
    let mut shared = shared();
    let until = "2026-11-23".parse().expect("a date");
    let ended = |(name, decision): (Name, &crate::decisions::Decision)| {
        (name, crate::decisions::Decision { until: Some(until), ..decision.clone() })
    };
    shared.office = decided(&[("a.example", Ruling::Lock(Some(category(GAMES))))]).iter().map(ended).collect();
    let (asked, policy) = (name("x.a.example"), policy("staff"));
    let case = case(&asked, Listed::default());
    assert_eq!(decide(&case, &policy, &shared, &at("2026-11-23T23:59:59")).action, Action::Block);
    assert_eq!(decide(&case, &policy, &shared, &at("2026-11-24T00:00:00")).action, Action::Open);
    let edge = policy.next_edge(&at("2026-11-23T23:59:00"), &shared);
    assert_eq!(edge.as_secs(), 60, "no client remembers it longer");
    let locked = &trace(&case, &policy, &shared, &monday())[2];
    let decision = locked.decision.as_ref().expect("the rule follows it");
    assert_eq!((locked.rule, locked.name.clone()), (RuleId::Locked, Some(name("a.example"))));
    assert_eq!((decision.owner.text().as_str(), decision.publication), ("office-ministry", 7));
    let local = decide_local(&case, &policy, &shared, &monday());
    assert_eq!((local.reason, local.category), (Reason::Locked, Some(category(GAMES))));
}

#[test]
fn an_alias_that_the_office_locked_closes_until_the_lock_ends() {
    let mut shared = shared();
    shared.office = decided(&[("cdn.example", Ruling::Lock(None))]);
    let verdict = with_alias(Listed::default(), "x.cdn.example", &policy("staff"), &shared);
    assert_eq!(verdict, Verdict { by_alias: true, ..block(Reason::Locked, None) });
}
