//! Slow names are no loss; loss is noticed within a few questions and forgotten when it ends.

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
