//! When a source is asked again: on its own clock, whatever becomes of the others.
//!
//! The rule: pauses grow while it fails and never stop growing into silence; no two schools ask at the same second for long; and
//! a wall clock that was wrong once delays nothing.

use std::time::Duration;

use jiff::Timestamp;

use super::{Reason, Turn};

/// The pause after a first failure of a source, and the shortest after any: one in trouble is asked at most once a minute.
pub const SHORTEST_PAUSE: Duration = Duration::from_secs(60);

/// The longest pause after failures that may pass by themselves.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// The longest pause after failures that lie in what the source offers.
const LONGEST_FOR_CONTENT: Duration = Duration::from_secs(6 * 3600);

/// The first and the longest pause after failures of this machine: a disk that has room again is noticed within a minute.
const FOR_LOCAL: [Duration; 2] = [Duration::from_secs(20), Duration::from_secs(35)];

/// How long a source that is well is left alone, `refresh` apart by the operator's word; `dice` from 0 to 1 spreads schools over
/// the tenth before that.
pub fn pause_after_success(refresh: Duration, dice: f64) -> Duration {
    refresh.mul_f64(1.0 - 0.1 * dice.clamp(0.0, 1.0))
}

/// How long a source is left alone that failed `in_a_row` times, the last time for `reason`.
///
/// Pauses double from a minute to an hour, and never exceed `refresh` where that is shorter. What would be the same large download
/// once more waits six hours at most; what this machine could not do is tried again within a minute, for nobody was asked.
pub fn pause_after_failure(refresh: Duration, in_a_row: u32, reason: Reason, dice: f64) -> Duration {
    let [first, longest] = match reason.turn() {
        Turn::Ours => FOR_LOCAL,
        Turn::Publishers => [15 * SHORTEST_PAUSE, LONGEST_FOR_CONTENT],
        Turn::Nobodys => [SHORTEST_PAUSE, LONGEST_PAUSE],
    };
    let doubled = first.saturating_mul(1 << in_a_row.saturating_sub(1).min(16));
    let pause = doubled.min(longest).min(refresh.max(SHORTEST_PAUSE));
    pause.mul_f64(1.0 + 0.5 * dice.clamp(0.0, 1.0))
}

/// What is left of a `pause` that began at `since` by the wall clock: for a start, which has no other clock.
///
/// Where the clock says that it began in the future, one of the two readings is wrong, and nothing is left.
pub fn remaining(pause: Duration, since: Option<Timestamp>, now: Timestamp) -> Duration {
    let Some(since) = since else { return Duration::ZERO };
    match Duration::try_from(now.duration_since(since)) {
        Ok(passed) => pause.saturating_sub(passed),
        Err(_) => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests;
