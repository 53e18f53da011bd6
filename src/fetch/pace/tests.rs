//! Pauses: how they grow, where they end, and what a wrong clock does to them.

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

#[test]
fn pauses_double_from_a_minute_to_an_hour() {
    let pauses: Vec<u64> = (1..10).map(|times| pause_after_failure(DAY, times, Reason::Connect, 0.0).as_secs() / 60).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(pause_after_failure(DAY, u32::MAX, Reason::Timeout, 0.0), LONGEST_PAUSE);
}

#[test]
fn jitter_only_lengthens_what_follows_a_failure() {
    for dice in [0.0, 0.3, 0.999, 1.0, 7.0] {
        let pause = pause_after_failure(DAY, 1, Reason::Resolve, dice);
        assert!(pause >= SHORTEST_PAUSE && pause <= SHORTEST_PAUSE.mul_f64(1.5), "{pause:?}");
    }
    assert_ne!(pause_after_failure(DAY, 3, Reason::Tls, 0.1), pause_after_failure(DAY, 3, Reason::Tls, 0.9));
}

#[test]
fn a_short_refresh_bounds_pauses_and_a_minute_bounds_it() {
    assert_eq!(pause_after_failure(minutes(5), 9, Reason::Status, 0.0), minutes(5));
    assert_eq!(pause_after_failure(Duration::from_secs(1), 9, Reason::Status, 0.0), minutes(1));
}

#[test]
fn what_the_publisher_has_to_mend_is_not_fetched_every_minute() {
    let pauses: Vec<u64> = (1..8).map(|times| pause_after_failure(DAY, times, Reason::Shrunk, 0.0).as_secs() / 60).collect();
    assert_eq!(pauses, [15, 30, 60, 120, 240, 360, 360]);
    assert_eq!(pause_after_failure(minutes(10), 5, Reason::Grown, 0.0), minutes(10));
}

#[test]
fn room_on_the_disk_is_noticed_within_a_minute() {
    for times in [1, 2, 3, 100] {
        let pause = pause_after_failure(DAY, times, Reason::Local, 1.0);
        assert!(pause < minutes(1) && pause >= Duration::from_secs(20), "{pause:?}");
    }
}

#[test]
fn a_refresh_comes_within_its_time_and_not_far_before() {
    for dice in [0.0, 0.5, 1.0, -3.0] {
        let pause = pause_after_success(DAY, dice);
        assert!(pause <= DAY && pause >= DAY.mul_f64(0.9), "{pause:?}");
    }
}

#[test]
fn what_is_left_after_a_restart() {
    let now: Timestamp = "2026-11-23T09:00:00Z".parse().expect("a time");
    assert_eq!(remaining(DAY, None, now), Duration::ZERO, "never asked");
    assert_eq!(remaining(DAY, Some(now - minutes(60)), now), DAY - minutes(60));
    assert_eq!(remaining(DAY, Some(now - 2 * DAY), now), Duration::ZERO);
}

#[test]
fn a_clock_that_was_wrong_delays_nothing() {
    let now: Timestamp = "2026-11-23T09:00:00Z".parse().expect("a time");
    let year_ahead = now + 366 * DAY;
    assert_eq!(remaining(DAY, Some(year_ahead), now), Duration::ZERO, "it was a year ahead when the source was asked");
    assert_eq!(remaining(DAY, Some(now), Timestamp::UNIX_EPOCH), Duration::ZERO, "it stands at 1970 now");
    assert_eq!(remaining(DAY, Some(now), now - minutes(60)), Duration::ZERO, "it jumped back an hour");
    assert_eq!(remaining(DAY, Some(Timestamp::UNIX_EPOCH), now), Duration::ZERO, "it stood at 1970 then");
}
