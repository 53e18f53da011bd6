//! Schedules against a sweep of a week minute by minute: what is in force, and that it stays so until the next edge.

use std::collections::HashMap;
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::sample::select;

use crate::client::GroupId;
use crate::decisions::{Beneficiary, Exception, Grant};
use crate::lists::CategorySet;
use crate::policy::kit::{GAMES, VIDEO, at, instant, minute, name, names, policy, set, shared, tier, tiers, window};
use crate::policy::{
    Bypass, Calendar, Days, Effect, OnHolidays, Only, Policies, Policy, Schedule, SchoolTime, Shared, TierId, Tiers, Window,
};

const MINUTES: i64 = 7 * 24 * 60;

/// What a sweep compares: tier, mask, whether an exam is on.
type Force = (TierId, CategorySet, bool);

fn force(policy: &Policy, at: &SchoolTime, shared: &Shared) -> Force {
    let in_force = policy.in_force(at, &shared.tiers);
    (in_force.tier, in_force.mask, in_force.exam.is_some())
}

/// The zone's weeks with a change of the clock in them, and one without.
const WEEKS: [(&str, &str); 6] = [
    ("Asia/Ho_Chi_Minh", "2026-11-23"),
    ("Europe/Berlin", "2026-03-26"),
    ("Europe/Berlin", "2026-10-22"),
    ("America/New_York", "2026-03-05"),
    ("America/New_York", "2026-10-29"),
    ("Asia/Beirut", "2026-10-22"),
];

/// The readings of a day that cannot be told apart, found by asking about each minute: those that are shown twice, those
/// that are never shown, and the hour behind these.
fn doubtful_minutes(zone: &TimeZone, date: Date) -> Vec<bool> {
    let odd = |reading: DateTime| match zone.to_ambiguous_timestamp(reading).offset() {
        AmbiguousOffset::Unambiguous { .. } => (false, false),
        AmbiguousOffset::Gap { .. } => (true, true),
        AmbiguousOffset::Fold { .. } => (true, false),
    };
    let midnight = date.to_datetime(jiff::civil::Time::midnight());
    let reading = |minutes: i64| midnight.checked_add(minutes.minutes()).expect("in range");
    (0..24 * 60).map(|now| odd(reading(now)).0 || odd(reading(now - 60)).1).collect()
}

/// What holds at one reading, window by window.
fn expected(policy: &Policy, tiers: &Tiers, doubtful: &[bool], shown: DateTime, holidays: &[Date]) -> Force {
    let now = usize::try_from(i64::from(shown.hour()) * 60 + i64::from(shown.minute())).expect("not negative");
    let mut held: Vec<(TierId, CategorySet)> = Vec::new();
    let mut exam = false;
    let own = (policy.tier, tiers.tier(policy.tier).mask.union(set(&["search-unsafe"])));
    for window in policy.schedule.windows() {
        let minutes = usize::from(window.from().minutes())..usize::from(window.to().minutes());
        let on_this_day = window.days().has(shown.date().weekday())
            && (window.on_holidays == OnHolidays::Open || !holidays.contains(&shown.date()));
        let open = if doubtful[now] { minutes.clone().any(|minute| doubtful[minute]) } else { minutes.contains(&now) };
        if !(on_this_day && open) {
            continue;
        }
        match &window.effect {
            Effect::Tier(other) => {
                let safe = if tiers.tier(*other).id == "staff" { CategorySet::EMPTY } else { set(&["search-unsafe"]) };
                held.push((*other, tiers.tier(*other).mask.union(safe)));
            }
            Effect::Opens(opened) => {
                let lockless: CategorySet = opened.iter().filter(|category| !tiers.locked().contains(*category)).collect();
                held.push((policy.tier, own.1.without(lockless).union(set(&["search-unsafe"]))));
            }
            Effect::Exam(_) => {
                exam = true;
                held.push(own);
            }
        }
    }
    if doubtful[now] || held.is_empty() {
        held.push(own);
    }
    let tier = held.iter().map(|(tier, _)| *tier).min().expect("at least the group's");
    (tier, held.iter().fold(CategorySet::EMPTY, |mask, (_, blocked)| mask.union(*blocked)), exam)
}

