//! One question's way through the upstreams: whose turn it is, what each one brought, and which of it is the best.
//!
//! It neither sends nor sleeps: `pool` does, as [`Race::turn`] says, and `pool/tests/clockwork.rs` runs it by a clock of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::exchange::{Effort, Outcome, Upstream};
use super::failure::{FailureKind, Fault, UpstreamFailure};
use super::pool::{Answer, note, say};
use super::settings::Strategy;
use crate::dns::{Rcode, Relayed};

/// Whoever is asked first is given so long before the first of the other address family is asked too, wherever it stands: the
/// connection attempt delay of RFC 8305 section 5. Of two families one is often dead as a whole.
const OTHER_FAMILY: Duration = Duration::from_millis(250);

/// So long even the fastest is given.
const HEDGE: Duration = Duration::from_millis(10);

/// One question and its upstreams, in the order of asking.
#[derive(Debug)]
pub(super) struct Race {
    runners: Vec<Runner>,
    strategy: Strategy,
    effort: Arc<Effort>,
    /// How many of them have been asked.
    asked: usize,
    /// When the next one is asked, though those asked may still answer.
    next: Instant,
    /// When the first of the other family is asked at the latest; none where there is none, or it has been asked.
    other_family: Option<Instant>,
    deadline: Instant,
    patience: Duration,
    best: Option<Outcome>,
    /// An upstream was there, whatever it said.
    reached: bool,
}

