//! The lists that are fetched, each on its own clock, and what came of them put in force.
//!
//! The rule: no list waits for another, and none that fails takes anything from what is in force; what another process fetched, such
//! as `khien lists fetch`, counts as well.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::images::{Compiler, parts};
use super::primaries::Introduced;
use super::{Running, lock};
use crate::answer::upstream;
use crate::config::{Fetched, ListSource, Program};
use crate::dns::Name;
use crate::fetch::{
    Bootstrap, Change, Copies, Fetcher, News, Reader, Record, SHORTEST_PAUSE, Trust, Wanted, Watch, pause_after_failure,
    pause_after_success, remaining,
};
use crate::lists::ListId;

/// How often it is looked whether a list is due, or another process fetched one.
const TICK: Duration = Duration::from_secs(2);

/// How long a list that came waits for others that are on their way, so that they are compiled together.
const TOGETHER: Duration = Duration::from_secs(10);

/// The pause after lists came that could not be put in force.
const AGAIN: Duration = Duration::from_secs(30);

/// How long a reload waits for lists that are new.
const NEW: Duration = Duration::from_secs(120);

/// The shortest time between two questions for a zone whose primary says again and again that it has changed.
const BETWEEN: Duration = Duration::from_secs(5);

/// How long word of a change waits for more of it: whoever says it without end wakes nobody more often.
const MOMENT: Duration = Duration::from_millis(200);

/// Lists on their way at once.
const AT_ONCE: usize = 16;

/// What is known of the lists that are fetched.
#[derive(Debug)]
pub(super) struct Fetching {
    copies: Copies,
    reader: Reader,
    places: Arc<Semaphore>,
    reading: Arc<Semaphore>,
    known: Mutex<BTreeMap<ListId, Known>>,
}

#[derive(Debug, Clone)]
struct Known {
    /// As it was last configured.
    fetched: Fetched,
    record: Record,
    /// When it is asked again, by the running time.
    due: Duration,
    under_way: bool,
    /// When it was last taken in hand, by the running time; none before that.
    taken: Option<Duration>,
    /// Whether its primary said, while it was on its way, that the zone has changed.
    rung: bool,
}

