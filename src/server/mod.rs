//! Start, reload, stop, in order: what is made of the configuration, and what stays when making fails.
//!
//! The rules: nothing answers unfiltered, not for a moment; sockets stay open over a reload; a reload that fails changes nothing.

mod assemble;
mod desk;
mod fetching;
mod images;
mod kept;
mod lookout;
mod office;
mod primaries;
mod remembered;
mod renewing;
mod resolvers;
mod responder;
mod serving;
mod state;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;

use crate::answer::upstream::SetupError;
use crate::answer::{Cache, OnDisk};
use crate::client::RateLimiter;
use crate::clock::Clock;
use crate::config::{self, Conflict, Fault, Program, Surroundings};
use crate::journal;
use crate::listen::Limits;
use crate::office::Lists;
use crate::office::repository::Repository;
use crate::pipeline::{Accounts, Desk, Notices, Primaries, Rooms};
use crate::snapshot::Snapshot;
use crate::tally::Tally;

pub use desk::answer;
pub use fetching::fetch;
pub use images::{Compiler, Loaded, check_lists, compile, lint};
pub use office::{Staged, office_back, office_import, office_status, stage_import};
pub use state::{CONTROL_SOCKET, State, StateError};

use assemble::Speakers;
use fetching::Fetching;
use images::Images;
use kept::Kept;
use office::Office;
use remembered::Remembered;
use serving::Serving;

/// How long stopping may take until what is still in flight is given up.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Clients whose allowance is remembered at once.
const CLIENTS: usize = 65_536;

