//! Khiên: a DNS filtering proxy for schools.

pub mod answer;
pub mod client;
pub mod clock;
pub mod config;
pub mod decisions;
pub mod dns;
pub mod journal;
pub mod listen;
pub mod lists;
pub mod policy;
pub mod tally;
