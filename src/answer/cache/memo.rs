//! What an entry's leads were found to bring, so that the next group need not look them up again.
//!
//! The rule: it is no verdict. It is the same for every group, and holds only by the lists that found it, on that day: what
//! the office decided may have ended on the next.

use std::sync::Mutex;

use jiff::civil::Date;

use crate::policy::AliasFindings;

/// What the names and addresses that an answer leads to bring for every group alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Brought {
    /// Categories, and what the office decided; no group's denies.
    pub findings: AliasFindings,
    /// Whether a private address is among them.
    pub private: bool,
}

/// What lists say, by what that can change: another snapshot, or a name found to be taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    /// The serial of the snapshot.
    pub serial: u64,
    /// How many such names its lists know of.
    pub mistaken: u32,
}

/// The place in an entry for what was brought, with what the lists were then and the day.
///
/// Nobody waits here: where another thread is reading or writing, it is as if nothing were known. That nothing was found, which is
/// what most answers bring, takes no more room than this.
#[derive(Debug, Default)]
pub struct Memo(Mutex<Noted>);

#[derive(Debug)]
struct Noted {
    serial: u64,
    mistaken: u32,
    day: Date,
    /// None where that is nothing.
    brought: Option<Box<Brought>>,
}

impl Default for Noted {
    /// Nothing is known: of that day nobody asks.
    fn default() -> Self {
        Self { serial: 0, mistaken: 0, day: Date::MIN, brought: None }
    }
}

impl Memo {
    /// What was found by this edition on `day`.
    pub fn recall(&self, edition: Edition, day: Date) -> Option<Brought> {
        let noted = self.0.try_lock().ok()?;
        let Edition { serial, mistaken } = edition;
        let holds = (noted.serial, noted.mistaken, noted.day) == (serial, mistaken, day);
        holds.then(|| noted.brought.as_deref().copied().unwrap_or_default())
    }

    /// Notes what was found by this edition on `day`, in place of what was found by another.
    pub fn note(&self, edition: Edition, day: Date, brought: Brought) {
        if let Ok(mut noted) = self.0.try_lock() {
            let Edition { serial, mistaken } = edition;
            (noted.serial, noted.mistaken, noted.day) = (serial, mistaken, day);
            match &mut noted.brought {
                Some(known) => **known = brought,
                none if brought != Brought::default() => *none = Some(Box::new(brought)),
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