fn effect() -> impl Strategy<Value = Effect> {
    let tiers = select(vec!["preschool", "primary", "upper-secondary", "staff"]);
    let opened = select(vec![vec![GAMES], vec![VIDEO, "adult"], vec![GAMES, VIDEO]]);
    prop_oneof![
        tiers.prop_map(|id| Effect::Tier(tier(id))),
        opened.prop_map(|ids| Effect::Opens(set(&ids))),
        Just(Effect::Exam(Only::GroupAllow)),
    ]
}

fn any_window() -> impl Strategy<Value = Window> {
    // Quarters of an hour, many of them at night, where clocks change.
    let times = (0_u16..96, 1_u16..24).prop_map(|(from, length)| (from * 15, (from + length).min(96) * 15));
    let holidays = select(vec![OnHolidays::Shut, OnHolidays::Open]);
    (1_u8..128, times, effect(), holidays).prop_map(|(days, (from, to), effect, on_holidays)| {
        let days: Days = Days::ALL.iter().enumerate().filter(|(place, _)| days >> place & 1 == 1).map(|(_, day)| day).collect();
        let minute = |minutes| crate::policy::MinuteOfDay::new(minutes).expect("in the day");
        Window::new(days, minute(from), minute(to), effect, on_holidays).expect("it ends after it starts")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_week_holds_what_the_sweep_says_until_each_edge(
        windows in prop::collection::vec(any_window(), 1..5),
        (zone, first) in select(&WEEKS[..]),
    ) {
        let zone = TimeZone::get(zone).expect("the zone is known");
        let first: Date = first.parse().expect("a date");
        let holidays = [first.tomorrow().expect("in range"), first.checked_add(4.days()).expect("in range")];
        let calendar = Calendar::new(zone.clone(), holidays);
        let shared = shared();
        let policy = Policy { schedule: Schedule::new(windows), ..policy("lower-secondary") };
        let start = zone.to_timestamp(first.to_datetime(jiff::civil::Time::midnight())).expect("in range");
        let mut held_until = (start, None::<Force>);
        let mut edges = 0_usize;
        let mut days = HashMap::new();
        for passed in 0..MINUTES {
            let now = start.checked_add(SignedDuration::from_mins(passed)).expect("in range");
            let at = calendar.at(now, Timestamp::UNIX_EPOCH);
            let force = force(&policy, &at, &shared);
            let shown = zone.to_datetime(now);
            let doubtful = days.entry(shown.date()).or_insert_with(|| doubtful_minutes(&zone, shown.date()));
            prop_assert_eq!(force, expected(&policy, &shared.tiers, doubtful, shown, &holidays), "at {}", shown);
            let (until, held) = held_until;
            if now < until {
                prop_assert_eq!(Some(force), held, "an edge was said to be at {}, it is {}", until, now);
            } else {
                prop_assert_eq!(now, until, "edges stand at whole minutes");
                let rest = policy.next_edge(&at, &shared);
                prop_assert!(rest > Duration::ZERO);
                held_until = (now.checked_add(rest).expect("in range"), Some(force));
                edges += 1;
            }
        }
        // No more edges than windows have, midnights and the change of the clock.
        let written = policy.schedule.windows().len() * 2;
        prop_assert!(edges <= 7 * (written + 1) + 4, "{} edges", edges);
    }
}

#[test]
fn of_overlapping_windows_the_stricter_holds() {
    let shared = shared();
    let staff = || window(Days::ALL, "08:00", "10:00", Effect::Tier(tier("staff")));
    let games = || window(Days::ALL, "08:30", "10:00", Effect::Opens(set(&[GAMES])));
    let young = || window(Days::ALL, "08:00", "10:00", Effect::Tier(tier("preschool")));
    let in_force = |windows| {
        let policy = Policy { schedule: Schedule::new(windows), ..policy("primary") };
        let in_force = policy.in_force(&at("2026-11-23T09:00:00"), &shared.tiers);
        (in_force.tier, in_force.mask.contains_all(set(&[GAMES])), in_force.settings.bypass)
    };
    assert_eq!(in_force(vec![staff()]), (tier("staff"), false, Bypass::Allow));
    assert_eq!(in_force(vec![staff(), young()]), (tier("preschool"), true, Bypass::Block));
    assert_eq!(in_force(vec![staff(), games()]), (tier("primary"), false, Bypass::Block));
    assert_eq!(in_force(vec![games(), young()]), (tier("preschool"), true, Bypass::Block));
}

#[test]
fn no_window_opens_a_locked_category() {
    let shared = shared();
    let opens = window(Days::ALL, "00:00", "24:00", Effect::Opens(set(&["adult", GAMES])));
    let policy = Policy { schedule: Schedule::new(vec![opens]), ..policy("primary") };
    let mask = policy.in_force(&at("2026-11-23T09:00:00"), &shared.tiers).mask;
    assert!(mask.contains_all(shared.tiers.locked()));
    assert!(!mask.contains_all(set(&[GAMES])));
}

#[test]
fn while_the_clock_is_unknown_the_strictest_window_holds_and_none_opens() {
    let shared = shared();
    let unknown = Calendar::new(TimeZone::UTC, []).at(Timestamp::UNIX_EPOCH, instant("2026-11-23T00:00:00Z"));
    let with = |effect| {
        let policy = Policy { schedule: Schedule::new(vec![window(Days::ALL, "11:00", "12:00", effect)]), ..policy("primary") };
        force(&policy, &unknown, &shared)
    };
    let own = force(&policy("primary"), &unknown, &shared);
    assert_eq!(with(Effect::Tier(tier("staff"))), own);
    assert_eq!(with(Effect::Opens(set(&[GAMES]))), own);
    assert_eq!(with(Effect::Tier(tier("preschool"))).0, tier("preschool"));
    assert!(with(Effect::Exam(Only::GroupAllow)).2);
}

#[test]
fn grants_and_exceptions_end_at_an_edge() {
    let now = at("2026-11-23T09:00:00");
    let plain = policy("primary");
    assert_eq!(plain.next_edge(&now, &shared()), Duration::MAX);
    let grant = Grant {
        to: Beneficiary::Group(GroupId(0)),
        made: instant("2026-11-23T01:00:00Z"),
        until: instant("2026-11-23T02:00:07Z"),
    };
    let granted = Shared { grants: [(name("a.test"), grant)].into_iter().collect(), ..shared() };
    assert_eq!(plain.next_edge(&now, &granted), Duration::from_secs(7));
    let exception = Exception { reason: "a test".to_owned(), until: "2026-11-23".parse().expect("a date") };
    let excepted = Shared { exceptions: [(name("a.test"), exception)].into_iter().collect(), ..shared() };
    assert_eq!(plain.next_edge(&now, &excepted), Duration::from_secs(15 * 3600));
}

#[test]
fn an_edge_is_told_to_the_nanosecond() {
    let closing = window(Days::ALL, "08:00", "10:00", Effect::Exam(Only::GroupAllow));
    let policy = Policy { schedule: Schedule::new(vec![closing]), ..policy("primary") };
    let rest = policy.next_edge(&at("2026-11-23T07:59:59.75"), &shared());
    assert_eq!(rest, Duration::from_millis(250), "what was open at 07:59 is closed in the exam at 08:00");
    assert_eq!(minute("08:00").since_midnight(), Duration::from_secs(8 * 3600));
}

#[test]
fn a_groups_own_word_stands_before_the_tiers() {
    let strict = Policy { safe_search: Some(true), allow: names(&["a.test"]), ..policy("staff") };
    assert!(strict.in_force(&at("2026-11-23T09:00:00"), &tiers()).settings.safe_search);
    assert_eq!(strict.bypass(&at("2026-11-23T09:00:00"), &tiers()), Bypass::Allow);
}

#[test]
#[should_panic(expected = "each policy stands at its group's place")]
fn policies_stand_at_their_groups_places() {
    Policies::new(vec![Policy::of_tier(GroupId(1), TierId::YOUNGEST)]);
}

#[test]
fn a_deny_of_what_is_allowed_by_the_same_name_is_idle() {
    let policy = Policy { allow: names(&["b.test", "test"]), deny: names(&["c.test", "b.test"]), ..policy("primary") };
    assert_eq!(policy.idle_denies(), [name("b.test")]);
}
