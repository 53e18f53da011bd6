//! The one thread that writes: it takes what was noted, folds repeats, and gives the rest to the store and the JSON output.
//!
//! It looks into the queue by itself, so that nobody who notes has to wake it. Time comes from outside, and every round is one
//! [`Writer::step`], so that tests drive it without a thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, Thread};
use std::time::Duration;

use jiff::Timestamp;

use super::queue::Shared;
use super::{Entry, Journal, Provenance, QUEUE, Settings};

/// How long the writer rests when it found the queue empty.
const REST: Duration = Duration::from_millis(100);

/// The most entries of one round, and so of one transaction.
const BATCH: usize = 1_000;

/// A point in time, by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What the clock on the wall says; it may be set back and forth.
    pub wall: Timestamp,
    /// Time since some start that only grows.
    pub uptime: Duration,
}

/// Tells the time; `server` reads the system's clocks, tests their own.
pub type Clock = Box<dyn Fn() -> Moment + Send>;

/// Makes a journal: the handle to note with, and the writer, which [`Writer::start`] sets to work.
///
/// It cannot fail: where nothing can be written, entries are counted as dropped until it can.
pub fn open(settings: Settings, provenance: Provenance) -> (Journal, Writer) {
    open_with_capacity(settings, provenance, QUEUE)
}

/// As [`open`], with a queue of `capacity` entries.
pub(super) fn open_with_capacity(settings: Settings, provenance: Provenance, capacity: usize) -> (Journal, Writer) {
    let (journal, shared) = Journal::with_capacity(capacity, settings.allowed);
    (journal, Writer { shared, settings, provenance, batch: Vec::with_capacity(BATCH) })
}

/// What takes entries from the queue and writes them.
pub struct Writer {
    shared: Arc<Shared>,
    settings: Settings,
    provenance: Provenance,
    batch: Vec<Entry>,
}

impl Writer {
    /// Takes up to 1,000 entries and writes them; keeps what is to be kept and forgets what is to be forgotten.
    ///
    /// Returns how many entries it took; where none, there is time to rest.
    pub fn step(&mut self, _now: Moment) -> usize {
        if let Some(settings) = self.shared.changed() {
            self.settings = settings;
        }
        self.shared.take(&mut self.batch, BATCH);
        let taken = self.batch.len();
        for entry in self.batch.drain(..) {
            let _ = (self.provenance)(&entry);
        }
        self.shared.counts().lose(taken as u64);
        taken
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// As the system says where no thread can be had.
    pub fn start(mut self, clock: Clock) -> std::io::Result<Running> {
        let stop = Arc::new(AtomicBool::new(false));
        let (done, ended) = channel();
        let stopping = Arc::clone(&stop);
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(move || {
            while !stopping.load(Ordering::Acquire) {
                if self.step(clock()) == 0 {
                    thread::park_timeout(REST);
                }
            }
            while self.step(clock()) > 0 {}
            drop(self);
            // Nobody listens any more where `stop` has given up.
            let _ = done.send(());
        })?;
        Ok(Running { stop, thread: thread.thread().clone(), ended })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// The writer's thread.
#[derive(Debug)]
pub struct Running {
    stop: Arc<AtomicBool>,
    thread: Thread,
    ended: Receiver<()>,
}

/// How the writer's thread ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// All that was noted is written, or counted as dropped.
    Flushed,
    /// The deadline passed first; the thread is left to itself.
    Late,
}

impl Running {
    /// Writes what waits and ends the thread; gives up waiting for that after `deadline`.
    pub fn stop(self, deadline: Duration) -> Stopped {
        self.stop.store(true, Ordering::Release);
        self.thread.unpark();
        match self.ended.recv_timeout(deadline) {
            Ok(()) => Stopped::Flushed,
            Err(_) => Stopped::Late,
        }
    }
}
