//! Slow names are no loss; loss is noticed within a few questions and forgotten when it ends.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::*;

const MS: Duration = Duration::from_millis(1);
const TIME: Duration = Duration::from_secs(2);

/// How often a question is sent within its time.
fn sendings(pace: &Pace) -> usize {
    let mut at = Duration::ZERO;
    1 + pace
        .pauses(TIME)
        .take_while(|pause| {
            at += *pause;
            at < TIME
        })
        .count()
}

#[test]
fn at_first_the_pauses_double() {
    let pauses: Vec<_> = Pace::default().pauses(TIME).take(3).collect();
    assert_eq!(pauses, [250 * MS, 500 * MS, 1000 * MS]);
    assert_eq!(sendings(&Pace::default()), 4);
}

#[test]
fn answers_right_behind_a_repetition_are_loss_until_they_come_at_once_again() {
    let pace = Pace::default();
    pace.learn(Came { sendings: 1, after: 10 * MS });
    pace.learn(Came { sendings: 2, after: 11 * MS });
    assert!(sendings(&pace) >= 11, "{} sendings", sendings(&pace));
    let needed = (1..1000).find(|_| {
        pace.learn(Came { sendings: 1, after: 10 * MS });
        sendings(&pace) == 4
    });
    assert!(needed.is_some_and(|needed| (4..200).contains(&needed)), "forgotten after {needed:?} answers");
}

#[test]
fn three_in_ten_lost_stay_lossy() {
    let pace = Pace::default();
    pace.learn(Came { sendings: 1, after: 10 * MS });
    pace.learn(Came { sendings: 2, after: 10 * MS });
    for number in 0..1000_u32 {
        // Half of the questions are answered behind the first sending, as with three in ten lost either way.
        pace.learn(Came { sendings: 1 + number % 2, after: 10 * MS });
        assert!(sendings(&pace) >= 11, "after {number} answers");
    }
}

#[test]
fn names_that_are_hard_to_find_are_no_loss() {
    let pace = Pace::default();
    pace.learn(Came { sendings: 1, after: 10 * MS });
    for number in 0..100 {
        pace.learn(Came { sendings: 2, after: (30 + number) * MS });
    }
    assert_eq!(sendings(&pace), 4);
}

/// How many of 20,000 questions, one after the other, are answered where this share of the sendings comes to nothing; answers
/// take ten milliseconds.
fn answered(lost: f64) -> usize {
    let mut dice = SmallRng::seed_from_u64(0x6b68_6965_6e33);
    let pace = Pace::default();
    pace.learn(Came { sendings: 1, after: 10 * MS });
    let mut is_answered = || {
        let (mut sent, mut pauses, mut sendings, mut coming) = (Duration::ZERO, pace.pauses(TIME), 1, None);
        loop {
            coming = coming.or_else(|| (!dice.random_bool(lost)).then_some(sent + 10 * MS));
            let next = sent + pauses.next().expect("pauses have no end");
            match coming.filter(|comes| *comes < TIME) {
                Some(comes) if comes <= next => {
                    pace.learn(Came { sendings, after: comes - sent });
                    return true;
                }
                Some(_) | None if next >= TIME => return false,
                Some(_) | None => (sent, sendings) = (next, sendings + 1),
            }
        }
    };
    (0..20_000).filter(|_| is_answered()).count()
}

#[test]
fn of_a_thousand_questions_one_fails_where_three_in_ten_datagrams_are_lost() {
    // On the way there or on the way back; and on both.
    let (one_way, both_ways) = (answered(0.3), answered(1.0 - 0.7 * 0.7));
    println!("answered of 20,000: {one_way} with three in ten lost one way, {both_ways} both ways");
    assert!(one_way >= 19_980 && both_ways >= 19_980, "{one_way} {both_ways}");
}
