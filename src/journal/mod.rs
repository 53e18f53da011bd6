//! What happened? Entries of blocked queries, written by one thread to a store that forgets in time and knows no pupil by name.
//!
//! The rules: noting never waits; what is lost is counted; a name of kind `help` is in no record; a client is a pseudonym
//! whose key dies with the last entry it made; what is past its time is gone from the disk to the bytes.

mod block;
mod counts;
mod entry;
mod fold;
mod line;
mod output;
mod pseudonym;
mod queue;
mod read;
mod retention;
mod settings;
mod sheaf;
mod show;
mod store;
#[cfg(test)]
mod testkit;
mod thread;
mod writer;

pub use block::{Damaged, read as read_block};
pub use counts::{Counts, Tally};
pub use entry::{Entry, Note, Provenance, Source};
pub use line::Line;
pub use pseudonym::{KEYS, Pseudonyms};
pub use queue::{Journal, QUEUE};
pub use read::{Filter, ReadError, read};
pub use settings::{AllowedForm, ClientForm, JsonSink, Settings};
pub use show::{Form, Show, visible};
pub use store::FILE;
pub use thread::{Running, Stopped};
pub use writer::{Moment, Writer, open};
