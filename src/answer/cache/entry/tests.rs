//! Entries after their time: stale answers, failures in a row, renewal before the time is over.

use proptest::prelude::*;

use crate::answer::cache::testing::{HOUR, SECOND, absent, address, asked, failure, key, name, outage, relayed};
use crate::answer::cache::{Cache, CacheRules, Cause, Prefetch};
use crate::answer::upstream::{Answer, FailureKind};

use super::*;

/// What is found at so many seconds: how it may be used, and what it says.
fn at(cache: &Cache, seconds: u32) -> Option<(Freshness, Answer)> {
    let www = name("www.example");
    cache.peek(&key(&www), SECOND * seconds).map(|found| (found.freshness, found.cached.content.clone()))
}

fn keep(cache: &Cache, content: &Answer, seconds: u32) {
    cache.keep(&key(&name("www.example")), content, SECOND * seconds);
}

#[test]
fn an_answer_may_be_given_for_the_window_and_no_longer_whatever_fails() {
    let (cache, www) = (Cache::new(outage()), name("www.example"));
    let answer = address(&www, 1, 60);
    keep(&cache, &answer, 0);
    assert_eq!(at(&cache, 59), Some((Freshness::Fresh, answer.clone())));
    assert_eq!(at(&cache, 60), Some((Freshness::Expired, answer.clone())));
    for seconds in (100..3700).step_by(100) {
        keep(&cache, &failure(FailureKind::Network), seconds);
        let expected = (seconds < 3660).then(|| (Freshness::Stale, answer.clone()));
        assert_eq!(at(&cache, seconds).filter(|(_, content)| content.is_ok()), expected, "at {seconds}");
    }
    assert_eq!(at(&cache, 3659 + 1000), None, "a failure's own time ends too");

    cache.change(CacheRules { serve_stale: Duration::ZERO, ..outage() }, HOUR * 2);
    keep(&cache, &answer, 10_000);
    keep(&cache, &failure(FailureKind::Unreachable), 10_070);
    assert_eq!(at(&cache, 10_070), Some((Freshness::Fresh, failure(FailureKind::Unreachable))));
}

#[test]
fn nobody_waits_for_a_while_after_a_failure() {
    let (cache, www) = (Cache::new(outage()), name("www.example"));
    let answer = address(&www, 1, 60);
    keep(&cache, &answer, 0);
    keep(&cache, &failure(FailureKind::Unreachable), 100);
    for (seconds, freshness) in [(100, Freshness::Stale), (129, Freshness::Stale), (130, Freshness::Expired)] {
        assert_eq!(at(&cache, seconds), Some((freshness, answer.clone())), "at {seconds}");
    }
}

#[test]
fn fresh_answers_and_absence_replace_a_stale_answer_and_failures_do_not() {
    let www = name("www.example");
    let old = address(&www, 1, 60);
    for (new, replaces) in [
        (address(&www, 2, 60), true),
        (absent(&www, 60), true),
        (relayed(&asked(&www).negative(0, 60, 60)), true),
        (relayed(&asked(&www).rcode(2)), false),
        (relayed(&asked(&www).rcode(5)), false),
        (failure(FailureKind::Network), false),
        (failure(FailureKind::Unreachable), false),
    ] {
        let cache = Cache::new(outage());
        keep(&cache, &old, 0);
        keep(&cache, &new, 70);
        let expected = if replaces { (Freshness::Fresh, new.clone()) } else { (Freshness::Stale, old.clone()) };
        assert_eq!(at(&cache, 71), Some(expected), "{new:?}");
    }
    for (passing, left) in
        [(address(&www, 2, 0), false), (relayed(&asked(&www).rcode(3)), false), (failure(FailureKind::Busy), true)]
    {
        let cache = Cache::new(outage());
        keep(&cache, &old, 0);
        keep(&cache, &passing, 70);
        assert_eq!(at(&cache, 71).is_some(), left, "{passing:?}");
    }
}

