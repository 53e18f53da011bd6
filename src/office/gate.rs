//! The gate: what an office does not publish unless a person says by name that it is meant, and what it does not publish at all.
//!
//! The rule: what a school would not obey in any case (help, connectivity checks, whole countries) nobody overrides; what it would
//! obey, a named person may, with a reason that is published.

mod ahead;
mod decisions;
mod lists;
mod report;

use std::path::PathBuf;

pub use ahead::ahead;
pub use decisions::of_decisions;
pub use lists::{Examined, of_list, of_sources};
pub use report::{Shown, instead, refusal_lines, why};

use super::decisions::Kind;
use super::publication::Override;
use crate::dns::Name;
use crate::lists::{Protected, Standing};

/// Something that is not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The role whose it is.
    pub role: String,
    /// What of the role's says it.
    pub origin: Origin,
    /// What is refused: a name, or a source.
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

/// What says what is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The role's list, made of its sources.
    List,
    /// One source as a whole.
    Source,
    /// A decision of this kind.
    Decision(Kind),
}

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It would take protected names along: the first few of them, each with its kind, and how many there are.
    Protected(Vec<(Name, Protected)>, usize),
    /// It would take the host of the office's own repository along.
    OwnHost(Box<Name>),
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
    Lock(Box<Name>),
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
    /// The word for this refusal and no other: an override that says it passes nothing else, now and later. It says who refuses to
    /// publish what for which reason, so a name that comes again in another list, or takes more along, is refused again.
    pub fn word(&self) -> String {
        let Self { role, origin, what, category, standing: _, place: _, reason } = self;
        let part = match origin {
            Origin::List => category.as_deref().unwrap_or("list"),
            Origin::Source => "source",
            Origin::Decision(kind) => kind.text(),
        };
        let why = match reason {
            // The gravest kind stands first.
            Reason::Protected(names, _) => names.first().map_or("protected", |(_, kind)| kind.text()).to_owned(),
            Reason::OwnHost(_) => "own-host".to_owned(),
            Reason::Suffix => "suffix".to_owned(),
            Reason::Platform => "platform".to_owned(),
            Reason::Popular(..) => "popular-below".to_owned(),
            Reason::Bounds { before, now } => format!("{before}-{now}"),
            Reason::Excepts => "exception".to_owned(),
            Reason::OpensLocked(_) => "locked".to_owned(),
        };
        format!("{role}/{part}/{what}/{why}")
    }

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

/// The one refusal that a person means: by its word, or by the name or source that is refused where nothing else of it is.
///
/// # Errors
/// The refusals that may be meant: none, or several.
pub fn meant<'r>(refusals: &'r [Refusal], what: &str) -> Result<&'r Refusal, Vec<&'r Refusal>> {
    if let Some(refusal) = refusals.iter().find(|refusal| refusal.word() == what) {
        return Ok(refusal);
    }
    let named: Vec<&Refusal> = refusals.iter().filter(|refusal| refusal.what == what).collect();
    match named.as_slice() {
        [refusal] => Ok(refusal),
        [] | [_, _, ..] => Err(named),
    }
}

/// Splits refusals into those that stand and the overrides that were used; and names the overrides that none was there for.
///
/// An override passes the refusal whose word it says ([`Refusal::word`]), and nothing else.
pub fn weigh(refusals: Vec<Refusal>, overrides: &[Override]) -> Weighed {
    let mut weighed = Weighed { refusals: Vec::new(), overridden: Vec::new(), idle: Vec::new() };
    let meant = |refusal: &Refusal, said: &Override| refusal.may() == May::Override && said.what == refusal.word();
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
