//! How does a list get here? Sources that are fetched: the last good copy of each, when it is asked for again, why it failed.
//!
//! The rule: nothing that a source does, or that the network does to it, takes away what was fetched before. A copy is replaced by
//! one that was looked at whole and found sound; until then, and for ever, the last good one counts.

mod copies;
mod failure;
mod pace;

pub use copies::{Copies, Held, Marks, Record};
pub use failure::{Failure, Reason};
pub use pace::{LONGEST_PAUSE, SHORTEST_PAUSE, pause_after_failure, pause_after_success, remaining};
