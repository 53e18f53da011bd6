//! Khiên: a DNS filtering proxy for schools.

pub mod answer;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod decisions;
pub mod dns;
pub mod explain;
pub mod journal;
pub mod listen;
pub mod lists;
pub mod metrics;
pub mod pipeline;
pub mod policy;
pub mod server;
pub mod snapshot;
pub mod tally;
pub mod web;
