//! All upstreams together: who is asked first, who next and when, and what is said when nobody has an answer.
//!
//! The rule: a fault or a refusal moves the question on at once, silence after a part of its time, and the silent one is
//! still listened to; the first good answer is taken, whoever gives it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::askers::{Asker, Askers, Asking};
use super::counters::UpstreamStats;
use super::exchange::{Begun, Effort, Outcome, Upstream};
use super::failure::{FailureKind, Fault, UpstreamFailure};
use super::health::{Change, Loud, Standing};
use super::hearing::Hearing;
use super::limits::Limits;
use super::probe;
use super::question::Question;
use super::race::{self, Race, Turn};
use super::ration::Ration;
use super::settings::{AuthenticData, Settings, Strategy};
use super::swift::{Keep, Landing};
use super::system::{SetupError, addresses};
use crate::answer::Route;
use crate::dns::{Bailiwick, Class, Name, Query, Rcode, Relayed};

/// One in so many questions is put to an upstream too that others are quicker than, to learn how fast it is by now, and whether it
/// is there; nobody waits for what it says.
const EXPLORE: u32 = 200;

/// What a question comes to.
pub type Answer = Result<Relayed, UpstreamFailure>;

/// The upstreams; cheap to share, made anew by a reload.
#[derive(Debug)]
pub struct Upstreams {
    pool: Arc<Pool>,
}

/// A question that is to be asked by somebody who does not wait.
#[derive(Debug)]
pub struct Putting {
    pool: Arc<Pool>,
    question: Arc<Question>,
    client: IpAddr,
    keep: Keep,
}

/// What a flight needs.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) askers: Askers,
    pub(super) route: Route,
    limits: Limits,
    upstreams: Vec<Arc<Upstream>>,
    strategy: Strategy,
    authentic_data: AuthenticData,
    bailiwick: Bailiwick,
    pub(super) timeout: Duration,
}

impl Upstreams {
    /// The upstreams that `settings` name; none is asked yet.
    ///
    /// # Errors
    /// [`SetupError`] where nobody is left to ask, or one of our own listeners is named.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        Self::new_from(settings, None)
    }

    /// As [`Upstreams::new`]; an upstream that one of `known` has too is the same one, with its health, counters, sockets and
    /// connections: those in force before a reload, or those of another zone.
    ///
    /// # Errors
    /// As [`Upstreams::new`].
    pub fn new_from<'a>(settings: &Settings, known: impl IntoIterator<Item = &'a Self>) -> Result<Self, SetupError> {
        let known: Vec<_> = known.into_iter().flat_map(|known| &known.pool.upstreams).collect();
        let ration = Ration::of_process();
        let upstream = |address| match known.iter().find(|upstream| upstream.address == address) {
            Some(upstream) => Arc::clone(upstream),
            None => Arc::new(Upstream::new(address, settings.idle, &ration)),
        };
        let upstreams: Vec<_> =
            addresses(&settings.servers, &settings.system, &settings.own)?.into_iter().map(upstream).collect();
        // An answer that was cut for other zones than there are now is of no use; one that never was is the same as ever.
        let bailiwick = if settings.bailiwick.is_everything() { Vec::new() } else { settings.bailiwick.texts() };
        let route = Route::of(&Name::root(), whom(&upstreams, settings.authentic_data).chain(bailiwick));
        Ok(Self {
            pool: Arc::new(Pool {
                upstreams,
                strategy: settings.strategy,
                authentic_data: settings.authentic_data,
                bailiwick: settings.bailiwick.clone(),
                timeout: settings.timeout,
                askers: Askers::default(),
                limits: Limits::new(settings.in_flight, settings.in_flight_per_client),
                route,
            }),
        })
    }

    /// Whether `settings` now mean other upstreams than these: the system has other resolvers than before. While it names
    /// none, those of before are as good as any.
    pub fn are_outdated(&self, settings: &Settings) -> bool {
        let now = addresses(&settings.servers, &settings.system, &settings.own);
        now.is_ok_and(|now| !now.iter().eq(self.pool.upstreams.iter().map(|upstream| &upstream.address)))
    }

    /// Under which answers of these upstreams are kept.
    pub fn route(&self) -> Route {
        self.pool.route
    }

    /// Asks the question of `query`, together with everyone who asks the same at this time; nothing is kept.
    ///
    /// An upstream's SERVFAIL is an answer where no other upstream has a better one: it may say why (RFC 8914).
    ///
    /// # Errors
    /// [`UpstreamFailure`] says what to tell the client.
    pub async fn ask(&self, query: &Query) -> Answer {
        self.join(Question::of(query), Some(query.source.client.ip()), None).await
    }

    /// Each upstream's counters and state, in configured order.
    pub fn stats(&self) -> Vec<UpstreamStats> {
        self.pool.upstreams.iter().map(|upstream| upstream.stats()).collect()
    }

    /// How long a question may take.
    pub fn timeout(&self) -> Duration {
        self.pool.timeout
    }

    /// How many questions are under way.
    pub fn in_flight(&self) -> usize {
        self.pool.limits.in_flight()
    }

    /// Whether every one of them is set back: to ask is then to wait for nothing, as far as anyone knows.
    pub fn are_down(&self) -> bool {
        self.pool.upstreams.iter().all(|upstream| !upstream.health.is_up())
    }

    /// Asks, for a client or for none, together with everyone who asks the same at this time.
    pub(super) async fn join(&self, question: Question, client: Option<IpAddr>, keep: Option<Keep>) -> Answer {
        let _client = match client.map(|client| self.pool.limits.client(client)) {
            Some(None) => return failure(FailureKind::ClientBusy),
            place => place,
        };
        let (asker, answer) = oneshot::channel();
        self.pool.join(&Arc::new(question), Asking::Task(asker), keep);
        answer.await.unwrap_or_else(|_| failure(FailureKind::Network))
    }
}

