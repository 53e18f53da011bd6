//! How an upstream has been of late: whether it is asked in its turn, and how soon it answers.
//!
//! The rule: three failures in a row set an upstream back behind the others; one answer brings it forward again. That it is
//! silent to one question while it answers another is the name's fault and none of its own. One that was silent is back with
//! whatever it says, for one that declines what is no business of its own (a zone's server asked for the root) is there all the
//! same; one that declined what others answered has to answer. While it is set back one question a second at most is put to it
//! beside the others, so that nobody waits for it meanwhile.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row set an upstream back.
const FAILURES: u32 = 3;

/// The pause between probes of an upstream that is set back.
const PROBE: Duration = Duration::from_secs(1);

/// The pause between two lines in the log about one upstream.
const QUIET: Duration = Duration::from_secs(60);

/// The estimate of how long nearly all answers take goes up by the one and down to the other of a thousand: at rest when 19 of
/// 20 answers come sooner, for 0.17 = ln 1.19 weighs as much as 19 times 0.0091 = −ln 0.991.
const UP: u32 = 1190;
const DOWN: u32 = 991;

/// One upstream's health; shared by all questions, kept over reloads.
#[derive(Debug)]
pub(super) struct Health {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    set_back: Option<Cause>,
    next_probe: Option<Instant>,
    /// When it last answered anything.
    answered: Option<Instant>,
    latency: Option<Duration>,
    nearly_all: Option<Duration>,
    said: Option<Instant>,
}

/// Why an upstream was set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Nothing came from it.
    Silence,
    /// It declined what another one answered.
    Declining,
}

/// A change of an upstream's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) to: Standing,
    /// Whether it is due in the log.
    pub(super) loud: Loud,
}

/// Where an upstream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Set back.
    Down,
    /// In its turn.
    Up,
}

/// Whether the log has heard of an upstream within the last minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loud {
    Yes,
    No,
}

impl Health {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State::default()) }
    }

    /// Notes an answer, and how long it took.
    pub(super) fn answered(&self, took: Duration, now: Instant) -> Option<Change> {
        let mut state = self.state();
        state.failures = 0;
        state.answered = Some(now);
        state.learn(took);
        state.set_back.take().map(|_| state.change(Standing::Up, now))
    }

    /// Notes that it said something, though it was no answer.
    pub(super) fn spoke(&self, now: Instant) -> Option<Change> {
        let mut state = self.state();
        state.set_back.take_if(|cause| *cause == Cause::Silence)?;
        state.failures = 0;
        Some(state.change(Standing::Up, now))
    }

    /// Notes that nothing came of a question, after `waited`.
    pub(super) fn failed(&self, waited: Duration, now: Instant) -> Option<Change> {
        self.fails(Cause::Silence, waited, now)
    }

    /// Notes that it declined what another one answered.
    pub(super) fn declined(&self, now: Instant) -> Option<Change> {
        self.fails(Cause::Declining, Duration::ZERO, now)
    }

    fn fails(&self, cause: Cause, waited: Duration, now: Instant) -> Option<Change> {
        let mut state = self.state();
        if state.answered.is_some_and(|answered| answered + waited > now) {
            return None;
        }
        state.failures = state.failures.saturating_add(1);
        state.slower_than(waited);
        if state.set_back.is_some() || state.failures < FAILURES {
            return None;
        }
        state.set_back = Some(cause);
        state.next_probe = Some(now + PROBE);
        Some(state.change(Standing::Down, now))
    }

    /// Notes that another one had answered when this one had not, after `waited`.
    pub(super) fn outpaced(&self, waited: Duration) {
        let mut state = self.state();
        // It would have taken longer still: of two that answer alike, the one that is silent must not pass for the quicker.
        state.slower_than(waited + waited / 8);
        if state.nearly_all.is_some_and(|usual| usual < waited) {
            state.rank(waited);
        }
    }

    /// Whether it is asked in its turn.
    pub(super) fn is_up(&self) -> bool {
        self.state().set_back.is_none()
    }

    /// Whether a question may be put to it beside the others now; then none may for a second.
    pub(super) fn may_probe(&self, now: Instant) -> bool {
        let mut state = self.state();
        let due = state.set_back.is_some() && state.next_probe.is_none_or(|due| due <= now);
        if due {
            state.next_probe = Some(now + PROBE);
        }
        due
    }

    /// How soon it answers, smoothed; `None` before its first answer.
    pub(super) fn latency(&self) -> Option<Duration> {
        self.state().latency
    }

    /// Within how long 19 of 20 answers come; `None` before its first answer.
    pub(super) fn nearly_all(&self) -> Option<Duration> {
        self.state().nearly_all
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Moves the smoothed latency an eighth of the way, as RFC 6298 section 2 does for round trips.
    fn learn(&mut self, took: Duration) {
        self.latency = Some(self.latency.map_or(took, |known| known - known / 8 + took / 8));
        match self.nearly_all {
            Some(_) => self.rank(took),
            None => self.nearly_all = Some(2 * took),
        }
    }

    /// Silence is at least as slow as it lasted; a quick refusal says nothing of speed.
    fn slower_than(&mut self, waited: Duration) {
        if self.latency.is_none_or(|known| known < waited) {
            let known = self.latency.unwrap_or(waited);
            self.latency = Some(known - known / 8 + waited / 8);
        }
    }

    /// Moves the estimate of the 95th percentile by one observation.
    fn rank(&mut self, took: Duration) {
        self.nearly_all = self.nearly_all.map(|usual| usual * if took > usual { UP } else { DOWN } / 1000);
    }

    fn change(&mut self, to: Standing, now: Instant) -> Change {
        let due = self.said.is_none_or(|said| now.saturating_duration_since(said) >= QUIET);
        if due {
            self.said = Some(now);
        }
        Change { to, loud: if due { Loud::Yes } else { Loud::No } }
    }
}

#[cfg(test)]
mod tests;
