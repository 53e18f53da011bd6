//! When a question by UDP is sent again: seldom where datagrams arrive, often where many are lost.
//!
//! The rule: an upstream that is slow because the name is hard to find gets the question a few times only; where answers
//! keep coming right behind a repetition, and not behind the first sending, the way loses datagrams, and more are sent.
//! A repetition has the port and id of the first sending, so it gives whoever guesses no second chance.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The part of a question's time after which it is sent again.
const GENTLE: u32 = 8;

/// Likewise where datagrams are lost.
const EAGER: u32 = 24;

/// From this share of lost sendings on it is done eagerly.
const LOSSY: f32 = 0.06;

/// What one question tells of the share of lost sendings: an eighth when it tells of loss, else a thirty-second.
const RISE: f32 = 1.0 / 8.0;
const FALL: f32 = 1.0 / 32.0;

/// Timers, wake-ups and a busy machine take so long by themselves.
const SLACK: Duration = Duration::from_millis(5);

/// What is known of the way to one upstream.
#[derive(Debug, Default)]
pub(super) struct Pace {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How long an answer takes that came without a repetition, smoothed.
    undisturbed: Option<Duration>,
    /// The share of sendings that are lost, roughly.
    lost: f32,
}

/// The pauses between the sendings of one question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pauses {
    next: Duration,
    /// By so many hundredths each pause is longer than the one before.
    growth: u32,
}

/// How an answer by UDP came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Came {
    /// How often the question had been sent.
    pub(super) sendings: u32,
    /// How long after the last of these.
    pub(super) after: Duration,
}

impl Pace {
    /// The pauses of a question that may take `time`: 250, 500 and 1,000 ms of 2 s; where datagrams are lost 83 ms, 96, 110
    /// and so on, eleven sendings in all, of which one arrives and is answered with 99.9 % though three in ten are lost
    /// in both directions.
    pub(super) fn pauses(&self, time: Duration) -> Pauses {
        if self.state().lost > LOSSY {
            Pauses { next: time / EAGER, growth: 115 }
        } else {
            Pauses { next: time / GENTLE, growth: 200 }
        }
    }

    /// Learns from an answer.
    pub(super) fn learn(&self, came: Came) {
        let mut state = self.state();
        if came.sendings <= 1 {
            let known = state.undisturbed.unwrap_or(came.after);
            state.undisturbed = Some(known - known / 8 + came.after / 8);
            state.lost -= state.lost * FALL;
            return;
        }
        // An answer that took long to find comes at any time; one that follows a repetition as soon as answers do is its.
        if state.undisturbed.is_some_and(|usual| came.after <= 2 * usual + SLACK) {
            state.lost += (1.0 - state.lost) * RISE;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let pause = self.next;
        self.next = pause * self.growth / 100;
        Some(pause)
    }
}

#[cfg(test)]
mod tests;
