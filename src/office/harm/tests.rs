//! A change that makes shares jump is told, and nothing else is.

use std::time::Duration;

use super::{AFTER, BEFORE, Counts, Harm, Watch};

const MINUTE: Duration = Duration::from_secs(60);

/// A school that asks.
struct School {
    watch: Watch,
    now: Duration,
    counts: Counts,
}

impl School {
    fn new() -> Self {
        let mut school = Self { watch: Watch::default(), now: BEFORE, counts: Counts::default() };
        school.watch.note(school.now, school.counts);
        school
    }

    /// `queries` in a minute, so many of a hundred blocked and failing.
    fn ask(&mut self, queries: u64, blocked: u64, failed: u64) -> Option<Harm> {
        self.now += MINUTE;
        self.counts.queries += queries;
        self.counts.blocked += queries * blocked / 100;
        self.counts.failed += queries * failed / 100;
        self.watch.note(self.now, self.counts);
        self.watch.harm(self.now, self.counts)
    }

    fn change(&mut self) {
        self.watch.changed(self.now, self.counts);
    }
}

#[test]
fn a_jump_of_blocks_is_told_once_enough_was_asked() {
    let mut school = School::new();
    school.ask(1000, 10, 1);
    school.change();
    assert_eq!(school.ask(400, 60, 1), None, "too few");
    let harm = school.ask(200, 60, 1).expect("enough");
    assert_eq!(harm.to_string(), "the share of blocked queries rose from 10 % to 60 %");
    assert_eq!((harm.text(), school.watch.is_watching()), ("blocked", false));
    assert_eq!(school.ask(1000, 60, 1), None, "it is told once");
}

#[test]
fn two_changes_at_once_are_compared_with_what_was_before_the_first() {
    let mut school = School::new();
    school.ask(1000, 10, 1);
    school.change();
    assert_eq!(school.ask(100, 90, 1), None);
    school.change();
    assert!(school.ask(600, 90, 1).is_some());
}

#[test]
fn a_jump_of_failures_is_told() {
    let mut school = School::new();
    school.ask(1000, 10, 1);
    school.change();
    let harm = school.ask(1000, 10, 40).expect("enough");
    assert_eq!(harm.to_string(), "the share of failing queries rose from 1 % to 40 %");
}

#[test]
fn what_a_school_does_by_itself_is_no_harm() {
    let mut school = School::new();
    school.ask(1000, 10, 1);
    school.change();
    assert_eq!(school.ask(2000, 28, 5), None, "18 points");
    let mut school = School::new();
    school.ask(1000, 40, 1);
    school.change();
    assert_eq!(school.ask(2000, 70, 1), None, "not even twice as much");
    let mut school = School::new();
    school.ask(1000, 10, 1);
    assert_eq!(school.ask(1000, 90, 1), None, "nothing changed");
}

#[test]
fn without_enough_before_nothing_is_compared() {
    let mut school = School::new();
    school.ask(499, 0, 0);
    school.change();
    assert!(!school.watch.is_watching());
    assert_eq!(school.ask(5000, 100, 0), None);
}

#[test]
fn what_was_asked_long_before_counts_no_more() {
    let mut school = School::new();
    school.ask(1000, 10, 1);
    for _ in 0..62 {
        school.ask(0, 0, 0);
    }
    school.change();
    assert!(!school.watch.is_watching());
}

#[test]
fn after_a_day_a_change_is_watched_no_more() {
    let mut school = School::new();
    school.ask(1000, 10, 1);
    school.change();
    school.now += AFTER;
    assert_eq!(school.ask(5000, 90, 1), None);
    assert!(!school.watch.is_watching());
}
