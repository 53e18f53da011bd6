//! What the education office decided of single names, besides its lists; it stands above what a school may say.
//!
//! The rule: a decision says who made it, why and in which publication, and ends by the school's date. An ended one hides nothing.
//!
//! # Cost
//! Asked for every query: one walk over the name's suffixes for all that may be decided of it, without allocating, and nothing at
//! all where the office decided nothing. `benches/policy.rs` guards it.

use jiff::civil::Date;

use super::LastDays;
use crate::dns::{Name, NameMap};
use crate::lists::{Category, Owner};

/// Whether a guarantee opens its name in an exam too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guarantee {
    /// An exam closes the name, nothing else does.
    OutsideExams,
    /// `exam = true`: not even an exam closes it.
    InExamsToo,
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ruling {
    /// The name is closed to everyone, whatever lists say of it; with the category that it belongs to, where that is said.
    Lock(Option<Category>),
    /// No deny and no tier closes the name.
    Guarantee(Guarantee),
    /// Tiers' blocks and the locks of the school's own lists are lifted.
    Allow,
}

/// One decision, for its name and everything below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What is decided.
    pub ruling: Ruling,
    /// The role of the office that decided.
    pub owner: Owner,
    /// The person.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub made: Date,
    /// The last day on which it holds, in the school's time zone; none where it has no end.
    pub until: Option<Date>,
    /// The serial of the publication that brought it.
    pub publication: u64,
}

impl Decision {
    /// Whether it holds on `day`.
    pub fn holds(&self, day: Date) -> bool {
        self.until.is_none_or(|until| day <= until)
    }
}

/// A decision that bears on a name, and how many labels the name has that it is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided<'d> {
    /// Labels of its name.
    pub labels: usize,
    /// The decision.
    pub decision: &'d Decision,
}

/// What the office decided of one name: of each kind the decision that is written for the deepest name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OfficeWord<'d> {
    /// A lock.
    pub lock: Option<Decided<'d>>,
    /// A guarantee.
    pub guarantee: Option<Decided<'d>>,
    /// A guarantee that holds in exams too.
    pub in_exams: Option<Decided<'d>>,
    /// An allow.
    pub allow: Option<Decided<'d>>,
}

/// The office's decisions in force.
#[derive(Debug, Clone, Default)]
pub struct OfficeDecisions {
    names: NameMap<Vec<Decision>>,
    last_days: LastDays,
}

impl OfficeDecisions {
    /// What is decided of `name` on `day`. Of several decisions of a kind for one name, the first that was put in counts.
    pub fn word(&self, name: &Name, day: Date) -> OfficeWord<'_> {
        let mut word = OfficeWord::default();
        let mut found = self.names.covering(name);
        while let Some((labels, decisions)) = found {
            for decision in decisions.iter().filter(|decision| decision.holds(day)) {
                word.see(Decided { labels, decision });
            }
            found = labels.checked_sub(1).and_then(|above| self.names.covering(&name.ancestor(above)));
        }
        word
    }

    /// Whether `name` is locked on `day`.
    pub fn locks(&self, name: &Name, day: Date) -> bool {
        self.word(name, day).lock.is_some()
    }

    /// Whether something may open a name strictly below `name`. Walks all decisions.
    pub fn opens_below(&self, name: &Name) -> bool {
        let opens = |decision: &Decision| match decision.ruling {
            Ruling::Lock(_) => false,
            Ruling::Guarantee(_) | Ruling::Allow => true,
        };
        self.iter().any(|(entry, decision)| opens(decision) && entry != *name && entry.is_at_or_below(name))
    }

    /// The last days of those that end.
    pub const fn last_days(&self) -> &LastDays {
        &self.last_days
    }

    /// All of them, in no order, ended ones too.
    pub fn iter(&self) -> impl Iterator<Item = (Name, &Decision)> {
        self.names.iter().flat_map(|(name, decisions)| decisions.iter().map(move |decision| (name.clone(), decision)))
    }

    /// How many there are, ended ones too.
    pub fn len(&self) -> usize {
        self.names.iter().map(|(_, decisions)| decisions.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl<'d> OfficeWord<'d> {
    /// Takes a decision that no deeper name's, and none before it, stands against.
    fn see(&mut self, decided: Decided<'d>) {
        match decided.decision.ruling {
            Ruling::Lock(_) => self.lock = self.lock.or(Some(decided)),
            Ruling::Guarantee(Guarantee::OutsideExams) => self.guarantee = self.guarantee.or(Some(decided)),
            Ruling::Guarantee(Guarantee::InExamsToo) => {
                self.guarantee = self.guarantee.or(Some(decided));
                self.in_exams = self.in_exams.or(Some(decided));
            }
            Ruling::Allow => self.allow = self.allow.or(Some(decided)),
        }
    }
}

impl FromIterator<(Name, Decision)> for OfficeDecisions {
    fn from_iter<I: IntoIterator<Item = (Name, Decision)>>(entries: I) -> Self {
        let mut all = Self::default();
        for (name, decision) in entries {
            match all.names.exact_mut(&name) {
                Some(known) => known.push(decision),
                None => drop(all.names.insert(&name, vec![decision])),
            }
        }
        all.last_days = all.iter().filter_map(|(_, decision)| decision.until).collect();
        all
    }
}

#[cfg(test)]
mod tests;
