//! Whose lists are these? The education office's: what is kept of its publications, which of them is in force at this school, and
//! when a school goes back by itself; and, on the office's side, the desk where they are made ([`desk`]).
//!
//! The rule: what was verified and adopted once stays in force until something newer is verified; nothing else takes its place.

pub mod decisions;
pub mod desk;
mod harm;
mod kept;
pub mod names;
pub mod patch;

pub use harm::{AFTER, BEFORE, Counts, ENOUGH, Harm, RISE, Watch};
pub use kept::{Adopted, EDITIONS, Edition, Held, Lists, Part, RolePart, RoleText, Shelf, SpeaksFor, hexadecimal};
