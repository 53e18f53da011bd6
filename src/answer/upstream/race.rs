//! One question's way through the upstreams: whose turn it is, what each one brought, and which of it is the best.
//!
//! It neither sends nor sleeps: `pool` does, as [`Race::turn`] says.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::exchange::{Outcome, Upstream};
use super::failure::{FailureKind, Fault, UpstreamFailure};
use super::pool::{Answer, note, say};
use crate::dns::{Rcode, Relayed};

/// One question and its upstreams, in the order of asking.
#[derive(Debug)]
pub(super) struct Race {
    runners: Vec<Runner>,
    /// How many of them have been asked.
    asked: usize,
    /// When the next one is asked, though the last one asked may still answer.
    next: Instant,
    deadline: Instant,
    patience: Duration,
    best: Option<Outcome>,
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
    pub(super) fn new(upstreams: Vec<Arc<Upstream>>, begun: Instant, timeout: Duration) -> Self {
        let places = u32::try_from(upstreams.len()).unwrap_or(u32::MAX);
        let runner = |upstream| Runner { upstream, begun, state: RunnerState::NotAsked };
        Self {
            runners: upstreams.into_iter().map(runner).collect(),
            asked: 0,
            next: begun,
            deadline: begun + timeout,
            // A fifth leaves a dead first server's question with an answer in half a second where 2 s are allowed;
            // with more servers each still gets its turn.
            patience: timeout / places.saturating_add(1).max(5),
            best: None,
        }
    }

    /// What is to be done at `now`.
    pub(super) fn turn(&mut self, now: Instant) -> Turn {
        let under_way = self.runners[..self.asked].iter().any(|runner| runner.is_under_way());
        if now >= self.deadline {
            return Turn::Over;
        }
        if self.asked == self.runners.len() {
            return if under_way { Turn::Wait(self.deadline) } else { Turn::Over };
        }
        if under_way && now < self.next {
            return Turn::Wait(self.next.min(self.deadline));
        }
        if let Some(last) = self.runners[..self.asked].last_mut()
            && last.state == RunnerState::Asked
        {
            last.state = RunnerState::Silent;
            say(&last.upstream, last.upstream.health.failed(now - last.begun, now));
        }
        let number = self.asked;
        let runner = &mut self.runners[number];
        (runner.begun, runner.state) = (now, RunnerState::Asked);
        self.asked += 1;
        self.next = now + self.patience;
        Turn::Ask(number, Arc::clone(&runner.upstream))
    }

    /// Takes what a runner brought; the answer is returned where it is one.
    pub(super) fn ended(&mut self, number: usize, outcome: Result<Outcome, Fault>, now: Instant) -> Option<Arc<Relayed>> {
        let runner = &mut self.runners[number];
        let noted_before = runner.state == RunnerState::Silent;
        match &outcome {
            // Its health has heard of this failure already.
            Err(fault) if noted_before => runner.upstream.counters.fault(*fault),
            _ => note(&runner.upstream, &outcome, now - runner.begun),
        }
        runner.state = RunnerState::Done;
        if number + 1 == self.asked {
            // Where nothing came of the last one asked, the next one's turn is now.
            self.next = now;
        }
        let outcome = outcome.ok()?;
        if Fault::of(outcome.rcode()).is_some() {
            runner.state = RunnerState::Declined;
            if self.best.as_ref().is_none_or(|best| rank(&outcome) > rank(best)) {
                self.best = Some(outcome);
            }
            return None;
        }
        self.account(now);
        match outcome {
            Outcome::Message(relayed) => Some(Arc::from(relayed)),
            Outcome::Bare(_) => None,
        }
    }

    /// Notes the faults of those that another upstream has put to shame.
    ///
    /// An upstream that declines what another one answers is at fault; where all decline, the name is.
    fn account(&mut self, now: Instant) {
        for runner in &mut self.runners[..self.asked] {
            match runner.state {
                RunnerState::Declined => say(&runner.upstream, runner.upstream.health.failed(Duration::ZERO, now)),
                RunnerState::Silent => runner.upstream.counters.fault(Fault::Timeout),
                RunnerState::NotAsked | RunnerState::Asked | RunnerState::Done => {}
            }
        }
    }

    /// What is said when nobody had an answer: an upstream's SERVFAIL, or why there is nothing.
    pub(super) fn failure(mut self, now: Instant) -> Answer {
        let mut reached = false;
        for runner in &self.runners[..self.asked] {
            match runner.state {
                RunnerState::Asked => note(&runner.upstream, &Err(Fault::Timeout), now - runner.begun),
                RunnerState::Silent => runner.upstream.counters.fault(Fault::Timeout),
                RunnerState::Declined => reached = true,
                RunnerState::NotAsked | RunnerState::Done => {}
            }
        }
        let kind = if reached { FailureKind::Network } else { FailureKind::Unreachable };
        match self.best.take() {
            Some(Outcome::Message(relayed)) if relayed.rcode() == Rcode::SERVFAIL => Ok(Arc::from(relayed)),
            best => Err(UpstreamFailure { kind, rcode: best.map(|outcome| outcome.rcode()) }),
        }
    }
}

impl Runner {
    fn is_under_way(&self) -> bool {
        match self.state {
            RunnerState::Asked | RunnerState::Silent => true,
            RunnerState::NotAsked | RunnerState::Declined | RunnerState::Done => false,
        }
    }
}

/// Of several that decline, the one that says most: SERVFAIL, which may carry the reason, before REFUSED, before others.
fn rank(outcome: &Outcome) -> u8 {
    match (outcome, Fault::of(outcome.rcode())) {
        (Outcome::Message(_), Some(Fault::Servfail)) => 3,
        (Outcome::Bare(_), Some(Fault::Servfail)) => 2,
        (Outcome::Message(_) | Outcome::Bare(_), Some(Fault::Refused)) => 1,
        (Outcome::Message(_) | Outcome::Bare(_), _) => 0,
    }
}
