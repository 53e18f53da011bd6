//! Does a change do harm here? The shares of blocked and of failing queries before a change and after it, compared.
//!
//! The bounds, and why they are these:
//! - [`ENOUGH`] queries on each side: a share of 500 queries has a standard deviation of at most 2.2 points, so chance alone does not
//!   reach the bound.
//! - [`RISE`], 20 points, and twice the share before: classes come and go and move the shares of a school by some points an hour, a
//!   right list of a popular game by a few; a list that takes a search engine, a school's platform or a shared host moves them by
//!   tens, for pages ask for it again and again.
//! - Only blocks that a category brings count, so an exam or a deny of the school that begins at the same time is no harm of lists.
//! - Failures count only while some upstream answers: a line that is down is not the office's doing.
//! - The hour before a change, because the shares of night and lesson differ; the day after it, because what is published at night is
//!   first asked for in the morning.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

/// The fewest queries from which a share is told, before and after.
pub const ENOUGH: u64 = 500;

/// How much a share may rise, as a part of all queries.
pub const RISE: f64 = 0.20;

/// How much of the time before a change is compared with.
pub const BEFORE: Duration = Duration::from_secs(3600);

/// How long a change is watched.
pub const AFTER: Duration = Duration::from_secs(24 * 3600);

/// How far apart counts are remembered.
const STEP: Duration = Duration::from_secs(60);

/// What a school counted since its server started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Queries that were judged.
    pub queries: u64,
    /// Those that were blocked for a category.
    pub blocked: u64,
    /// Those that failed while some upstream answered.
    pub failed: u64,
}

impl Counts {
    const fn since(self, earlier: Self) -> Self {
        Self {
            queries: self.queries.saturating_sub(earlier.queries),
            blocked: self.blocked.saturating_sub(earlier.blocked),
            failed: self.failed.saturating_sub(earlier.failed),
        }
    }

    /// The share of `part`; none of too few queries.
    fn share(self, part: u64) -> Option<f64> {
        // Both are far below 2^53.
        (self.queries >= ENOUGH).then(|| part as f64 / self.queries as f64)
    }
}

/// What rose beyond the bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Harm {
    /// The share of blocked queries, from and to.
    Blocked(f64, f64),
    /// The share of failing queries, from and to.
    Failed(f64, f64),
}

impl Harm {
    /// Its word in metrics and status.
    pub const fn text(&self) -> &'static str {
        match self {
            Self::Blocked(..) => "blocked",
            Self::Failed(..) => "failed",
        }
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, from, to) = match self {
            Self::Blocked(from, to) => ("blocked", from, to),
            Self::Failed(from, to) => ("failing", from, to),
        };
        write!(f, "the share of {what} queries rose from {:.0} % to {:.0} %", from * 100.0, to * 100.0)
    }
}

/// Who watches the shares.
#[derive(Debug, Default)]
pub struct Watch {
    /// Counts of the last hour, the oldest first.
    samples: VecDeque<(Duration, Counts)>,
    trial: Option<Trial>,
}

/// A change that is watched.
#[derive(Debug, Clone, Copy)]
struct Trial {
    /// What was counted in the hour before.
    before: Counts,
    /// What had been counted when it came in force.
    at: Counts,
    since: Duration,
}

impl Watch {
    /// Remembers what is counted at the running time `now`.
    pub fn note(&mut self, now: Duration, counts: Counts) {
        if self.samples.back().is_none_or(|(at, _)| now.saturating_sub(*at) >= STEP) {
            self.samples.push_back((now, counts));
        }
        while self.samples.front().is_some_and(|(at, _)| now.saturating_sub(*at) > BEFORE) {
            self.samples.pop_front();
        }
    }

    /// Another edition came in force. With too few queries before it there is nothing to compare with, and it is not watched.
    pub fn changed(&mut self, now: Duration, counts: Counts) {
        // Decisions and lists of one publication come one after the other: both are compared with what was before the first.
        if let Some(trial) = &mut self.trial
            && counts.since(trial.at).queries < ENOUGH
        {
            trial.since = now;
            return;
        }
        let oldest = self.samples.iter().find(|(at, _)| now.saturating_sub(*at) <= BEFORE);
        let before = oldest.map(|(_, earlier)| counts.since(*earlier)).unwrap_or_default();
        self.trial = (before.queries >= ENOUGH).then_some(Trial { before, at: counts, since: now });
        self.samples.clear();
        self.samples.push_back((now, counts));
    }

    /// What the change did, once enough was asked after it. It is told once.
    pub fn harm(&mut self, now: Duration, counts: Counts) -> Option<Harm> {
        let Trial { before, at, since } = self.trial?;
        if now.saturating_sub(since) > AFTER {
            self.trial = None;
            return None;
        }
        let after = counts.since(at);
        let rose = |from: u64, to: u64| {
            let (from, to) = (before.share(from)?, after.share(to)?);
            (to - from > RISE && to > 2.0 * from).then_some((from, to))
        };
        let blocked = rose(before.blocked, after.blocked).map(|(from, to)| Harm::Blocked(from, to));
        let harm = blocked.or_else(|| rose(before.failed, after.failed).map(|(from, to)| Harm::Failed(from, to)))?;
        self.trial = None;
        Some(harm)
    }

    /// No change is watched any more: it was gone back from.
    pub fn settle(&mut self) {
        self.trial = None;
    }

    /// Whether a change is being watched.
    pub const fn is_watching(&self) -> bool {
        self.trial.is_some()
    }
}

#[cfg(test)]
mod tests;
