//! Khiên, a DNS filtering proxy for schools: the map of the house. `ARCHITECTURE.md` shows it whole.
//!
//! A query moves in a straight line: `listen` takes it in, `client` says whose it is, `lists` what its name is, `policy` whether
//! they may, `answer` carries that out, `journal` writes it down, `web` and `metrics` show it. [`pipeline`] is the page on which
//! that order stands. `fetch` brings lists here from elsewhere, beside all that, and `export` takes
//! them elsewhere.
//!
//! What always holds:
//! 1. `policy` has no clock, I/O, lock or error type; so `explain` is the server's own answer, not an imitation.
//! 2. The cache holds upstreams' answers, never verdicts: groups share it and cannot leak into each other.
//! 3. One query sees one snapshot. A reload builds a new one beside it, or fails, says so, and changes nothing.
//! 4. Serving never parses list text: a compiler in a process of its own writes an image, the server checks and swaps it.
//!    Starting means mapping the last good image. The same sources give the same octets.
//! 5. Noting in the journal never waits. What it cannot keep is counted; a late answer is an outage.
//! 6. Only `dns` reads and writes wire format; only `config` the operator's TOML; only `web` HTTP pages.
//! 7. Every query ends in exactly one of: a response, or the rate limit. A panic costs one query, not the school's network.
//! 8. Time is an argument: [`clock`] is read where a task starts; only sockets keep their own deadlines.
//! 9. Unsafe code stands in two small files: the batched socket calls and the mapping of an image.

// The rooms, in the order in which a query meets them.
pub mod dns;
pub mod listen;
pub mod client;
pub mod lists;
pub mod fetch;
pub mod decisions;
pub mod office;
pub mod policy;
pub mod answer;
pub mod journal;

// What a reload changes, and the page that says in which order the rooms are asked.
pub mod snapshot;
pub mod pipeline;

// Who reads it.
pub mod export;
pub mod explain;
pub mod metrics;
pub mod tally;
pub mod web;

// What the operator wrote, and how it comes to run.
pub mod cli;
pub mod clock;
pub mod config;
pub mod fault;
pub mod server;
