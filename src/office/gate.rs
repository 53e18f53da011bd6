//! The gate: what an office does not publish unless a person says by name that it is meant, and what it does not publish at all.
//!
//! The rule: what a school would not obey in any case (help, connectivity checks, whole countries) nobody overrides; what it would
//! obey, a named person may, with a reason that is published.

mod decisions;
mod lists;
mod report;

use std::path::PathBuf;

pub use decisions::of_decisions;
pub use lists::{Examined, of_list, of_sources};
pub use report::{Shown, refusal_lines};

use super::publication::Override;
use crate::dns::Name;
use crate::lists::{Protected, Standing};

/// Something that is not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The role whose it is.
    pub role: String,
    /// What is refused: a name, or a source. An override names it.
    pub what: String,
    /// The category; none for a decision that has none, and for sources.
    pub category: Option<String>,
    /// How grave that category is.
    pub standing: Standing,
    /// Where it is written.
    pub place: Option<(PathBuf, Option<u32>)>,
    /// Why.
    pub reason: Reason,
}

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It would take protected names along: the first few of them, each with its kind, and how many there are.
    Protected(Vec<(Name, Protected)>, usize),
    /// It would take the host of the office's own repository along.
    OwnHost(Name),
    /// It is a public suffix, or stands above one: a whole country or kind of sites.
    Suffix,
    /// It is a platform under which many people have sites.
    Platform,
    /// So many popular names stand below it: the first few of them.
    Popular(usize, Vec<Name>),
    /// A source has so many entries now, and had so many in the last publication.
    Bounds {
        /// Then.
        before: u64,
        /// Now.
        now: u64,
    },
    /// It is an exception from a locked category.
    Excepts,
    /// It opens a name that a locked category or a lock of the office closes, and would open nothing.
    OpensLocked(Closed),
}

/// What closes a name that a decision would open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// A lock for this name.
    Lock(Name),
    /// A list of this role, with a locked category.
    List(String, String),
}

/// Whether a person may say that something is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Yes, by name and with a reason.
    Override,
    /// No: no school would obey.
    Never,
}

impl Refusal {
    /// Whether a person may override it: where schools obey what is published all the same.
    pub fn may(&self) -> May {
        match &self.reason {
            Reason::Protected(names, _) => {
                let may = |kind: Protected| match kind {
                    Protected::Help | Protected::System => false,
                    Protected::Learning => self.standing == Standing::Threat,
                    Protected::Popular => true,
                };
                if names.iter().all(|(_, kind)| may(*kind)) { May::Override } else { May::Never }
            }
            Reason::OwnHost(_) | Reason::Suffix | Reason::OpensLocked(_) => May::Never,
            Reason::Platform | Reason::Popular(..) | Reason::Bounds { .. } | Reason::Excepts => May::Override,
        }
    }
}

/// Splits refusals into those that stand and the overrides that were used; and names the overrides that none was there for.
pub fn weigh(refusals: Vec<Refusal>, overrides: &[Override]) -> Weighed {
    let mut weighed = Weighed { refusals: Vec::new(), overridden: Vec::new(), idle: Vec::new() };
    let meant = |refusal: &Refusal, said: &Override| refusal.may() == May::Override && said.what == refusal.what;
    for said in overrides {
        match refusals.iter().any(|refusal| meant(refusal, said)) {
            true => weighed.overridden.push(said.clone()),
            false => weighed.idle.push(said.clone()),
        }
    }
    weighed.overridden.sort();
    weighed.overridden.dedup();
    weighed.refusals = refusals.into_iter().filter(|refusal| !overrides.iter().any(|said| meant(refusal, said))).collect();
    weighed
}

/// What became of refusals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed {
    /// Those that stand.
    pub refusals: Vec<Refusal>,
    /// The overrides that were needed.
    pub overridden: Vec<Override>,
    /// The overrides that were not: for what nobody refuses, or what nobody may override.
    pub idle: Vec<Override>,
}

#[cfg(test)]
mod tests;
