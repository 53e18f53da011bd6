//! Khiên: a DNS filtering proxy for schools.

pub mod dns;
pub mod lists;
pub mod policy;
