//! What rounds of measuring came to: the quickest, and the middle one.
//!
//! The quickest round is the one least disturbed by the machine; the middle one tells how far it was disturbed.

use std::fmt;

/// Nanoseconds per call; written as the middle one, and the quickest in brackets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    /// In the quickest round.
    pub(crate) best: f64,
    /// In the middle one.
    pub(crate) median: f64,
}

impl Spread {
    /// That of some rounds, at least one.
    pub(crate) fn of(mut rounds: Vec<f64>) -> Self {
        rounds.sort_by(f64::total_cmp);
        Self { best: rounds[0], median: rounds[rounds.len() / 2] }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:.0} ({:.0})", self.median, self.best)
    }
}
