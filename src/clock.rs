//! Where time comes from: the system's clocks, or one that a test sets.
//!
//! The rule: a task reads its clock where it starts and hands the time on as an argument; no room reads a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// What the running time shows at the start: enough that whatever is kept of an earlier run has a time on it.
pub const BEFORE: Duration = Duration::from_secs(30 * 86_400);

/// A source of wall time and of time that only runs forward.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's clocks; the running time counts from this instant.
    System(Instant),
    /// Both times follow one number, milliseconds since 1970, that a test sets.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clocks.
    pub fn system() -> Self {
        Self::System(Instant::now())
    }

    /// A clock that stands at `start` until it is moved.
    pub fn set_to(start: Timestamp) -> Self {
        Self::Set(Arc::new(AtomicI64::new(start.as_millisecond())))
    }

    /// Moves a set clock to `to`; the system's clock is not moved.
    pub fn move_to(&self, to: Timestamp) {
        if let Self::Set(millis) = self {
            millis.store(to.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// The wall time.
    pub fn wall(&self) -> Timestamp {
        match self {
            Self::System(_) => Timestamp::now(),
            Self::Set(_) => self.both().0,
        }
    }

    /// A time that only runs forward, whatever happens to the wall time; it has run for [`BEFORE`] when the program starts.
    pub fn running(&self) -> Duration {
        match self {
            Self::System(start) => BEFORE + start.elapsed(),
            Self::Set(_) => self.both().1,
        }
    }

    /// The wall time and the running time of one moment, though a test may set the clock in it.
    pub fn both(&self) -> (Timestamp, Duration) {
        match self {
            Self::System(_) => (self.wall(), self.running()),
            Self::Set(millis) => {
                let millis = millis.load(Ordering::SeqCst);
                let wall = Timestamp::from_millisecond(millis).expect("set from a timestamp and so within its range");
                (wall, Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
            }
        }
    }
}
