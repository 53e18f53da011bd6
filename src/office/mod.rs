//! Whose lists are these? The education office's: what is kept of its publications, which of them is in force at this school, and
//! when a school goes back by itself.
//!
//! The rule: what was verified and adopted once stays in force until something newer is verified; nothing else takes its place.

pub mod asked;
pub mod build;
pub mod changes;
pub mod checked;
pub mod content;
pub mod decisions;
pub mod desk;
pub mod edit;
pub mod folder;
pub mod gate;
mod harm;
pub mod here;
mod kept;
pub mod names;
pub mod patch;
pub mod publication;
pub mod published;
pub mod registry;
pub mod replay;
pub mod repository;
#[cfg(test)]
mod testkit;
pub mod tuf;
mod written;

pub use harm::{AFTER, BEFORE, Counts, ENOUGH, Harm, RISE, Watch};
pub use kept::{Adopted, EDITIONS, Edition, Held, Lists, Part, RolePart, RoleText, Shelf, SpeaksFor, hexadecimal};