impl Putting {
    pub(super) fn new(upstreams: &Upstreams, question: Question, client: IpAddr, keep: Keep) -> Self {
        Self { pool: Arc::clone(&upstreams.pool), question: Arc::new(question), client, keep }
    }

    /// Asks for the client, together with everyone who asks the same at this time; `asker` is told, now or later.
    ///
    /// To be called within the runtime.
    pub fn asked_by(self, asker: Box<dyn Asker>) {
        let Self { pool, question, client, keep } = self;
        let Some(permit) = pool.limits.client(client) else {
            return asker.told(failure(FailureKind::ClientBusy), &mut Hearing::alone());
        };
        pool.join(&question, Asking::Swift(asker, permit), Some(keep));
    }
}

pub(super) const fn failure(kind: FailureKind) -> Answer {
    Err(UpstreamFailure { kind, rcode: None })
}

impl Pool {
    fn join(self: &Arc<Self>, question: &Arc<Question>, asking: Asking, keep: Option<Keep>) {
        if question.class != Class::IN {
            let unknown = Err(UpstreamFailure { kind: FailureKind::Network, rcode: Some(Rcode::NOTIMP) });
            return asking.tell(unknown, &mut Hearing::alone());
        }
        let started =
            self.askers.join(question, asking, || match keep.as_ref().and_then(|keep| keep.known(question, self.route)) {
                Some(known) => Err(known),
                None => self.limits.question(&question.name).map_err(failure),
            });
        if let Some(permit) = started {
            Landing::new(self, question, keep, permit).begin();
        }
    }

    /// Who is asked first at `now`, and when more is to be done, if no answer comes before.
    pub(super) fn first(&self, question: &Arc<Question>, now: Instant) -> (Arc<Upstream>, Instant) {
        if let [only] = &*self.upstreams {
            return (Arc::clone(only), now + race::patience(self.timeout, 1));
        }
        let order = self.order();
        self.probe(&order, question, now);
        let first = Arc::clone(&order[0]);
        let next = self.race(order, now).first_asked(now);
        (first, next)
    }

    fn race(&self, order: Vec<Arc<Upstream>>, begun: Instant) -> Race {
        Race::new(order, begun, self.strategy, Arc::new(Effort::new(self.timeout)))
    }

    /// Puts the question to one upstream after the other until there is an answer, or no time. The `first` one's turn was when the
    /// question had `begun`; it may have been `sent` there.
    pub(super) async fn run(&self, question: Arc<Question>, begun: Instant, first: Arc<Upstream>, sent: Option<Begun>) -> Answer {
        let mut order = self.order();
        if let Some(place) = order.iter().position(|upstream| Arc::ptr_eq(upstream, &first)) {
            order[..=place].rotate_right(1);
        }
        let mut race = self.race(order, begun);
        race.first_asked(begun);
        let mut attempts = JoinSet::new();
        let ask = |runner, upstream: Arc<Upstream>, sent, effort: &Arc<Effort>| {
            let (question, effort) = (Arc::clone(&question), Arc::clone(effort));
            async move { (runner, upstream.go_on(&question, &effort, sent).await) }
        };
        attempts.spawn(ask(0, first, sent, race.effort()));
        loop {
            let now = Instant::now();
            match race.turn(now) {
                Turn::Ask(runner, upstream) => drop(attempts.spawn(ask(runner, upstream, None, race.effort()))),
                Turn::Wait(until) => tokio::select! {
                    Some(ended) = attempts.join_next() => {
                        // A panic in an attempt is that upstream's silence.
                        if let Ok((runner, outcome)) = ended
                            && let Some(answer) = race.ended(runner, outcome, Instant::now())
                        {
                            return self.believed(answer);
                        }
                    }
                    () = sleep_until(until) => {}
                },
                Turn::Over => return race.failure(now),
            }
        }
    }

