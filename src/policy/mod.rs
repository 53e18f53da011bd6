//! May they? Tiers, schedules and the order of rules; pure: no clock, no I/O, no lock, and it cannot fail.

mod verdict;

pub use verdict::{Action, Outcome, Reason, Verdict};
