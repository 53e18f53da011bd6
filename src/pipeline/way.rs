//! Whom a question goes to, and whom the question behind an alias that leads away: each is asked by its own route, and only
//! what is its to say goes into the answer.
//!
//! The rule: the client's time is one, however many are asked for it: a stale answer is given when it is over as a whole, and
//! the last question of many has what time those before it have left.
//!
//! # Cost
//! Where no zone is configured, and where an answer stays with who gave it, nothing is allocated.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Rooms;
use crate::answer::upstream::{FailureKind, Given, Wait};
use crate::answer::zones::Place;
use crate::answer::{UpstreamFailure, Upstreams, special};
use crate::dns::{Name, Query, Relayed, Untidy};
use crate::snapshot::Snapshot;

/// The most questions that one client's question comes to; resolvers in use bound a chain about here too.
const MOST_QUESTIONS: usize = 11;

/// So much longer than those who are asked may take for it is waited for what they say: their own word on what went wrong is
/// better than ours.
const GRACE: Duration = Duration::from_millis(100);

/// What is known of one question without waiting.
enum Known {
    Given(Given),
    /// These have to be asked.
    Ask(Arc<Upstreams>),
}

/// What was said on the way so far.
#[derive(Default)]
struct Way {
    parts: Vec<Given>,
    /// The question behind the last alias; none while it is the client's own.
    onward: Option<Query>,
}

/// What can be said to `query` without waiting.
pub(super) fn at_hand(query: &Query, snapshot: &Snapshot, rooms: &Rooms, now: Duration) -> Option<Given> {
    let mut way = Way::default();
    loop {
        match known(&way, query, snapshot, rooms, now) {
            Known::Given(given) => {
                if let Some(whole) = way.take(query, given, now) {
                    return Some(whole);
                }
            }
            Known::Ask(_) => return None,
        }
    }
}

/// Who has to be asked what `query` asks, where nothing is said of it here.
pub(super) fn first_asked<'a>(query: &Query, snapshot: &'a Snapshot) -> Option<&'a Arc<Upstreams>> {
    let place = snapshot.zones.place(&query.name);
    match place {
        Place::Own(..) => place.own_answer(&query.name, query.record_type).is_none().then_some(&snapshot.upstreams),
        Place::Forwarded(zone) => Some(&zone.upstreams),
        Place::Elsewhere => Some(&snapshot.upstreams),
    }
}

/// Where the answer leads that is not all that there is to say.
pub(super) fn onward(given: &Given) -> Option<Name> {
    match given.content() {
        Ok(relayed) if relayed.leaves() => relayed.chain_end(),
        Ok(_) | Err(_) => None,
    }
}

/// What there is to say to `query`, asking whoever has to be asked, for a client that has `waited` already.
pub(super) async fn fetch(query: &Query, snapshot: &Snapshot, rooms: &Rooms, now: Duration, waited: Duration) -> Given {
    let (mut way, mut pace) = (Way::default(), Pace::new(now, waited));
    loop {
        let given = match known(&way, query, snapshot, rooms, pace.now()) {
            Known::Given(given) => given,
            Known::Ask(upstreams) => {
                let (now, wait) = pace.ask(&upstreams);
                upstreams.ask_further(&rooms.cache, way.question(query), now, wait).await
            }
        };
        if let Some(whole) = way.take(query, given, pace.now()) {
            return whole;
        }
    }
}

/// As serving would answer `query`; neither the cache nor its counts know of it.
pub async fn look(query: &Query, snapshot: &Snapshot, rooms: &Rooms, now: Duration) -> Given {
    let (mut way, mut pace) = (Way::default(), Pace::new(now, Duration::ZERO));
    loop {
        let asked = way.question(query);
        let given = match said_here(asked, snapshot, !way.parts.is_empty()) {
            Some(given) => given,
            None => {
                let upstreams = snapshot.speaker(&asked.name);
                let (now, wait) = pace.ask(upstreams);
                upstreams.ask_aside(&rooms.cache, asked, now, wait).await
            }
        };
        if let Some(whole) = way.take(query, given, pace.now()) {
            return whole;
        }
    }
}

fn known(way: &Way, query: &Query, snapshot: &Snapshot, rooms: &Rooms, now: Duration) -> Known {
    let asked = way.question(query);
    if let Some(given) = said_here(asked, snapshot, !way.parts.is_empty()) {
        return Known::Given(given);
    }
    let upstreams = snapshot.speaker(&asked.name);
    match upstreams.at_hand(&rooms.cache, asked, now) {
        Some(given) => Known::Given(given),
        None => Known::Ask(Arc::clone(upstreams)),
    }
}

/// What this program says by itself: from an own zone, or, `behind` an alias, of a special-use name; those that a client asks
/// for by name are answered before.
fn said_here(asked: &Query, snapshot: &Snapshot, behind: bool) -> Option<Given> {
    let place = snapshot.zones.place(&asked.name);
    match place {
        Place::Own(..) => place.own_answer(&asked.name, asked.record_type).map(brought),
        Place::Elsewhere if behind => {
            let mut reply = Vec::new();
            special::answer(asked, || Duration::MAX, &mut reply).map(|_| brought(Relayed::read(&reply)))
        }
        Place::Forwarded(_) | Place::Elsewhere => None,
    }
}

fn brought(said: Result<Relayed, Untidy>) -> Given {
    Given::Brought(said.map_err(|_| lost()))
}

/// The aliases lead in a circle, or too far.
const fn lost() -> UpstreamFailure {
    UpstreamFailure { kind: FailureKind::Network, rcode: None }
}

/// The time of one query, all that is asked for it together.
struct Pace {
    began: Instant,
    /// The running time then, and how long the client had waited.
    running: Duration,
    waited: Duration,
    /// The longest time that those who were asked may take.
    longest: Duration,
}

impl Pace {
    fn new(running: Duration, waited: Duration) -> Self {
        Self { began: Instant::now(), running, waited, longest: Duration::ZERO }
    }

    /// The running time.
    fn now(&self) -> Duration {
        self.running + self.began.elapsed()
    }

    /// The running time at which these are asked, and how long may be waited for them.
    fn ask(&mut self, upstreams: &Upstreams) -> (Duration, Wait) {
        self.longest = self.longest.max(upstreams.timeout());
        let gone = self.began.elapsed();
        (self.running + gone, Wait { so_far: self.waited + gone, at_most: self.longest + GRACE })
    }
}

impl Way {
    /// The question that is next.
    fn question<'a>(&'a self, query: &'a Query) -> &'a Query {
        self.onward.as_ref().unwrap_or(query)
    }

    /// Takes the answer to the last question; gives the whole one where no more has to be asked.
    fn take(&mut self, query: &Query, given: Given, now: Duration) -> Option<Given> {
        let Some(target) = onward(&given) else {
            return Some(if self.parts.is_empty() || given.content().is_err() { given } else { self.whole(given, now) });
        };
        if self.parts.len() + 1 >= MOST_QUESTIONS {
            return Some(Given::Brought(Err(lost())));
        }
        self.parts.push(given);
        self.onward = Some(query.towards(target));
        None
    }

    fn whole(&mut self, last: Given, now: Duration) -> Given {
        self.parts.push(last);
        let said = self.parts.iter().filter_map(|part| Some((part.content().as_ref().ok()?, part.age(now))));
        let answer = Relayed::joined(&said.collect::<Vec<_>>()).map_err(|_| lost());
        Given::Joined { answer, stale: self.parts.iter().find_map(Given::stale) }
    }
}
