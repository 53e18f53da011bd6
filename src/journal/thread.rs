//! The writer's thread: how it starts, rests and ends.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, Thread};
use std::time::Duration;

use super::writer::BATCH;
use super::{Moment, Writer};

/// How long the writer rests when it has taken up all that there was: the latest that an entry is taken up.
const REST: Duration = Duration::from_millis(100);

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

impl Writer {
    /// Starts the thread, which reads the time from `now`.
    ///
    /// # Errors
    /// As the system says where no thread can be had.
    pub fn start(mut self, now: impl Fn() -> Moment + Send + 'static) -> io::Result<Running> {
        let stop = Arc::new(AtomicBool::new(false));
        let (done, ended) = channel();
        let stopping = Arc::clone(&stop);
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(move || {
            while !stopping.load(Ordering::Acquire) {
                // Each round is a transaction: a few large ones cost less than many small ones.
                if self.step(now()) < BATCH {
                    thread::park_timeout(REST);
                }
            }
            self.flush(now());
            drop(self);
            // Nobody listens any more where `stop` has given up.
            let _ = done.send(());
        })?;
        Ok(Running { stop, thread: thread.thread().clone(), ended })
    }
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