#[derive(Debug)]
struct Runner {
    upstream: Arc<Upstream>,
    begun: Instant,
    state: RunnerState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RunnerState {
    NotAsked,
    Asked,
    /// Its patience is over, and its health has been told; it may still answer.
    Silent,
    /// It answered with an rcode that declines.
    Declined,
    /// It has brought what it could.
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AddressFamily {
    V4,
    V6,
}

/// What is to be done now.
#[derive(Debug)]
pub(super) enum Turn {
    /// Ask this upstream, as the runner of that number.
    Ask(usize, Arc<Upstream>),
    /// Wait for an upstream to answer, at most until then.
    Wait(Instant),
    /// Nobody is left, or no time.
    Over,
}

impl Race {
    pub(super) fn new(upstreams: Vec<Arc<Upstream>>, begun: Instant, strategy: Strategy, effort: Arc<Effort>) -> Self {
        let patience = patience(effort.time, upstreams.len());
        let runner = |upstream| Runner { upstream, begun, state: RunnerState::NotAsked };
        Self {
            runners: upstreams.into_iter().map(runner).collect(),
            strategy,
            asked: 0,
            next: begun,
            other_family: None,
            deadline: begun + effort.time,
            patience,
            effort,
            best: None,
            reached: false,
        }
    }

    /// What is to be done at `now`.
    pub(super) fn turn(&mut self, now: Instant) -> Turn {
        let next_silence = self.note_silence(now);
        let under_way = self.runners[..self.asked].iter().any(Runner::is_under_way);
        if now >= self.deadline {
            return Turn::Over;
        }
        let until = |moment: Instant| Turn::Wait(next_silence.map_or(moment, |silence| silence.min(moment)));
        if self.asked == self.runners.len() || !self.effort.is_left() {
            return if under_way { until(self.deadline) } else { Turn::Over };
        }
        if under_way && now < self.next {
            return until(self.next.min(self.deadline));
        }
        let number = self.ask_next(now);
        Turn::Ask(number, Arc::clone(&self.runners[number].upstream))
    }

    /// The next one's turn is now.
    fn ask_next(&mut self, now: Instant) -> usize {
        let number = self.asked;
        let first = self.runners[0].family();
        let waiting = &mut self.runners[number..];
        let other = waiting.iter().position(|runner| runner.family() != first && runner.upstream.health.is_up());
        if self.other_family.take_if(|due| *due <= now).is_some()
            && let Some(place) = other
        {
            // Those that it overtakes have not been asked, so that nobody knows them by their numbers yet.
            waiting[..=place].rotate_right(1);
        }
        let runner = &mut self.runners[number];
        (runner.begun, runner.state) = (now, RunnerState::Asked);
        self.asked += 1;
        if number == 0 {
            self.other_family = other.map(|_| now + OTHER_FAMILY);
        } else if self.runners[number].family() != first {
            self.other_family = None;
        }
        let next = now + self.head_start(number);
        self.next = self.other_family.map_or(next, |due| due.min(next));
        number
    }

    /// Takes it as done that the first one was asked at `now`, and says when something is to be done next, if nobody answers before.
    pub(super) fn first_asked(&mut self, now: Instant) -> Instant {
        self.ask_next(now);
        let next = if self.runners.len() == 1 { self.deadline } else { self.next };
        next.min(now + self.patience).min(self.deadline)
    }

    /// What it may cost, all upstreams together.
    pub(super) const fn effort(&self) -> &Arc<Effort> {
        &self.effort
    }

    /// Tells the health of those whose patience is over; returns when the next one's is.
    fn note_silence(&mut self, now: Instant) -> Option<Instant> {
        let mut next = None;
        for runner in self.runners[..self.asked].iter_mut().filter(|runner| runner.state == RunnerState::Asked) {
            let over = runner.begun + self.patience;
            if over <= now {
                runner.state = RunnerState::Silent;
                say(&runner.upstream, runner.upstream.health.failed(now - runner.begun, now));
            } else {
                next = Some(next.map_or(over, |known: Instant| known.min(over)));
            }
        }
        next
    }

    /// How long the runner of that number has before the next one is asked.
    fn head_start(&self, number: usize) -> Duration {
        let Some(next) = self.runners.get(number + 1) else { return self.patience };
        // One that is set back is asked by probes, and here for want of others alone.
        if !next.upstream.health.is_up() {
            return self.patience;
        }
        let asked = &self.runners[number].upstream;
        match self.strategy {
            // The two fastest at once; more than that would be a burden on others for a few milliseconds.
            Strategy::Parallel if number == 0 => Duration::ZERO,
            Strategy::InOrder | Strategy::Parallel => self.patience,
            // When it would nearly always have answered, or, where it is new, the next one would.
            Strategy::Fastest => {
                let usual = asked.health.nearly_all().or_else(|| next.upstream.health.nearly_all());
                usual.map_or(self.patience, |usual| usual.max(HEDGE).min(self.patience))
            }
        }
    }

    /// Takes what a runner brought; the answer is returned where it is one.
    pub(super) fn ended(&mut self, number: usize, outcome: Result<Outcome, Fault>, now: Instant) -> Option<Relayed> {
        let runner = &mut self.runners[number];
        let noted_before = runner.state == RunnerState::Silent;
        match &outcome {
            // What one question may cost is no fault of the upstream's.
            Err(Fault::Full) if !self.effort.is_left() => runner.upstream.counters.fault(Fault::Full),
            // Its health has heard of this failure already.
            Err(fault) if noted_before => runner.upstream.counters.fault(*fault),
            Ok(_) | Err(_) => note(&runner.upstream, &outcome, now - runner.begun, now),
        }
        runner.state = RunnerState::Done;
        if number + 1 == self.asked {
            // Where nothing came of the last one asked, the next one's turn is now.
            self.next = now;
        }
        let outcome = outcome.ok()?;
        self.reached = true;
        if Fault::of(outcome.rcode()).is_some() {
            self.runners[number].state = RunnerState::Declined;
            if self.best.as_ref().is_none_or(|best| rank(&outcome) > rank(best)) {
                self.best = Some(outcome);
            }
            return None;
        }
        match outcome {
            Outcome::Message(relayed) => {
                self.account(now);
                Some(relayed)
            }
            Outcome::Bare(_) | Outcome::Useless => None,
        }
    }

    /// Notes the faults of those that another upstream has put to shame.
    ///
    /// An upstream that declines what another one answers is at fault; where all decline, the name is. So is, in order,
    /// one whose time was up before the next one was asked; otherwise the others are asked early, to be quick.
    fn account(&mut self, now: Instant) {
        let last = self.asked - 1;
        for (number, runner) in self.runners[..self.asked].iter_mut().enumerate() {
            match runner.state {
                RunnerState::Asked if self.strategy == Strategy::InOrder && number < last => {
                    runner.upstream.counters.fault(Fault::Timeout);
                    say(&runner.upstream, runner.upstream.health.failed(now - runner.begun, now));
                }
                RunnerState::Declined => say(&runner.upstream, runner.upstream.health.declined(now)),
                RunnerState::Silent => {
                    runner.upstream.counters.fault(Fault::Timeout);
                    runner.upstream.health.outpaced(now - runner.begun);
                }
                RunnerState::Asked => runner.upstream.health.outpaced(now - runner.begun),
                RunnerState::NotAsked | RunnerState::Done => {}
            }
        }
    }

    /// What is said when nobody had an answer: an upstream's SERVFAIL, or why there is nothing.
    pub(super) fn failure(mut self, now: Instant) -> Answer {
        for runner in &self.runners[..self.asked] {
            match runner.state {
                RunnerState::Asked => note(&runner.upstream, &Err(Fault::Timeout), now - runner.begun, now),
                RunnerState::Silent => runner.upstream.counters.fault(Fault::Timeout),
                RunnerState::NotAsked | RunnerState::Declined | RunnerState::Done => {}
            }
        }
        let kind = if self.reached { FailureKind::Network } else { FailureKind::Unreachable };
        match self.best.take() {
            Some(Outcome::Message(relayed)) if relayed.rcode() == Rcode::SERVFAIL => Ok(relayed),
            best => Err(UpstreamFailure { kind, rcode: best.map(|outcome| outcome.rcode()) }),
        }
    }
}

impl Runner {
    /// Which address family it is of.
    fn family(&self) -> AddressFamily {
        match self.upstream.address.address {
            SocketAddr::V4(_) => AddressFamily::V4,
            SocketAddr::V6(_) => AddressFamily::V6,
        }
    }

    fn is_under_way(&self) -> bool {
        match self.state {
            RunnerState::Asked | RunnerState::Silent => true,
            RunnerState::NotAsked | RunnerState::Declined | RunnerState::Done => false,
        }
    }
}

/// How long an upstream may be silent before that tells on its health, where a question to so many may take `time`.
///
/// A fifth leaves a dead first server's question with an answer in half a second where 2 s are allowed; with more servers each
/// still gets its turn.
pub(super) fn patience(time: Duration, upstreams: usize) -> Duration {
    time / u32::try_from(upstreams).unwrap_or(u32::MAX).saturating_add(1).max(5)
}

/// Of several that decline, the one that says most: SERVFAIL, which may carry the reason, before REFUSED, before others.
fn rank(outcome: &Outcome) -> u8 {
    match (outcome, Fault::of(outcome.rcode())) {
        (Outcome::Message(_), Some(Fault::Servfail)) => 3,
        (Outcome::Bare(_), Some(Fault::Servfail)) => 2,
        (Outcome::Message(_) | Outcome::Bare(_), Some(Fault::Refused)) => 1,
        (Outcome::Message(_) | Outcome::Bare(_) | Outcome::Useless, _) => 0,
    }
}