    /// The answer with or without its AD bit, as the operator says.
    ///
    /// What it says of names that others speak for goes no further than this.
    pub(super) fn believed(&self, answer: Relayed) -> Answer {
        let answer = if self.bailiwick.is_everything() {
            answer
        } else {
            let confined = answer.confined(&self.bailiwick);
            confined.map_err(|_| UpstreamFailure { kind: FailureKind::Network, rcode: Some(answer.rcode()) })?
        };
        Ok(match self.authentic_data {
            AuthenticData::Dropped if answer.authentic_data() => answer.without_authentic_data(),
            AuthenticData::Dropped | AuthenticData::Believed => answer,
        })
    }

    /// The healthy upstreams as the strategy says, then those set back.
    fn order(&self) -> Vec<Arc<Upstream>> {
        let (mut up, set_back): (Vec<_>, Vec<_>) = self.upstreams.iter().cloned().partition(|upstream| upstream.health.is_up());
        match self.strategy {
            Strategy::InOrder => {}
            Strategy::Fastest | Strategy::Parallel => {
                up.sort_by_key(|upstream| upstream.health.latency());
            }
        }
        up.extend(set_back);
        up
    }

    /// Puts the question to upstreams that are set back too, where that is due, and now and then to one that others are quicker
    /// than; nobody waits for what they say.
    fn probe(&self, order: &[Arc<Upstream>], question: &Arc<Question>, now: Instant) {
        if order.first().is_none_or(|first| !first.health.is_up()) {
            return;
        }
        let explored = if rand::random_ratio(1, EXPLORE) { self.explored(order) } else { None };
        for upstream in order.iter().filter(|upstream| upstream.health.may_probe(now)).chain(explored) {
            let (upstream, question) = (Arc::clone(upstream), Arc::clone(question));
            tokio::spawn(async move { probe::put(&upstream, &question).await });
        }
    }

    /// One of the healthy upstreams that the first of them outpaces, so that nobody would learn that it is silent.
    fn explored<'a>(&self, order: &'a [Arc<Upstream>]) -> Option<&'a Arc<Upstream>> {
        match self.strategy {
            Strategy::InOrder => return None,
            Strategy::Fastest | Strategy::Parallel => {}
        }
        let others: Vec<_> = order.iter().skip(1).filter(|upstream| upstream.health.is_up()).collect();
        if others.is_empty() { None } else { Some(others[rand::random_range(0..others.len())]) }
    }
}

/// What makes other words come back: who is asked and how, and whether AD is believed.
fn whom(upstreams: &[Arc<Upstream>], authentic_data: AuthenticData) -> impl Iterator<Item = String> {
    let asked = upstreams.iter().map(|upstream| format!("{} {}", upstream.address.transport.text(), upstream.address.address));
    std::iter::once(format!("{authentic_data:?}")).chain(asked)
}

/// Notes in counters and health what one attempt brought after `took`; an rcode that declines is for the race to weigh.
pub(super) fn note(upstream: &Arc<Upstream>, outcome: &Result<Outcome, Fault>, took: Duration, now: Instant) {
    let change = match outcome {
        Ok(message) => {
            upstream.counters.answer(took);
            if matches!(message, Outcome::Useless) {
                upstream.counters.fault(Fault::Malformed);
            }
            match Fault::of(message.rcode()) {
                Some(fault) => {
                    upstream.counters.fault(fault);
                    upstream.health.spoke(now)
                }
                None => upstream.health.answered(took, now),
            }
        }
        Err(fault) => {
            upstream.counters.fault(*fault);
            upstream.health.failed(took, now)
        }
    };
    say(upstream, change);
}

/// Says in the log that an upstream is set back or in its turn again; one that is set back is watched from now on.
pub(super) fn say(upstream: &Arc<Upstream>, change: Option<Change>) {
    let Some(Change { to, loud }) = change else { return };
    // Those that are open may be bound to an address that this machine had before.
    upstream.renew_sockets();
    if to == Standing::Down {
        probe::watch(upstream);
    }
    match (to, loud) {
        (Standing::Down, Loud::Yes) => {
            tracing::warn!(upstream = %upstream.address, "upstream does not answer: set back behind the others")
        }
        (Standing::Up, Loud::Yes) => tracing::info!(upstream = %upstream.address, "upstream answers again"),
        (Standing::Down | Standing::Up, Loud::No) => {}
    }
}

#[cfg(test)]
mod tests;
