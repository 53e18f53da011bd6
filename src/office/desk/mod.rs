//! The office's desk: what a working folder makes is staged, signed by whoever must, and published.
//!
//! ```text
//! keys/NAME.pub, NAME.key      who signs, and what they sign with where that is here
//! staged/                      what waits for signatures: root.json, targets.json, ROLE.json, and parts from other machines
//! published/                   the repository as schools read it
//! ```
//! The rules: what waits for a signature waits alone, so that a decision never waits for a table; what is staged stays as it is, with its
//! signatures, as long as the folder makes the same; and what was taken back does not come back by itself.

mod keys;
mod parts;
mod prepare;
mod publish;
mod shown;
mod signing;
mod staged;
mod taken_back;

pub use keys::{KEYS, Keys, Unlock, open};
pub use parts::Carried;
pub use prepare::{Made, Prepared, Waiting, lines};
pub use publish::mirror;
pub use shown::{described, standing};
pub use signing::{Signs, signed_by};
pub use staged::{Merged, STAGED, Staging};
pub use taken_back::take_back;

use jiff::Timestamp;

use super::folder::Folder;
use super::published::Last;

/// A working folder with what was published of it and who can sign here.
#[derive(Debug)]
pub struct Desk<'f> {
    /// The folder.
    pub folder: &'f Folder,
    /// What was published last.
    pub last: Last,
    /// The keys.
    pub keys: Keys,
    /// The time.
    pub now: Timestamp,
}

#[cfg(test)]
mod tests;
