//! What an entry's leads were found to bring, so that the next group need not look them up again.
//!
//! The rule: it is no verdict. It is the same for every group, and holds only under the snapshot that found it.

use std::sync::Mutex;

use crate::policy::AliasFindings;

/// What the names and addresses that an answer leads to bring for every group alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Brought {
    /// Categories, and what the office decided; no group's denies.
    pub findings: AliasFindings,
    /// Whether a private address is among them.
    pub private: bool,
}

/// The place in an entry for what was brought, with the serial of the snapshot.
///
/// Nobody waits here: where another thread is reading or writing, it is as if nothing were known.
#[derive(Debug, Default)]
pub struct Memo(Mutex<Option<(u64, Brought)>>);

impl Memo {
    /// What was found under the snapshot `serial`.
    pub fn recall(&self, serial: u64) -> Option<Brought> {
        let noted = *self.0.try_lock().ok()?;
        noted.filter(|(of, _)| *of == serial).map(|(_, brought)| brought)
    }

    /// Notes what was found under the snapshot `serial`, in place of what was found under another.
    pub fn note(&self, serial: u64, brought: Brought) {
        if let Ok(mut noted) = self.0.try_lock() {
            *noted = Some((serial, brought));
        }
    }
}

#[cfg(test)]
mod tests;
