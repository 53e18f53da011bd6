//! How an upstream has been of late: whether it is asked in its turn, and how soon it answers.
//!
//! The rule: three failures in a row set an upstream back behind the others; one answer brings it forward again. While
//! it is set back one question a second is put to it beside the others, so that its return is noticed within a second
//! of its first answer and nobody waits for it meanwhile.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row set an upstream back.
const FAILURES: u32 = 3;

/// The pause between probes of an upstream that is set back.
const PROBE: Duration = Duration::from_secs(1);

/// The pause between two lines in the log about one upstream.
const QUIET: Duration = Duration::from_secs(60);

/// One upstream's health; shared by all questions, kept over reloads.
#[derive(Debug)]
pub(super) struct Health {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    set_back: bool,
    next_probe: Option<Instant>,
    latency: Option<Duration>,
    said: Option<Instant>,
}

/// A change that the log may speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Set back.
    Down,
    /// In its turn again.
    Up,
}

impl Health {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State::default()) }
    }

    /// Notes an answer, and how long it took; a change is returned where it is due in the log.
    pub(super) fn answered(&self, took: Duration, now: Instant) -> Option<Change> {
        let mut state = self.state();
        state.failures = 0;
        state.learn(took);
        let changed = std::mem::take(&mut state.set_back);
        changed.then_some(Change::Up).filter(|_| state.may_speak(now))
    }

    /// Notes a failure that took `waited`; a change is returned where it is due in the log.
    pub(super) fn failed(&self, waited: Duration, now: Instant) -> Option<Change> {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        // Silence is at least as slow as it lasted; a quick refusal says nothing of speed.
        if state.latency.is_none_or(|known| known < waited) {
            state.learn(waited);
        }
        if state.set_back || state.failures < FAILURES {
            return None;
        }
        state.set_back = true;
        state.next_probe = Some(now + PROBE);
        Some(Change::Down).filter(|_| state.may_speak(now))
    }

    /// Whether it is asked in its turn.
    pub(super) fn is_up(&self) -> bool {
        !self.state().set_back
    }

    /// Whether a question may be put to it beside the others now; then none may for a second.
    pub(super) fn may_probe(&self, now: Instant) -> bool {
        let mut state = self.state();
        let due = state.set_back && state.next_probe.is_none_or(|due| due <= now);
        if due {
            state.next_probe = Some(now + PROBE);
        }
        due
    }

    /// How soon it answers, smoothed; `None` before its first answer.
    pub(super) fn latency(&self) -> Option<Duration> {
        self.state().latency
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Moves the smoothed latency an eighth of the way, as RFC 6298 section 2 does for round trips.
    fn learn(&mut self, took: Duration) {
        self.latency = Some(self.latency.map_or(took, |known| known - known / 8 + took / 8));
    }

    fn may_speak(&mut self, now: Instant) -> bool {
        let due = self.said.is_none_or(|said| now.saturating_duration_since(said) >= QUIET);
        if due {
            self.said = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests;
