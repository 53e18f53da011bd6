//! The common way of a question: sent to one upstream by UDP, answered soon, and nobody waits for it.
//!
//! The rule: what goes otherwise (silence, a refusal, a truncated, strange or declining reply) goes on as the race that it would
//! have been, from where it stands: who was asked when, by which socket, and who is still listened to.
//!
//! # Cost
//! Neither task nor timer, and no wake-up but that by which the reply is heard.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::exchange::{Begun, Outcome, Upstream};
use super::failure::{FailureKind, Fault, UpstreamFailure};
use super::limits::QuestionPermit;
use super::pool::{Answer, Pool};
use super::question::{Announced, Fit, Question, Spelling};
use super::race::{Race, Turn};
use super::socket::{Sent, Socket, Swift, Told};
use super::wheel::TICK;
use crate::answer::Route;
use crate::answer::cache::Cache;

/// Where what a question comes to is kept, and its time by the cache's clock.
#[derive(Debug)]
pub(super) struct Keep {
    pub(super) cache: Arc<Cache>,
    pub(super) asked: Duration,
    pub(super) begun: Instant,
    pub(super) known: Known,
}

/// What becomes of a question whose answer the cache has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It is answered so.
    Suffices,
    /// It is asked all the same.
    IsRenewed,
}

impl Keep {
    /// The answer that need not be asked for.
    pub(super) fn known(&self, question: &Question, route: Route) -> Option<Answer> {
        match self.known {
            Known::Suffices => self.cache.known(&question.key(route), self.asked),
            Known::IsRenewed => None,
        }
    }
}

/// A question's end, owed to all who ask it.
#[derive(Debug)]
pub(super) struct Landing {
    pool: Arc<Pool>,
    question: Arc<Question>,
    keep: Option<Keep>,
    /// None once it has come.
    permit: Option<QuestionPermit>,
}

/// A question on its way, and the race that it is the first step of.
#[derive(Debug)]
struct UnderWay {
    landing: Landing,
    race: Race,
    upstream: Arc<Upstream>,
    how: (Spelling, Announced),
    begun: Instant,
    runtime: Handle,
}

impl Landing {
    pub(super) fn new(pool: &Arc<Pool>, question: &Arc<Question>, keep: Option<Keep>, permit: QuestionPermit) -> Self {
        Self { pool: Arc::clone(pool), question: Arc::clone(question), keep, permit: Some(permit) }
    }

    /// Puts the question to the upstream whose turn it is; by a task, where more is to be done than to send it.
    ///
    /// To be called within the runtime.
    pub(super) fn begin(self) {
        let (begun, runtime) = (Instant::now(), Handle::current());
        let mut race = self.pool.race(&self.question, begun);
        let Turn::Ask(_, upstream) = race.turn(begun) else { return self.run(race, None, &runtime) };
        // A tick before anything is due, so that the task is there in time.
        let until = race.next_step().min(begun + upstream.pause(race.time())) - TICK;
        let Some(how) = upstream.how().filter(|_| until > begun) else {
            return self.run(race, Some((upstream, None)), &runtime);
        };
        let question = Arc::clone(&self.question);
        let under_way = UnderWay { landing: self, race, upstream: Arc::clone(&upstream), how, begun, runtime };
        if let Err(under_way) = upstream.begin(&question, how, Box::new(under_way), until) {
            let UnderWay { landing, race, runtime, .. } = *under_way;
            landing.run(race, Some((upstream, None)), &runtime);
        }
    }

    /// Has a task run the race, where it has `first` to go on with.
    fn run(self, race: Race, first: Option<(Arc<Upstream>, Option<Begun>)>, runtime: &Handle) {
        self.pool.askers.slow_down(&self.question);
        let (pool, question) = (Arc::clone(&self.pool), Arc::clone(&self.question));
        runtime.spawn(async move {
            let answer = pool.run(question, race, first).await;
            self.land(&answer);
        });
    }

    /// Keeps what the question came to, and tells it to all who ask.
    fn land(mut self, answer: &Answer) {
        self.end(answer);
    }

    fn end(&mut self, answer: &Answer) {
        let Some(permit) = self.permit.take() else { return };
        if let Some(Keep { cache, asked, begun, .. }) = &self.keep {
            cache.keep(&self.question.key(self.pool.route), answer, *asked + begun.elapsed());
        }
        permit.ended(answer);
        self.pool.askers.land(&self.question, answer);
    }
}

impl Drop for Landing {
    /// Only where a task panicked, or the program ends, has it not come to its end before.
    fn drop(&mut self) {
        self.end(&Err(UpstreamFailure { kind: FailureKind::Network, rcode: None }));
    }
}

impl UnderWay {
    fn go_on(self, sent: Sent) {
        let Self { landing, race, upstream, how, runtime, .. } = self;
        landing.run(race, Some((upstream, Some(Begun { how, sent }))), &runtime);
    }
}

impl Swift for UnderWay {
    fn told(mut self: Box<Self>, on: &Arc<Socket>, told: Told, now: Instant) {
        match told {
            Told::Fit(Fit::Answer(relayed)) if Fault::of(relayed.rcode()).is_none() => {
                self.upstream.answered_after(now - self.begun);
                let outcome = Ok(Outcome::Message(relayed));
                if let Some(answer) = self.race.ended(0, outcome, now) {
                    let answer = self.landing.pool.believed(answer);
                    self.landing.land(&answer);
                }
            }
            told => {
                let sent = Sent::with(on, told, self.begun);
                self.go_on(sent);
            }
        }
    }

    fn overdue(self: Box<Self>, sent: Sent) {
        self.go_on(sent);
    }

    fn at(&self) -> Instant {
        self.begun
    }
}
