//! Setting back, probing, returning; time is an argument.

use super::*;

const MS: Duration = Duration::from_millis(1);

#[test]
fn three_failures_in_a_row_set_back_and_one_answer_returns() {
    let (health, start) = (Health::new(), Instant::now());
    assert_eq!((health.failed(MS, start), health.failed(MS, start)), (None, None));
    assert_eq!(health.answered(MS, start), None);
    assert_eq!((health.failed(MS, start), health.failed(MS, start)), (None, None));
    assert!(health.is_up(), "an answer between them ends the row");
    assert_eq!(health.failed(MS, start), Some(Change::Down));
    assert!(!health.is_up());
    assert_eq!(health.answered(MS, start + QUIET), Some(Change::Up));
    assert!(health.is_up());
}

#[test]
fn only_what_is_set_back_is_probed_and_once_a_second() {
    let (health, start) = (Health::new(), Instant::now());
    assert!(!health.may_probe(start));
    assert_eq!([(); 3].map(|()| health.failed(MS, start)), [None, None, Some(Change::Down)]);
    assert!(!health.may_probe(start + 999 * MS));
    assert!(health.may_probe(start + PROBE));
    assert!(!health.may_probe(start + PROBE));
    assert!(health.may_probe(start + 2 * PROBE));
}

#[test]
fn flapping_speaks_once_a_minute() {
    let (health, start) = (Health::new(), Instant::now());
    let mut spoken = 0;
    for second in 0..600_u32 {
        let now = start + Duration::from_secs(1) * second;
        let change = if second % 4 < 2 { health.answered(MS, now) } else { (0..3).find_map(|_| health.failed(MS, now)) };
        spoken += usize::from(change.is_some());
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
    health.failed(MS, now);
    assert_eq!(health.latency(), Some(9 * MS), "a quick refusal is no speed");
    health.failed(409 * MS, now);
    assert_eq!(health.latency(), Some(59 * MS));
}
