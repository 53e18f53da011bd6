//! The common way of a question: sent to one upstream by UDP, answered soon, and nobody waits for it.
//!
//! The rule: what goes otherwise (silence, a refusal, a truncated, strange or declining reply) goes on as the race that it would
//! have been, from where it stands: who was asked when, by which socket, and who is still listened to.
//!
//! # Cost
//! Neither task nor timer, and no wake-up but that by which the reply is heard. Measured in `docs/performance.md`.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::exchange::{Begun, Outcome, Upstream};
use super::failure::{FailureKind, Fault, UpstreamFailure};
use super::hearing::Hearing;
use super::limits::QuestionPermit;
use super::pool::{Answer, Pool, note};
use super::question::{Announced, Fit, Question, Spelling};
use super::socket::{Sent, Socket, Swift, Told};
use super::through::STALE_AFTER;
use super::wheel::TICK;
use crate::answer::Route;
use crate::answer::cache::Cache;

/// Where what a question comes to is kept, and its time by the cache's clock.
#[derive(Debug)]
pub(super) struct Keep {
    pub(super) cache: Arc<Cache>,
    pub(super) asked: Duration,
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
    begun: Instant,
    keep: Option<Keep>,
    /// None once it has come.
    permit: Option<QuestionPermit>,
}

/// A question on its way: the first step of a race that need not be run.
#[derive(Debug)]
struct UnderWay {
    landing: Landing,
    upstream: Arc<Upstream>,
    how: (Spelling, Announced),
    runtime: Handle,
}

impl Landing {
    pub(super) fn new(pool: &Arc<Pool>, question: &Arc<Question>, keep: Option<Keep>, permit: QuestionPermit) -> Self {
        let (pool, question) = (Arc::clone(pool), Arc::clone(question));
        Self { pool, question, begun: Instant::now(), keep, permit: Some(permit) }
    }

    /// Puts the question to the upstream whose turn it is; by a task, where more is to be done than to send it.
    ///
    /// To be called within the runtime.
    pub(super) fn begin(self) {
        let runtime = Handle::current();
        let (upstream, next) = self.pool.first(&self.question, self.begun);
        // A tick before anything is due, so that the task is there in time: another upstream or sending, or what is stale.
        let due = next.min(self.begun + upstream.pause(self.pool.timeout)).min(self.begun + STALE_AFTER) - TICK;
        let Some(how) = upstream.how().filter(|_| due > self.begun) else { return self.run(upstream, None, &runtime) };
        let question = Arc::clone(&self.question);
        let under_way = Box::new(UnderWay { landing: self, upstream: Arc::clone(&upstream), how, runtime });
        if let Err(under_way) = upstream.begin(&question, how, under_way, due) {
            let UnderWay { landing, runtime, .. } = *under_way;
            landing.run(upstream, None, &runtime);
        }
    }

    /// Has a task run the race that begins with `first`, where the question may have been sent already.
    fn run(self, first: Arc<Upstream>, sent: Option<Begun>, runtime: &Handle) {
        self.pool.askers.slow_down(&self.question);
        let (pool, question, begun) = (Arc::clone(&self.pool), Arc::clone(&self.question), self.begun);
        runtime.spawn(async move {
            let answer = pool.run(question, begun, first, sent).await;
            self.land(&answer, &mut Hearing::alone());
        });
    }

    /// Keeps what the question came to, and tells it to all who ask.
    fn land(mut self, answer: &Answer, hearing: &mut Hearing) {
        self.end(answer, hearing);
    }

    fn end(&mut self, answer: &Answer, hearing: &mut Hearing) {
        let Some(permit) = self.permit.take() else { return };
        if let Some(Keep { cache, asked, .. }) = &self.keep {
            cache.keep(&self.question.key(self.pool.route), answer, *asked + (hearing.now - self.begun));
        }
        permit.ended(answer);
        self.pool.askers.land(&self.question, answer, hearing);
    }
}

impl Drop for Landing {
    /// Only where a task panicked, or the program ends, has it not come to its end before.
    fn drop(&mut self) {
        self.end(&Err(UpstreamFailure { kind: FailureKind::Network, rcode: None }), &mut Hearing::alone());
    }
}

impl UnderWay {
    fn go_on(self, sent: Sent) {
        let Self { landing, upstream, how, runtime } = self;
        landing.run(upstream, Some(Begun { how, sent }), &runtime);
    }
}

impl Swift for UnderWay {
    fn told(self: Box<Self>, on: &Arc<Socket>, told: Told, hearing: &mut Hearing) {
        match told {
            Told::Fit(Fit::Answer(relayed)) if Fault::of(relayed.rcode()).is_none() => {
                let Self { landing, upstream, .. } = *self;
                let took = hearing.now - landing.begun;
                upstream.answered_after(took);
                note(&upstream, &Ok(Outcome::Message(relayed.clone())), took, hearing.now);
                let answer = landing.pool.believed(relayed);
                landing.land(&answer, hearing);
            }
            told => {
                let sent = Sent::with(on, told, self.landing.begun);
                self.go_on(sent);
            }
        }
    }

    fn overdue(self: Box<Self>, sent: Sent) {
        self.go_on(sent);
    }

    fn at(&self) -> Instant {
        self.landing.begun
    }
}