impl Fetching {
    pub(super) fn new(state: &Path, compiler: &Compiler) -> Self {
        Self {
            copies: Copies::below(state),
            reader: compiler.reader(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            // Reading takes a processor and much memory, which answers need too.
            reading: Arc::new(Semaphore::new(1)),
            known: Mutex::default(),
        }
    }

    /// The lists that were never loaded, each with what stands in the way where fetching it fails.
    pub(super) fn never_loaded(&self, missing: &[String], program: &Program) -> String {
        let records = self.records(program);
        let why = |list: &String| match records.get(&ListId(list.clone())).and_then(|record| record.failure.as_ref()) {
            Some(failure) => format!("{list} ({})", failure.said.lines().next().unwrap_or_default()),
            None => list.clone(),
        };
        missing.iter().map(why).collect::<Vec<_>>().join(", ")
    }

    /// The records of the lists that `program` fetches.
    pub(super) fn records(&self, program: &Program) -> BTreeMap<ListId, Record> {
        let known = lock(&self.known);
        let record = |list: &ListSource| {
            list.fetched()?;
            let record = known.get(&list.id).map_or_else(|| self.copies.record(&list.id), |known| known.record.clone());
            Some((list.id.clone(), record))
        };
        program.lists.iter().filter_map(record).collect()
    }

    fn fetcher(&self, program: &Program) -> Fetcher {
        Fetcher {
            copies: self.copies.clone(),
            bootstrap: bootstrap(program),
            trust: Trust::System,
            reader: self.reader.clone(),
            reading: Arc::clone(&self.reading),
        }
    }

    /// Learns of the lists of `program`, and forgets others.
    fn learn(&self, program: &Program, wall: Timestamp, running: Duration) {
        let mut known = lock(&self.known);
        known.retain(|list, known| known.under_way || program.lists.iter().any(|source| source.id == *list));
        for source in &program.lists {
            let Some(fetched) = source.fetched() else { continue };
            if known.get(&source.id).is_some_and(|known| known.fetched == *fetched || known.under_way) {
                continue;
            }
            let record = self.copies.record(&source.id);
            let is_new = record.origin != fetched.origin.to_string() || !fetched.copy.exists();
            let wait = if is_new { Duration::ZERO } else { remaining(pause(fetched, &record), record.asked, wall) };
            known.insert(
                source.id.clone(),
                Known { fetched: fetched.clone(), record, due: running + wait, under_way: false, taken: None, rung: false },
            );
        }
    }

    /// The lists whose time has come; they count as on their way from now on.
    fn take_due(&self, program: &Program, running: Duration) -> Vec<(Wanted, Record)> {
        let mut known = lock(&self.known);
        let due = program.lists.iter().filter_map(|source| {
            let known = known.get_mut(&source.id).filter(|known| !known.under_way && known.due <= running)?;
            (known.under_way, known.taken, known.rung) = (true, Some(running), false);
            Some((wanted(source)?, known.record.clone()))
        });
        due.collect()
    }

    fn came_back(&self, list: &ListId, news: News, record: Record, running: Duration) {
        if let Some(known) = lock(&self.known).get_mut(list) {
            let wait = match news {
                News::Fresh | News::Unchanged | News::Failed => pause(&known.fetched, &record),
                News::Busy => Duration::from_secs(60),
            };
            let wait = if known.rung { wait.min(BETWEEN) } else { wait };
            (known.record, known.due, known.under_way) = (record, running + wait, false);
        }
    }

    /// Makes the lists due whose zone has changed, as their primary says.
    fn ring(&self, zones: &BTreeSet<Name>, running: Duration) {
        for known in lock(&self.known).values_mut() {
            let is_rung = known.fetched.origin.primary().is_some_and(|primary| zones.contains(primary.zone()));
            if !is_rung {
                continue;
            }
            known.rung = true;
            let soonest = known.taken.map_or(running, |taken| running.max(taken + BETWEEN));
            known.due = known.due.min(soonest);
        }
    }

    /// Which copies there are.
    fn digests(&self, program: &Program) -> BTreeMap<ListId, String> {
        let fetched = program.lists.iter().filter(|source| source.fetched().is_some());
        fetched.map(|source| (source.id.clone(), self.copies.record(&source.id).digest)).collect()
    }
}

/// How long a list is left alone after what its record says.
fn pause(fetched: &Fetched, record: &Record) -> Duration {
    let dice = rand::random::<f64>();
    // A zone's own times count as far as they are shorter, and a minute is the shortest for all.
    let within = |seconds: u32| Duration::from_secs(seconds.into()).max(SHORTEST_PAUSE).min(fetched.refresh);
    let (refresh, retry) = match record.marks.zone {
        Some(version) => (within(version.refresh), within(version.retry)),
        None => (fetched.refresh, fetched.refresh),
    };
    match &record.failure {
        Some(failure) => pause_after_failure(retry, record.in_a_row, failure.reason, dice),
        None => pause_after_success(refresh, dice),
    }
}

fn wanted(source: &ListSource) -> Option<Wanted> {
    let fetched = source.fetched()?;
    let (origin, limits) = (fetched.origin.clone(), fetched.limits);
    Some(Wanted { list: source.id.clone(), origin, parts: parts(source).collect(), limits })
}

/// Who is asked for the hosts of lists: never one of this program's own listeners.
pub(super) fn bootstrap(program: &Program) -> Bootstrap {
    let settings = &program.upstream;
    let servers = if program.bootstrap.is_empty() { &settings.servers } else { &program.bootstrap };
    match upstream::addresses(servers, &settings.system, &settings.own) {
        Ok(servers) => Bootstrap { servers: servers.into_iter().map(|server| (server.transport, server.address)).collect() },
        Err(error) => {
            tracing::warn!(%error, "nobody can be asked for the hosts of lists");
            Bootstrap::default()
        }
    }
}

fn silent() -> Watch {
    Arc::new(|_| {})
}

/// Waits for word of a change. What was said is taken up by the next round, whatever ends the waiting.
async fn word(running: &Running) {
    running.accounts.primaries.rung().await;
    tokio::time::sleep(MOMENT).await;
}

/// Fetches what is due, again and again.
pub(super) async fn keep(running: Arc<Running>) {
    let mut under_way = JoinSet::new();
    let mut introduced = Introduced::default();
    let mut in_force = running.digests().await;
    let (mut since, mut not_before) = (None, Instant::now());
    loop {
        introduced.keep(&running);
        for (wanted, known) in running.take_due() {
            under_way.spawn(Arc::clone(&running).fetch_one(wanted, known));
        }
        tokio::select! {
            Some(_) = under_way.join_next() => {}
            () = word(&running) => {}
            () = tokio::time::sleep(TICK) => {}
        }
        let there = running.digests().await;
        if there == in_force {
            since = None;
            continue;
        }
        let first = *since.get_or_insert_with(Instant::now);
        if Instant::now() >= not_before && (under_way.is_empty() || first.elapsed() >= TOGETHER) {
            // Why it failed, if it does, is in the log.
            match running.renew_lists().await {
                Ok(()) => (in_force, since) = (there, None),
                Err(_) => not_before = Instant::now() + AGAIN,
            }
        }
    }
}

impl Running {
    fn take_due(&self) -> Vec<(Wanted, Record)> {
        let program = Arc::clone(&self.in_force().program);
        let (wall, running) = self.accounts.clock.both();
        self.fetching.learn(&program, wall, running);
        self.fetching.ring(&self.accounts.primaries.heard(), running);
        self.fetching.take_due(&program, running)
    }

