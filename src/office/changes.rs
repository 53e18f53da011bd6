//! What changes from one publication to the next: names by category, the most asked among them, decisions; and the note that says so.
//!
//! The rule: a change of names is told by the lines of both texts, so that what is told is what schools get.

mod note;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

pub use note::{Language, decided, kind, note};

use super::asked::Asked;
use super::decisions::Decision;
use super::names::{Entry, NameList};
use crate::dns::Name;
use crate::lists::format::Action;

/// How many of the most asked names are told.
pub const TOLD: usize = 10;

/// What changes in the names of one category.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CategoryChange {
    /// Names that come.
    pub added: u64,
    /// Names that go.
    pub removed: u64,
    /// Of the popular names, those that come or that stand below one that comes: the most asked first, with their place.
    pub closes: Vec<(usize, Name)>,
    /// Likewise of those that go.
    pub opens: Vec<(usize, Name)>,
}

/// What changes in one role's part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleChange {
    /// The role.
    pub role: String,
    /// By category.
    pub categories: BTreeMap<String, CategoryChange>,
    /// Decisions that come, or come with other words.
    pub decided: Vec<Decision>,
    /// Decisions that go.
    pub withdrawn: Vec<Decision>,
}

/// A list and its text before and after.
#[derive(Debug, Clone, Copy)]
pub struct Lists<'l> {
    /// Before; none where there was none.
    pub old: Option<&'l NameList>,
    /// After.
    pub new: &'l NameList,
}

impl RoleChange {
    /// What changes.
    pub fn of(role: &str, lists: Option<Lists<'_>>, old: &[Decision], new: &[Decision], popular: Option<&Asked>) -> Self {
        let mut change = Self { role: role.to_owned(), ..Self::default() };
        if let Some(lists) = lists {
            change.names(lists, popular);
        }
        change.decided = new.iter().filter(|decision| !old.contains(decision)).cloned().collect();
        change.withdrawn = old.iter().filter(|decision| !new.iter().any(|other| same(other, decision))).cloned().collect();
        change
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.categories.is_empty() && self.decided.is_empty() && self.withdrawn.is_empty()
    }

    fn names(&mut self, lists: Lists<'_>, popular: Option<&Asked>) {
        let mut turned = Turned::default();
        let nothing = NameList::default();
        let old = lists.old.unwrap_or(&nothing);
        let (mut before, mut after) = (old.entries().peekable(), lists.new.entries().peekable());
        loop {
            let order = match (before.peek(), after.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => key(one).cmp(&key(other)),
            };
            let gone = if order.is_le() { before.next() } else { None };
            let come = if order.is_ge() { after.next() } else { None };
            let words = |list: &'_ NameList, entry: Option<Entry<'_>>| -> Vec<String> {
                entry.map(|entry| list.words(entry.categories).map(str::to_owned).collect()).unwrap_or_default()
            };
            // Lines that stay are most of them: their categories are only looked at where the lists' numbering differs.
            if let (Some(one), Some(other)) = (gone, come)
                && old.categories() == lists.new.categories()
                && one.categories == other.categories
            {
                continue;
            }
            let (was, is) = (words(old, gone), words(lists.new, come));
            let Some(entry) = come.or(gone) else { break };
            for category in is.iter().filter(|word| !was.contains(word)) {
                self.turn(category, &entry, Turn::Comes, &mut turned);
            }
            for category in was.iter().filter(|word| !is.contains(word)) {
                self.turn(category, &entry, Turn::Goes, &mut turned);
            }
        }
        if let Some(popular) = popular {
            self.most_asked(&turned, popular);
        }
    }

    /// An exception that comes opens, one that goes closes.
    fn turn(&mut self, category: &str, entry: &Entry<'_>, turn: Turn, turned: &mut Turned) {
        let closes = (turn == Turn::Comes) == (entry.action == Action::Block);
        let change = self.categories.entry(category.to_owned()).or_default();
        if closes {
            change.added += 1;
        } else {
            change.removed += 1;
        }
        turned.0.entry(entry.name.to_owned()).or_default().push((category.to_owned(), closes));
    }

    fn most_asked(&mut self, turned: &Turned, popular: &Asked) {
        for (place, (name, _)) in popular.iter().enumerate() {
            let text = name.to_string();
            let mut rest = Some(text.as_str());
            while let Some(above) = rest {
                for (category, closes) in turned.0.get(above).into_iter().flatten() {
                    let change = self.categories.entry(category.clone()).or_default();
                    let told = if *closes { &mut change.closes } else { &mut change.opens };
                    if told.len() < TOLD && !told.iter().any(|(known, _)| *known == place + 1) {
                        told.push((place + 1, name.clone()));
                    }
                }
                rest = above.split_once('.').map(|(_, above)| above);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Comes,
    Goes,
}

/// The names that turn, each with the categories and whether it is closed by them.
#[derive(Default)]
struct Turned(HashMap<String, Vec<(String, bool)>>);

fn key<'l>(entry: &Entry<'l>) -> (&'l str, u8) {
    use crate::lists::format::Scope;
    let scope = match entry.scope {
        Scope::Subtree => 0,
        Scope::Exact => 1,
        Scope::Below => 2,
    };
    (entry.name, if entry.action == Action::Block { scope } else { scope + 3 })
}

/// Whether two decisions are the same one, whatever its words.
fn same(one: &Decision, other: &Decision) -> bool {
    (one.kind, &one.name) == (other.kind, &other.name)
}

#[cfg(test)]
mod tests;
