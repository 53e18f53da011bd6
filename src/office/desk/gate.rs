//! The gate before a publication: what it refuses, each with its names and its reason, and which refusals a person set aside.
//!
//! The rules:
//! - Whatever takes a name of kind `help` or `system` is refused; of kind `learning` too, but for malware and phishing by a person who
//!   says why; of kind `popular` too, but in the category where the program knows that name to be (`facebook.com` in `social`).
//! - Nobody closes the office's own repository, a public suffix, or a name that many popular ones stand below.
//! - A source that grew or shrank beyond bounds is refused, for most such changes are accidents of its publisher.
//! - Nothing opens what a locked category closes, and no role says anything of a category that it does not speak for.
//!
//! Each refusal has a word of its own, by which a named person sets it aside; who, and why, is published.

mod decided;
mod listed;
mod sized;
mod told;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use super::folder::Folder;
use super::publication::{Override, Publication};
use crate::dns::Name;
use crate::lists::{Category, Protected, Protection, Standing};
use crate::office::names::NameList;

pub use told::Language;

/// What was published last, as far as a change is weighed by it.
#[derive(Debug, Default)]
pub struct Previous {
    /// The publication; none before the first.
    pub publication: Option<Publication>,
    /// The list of each role.
    pub lists: BTreeMap<String, NameList>,
}

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It takes protected names of these kinds.
    Protected(Vec<Protected>),
    /// It takes a learning site for malware or phishing, and nobody says why.
    Unexplained,
    /// It takes the office's own host.
    OwnHost,
    /// It takes, or opens, a whole public suffix.
    PublicSuffix,
    /// So many popular names stand below it.
    Crowd(usize),
    /// A source has many more entries than before.
    Grew(u64, u64),
    /// A source has far fewer entries than before.
    Shrank(u64, u64),
    /// It opens what this locked category closes.
    OpensLocked,
    /// The role does not speak for this category.
    NotItsCategory(u64),
}

impl Reason {
    /// The first part of a refusal's word.
    const fn word(&self) -> &'static str {
        match self {
            Self::Protected(_) => "protected",
            Self::Unexplained => "unexplained",
            Self::OwnHost => "own-host",
            Self::PublicSuffix => "public-suffix",
            Self::Crowd(_) => "crowd",
            Self::Grew(..) => "grew",
            Self::Shrank(..) => "shrank",
            Self::OpensLocked => "opens-locked",
            Self::NotItsCategory(_) => "not-its-category",
        }
    }
}

/// One refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The role that says it.
    pub role: String,
    /// The name that the role writes, or the source.
    pub what: String,
    /// The category, where one matters.
    pub category: Option<String>,
    /// The names that it would take along or open, the first of them.
    pub taken: Vec<String>,
    /// How many those are.
    pub count: usize,
    /// Where it is written, where it is written in one place.
    pub place: Option<(PathBuf, u32)>,
}

/// How many names of one refusal are told.
const TOLD: usize = 5;

impl Refusal {
    fn new(reason: Reason, role: &str, what: impl Into<String>, category: Option<&str>) -> Self {
        let (role, category) = (role.to_owned(), category.map(str::to_owned));
        Self { reason, role, what: what.into(), category, taken: Vec::new(), count: 0, place: None }
    }

    fn take(&mut self, name: impl Into<String>) {
        self.count += 1;
        if self.taken.len() < TOLD {
            self.taken.push(name.into());
        }
    }

    /// The word by which it is set aside.
    pub fn word(&self) -> String {
        let category = self.category.as_deref().map(|category| format!(":{category}")).unwrap_or_default();
        format!("{}:{}:{}{category}", self.reason.word(), self.role, self.what)
    }
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// What is refused, and nobody set aside.
    pub refused: Vec<Refusal>,
    /// What is refused, and a person set aside: published.
    pub set_aside: Vec<(Refusal, Override)>,
    /// What a person set aside, and is refused no more.
    pub needless: Vec<Override>,
}

impl Verdict {
    /// Whether the folder may be published.
    pub fn is_open(&self) -> bool {
        self.refused.is_empty()
    }

    /// The overrides that are published.
    pub fn overrides(&self) -> Vec<Override> {
        self.set_aside.iter().map(|(_, own)| own.clone()).collect()
    }
}

impl Folder {
    /// Weighs the folder against what was published last.
    pub fn judge(&self, previous: &Previous) -> Verdict {
        let mut refusals = Vec::new();
        for role in &self.roles {
            refusals.extend(listed::refusals(self, role, previous.lists.get(&role.id)));
            refusals.extend(decided::refusals(self, role));
            let before = previous.publication.as_ref().and_then(|publication| publication.roles.get(&role.id));
            refusals.extend(sized::refusals(self, role, before));
        }
        self.find_places(&mut refusals);
        let mut verdict = Verdict::default();
        let mut used = HashSet::new();
        for refusal in refusals {
            let word = refusal.word();
            match self.overrides.iter().find(|own| own.what == word) {
                Some(own) => {
                    used.insert(word);
                    verdict.set_aside.push((refusal, own.clone()));
                }
                None => verdict.refused.push(refusal),
            }
        }
        verdict.needless = self.overrides.iter().filter(|own| !used.contains(&own.what)).cloned().collect();
        verdict
    }

    /// Looks for the lines of what lists say: only where something is refused are they read again.
    fn find_places(&self, refusals: &mut [Refusal]) {
        for role in &self.roles {
            let open = |refusal: &&mut Refusal| refusal.role == role.id && refusal.place.is_none();
            let own: Vec<&mut Refusal> = refusals.iter_mut().filter(open).collect();
            let wanted: HashSet<Name> = own.iter().filter_map(|refusal| Name::parse(&refusal.what).ok()).collect();
            if wanted.is_empty() {
                continue;
            }
            let places = self.places(&role.id, &wanted);
            for refusal in own {
                refusal.place = Name::parse(&refusal.what).ok().and_then(|name| places.get(&name).cloned());
            }
        }
    }

    /// Which kinds of protection keep a list's rule from being published.
    fn kept(&self, protected: &Name, kinds: Protection, rule: &Name, category: Category) -> Vec<Protected> {
        let standing = Standing::of(self.tables.registry.entry(category));
        let at_home = self.tables.is_at_home(rule, category);
        let refuses = |kind: &Protected| match kind {
            Protected::Help => true,
            // What stands below a service in its own category stays open at schools: the compiler's guard keeps it so.
            Protected::System => !(at_home && rule != protected),
            Protected::Learning => standing != Standing::Threat,
            Protected::Popular => !at_home,
        };
        Protected::ALL.into_iter().filter(|kind| kinds.has(*kind)).filter(refuses).collect()
    }
}

#[cfg(test)]
mod tests;