    /// Which copies there are, as far as the configuration in force is concerned.
    async fn digests(self: &Arc<Self>) -> BTreeMap<ListId, String> {
        let running = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || {
            let program = Arc::clone(&running.in_force().program);
            running.fetching.digests(&program)
        });
        read.await.unwrap_or_default()
    }

    async fn fetch_one(self: Arc<Self>, wanted: Wanted, known: Record) {
        let fetching = &self.fetching;
        let Ok(_place) = fetching.places.acquire().await else { return };
        let fetcher = fetching.fetcher(&Arc::clone(&self.in_force().program));
        let now = self.accounts.clock.wall();
        let (news, record) = fetcher.fetch(&wanted, Change::Bounded, known, now, &silent()).await;
        tell(&wanted, news, &record);
        fetching.came_back(&wanted.list, news, record, self.accounts.clock.running());
    }

    /// Fetches what is due, waits for it and for all that is on its way, and puts in force what came: a round of what the server does
    /// by itself.
    ///
    /// # Errors
    /// A sentence for people, where what came could not be put in force.
    pub async fn fetch_due(self: &Arc<Self>) -> Result<(), String> {
        loop {
            while lock(&self.fetching.known).values().any(|known| known.under_way) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let due = self.take_due();
            if due.is_empty() {
                return self.renew_lists().await;
            }
            let mut under_way: JoinSet<()> =
                due.into_iter().map(|(wanted, known)| Arc::clone(self).fetch_one(wanted, known)).collect();
            while under_way.join_next().await.is_some() {}
        }
    }

    /// Fetches those lists of `program`, which is not in force yet, that were never fetched.
    pub(super) async fn fetch_missing(self: &Arc<Self>, program: &Program) {
        let fetcher = self.fetching.fetcher(program);
        let missing: Vec<Wanted> = program
            .lists
            .iter()
            .filter(|source| source.fetched().is_some_and(|fetched| !fetched.copy.exists()))
            .filter_map(wanted)
            .collect();
        let now = self.accounts.clock.wall();
        let fetching = for_each(&fetcher, missing, Change::Bounded, now, &|_| silent(), &tell);
        // Who reloads waits for it; what takes longer is for `khien lists fetch`.
        if tokio::time::timeout(NEW, fetching).await.is_err() {
            tracing::warn!("a new list takes longer to fetch than a reload waits");
        }
    }
}

/// Fetches lists, several at once, and hands over what each came to.
async fn for_each(
    fetcher: &Fetcher,
    lists: Vec<Wanted>,
    change: Change,
    now: Timestamp,
    watch: &(dyn Fn(&ListId) -> Watch + Sync),
    done: &(dyn Fn(&Wanted, News, &Record) + Sync),
) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut under_way = JoinSet::new();
    for wanted in lists {
        let (fetcher, places, watch) = (fetcher.clone(), Arc::clone(&places), watch(&wanted.list));
        under_way.spawn(async move {
            let _place = places.acquire().await;
            let known = fetcher.copies.record(&wanted.list);
            let (news, record) = fetcher.fetch(&wanted, change, known, now, &watch).await;
            (wanted, news, record)
        });
    }
    while let Some(came) = under_way.join_next().await {
        // A panic in one of them is none of the others' business, and is in the log.
        if let Ok((wanted, news, record)) = came {
            done(&wanted, news, &record);
        }
    }
}

/// What the log says of it.
fn tell(wanted: &Wanted, news: News, record: &Record) {
    let list = wanted.list.0.as_str();
    match (news, &record.failure) {
        (News::Fresh, _) => tracing::info!(list, entries = record.entries, "fetched"),
        (News::Unchanged, _) => tracing::debug!(list, "it is still the newest"),
        (News::Busy, _) => tracing::info!(list, "another process fetches this list"),
        (News::Failed, failure) => {
            let (reason, said) = failure.as_ref().map_or(("", ""), |failure| (failure.reason.text(), failure.said.as_str()));
            let keeps = if record.fetched.is_some() { "the last good copy stays in force" } else { "it was never fetched yet" };
            tracing::warn!(list, reason, failures = record.in_a_row, "{said}; {keeps}");
        }
    }
}

/// Fetches lists of `program` for a command: those that `chosen` names, or all. What is in force of a running server is not touched;
/// it takes what came by itself.
pub async fn fetch(
    program: &Program,
    compiler: &Compiler,
    chosen: &[String],
    change: Change,
    now: Timestamp,
    watch: &(dyn Fn(&ListId) -> Watch + Sync),
    done: &(dyn Fn(&Wanted, News, &Record) + Sync),
) {
    let fetching = Fetching::new(&program.state, compiler);
    let is_chosen = |source: &&ListSource| chosen.is_empty() || chosen.contains(&source.id.0);
    let lists: Vec<Wanted> = program.lists.iter().filter(is_chosen).filter_map(wanted).collect();
    for_each(&fetching.fetcher(program), lists, change, now, watch, done).await;
}
