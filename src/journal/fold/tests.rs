//! The ten seconds' edges, and what is told when.

use super::*;

const SECOND: i64 = 1_000_000;

/// Some time in this century, in microseconds since 1970.
const START: i64 = 1_795_400_000 * SECOND;

/// Places a query, and remembers it as the store's where it is a first one.
fn placed(folds: &mut Folds, what: &str, time: i64, uptime: Duration) -> Place {
    let key = folds.key(what.as_bytes());
    let place = folds.place(key, time, uptime);
    if place == Place::First {
        folds.remember((key, time), uptime, Stand::Stored(Row::default(), 0), None, &mut Closed::default());
    }
    place
}

#[test]
fn a_repeat_is_one_until_ten_seconds_after_the_first() {
    let mut folds = Folds::new();
    let mut at = |millis: i64, uptime| placed(&mut folds, "x", START + millis * 1_000, Duration::from_secs(uptime));
    assert_eq!(at(0, 0), Place::First);
    assert_eq!(at(9_000, 9), Place::Repeat);
    assert_eq!(at(9_999, 10), Place::Repeat);
    assert_eq!(at(10_000, 10), Place::First);
    assert_eq!(at(19_999, 20), Place::Repeat);
}

#[test]
fn a_clock_set_back_starts_anew_and_loses_no_repeat() {
    let mut folds = Folds::new();
    let key = folds.key(b"x");
    let mut closed = Closed::default();
    folds.remember((key, START), Duration::ZERO, Stand::Here(3), None, &mut closed);
    assert_eq!(folds.place(key, START, Duration::ZERO), Place::Repeat);
    assert_eq!(folds.place(key, START - ASIDE - 1, Duration::ZERO), Place::First);
    folds.remember((key, START - ASIDE - 1), Duration::ZERO, Stand::Here(4), None, &mut closed);
    assert_eq!(closed.here, [(3, 1)]);
}

#[test]
fn another_worker_may_have_noted_the_same_a_little_earlier() {
    let mut folds = Folds::new();
    assert_eq!(placed(&mut folds, "x", START, Duration::ZERO), Place::First);
    assert_eq!(placed(&mut folds, "x", START - 100_000, Duration::ZERO), Place::Repeat);
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut folds = Folds::new();
    for number in 0..MOST {
        placed(&mut folds, &number.to_string(), START, Duration::ZERO);
    }
    assert_eq!(placed(&mut folds, "more", START, Duration::ZERO), Place::Alone);
    folds.close(WINDOW, &mut Closed::default());
    assert!(folds.open.is_empty() && folds.order.is_empty());
    assert_eq!(placed(&mut folds, "more", START, WINDOW), Place::First);
    // The table has not grown beyond what its doc comment says.
    assert!(folds.open.capacity() <= MOST && size_of::<(u128, Fold)>() <= 96, "{}", size_of::<(u128, Fold)>());
}

#[test]
fn few_repeats_are_told_at_once_and_a_flood_when_its_time_is_over() {
    let mut folds = Folds::new();
    let names: Vec<String> = (0..2 * AT_ONCE).map(|number| number.to_string()).collect();
    for name in &names {
        placed(&mut folds, name, START, Duration::ZERO);
    }
    for name in &names[..3] {
        placed(&mut folds, name, START + 1, Duration::ZERO);
        placed(&mut folds, name, START + 2, Duration::ZERO);
    }
    let updates = folds.updates();
    assert_eq!(updates.len(), 3);
    assert!(updates.iter().all(|update| (update.repeats, update.new) == (2, 2)));
    assert_eq!(folds.updates(), [], "told once");

    for name in &names {
        placed(&mut folds, name, START + 3, Duration::ZERO);
    }
    assert_eq!(folds.updates(), [], "in a flood they wait for their time");
    let mut closed = Closed::default();
    folds.close(WINDOW, &mut closed);
    assert_eq!(closed.updates.len(), names.len());
    assert_eq!(closed.updates.iter().map(|update| update.new as usize).sum::<usize>(), names.len());
}

#[test]
fn what_is_forgotten_untold_is_counted() {
    let mut folds = Folds::new();
    for time in 0..5 {
        placed(&mut folds, "x", START + time, Duration::ZERO);
    }
    assert_eq!(folds.retain(7), 4, "the rows of another database");
    for time in 0..3 {
        placed(&mut folds, "y", START + time, Duration::ZERO);
    }
    assert_eq!(folds.clear(), 2);
    assert_eq!(folds.clear(), 0);
}
