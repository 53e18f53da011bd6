//! In which order? A query's way through the rooms, on one page: `judge` without waiting, then `resolve`, which may wait.
//!
//! The rule: every transport comes through here, so the order of rules exists once.
//!
//! # Cost
//! `judge` allocates nothing for a blocked or cached name. Guarded by `benches/pipeline.rs`.

mod account;
mod forward;
mod notices;
mod primaries;
mod trial;
mod twin;
mod way;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::answer::zones::Place;
use crate::answer::{Cache, Given, any, bypass, special};
use crate::client::{Admission, Asking, GroupId, RateLimiter};
use crate::dns::{Behalf, Class, Ede, Lead, Name, Query, Rcode, RecordType, Reply, Source, Transport};
use crate::lists::{Category, Listed};
use crate::policy::{Action, AliasFindings, Bypass, Decision, Outcome, Reason, SchoolTime, TierId};
use crate::snapshot::Snapshot;

pub use account::{Accounts, Met, View, Waiting};
pub use forward::Desk;
pub use notices::Notices;
pub use primaries::{Known, Primaries};
pub use trial::Trial;
pub use way::look;

/// What the time is, by every clock that a query needs.
#[derive(Debug, Clone)]
pub struct Now {
    /// The wall time.
    pub wall: Timestamp,
    /// How long the program has run.
    pub running: Duration,
    /// What the school's clock shows.
    pub school: SchoolTime,
}

/// What outlives every snapshot: the cache and the clients' allowances.
#[derive(Debug)]
pub struct Rooms {
    /// Upstreams' answers, shared by all groups.
    pub cache: Arc<Cache>,
    /// What each client may still ask.
    pub limiter: RateLimiter,
}

/// How far a query came without waiting.
#[derive(Debug)]
pub enum Judged {
    /// The reply is rendered.
    Done(Done),
    /// The client has asked too much and gets no reply; no group where it is none that is served.
    RateLimited(Option<GroupId>),
    /// An upstream has to be asked.
    Wait(Plan),
}

/// What became of a query that was answered.
#[derive(Debug, Clone)]
pub struct Done {
    /// In one word.
    pub outcome: Outcome,
    /// The rule that decided.
    pub reason: Reason,
    /// The category that decided.
    pub category: Option<Category>,
    /// The client's group and the tier in force; none where the client was never judged.
    pub who: Option<(GroupId, TierId)>,
    /// The reply's rcode.
    pub rcode: Rcode,
    /// What the lists say of the asked name.
    pub listed: Listed,
    /// The name or address that decided, of those that the answer leads to, where not the asked name did.
    pub by_alias: Option<Lead>,
    /// The private address that an answer for a public name holds.
    pub private: Option<IpAddr>,
}

/// What the waiting half needs to know.
#[derive(Debug)]
pub struct Plan {
    query: Box<Query>,
    /// What is looked up in its place, where it has a safe twin.
    twin: Option<Box<Query>>,
    snapshot: Arc<Snapshot>,
    now: Now,
    group: GroupId,
    listed: Listed,
    decision: Decision,
}

/// Answers a query, of whose name the lists say `listed`, into `out` from what is at hand, or says that it has to wait.
pub fn judge(query: &Query, listed: Listed, snapshot: &Arc<Snapshot>, rooms: &Rooms, now: &Now, out: &mut Vec<u8>) -> Judged {
    let judged = weigh(query, listed, snapshot, rooms, now, out);
    if let Judged::Done(done) = &judged {
        any::shorten(query, done.rcode, out);
    }
    judged
}

