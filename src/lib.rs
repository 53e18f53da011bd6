//! Khiên: a DNS filtering proxy for schools.

pub mod dns;
pub mod listen;
pub mod lists;
pub mod policy;
