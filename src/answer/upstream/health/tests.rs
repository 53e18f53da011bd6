//! Setting back, probing, returning; time is an argument.

use super::*;

const MS: Duration = Duration::from_millis(1);

const SECOND: Duration = Duration::from_secs(1);

fn standing(change: Option<Change>) -> Option<Standing> {
    change.map(|change| change.to)
}

#[test]
fn three_failures_in_a_row_set_back_and_one_answer_returns() {
    let (health, start) = (Health::new(), Instant::now());
    assert_eq!((health.failed(MS, start), health.failed(MS, start)), (None, None));
    assert_eq!(health.answered(MS, start), None);
    let later = start + SECOND;
    assert_eq!((health.failed(MS, later), health.failed(MS, later)), (None, None));
    assert!(health.is_up(), "an answer between them ends the row");
    assert_eq!(standing(health.failed(MS, later)), Some(Standing::Down));
    assert!(!health.is_up());
    assert_eq!(standing(health.answered(MS, start + QUIET)), Some(Standing::Up));
    assert!(health.is_up());
}

#[test]
fn silence_to_one_name_beside_answers_to_others_is_no_failure() {
    let (health, start) = (Health::new(), Instant::now());
    for number in 0..100_u32 {
        health.answered(MS, start + SECOND * number);
        assert_eq!(health.failed(400 * MS, start + SECOND * number + 399 * MS), None);
    }
    assert!(health.is_up());
    let dead = start + SECOND * 200;
    assert_eq!([(); 3].map(|()| standing(health.failed(400 * MS, dead))), [None, None, Some(Standing::Down)]);
}

#[test]
fn only_what_is_set_back_is_probed_and_once_a_second() {
    let (health, start) = (Health::new(), Instant::now());
    assert!(!health.may_probe(start));
    assert_eq!([(); 3].map(|()| standing(health.failed(MS, start))), [None, None, Some(Standing::Down)]);
    assert!(!health.may_probe(start + 999 * MS));
    assert!(health.may_probe(start + PROBE));
    assert!(!health.may_probe(start + PROBE));
    assert!(health.may_probe(start + 2 * PROBE));
}

#[test]
fn nearly_all_is_the_95th_percentile_of_what_was_measured() {
    let (health, now) = (Health::new(), Instant::now());
    assert_eq!(health.nearly_all(), None);
    // Latencies from 1 to 100 ms, each as often, in a scattered order.
    for number in 0..5000_u32 {
        health.answered(MS * (number * 37 % 100 + 1), now);
    }
    let nearly_all = health.nearly_all().expect("it has answered");
    assert!((80 * MS..=120 * MS).contains(&nearly_all), "{nearly_all:?}");
    // One that is always beaten before it answers is not thought to be quick.
    for _ in 0..100 {
        health.outpaced(400 * MS);
    }
    assert!(health.nearly_all().is_some_and(|nearly_all| nearly_all >= 400 * MS));
    assert!(health.latency().is_some_and(|latency| latency > 390 * MS));
}

#[test]
fn flapping_speaks_once_a_minute() {
    let (health, start) = (Health::new(), Instant::now());
    let mut spoken = 0;
    for second in 0..600_u32 {
        let now = start + Duration::from_secs(1) * second;
        let change = if second % 4 < 2 { health.answered(MS, now) } else { (0..3).find_map(|_| health.failed(MS, now)) };
        spoken += usize::from(change.is_some_and(|change| change.loud == Loud::Yes));
    }
    assert!((2..=10).contains(&spoken), "{spoken} lines in ten minutes");
}

#[test]
fn latency_follows_answers_and_long_silence() {
    let (health, now) = (Health::new(), Instant::now());
    assert_eq!(health.latency(), None);
    health.answered(8 * MS, now);
    assert_eq!(health.latency(), Some(8 * MS));
    health.answered(16 * MS, now);
    assert_eq!(health.latency(), Some(9 * MS));
    let later = now + SECOND;
    health.failed(MS, later);
    assert_eq!(health.latency(), Some(9 * MS), "a quick refusal is no speed");
    health.failed(409 * MS, later);
    assert_eq!(health.latency(), Some(59 * MS));
}

#[test]
fn any_word_ends_a_silence_and_none_but_an_answer_what_was_declined() {
    let (health, start) = (Health::new(), Instant::now());
    assert_eq!(health.spoke(start), None);
    assert_eq!([(); 3].map(|()| standing(health.failed(MS, start))), [None, None, Some(Standing::Down)]);
    assert_eq!(standing(health.spoke(start)), Some(Standing::Up));
    assert_eq!((health.failed(MS, start), health.failed(MS, start)), (None, None), "the row begins anew");
    assert_eq!(standing(health.failed(MS, start)), Some(Standing::Down));
    assert_eq!(standing(health.answered(MS, start)), Some(Standing::Up));

    let later = start + SECOND;
    assert_eq!([(); 3].map(|()| standing(health.declined(later))), [None, None, Some(Standing::Down)]);
    assert_eq!(health.spoke(later), None, "it declines what others answer, whatever it says of other names");
    assert!(!health.is_up());
    assert_eq!(standing(health.answered(MS, later)), Some(Standing::Up));
}
