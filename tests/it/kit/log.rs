//! What the log says while a test listens, on the thread that listens.
//!
//! It stands on nothing of the program, so that unit tests use it too.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// The lines; dropped, it listens no more.
pub struct Log {
    lines: Lines,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Listens to what this thread says from now on.
    pub fn listen() -> Self {
        let lines = Lines::default();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).without_time().with_target(false).with_writer(lines.clone()).finish();
        Self { lines, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// The lines so far that hold `part`, as an administrator reads them.
    pub fn lines_with(&self, part: &str) -> Vec<String> {
        let octets = self.lines.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = String::from_utf8(octets).expect("the log is text");
        text.lines().filter(|line| line.contains(part)).map(|line| line.trim().to_owned()).collect()
    }
}

impl Write for Lines {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
