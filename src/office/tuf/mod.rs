//! The office's repository by The Update Framework (TUF, specification 1.0): who signs what, and what a school believes.
//!
//! The rule: signatures, thresholds, versions and the way from one root to the next are the crate `tough`'s to check; what expires
//! when, what is kept, and how it gets here is ours.

pub mod reading;
mod roles;
pub mod sign;
mod texts;
mod transport;
pub mod trust;
mod trusted;
mod verify;

pub use trusted::Holds;
pub use verify::{EXTRA, LEAP, place};

#[cfg(test)]
mod tests;