/// What a server is started from.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The configuration; none for what is built in.
    pub file: Option<PathBuf>,
    /// What of the process's surroundings counts.
    pub surroundings: Surroundings,
    /// The time.
    pub clock: Clock,
    /// Who compiles lists.
    pub compiler: Compiler,
    /// Who verifies what the office publishes.
    pub office: Arc<dyn Repository>,
}

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration has faults; warnings among them.
    #[error("the configuration has faults")]
    Faults(Vec<Fault>),
    /// The state directory cannot be had.
    #[error(transparent)]
    State(#[from] StateError),
    /// The upstreams cannot be used.
    #[error("{0}\nhint: {hint}", hint = .0.hint())]
    Upstreams(#[from] crate::answer::upstream::SetupError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {error}\nhint: is another program there, or does this user lack the right to the port?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The system gave no thread or socket.
    #[error("the system refused: {0}")]
    System(#[from] std::io::Error),
}

/// What is in force, and how it came about.
#[derive(Debug)]
pub(crate) struct InForce {
    /// The configuration.
    pub(crate) program: Arc<Program>,
    /// Its warnings.
    pub(crate) warnings: Vec<Fault>,
    /// What the lists brought.
    pub(crate) loaded: Arc<Loaded>,
    /// When it came in force.
    pub(crate) since: Timestamp,
    /// What the last reload said, where it failed and none has succeeded since.
    pub(crate) failure: Option<String>,
}

/// What is put in force anew; the rest stays as it is.
#[derive(Debug, Default)]
struct Change {
    program: Option<Arc<Program>>,
    loaded: Option<Arc<Loaded>>,
    speakers: Option<Speakers>,
}

/// A running server, as its parts share it.
#[derive(Debug)]
pub struct Running {
    setup: Setup,
    state: State,
    accounts: Arc<Accounts>,
    images: Images,
    fetching: Fetching,
    office: Office,
    serving: Serving,
    in_force: Mutex<InForce>,
    remembered: Arc<Remembered>,
    seen: Mutex<lookout::Seen>,
    /// One reload at a time.
    reloading: tokio::sync::Mutex<()>,
    /// One snapshot is made at a time, of all that is in force then.
    putting: Mutex<()>,
    reloaded: tokio::sync::Notify,
    /// What the last run left on disk is in the cache: not before then may this run write there.
    restored: AtomicBool,
    succeeded: AtomicU64,
    failed: AtomicU64,
    started: Duration,
}

/// A server that was started; dropping it without [`Server::stop`] leaves what is in flight unanswered.
#[derive(Debug)]
pub struct Server {
    running: Arc<Running>,
    journal: journal::Running,
    /// Compiles again while lists are missing.
    upkeep: tokio::task::JoinHandle<()>,
    /// Fetches again what is asked for often.
    renewing: tokio::task::JoinHandle<()>,
    lookout: tokio::task::JoinHandle<()>,
    /// Fetches lists.
    fetching: tokio::task::JoinHandle<()>,
    /// Asks the office.
    office: tokio::task::JoinHandle<()>,
    /// Writes the cache's answers to disk now and then, where the operator wants it.
    keeping: tokio::task::JoinHandle<()>,
    stop: tokio::sync::watch::Sender<bool>,
}

impl Server {
    /// Starts: maps the last good images, answers, and compiles what has changed.
    ///
    /// # Errors
    /// As [`StartError`] says; nothing listens then.
    pub async fn start(setup: Setup) -> Result<Self, StartError> {
        let (program, warnings) = config::load_in(setup.file.as_deref(), &setup.surroundings).map_err(StartError::Faults)?;
        let program = Arc::new(program);
        let state = State::take(&program.state)?;
        let fetching = Fetching::new(state.path(), &setup.compiler);
        let office = Office::open(state.path(), Arc::clone(&setup.office));
        let images = Images::new(state.path(), setup.compiler.clone(), setup.clock.clone());
        let (clock, tally) = (setup.clock.clone(), Arc::new(Tally::default()));

        // What was compiled before filters from the first query on, whatever has become of the lists since.
        let loaded = Arc::new(images.last_good(&program, office.lists(&program).as_ref()));
        let speakers = Speakers::new(&program, None)?;
        let serial = state.next_serial(0);
        let snapshot = Arc::new(assemble::snapshot(&program, &loaded, office.in_force(&program), speakers, serial, &tally));

        let remembered = Arc::new(Remembered::new(Arc::clone(&snapshot)));
        let (journal, writer) = journal::open(program.journal.clone(), assemble::provenance(Arc::clone(&remembered)));
        let writing = clock.clone();
        let journal_thread = writer.start(move || journal::Moment { wall: writing.wall(), uptime: writing.running() })?;

        let rooms = Rooms { cache: Arc::new(Cache::new(program.cache)), limiter: RateLimiter::new(CLIENTS) };
        let snapshot = Arc::new(ArcSwap::new(snapshot));
        let started = clock.running();
        let accounts = Arc::new(Accounts {
            snapshot,
            rooms,
            tally,
            journal,
            clock,
            notices: Notices::default(),
            desk: Desk::default(),
            primaries: Primaries::default(),
        });
        let serving = Serving::start(&program, &accounts, limits()).await?;
        let since = accounts.clock.wall();
        let in_force = Mutex::new(InForce { program, warnings, loaded, since, failure: None });

        let (stop, stopping) = tokio::sync::watch::channel(false);
        let running = Arc::new(Running {
            setup,
            state,
            accounts,
            images,
            fetching,
            office,
            serving,
            in_force,
            remembered,
            seen: Mutex::default(),
            reloading: tokio::sync::Mutex::default(),
            putting: Mutex::default(),
            reloaded: tokio::sync::Notify::new(),
            restored: AtomicBool::new(false),
            succeeded: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            started,
        });
        running.serving.open_pages(&running, &stopping).await;
        let upkeep = tokio::spawn(upkeep(Arc::clone(&running)));
        let renewing = tokio::spawn(Arc::clone(&running.accounts.rooms.cache).renew());
        let lookout = tokio::spawn(lookout::keep(Arc::clone(&running)));
        let fetching = tokio::spawn(fetching::keep(Arc::clone(&running)));
        let office = tokio::spawn(office::keep(Arc::clone(&running)));
        let keeping = tokio::spawn(keep_answers(Arc::clone(&running)));
        Ok(Self { running, journal: journal_thread, upkeep, renewing, lookout, fetching, office, keeping, stop })
    }

    /// What the server's parts share.
    pub const fn running(&self) -> &Arc<Running> {
        &self.running
    }

    /// Stops: answers what is in flight, flushes the journal, and leaves within [`PATIENCE`].
    pub async fn stop(self) -> journal::Stopped {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        self.upkeep.abort();
        self.renewing.abort();
        self.lookout.abort();
        self.fetching.abort();
        self.office.abort();
        self.keeping.abort();
        self.stop.send_replace(true);
        self.running.serving.stop(PATIENCE.mul_f32(0.7)).await;
        if self.running.restored.load(Ordering::Acquire) {
            // What takes too long is left, and the file of the last writing stays.
            tokio::time::timeout_at(deadline - PATIENCE / 5, answers_on_disk(&self.running, Kept::save)).await.ok();
        }
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        let journal = self.journal;
        tokio::task::spawn_blocking(move || journal.stop(left)).await.unwrap_or(journal::Stopped::Late)
    }
}

impl Running {
    /// The addresses that answer DNS.
    pub fn dns_addresses(&self) -> Vec<SocketAddr> {
        self.serving.dns_addresses()
    }

    /// What is not as it should be where the portable loop answers, a sentence for each address.
    pub fn portable(&self) -> Vec<String> {
        self.serving.lacks()
    }

    /// The addresses that answer HTTP.
    pub fn http_addresses(&self) -> Vec<SocketAddr> {
        self.serving.http_addresses()
    }

    /// The pipeline with its books.
    pub const fn accounts(&self) -> &Arc<Accounts> {
        &self.accounts
    }

    /// What is in force.
    pub(crate) fn in_force(&self) -> MutexGuard<'_, InForce> {
        lock(&self.in_force)
    }

    /// Reads the configuration and the lists again.
    ///
    /// # Errors
    /// What is wrong, for people; everything stays as it was.
    pub async fn reload(self: &Arc<Self>) -> Result<String, String> {
        let _one = self.reloading.lock().await;
        let begun = self.accounts.clock.running();
        let surroundings = Surroundings { now: self.accounts.clock.wall(), ..self.setup.surroundings.clone() };
        let (mut program, mut warnings) = config::load_anew(self.setup.file.as_deref(), &surroundings).map_err(|faults| {
            let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
            self.fail(said.join("\n"))
        })?;
        let before = Arc::clone(&self.in_force().program);
        if program.state != before.state {
            return Err(self.fail("[state] directory changes only with a restart".to_owned()));
        }
        self.fetch_missing(&program).await;
        self.fetch_office(&program).await;
        let office = self.office.lists(&program);
        let other = self.office.by_tables(&program, office.as_ref(), Conflict::Fault).map_err(|said| self.fail(said))?;
        if let Some(other) = other {
            (program, warnings) = other;
        }
        let program = Arc::new(program);
        let loaded = self.loaded(&program, office).await?;
        let old = self.accounts.snapshot.load_full();
        let speakers =
            Speakers::new(&program, Some(&old)).map_err(|error| self.fail(format!("{error}\nhint: {}", error.hint())))?;
        self.serving.change(&program).await.map_err(|error| self.fail(error.to_string()))?;
        self.accounts.journal.change(program.journal.clone());
        self.accounts.rooms.cache.change(program.cache, self.accounts.clock.running());
        let change = Change { program: Some(Arc::clone(&program)), loaded: Some(Arc::clone(&loaded)), speakers: Some(speakers) };
        let serial = self.put_in_force(change);
        self.images.keep(&loaded);
        let names = loaded.index.names();
        let mut said = format!("reloaded: snapshot {serial}, {names} names");
        for warning in warnings.iter().map(ToString::to_string).chain(loaded.warnings()) {
            said.push('\n');
            said.push_str(&warning);
        }
        *self.in_force() = InForce { program, warnings, loaded, since: self.accounts.clock.wall(), failure: None };
        self.look_anew();
        self.serving.change_pages(self).await;
        // Names that are not to lie on disk any more do not wait for the next writing.
        if self.in_force().program.answers == OnDisk::Never {
            answers_on_disk(self, Kept::save).await;
        }
        self.succeeded.fetch_add(1, Ordering::Relaxed);
        self.reloaded.notify_one();
        let took = self.accounts.clock.running().saturating_sub(begun);
        tracing::info!(snapshot = serial, names, milliseconds = took.as_millis(), "reloaded");
        Ok(said)
    }

    /// Waits until a reload succeeds.
    pub async fn reloaded(&self) {
        self.reloaded.notified().await;
    }

    /// Compiles the lists of `program`; what would take the filter from ready to not ready is refused.
    async fn loaded(&self, program: &Arc<Program>, office: Option<Lists>) -> Result<Arc<Loaded>, String> {
        let loaded = self.images.load(program, office).await.map_err(|failure| self.fail(failure))?;
        let is_ready = self.accounts.snapshot.load().missing_lists.is_empty();
        if is_ready && !loaded.missing.is_empty() {
            let mut what = format!(
                "these lists have never been loaded: {}\nhint: mend the list, or fetch it (`khien lists fetch`), or say `optional = true` to filter without it",
                self.fetching.never_loaded(&loaded.missing, program)
            );
            for warning in loaded.warnings() {
                what.push('\n');
                what.push_str(&warning);
            }
            return Err(self.fail(what));
        }
        Ok(loaded)
    }

    /// Counts and keeps a failure, and hands it on.
    fn fail(&self, what: String) -> String {
        self.failed.fetch_add(1, Ordering::Relaxed);
        tracing::error!("reload failed, what was in force stays: {what}");
        self.in_force().failure = Some(what.clone());
        what
    }

    fn put_in_force(&self, change: Change) -> u64 {
        // Decisions come in force while lists are compiled: whoever is later takes along what the other put in force.
        let _one = lock(&self.putting);
        let Change { program, loaded, speakers } = change;
        let (program, loaded) = {
            let mut in_force = self.in_force();
            in_force.program = program.unwrap_or_else(|| Arc::clone(&in_force.program));
            in_force.loaded = loaded.unwrap_or_else(|| Arc::clone(&in_force.loaded));
            (Arc::clone(&in_force.program), Arc::clone(&in_force.loaded))
        };
        let old = self.accounts.snapshot.load_full();
        let speakers = speakers.unwrap_or_else(|| Speakers::of(&old));
        let serial = self.state.next_serial(old.serial);
        let office = self.office.in_force(&program);
        let snapshot = Arc::new(assemble::snapshot(&program, &loaded, office, speakers, serial, &self.accounts.tally));
        self.remembered.put(Arc::clone(&snapshot), self.accounts.clock.running());
        self.accounts.snapshot.store(snapshot);
        serial
    }
}

/// The listeners' bounds: a quarter of the sockets that the system grants is for connections, the rest for look-ups and the pages.
fn limits() -> Limits {
    let bounds = Limits::default();
    let granted = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    let quarter = usize::try_from(granted / 4).unwrap_or(usize::MAX).max(1);
    Limits { connections: bounds.connections.min(quarter), ..bounds }
}

/// Compiles until every list is there; from then on lists change with a reload, which keeps what it cannot better.
async fn upkeep(running: Arc<Running>) {
    const SOON: Duration = Duration::from_secs(10);
    loop {
        // A failure is in log, metric and status already; the next round tries again.
        running.renew_lists().await.ok();
        let missing = !running.accounts.snapshot.load().missing_lists.is_empty();
        if !missing {
            return;
        }
        tokio::time::sleep(SOON).await;
    }
}

/// Takes what the last run left into the cache, and leaves something for the next one every so often.
async fn keep_answers(running: Arc<Running>) {
    answers_on_disk(&running, Kept::load).await;
    running.restored.store(true, Ordering::Release);
    loop {
        tokio::time::sleep(kept::EVERY).await;
        answers_on_disk(&running, Kept::save).await;
    }
}

/// Does something with the answers on disk, where the operator wants them there; else removes them.
async fn answers_on_disk(running: &Arc<Running>, what: fn(&Kept, &Accounts)) {
    let (running, wanted) = (Arc::clone(running), running.in_force().program.answers);
    let working = move || {
        let kept = Kept::in_directory(running.state.path());
        match wanted {
            OnDisk::Kept => what(&kept, &running.accounts),
            OnDisk::Never => kept.forget(),
        }
    };
    // A panic there leaves the file as it was.
    tokio::task::spawn_blocking(working).await.ok();
}

/// The snapshot that a server would start with, for commands that find none running.
///
/// # Errors
/// [`SetupError`] where there is nobody to ask.
pub fn offline(program: &Program, compiler: Compiler) -> Result<Snapshot, SetupError> {
    let (lists, office) = office::kept(program);
    let loaded = Images::new(&program.state, compiler, Clock::system()).last_good(program, lists.as_ref());
    Ok(assemble::snapshot(program, &loaded, office, Speakers::new(program, None)?, 0, &Tally::default()))
}

/// What stands behind these locks is replaced whole, so a panic of its holder spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
