//! What an entry's leads were found to bring, so that the next group need not look them up again.
//!
//! The rule: it is no verdict. It is the same for every group, and holds only under the snapshot that found it, on that day: what
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

/// The place in an entry for what was brought, with the serial of the snapshot and the day.
///
/// Nobody waits here: where another thread is reading or writing, it is as if nothing were known.
#[derive(Debug, Default)]
pub struct Memo(Mutex<Option<(u64, Date, Brought)>>);

impl Memo {
    /// What was found under the snapshot `serial` on `day`.
    pub fn recall(&self, serial: u64, day: Date) -> Option<Brought> {
        let noted = *self.0.try_lock().ok()?;
        noted.filter(|(of, on, _)| *of == serial && *on == day).map(|(_, _, brought)| brought)
    }

    /// Notes what was found under the snapshot `serial` on `day`, in place of what was found under another.
    pub fn note(&self, serial: u64, day: Date, brought: Brought) {
        if let Ok(mut noted) = self.0.try_lock() {
            *noted = Some((serial, day, brought));
        }
    }
}

#[cfg(test)]
mod tests;
