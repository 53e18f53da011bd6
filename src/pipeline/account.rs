//! What is counted and noted of every query, and what a panic leaves behind: the books around `judge` and `resolve`.
//!
//! The rule: every query ends in exactly one response or in the rate limit, and is counted there once.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, Cache as Cached};

use super::forward::Desk;
use super::notices::Notices;
use super::primaries::Primaries;
use super::{Done, Judged, Now, Plan, Rooms, judge, overload, resolve};
use crate::clock::Clock;
use crate::dns::{Ede, NotAQuery, Opcode, Query, Rcode, Reply, Source, reply_unparsed};
use crate::journal::{Journal, Note};
use crate::lists::{Listed, Protected};
use crate::policy::Outcome;
use crate::snapshot::Snapshot;
use crate::tally::{Pen, Tally};

/// The pipeline with its books: what all workers share.
#[derive(Debug)]
pub struct Accounts {
    /// What is in force.
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    /// Cache and allowances.
    pub rooms: Rooms,
    /// The counts.
    pub tally: Arc<Tally>,
    /// The journal.
    pub journal: Journal,
    /// The time.
    pub clock: Clock,
    /// What the log has been told lately.
    pub notices: Notices,
    /// Where answers from upstreams are worked on.
    pub desk: Desk,
    /// Who may say that a zone has changed which a list comes from.
    pub primaries: Primaries,
}

/// One worker's view: the snapshot, the time and the sheet that it counts on.
#[derive(Debug)]
pub struct View {
    newest: Cached<Arc<ArcSwap<Snapshot>>, Arc<Snapshot>>,
    /// The snapshot under which packets were taken in: they are judged under it and no other, whatever has come in force meanwhile.
    snapshot: Arc<Snapshot>,
    /// The serial that the school's time was read with.
    serial: u64,
    now: Now,
    pen: Pen,
    /// The packets that were taken in last, each with what the lists say of its name; the room is used again and again.
    taken: Vec<(Query, Listed)>,
    /// Those of them that are no query.
    refused: Vec<Option<NotAQuery>>,
    /// The replies to primaries among them, by their places.
    replies: Vec<(usize, Rcode, Vec<u8>)>,
}

/// How a packet was met.
#[derive(Debug)]
pub enum Met {
    /// With silence.
    Silence,
    /// With a reply.
    Answered,
    /// It waits for an upstream.
    Wait(Box<Waiting>),
}

/// A query that waits, and since when.
#[derive(Debug)]
pub struct Waiting {
    pub(super) plan: Plan,
    pub(super) since: Duration,
}

impl Waiting {
    /// Whose query it is.
    pub fn client(&self) -> IpAddr {
        self.plan.query().source.client.ip()
    }
}

impl View {
    /// The time, as the snapshot reads the school's clock that judged a query.
    pub(super) fn time_for(&self, snapshot: &Snapshot) -> Now {
        let school = if snapshot.serial == self.serial { self.now.school } else { snapshot.school_time(self.now.wall) };
        Now { school, ..self.now }
    }

    /// The snapshot that judges.
    pub const fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Goes over to the snapshot that is in force.
    fn catch_up(&mut self) {
        let newest = self.newest.load();
        if !Arc::ptr_eq(newest, &self.snapshot) {
            self.snapshot = Arc::clone(newest);
        }
        if self.snapshot.serial != self.serial {
            self.serial = self.snapshot.serial;
            self.now.school = self.snapshot.school_time(self.now.wall);
        }
    }

    pub(super) const fn pen(&self) -> &Pen {
        &self.pen
    }
}

impl Accounts {
    /// A view for a new worker.
    pub fn view(&self) -> View {
        let mut newest = Cached::new(Arc::clone(&self.snapshot));
        let snapshot = Arc::clone(newest.load());
        let (serial, now) = (snapshot.serial, self.now(&snapshot));
        // Room for one, which is all that a connection needs.
        let (taken, refused) = (vec![(Query::blank(), Listed::default())], Vec::with_capacity(1));
        View { newest, snapshot, serial, now, pen: self.tally.hand_out(), taken, refused, replies: Vec::new() }
    }

    /// Brings a view up to date; the school's time only where a second has passed or the snapshot has changed.
    pub fn refresh(&self, view: &mut View) {
        let (wall, running) = self.clock.both();
        let same_second = wall.as_second() == view.now.wall.as_second();
        (view.now.wall, view.now.running) = (wall, running);
        view.catch_up();
        if !same_second {
            view.now.school = view.snapshot.school_time(wall);
        }
    }