#[test]
fn a_failure_that_comes_again_is_kept_longer_and_a_dead_upstream_is_not_the_names_fault() {
    let lifetimes = |kind| {
        let cache = Cache::new(outage());
        let mut now = 0;
        let mut seen = Vec::new();
        for _ in 0..7 {
            keep(&cache, &failure(kind), now);
            let kept = (1..400).find(|more| at(&cache, now + more).is_none()).expect("it ends");
            seen.push(kept);
            now += kept;
        }
        seen
    };
    assert_eq!(lifetimes(FailureKind::Network), [5, 10, 20, 40, 60, 60, 60]);
    assert_eq!(lifetimes(FailureKind::Unreachable), [5; 7]);

    let (cache, www) = (Cache::new(outage()), name("www.example"));
    keep(&cache, &failure(FailureKind::Network), 0);
    keep(&cache, &failure(FailureKind::Network), 5);
    keep(&cache, &address(&www, 1, 1), 20);
    keep(&cache, &failure(FailureKind::Network), 30);
    cache.change(CacheRules { serve_stale: Duration::ZERO, ..outage() }, SECOND);
    assert_eq!((at(&cache, 34).is_some(), at(&cache, 35).is_some()), (true, false), "an answer ends the row");
    keep(&cache, &failure(FailureKind::Network), 400);
    assert_eq!((at(&cache, 404).is_some(), at(&cache, 405).is_some()), (true, false), "and so do five quiet minutes");
}

/// Looks so many times at `now` and returns the renewals that were due.
fn renewals(cache: &Cache, times: usize, now: Duration) -> Vec<Cause> {
    let www = name("www.example");
    (0..times).filter_map(|_| cache.find(&key(&www), now)?.renewal).collect()
}

#[test]
fn what_is_asked_often_is_renewed_once_in_the_last_tenth_of_its_time() {
    let www = name("www.example");
    let (cache, rare) = (Cache::new(outage()), Cache::new(outage()));
    let off = Cache::new(CacheRules { prefetch: Prefetch::Off, ..outage() });
    for cache in [&cache, &rare, &off] {
        keep(cache, &address(&www, 1, 100), 0);
    }
    assert_eq!(renewals(&cache, 10, SECOND * 89), []);
    assert_eq!(renewals(&cache, 10, SECOND * 90), [Cause::Popular]);
    assert_eq!(renewals(&cache, 10, SECOND * 94), []);
    assert_eq!(renewals(&cache, 10, SECOND * 95), [Cause::Popular], "the one before came to nothing");
    assert_eq!(renewals(&rare, 2, SECOND * 95), [], "asked twice only");
    assert_eq!(renewals(&off, 10, SECOND * 95), []);

    keep(&cache, &address(&www, 2, 100), 96);
    assert_eq!(renewals(&cache, 2, SECOND * 190), [], "the new answer counts anew");
    assert_eq!(renewals(&cache, 1, SECOND * 190), [Cause::Popular]);
}

#[test]
fn a_renewal_that_fails_leaves_the_fresh_answer() {
    let www = name("www.example");
    for window in [HOUR, Duration::ZERO] {
        let cache = Cache::new(CacheRules { serve_stale: window, ..outage() });
        keep(&cache, &address(&www, 1, 100), 0);
        renewals(&cache, 5, SECOND * 92);
        keep(&cache, &failure(FailureKind::Network), 92);
        assert_eq!(at(&cache, 99), Some((Freshness::Fresh, address(&www, 1, 100))));
        assert_eq!(renewals(&cache, 5, SECOND * 96), [], "the failure's time is not over");
        assert_eq!(renewals(&cache, 5, SECOND * 98), [Cause::Popular]);
    }
}

#[test]
fn a_stale_answer_is_renewed_when_the_failures_time_is_over() {
    let www = name("www.example");
    let cache = Cache::new(outage());
    keep(&cache, &address(&www, 1, 60), 0);
    keep(&cache, &failure(FailureKind::Network), 100);
    assert_eq!(renewals(&cache, 50, SECOND * 104), []);
    assert_eq!(renewals(&cache, 50, SECOND * 105), [Cause::Stale]);
}

proptest! {
    /// Ghosts: no answer is given later than its TTL and the window after it was brought, whatever failed meanwhile.
    #[test]
    fn nothing_outlives_its_ttl_and_the_window(steps in prop::collection::vec((0..5_u8, 0..900_u32), 1..100)) {
        let (cache, www) = (Cache::new(outage()), name("www.example"));
        let (mut now, mut brought) = (0, None);
        for (what, pause) in steps {
            now += pause;
            match what {
                0 => {
                    keep(&cache, &address(&www, now, 60), now);
                    brought = Some(now);
                }
                1 => keep(&cache, &failure(FailureKind::Network), now),
                2 => keep(&cache, &relayed(&asked(&www).rcode(2)), now),
                3 => keep(&cache, &failure(FailureKind::Unreachable), now),
                _ => drop(cache.find(&key(&www), SECOND * now)),
            }
            let given = at(&cache, now).map(|(_, content)| content).filter(|content| {
                content.as_ref().is_ok_and(|relayed| relayed.rcode() == Rcode::NOERROR)
            });
            let expected = brought.filter(|brought| now < brought + 60 + 3600).map(|brought| address(&www, brought, 60));
            prop_assert_eq!(given, expected);
        }
    }
}