fn weigh(query: &Query, listed: Listed, snapshot: &Arc<Snapshot>, rooms: &Rooms, now: &Now, out: &mut Vec<u8>) -> Judged {
    // A forwarder that names its client in no way that can be read is told so, and nothing is guessed of the client.
    if query.behalf() == Behalf::Garbled {
        let rcode = Reply::new(query, out).rcode(Rcode::FORMERR).finish();
        return Judged::Done(unjudged(rcode));
    }

    // Who is not served learns that and nothing else.
    let who = snapshot.clients.identify(&query.source);
    if !who.allowed {
        // By UDP the address may be forged: whoever it belongs to must not be flooded by our refusals.
        let by_udp = query.source.transport == Transport::Udp;
        if by_udp && rooms.limiter.take_stranger(query.source.client.ip(), now.running) != Admission::Yes {
            return Judged::RateLimited(None);
        }
        return Judged::Done(refuse(query, Ede::PROHIBITED, snapshot.block.not_served(), out));
    }

    // A flood costs the client that sends it, before it costs anyone else.
    let limit = snapshot.clients.group(who.group).rate_limit;
    let Source { client, transport, .. } = query.source;
    match (rooms.limiter.take(&Asking { client: client.ip(), transport, group: who.group, limit }, now.running), transport) {
        (Admission::Yes, _) => {}
        // Empty and marked as cut off: it is no longer than the query, and who really asks from there asks again by TCP.
        (Admission::Slip, Transport::Udp) => return Judged::Done(unjudged(Reply::new(query, out).truncated().finish())),
        (Admission::No, Transport::Udp) => return Judged::RateLimited(Some(who.group)),
        // Nobody forges a connection, so its owner learns what is wrong instead of waiting.
        (Admission::Slip | Admission::No, Transport::Tcp) => {
            return Judged::Done(refuse(query, Ede::OTHER, snapshot.block.too_often(), out));
        }
    }

    // Zone transfers, pseudo-records and other classes are no look-ups, and no upstream is asked for them.
    let no_lookup = [RecordType::AXFR, RecordType::IXFR, RecordType::OPT, RecordType::TSIG];
    if query.class != Class::IN || no_lookup.contains(&query.record_type) {
        return Judged::Done(refuse(query, Ede::NOT_SUPPORTED, "", out));
    }

    let trial = Trial::resumed(query, snapshot, now, who.group, listed);

    // Special-use names mean something on this network only, and must not leave it; the school's own zones, and those that it
    // has forwarded, go before them, and before the ways round the filter.
    if !trial.place.is_local()
        && let Some(rcode) = special::answer(query, || trial.ttl_cap(None), out)
    {
        return Judged::Done(trial.local(Outcome::Allowed, Reason::Local, None, rcode));
    }

    // Browsers and phones ask these names whether they may go round the filter; only a negative answer says no.
    if !trial.place.is_local()
        && trial.in_force.settings.bypass == Bypass::Block
        && let Some(rcode) = bypass::answer(query, || trial.ttl_cap(None), out)
    {
        return Judged::Done(trial.local(Outcome::Blocked, Reason::Bypass, snapshot.registry.find("bypass"), rcode));
    }

    let decision = trial.decide(AliasFindings::default());
    if decision.verdict.action == Action::Block {
        return Judged::Done(trial.block(&decision, None, out));
    }

    // An open name that has a safe twin is answered as the twin, whoever opened it: nothing of the name itself is asked or told.
    if let Some(done) = trial.twin_at_hand(&decision, out) {
        return Judged::Done(done);
    }

    // What there is of a name is told to nobody in one piece. An own zone knows whether there is anything.
    let may_exist = |place: &Place<'_>| match place {
        Place::Own(zone, _) => zone.exists(&query.name),
        Place::Forwarded(_) | Place::Elsewhere => true,
    };
    if query.record_type == RecordType::ANY && may_exist(&trial.place) {
        let rcode = any::answer(query, trial.ttl_cap(None), out);
        return Judged::Done(trial.opened(&decision, rcode));
    }

    // The cache holds what upstreams said and no verdicts: what it leads to is judged for this group, now.
    let sought = trial.sought(&decision);
    if let Some(given) = way::at_hand(&sought, snapshot, rooms, now.running) {
        return Judged::Done(trial.give(decision, &given, out));
    }

    let twin = match sought {
        Cow::Borrowed(_) => None,
        Cow::Owned(twin) => Some(Box::new(twin)),
    };
    let Trial { group, listed, .. } = trial;
    Judged::Wait(Plan {
        query: Box::new(query.clone()),
        twin,
        snapshot: Arc::clone(snapshot),
        now: now.clone(),
        group,
        listed,
        decision,
    })
}

/// Asks an upstream, and answers what it says, or what the policy says of the names that its answer leads to.
///
/// `later` tells the time, now and when the answer is there: a window may have opened or closed meanwhile.
pub async fn resolve(plan: &Plan, rooms: &Rooms, later: impl Fn() -> Now, out: &mut Vec<u8>) -> Done {
    let mut sought = plan.sought().clone();
    let mut asked = later().running;
    loop {
        let waited = asked.saturating_sub(plan.now.running);
        let given = way::fetch(&sought, &plan.snapshot, rooms, asked, waited).await;
        let now = later();
        match conclude(plan, &sought.name, &given, &now, out) {
            Ok(done) => return done,
            Err(wanted) => (sought, asked) = (*wanted, now.running),
        }
    }
}

/// Answers what is `given` to the question for `sought`, or says what is to be asked instead.
fn conclude(plan: &Plan, sought: &Name, given: &Given, now: &Now, out: &mut Vec<u8>) -> Result<Done, Box<Query>> {
    let trial = Trial::resumed(&plan.query, &plan.snapshot, now, plan.group, plan.listed);
    let decision = trial.decide(AliasFindings::default());
    if decision.verdict.action == Action::Block {
        return Ok(trial.block(&decision, None, out));
    }
    if let Some(done) = trial.twin_at_hand(&decision, out) {
        return Ok(done);
    }
    let wanted = trial.sought(&decision);
    if wanted.name == *sought {
        return Ok(trial.give(decision, given, out));
    }
    // A window opened or closed meanwhile, and with it safe search: what was asked is no longer what is to be told.
    Err(Box::new(wanted.into_owned()))
}

/// Answers what is at hand, though its TTL is over, or SERVFAIL, because too many questions wait already.
pub fn overload(plan: &Plan, rooms: &Rooms, out: &mut Vec<u8>) -> Done {
    let trial = plan.trial();
    match plan.snapshot.upstreams.last_said(&rooms.cache, plan.sought(), plan.now.running) {
        Some(given) => trial.give(plan.decision, &given.counted(&rooms.cache), out),
        None => trial.fail(&plan.decision, Ede::NETWORK_ERROR, out),
    }
}

impl Plan {
    fn trial(&self) -> Trial<'_> {
        Trial::resumed(&self.query, &self.snapshot, &self.now, self.group, self.listed)
    }

    /// What is looked up.
    fn sought(&self) -> &Query {
        self.twin.as_deref().unwrap_or(&self.query)
    }

    /// The query that waits.
    pub const fn query(&self) -> &Query {
        &self.query
    }

    /// The snapshot that judged it, and will judge the answer.
    pub const fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
}

fn refuse(query: &Query, why: Ede, text: &str, out: &mut Vec<u8>) -> Done {
    let rcode = Reply::new(query, out).rcode(Rcode::REFUSED).ede(why, text).finish();
    unjudged(rcode)
}

/// What became of a query that no rule judged.
fn unjudged(rcode: Rcode) -> Done {
    let (outcome, reason) = (Outcome::None, Reason::None);
    Done { outcome, reason, category: None, who: None, rcode, listed: Listed::default(), by_alias: None, private: None }
}