    /// Takes packets in, which [`Accounts::answer`] is then asked for by their places, and looks their names up together.
    pub fn take_in<'p>(&self, view: &mut View, packets: impl Iterator<Item = (&'p [u8], Source)>) {
        view.catch_up();
        let View { snapshot, now, taken, refused, replies, .. } = view;
        refused.clear();
        replies.clear();
        for (at, (packet, source)) in packets.enumerate() {
            if at == taken.len() {
                taken.push((Query::blank(), Listed::default()));
            }
            let query = &mut taken[at].0;
            let fault = query.read(packet, source).err();
            if matches!(fault, Some(NotAQuery::Reply { opcode: Opcode::NOTIFY, .. })) {
                replies.extend(self.hear(packet, source, now).map(|(rcode, reply)| (at, rcode, reply)));
            }
            refused.push(fault);
            snapshot.clients.introduce(query);
        }
        let taken = &mut taken[..refused.len()];
        if catch_unwind(AssertUnwindSafe(|| snapshot.listed_of(taken))).is_err() {
            // A fault of ours, at one of these names: each is looked up for itself, and that one is given up.
            for ((query, listed), refused) in taken.iter_mut().zip(&mut *refused).filter(|(_, refused)| refused.is_none()) {
                let alone = catch_unwind(AssertUnwindSafe(|| snapshot.listed(&query.name, query.record_type)));
                match alone {
                    Ok(alone) => *listed = alone,
                    Err(_) => {
                        self.tally.panicked();
                        let (id, recursion_desired) = (query.id, query.recursion_desired());
                        *refused =
                            Some(NotAQuery::Reply { id, opcode: Opcode::QUERY, recursion_desired, rcode: Rcode::SERVFAIL });
                    }
                }
            }
        }
    }

    /// Hears word of a change, and gives the reply to a primary.
    #[cold]
    fn hear(&self, packet: &[u8], source: Source, now: &Now) -> Option<(Rcode, Vec<u8>)> {
        let heard = catch_unwind(AssertUnwindSafe(|| self.primaries.hear(packet, source.client.ip(), now.wall)));
        // A fault of ours: it then counts as the word of nobody whom we know.
        heard.unwrap_or_else(|_| {
            self.tally.panicked();
            None
        })
    }

    /// The time now, as `snapshot` reads the school's clock.
    pub fn now(&self, snapshot: &Snapshot) -> Now {
        let wall = self.clock.wall();
        Now { wall, running: self.clock.running(), school: snapshot.school_time(wall) }
    }

    /// Answers a packet into `out`, or says that it waits.
    pub fn meet(&self, view: &mut View, packet: &[u8], source: Source, out: &mut Vec<u8>) -> Met {
        self.take_in(view, std::iter::once((packet, source)));
        self.answer(view, 0, out)
    }

    /// Answers the packet at a place of those taken in last into `out`, or says that it waits.
    pub fn answer(&self, view: &mut View, at: usize, out: &mut Vec<u8>) -> Met {
        // A batch comes in at one time.
        let since = view.now.running;
        let (query, listed) = &view.taken[at];
        let transport = query.source.transport;
        match view.refused[at] {
            None => {}
            Some(NotAQuery::Ignore(why)) => {
                *view.pen.sheet().ignored.entry(why).or_default() += 1;
                return Met::Silence;
            }
            Some(NotAQuery::Reply { id, opcode, recursion_desired, rcode }) => {
                let mut rcode = rcode;
                match view.replies.iter().find(|(place, ..)| *place == at) {
                    None => reply_unparsed(id, opcode, recursion_desired, rcode, out),
                    Some((_, told, reply)) => {
                        rcode = *told;
                        out.clear();
                        out.extend_from_slice(reply);
                    }
                }
                let mut sheet = view.pen.sheet();
                sheet.query(transport, None);
                sheet.response(None, Outcome::None, rcode, self.clock.running().saturating_sub(since));
                return Met::Answered;
            }
        }
        view.pen.sheet().query(transport, Some(query.record_type));
        // What the lists say of the name was looked up under this one: with another, a name that is listed only there would be open.
        let snapshot = &view.snapshot;
        // A fault of ours costs this query and no other; what the rooms share is behind locks that outlive a panic.
        let judged = catch_unwind(AssertUnwindSafe(|| judge(query, *listed, snapshot, &self.rooms, &view.now, out)));
        match judged {
            Ok(Judged::Done(done)) => {
                self.note(query, snapshot, &view.now, &view.pen, done, since);
                Met::Answered
            }
            Ok(Judged::RateLimited(group)) => {
                let label = group.map(|group| snapshot.words.group(group).label);
                *view.pen.sheet().rate_limited.entry(label).or_default() += 1;
                Met::Silence
            }
            Ok(Judged::Wait(plan)) => Met::Wait(Box::new(Waiting { plan, since })),
            Err(_) => {
                self.panicked(query, &view.pen, since, out);
                Met::Answered
            }
        }
    }

    /// Answers a query that waited.
    pub async fn finish(&self, waiting: &Waiting) -> Vec<u8> {
        let mut out = Vec::new();
        let Waiting { plan, since } = waiting;
        let done = resolve(plan, &self.rooms, || self.now(plan.snapshot()), &mut out).await;
        self.note(plan.query(), plan.snapshot(), &plan.now, &self.tally.hand_out(), done, *since);
        out
    }

    /// Answers a query that would have to wait where too many do.
    pub fn turn_away(&self, view: &View, waiting: &Waiting, out: &mut Vec<u8>) {
        let Waiting { plan, since } = waiting;
        let done = overload(plan, &self.rooms, out);
        self.note(plan.query(), plan.snapshot(), &plan.now, &view.pen, done, *since);
    }

    /// Answers a query whose answering panicked.
    pub fn give_up(&self, waiting: &Waiting) -> Vec<u8> {
        let mut out = Vec::new();
        self.panicked(waiting.plan.query(), &self.tally.hand_out(), waiting.since, &mut out);
        out
    }

    fn panicked(&self, query: &Query, pen: &Pen, since: Duration, out: &mut Vec<u8>) {
        self.tally.panicked();
        let rcode = Reply::new(query, out).rcode(Rcode::SERVFAIL).ede(Ede::OTHER, "").finish();
        pen.sheet().response(None, Outcome::None, rcode, self.clock.running().saturating_sub(since));
    }

    pub(super) fn note(&self, query: &Query, snapshot: &Snapshot, now: &Now, pen: &Pen, done: Done, since: Duration) {
        let Done { outcome, reason, category, who, rcode, listed, by_alias, private } = done;
        let took = self.clock.running().saturating_sub(since);
        let words = who.map(|(group, tier)| (snapshot.words.group(group), snapshot.words.tier(tier)));
        let category = category.map(|category| snapshot.words.category(category));
        {
            let mut sheet = pen.sheet();
            sheet.response(words.map(|(group, _)| group.label), outcome, rcode, took);
            if words.is_some() {
                sheet.leading.count(query.source.client.ip());
            }
            if let (Outcome::Blocked, Some((group, tier))) = (outcome, words) {
                sheet.block(group.label, tier.label, category.map(|category| category.label));
            }
            if private.is_some() {
                *sheet.rebindings.entry(outcome).or_default() += 1;
            }
            for list in snapshot.words.observers(listed.observed) {
                *sheet.observed.entry(list.label).or_default() += 1;
            }
        }
        if let Some(address) = private
            && self.notices.rebinding.is_due(now.running)
        {
            let name = &query.name;
            tracing::warn!(%name, %address, "a public name leads into a private network; `private_zones` names those that may");
        }
        let help = listed.protected.has(Protected::Help);
        let Some((group, tier)) = words else { return };
        // An open name that could not be looked up says what a child reads just as one that could: in an outage all would.
        let open = outcome == Outcome::Allowed || outcome == Outcome::Failed;
        if open && !help && !self.journal.takes_allowed() {
            return;
        }
        self.journal.note(&Note {
            time: now.wall,
            client: query.source.client.ip(),
            group: &group.text,
            tier: &tier.text,
            name: &query.name,
            record_type: query.record_type,
            transport: query.source.transport,
            outcome,
            reason,
            category: category.map(|category| &category.text),
            rcode,
            micros: u32::try_from(took.as_micros()).unwrap_or(u32::MAX),
            snapshot: snapshot.serial,
            help,
            by_alias: by_alias.as_ref(),
        });
    }
}
