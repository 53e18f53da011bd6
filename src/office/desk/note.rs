//! What a publication changes, for people: names by category, the most asked among them, decisions that came and went.

use std::collections::{BTreeMap, HashMap};

use super::folder::Folder;
use super::gate::{Language, Previous};
use crate::lists::Words;
use crate::lists::format::Action;
use crate::office::decisions::{Decision, Kind};
use crate::office::names::{Entry, NameList};

/// How many of the most asked names are told.
const TOLD: usize = 10;

/// What changes from one publication to the next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// For each category how many names came and how many went, all roles together.
    pub categories: BTreeMap<String, (u64, u64)>,
    /// Popular names that lists newly close or no longer do, the most asked first: name, category, and whether it is closed now.
    pub asked: Vec<(String, String, bool)>,
    /// Decisions that came.
    pub decided: Vec<Decision>,
    /// Decisions that went, as kind and name.
    pub ended: Vec<(Kind, String)>,
}

impl Folder {
    /// What changes against what was published last, whose decisions by role are `before`.
    pub fn changes(&self, previous: &Previous, before: &BTreeMap<String, Vec<Decision>>) -> Changes {
        let mut changes = Changes::default();
        let nothing = NameList::default();
        for role in &self.roles {
            let old = previous.lists.get(&role.id).unwrap_or(&nothing);
            compare(old, &role.names, &mut |word, came| {
                let counts = changes.categories.entry(word.to_owned()).or_default();
                *(if came { &mut counts.0 } else { &mut counts.1 }) += 1;
            });
            for popular in &self.popular {
                let name = popular.to_string();
                let closed = |list: &NameList| -> Vec<String> {
                    let words = list.holding(&name).into_iter().map(|holding| holding.categories).fold(0, |set, own| set | own);
                    list.words(words).map(str::to_owned).collect()
                };
                let (was, is) = (closed(old), closed(&role.names));
                changes.asked.extend(is.iter().filter(|word| !was.contains(word)).map(|word| (name.clone(), word.clone(), true)));
                changes
                    .asked
                    .extend(was.iter().filter(|word| !is.contains(word)).map(|word| (name.clone(), word.clone(), false)));
            }
            let empty = Vec::new();
            let old = before.get(&role.id).unwrap_or(&empty);
            let now = || role.decisions.iter().map(|decided| &decided.decision);
            changes.decided.extend(now().filter(|decision| !old.contains(decision)).cloned());
            let gone = old.iter().filter(|decision| !now().any(|own| own.kind == decision.kind && own.name == decision.name));
            changes.ended.extend(gone.map(|decision| (decision.kind, decision.name.to_string())));
        }
        let rank: HashMap<String, usize> = self.popular.iter().enumerate().map(|(at, name)| (name.to_string(), at)).collect();
        changes.asked.sort_by_key(|(name, word, _)| (rank.get(name).copied().unwrap_or(usize::MAX), word.clone()));
        changes.asked.dedup();
        changes
    }
}

/// Walks two lists side by side, and tells each category of a name that only one of them has, and whether it came.
fn compare(old: &NameList, new: &NameList, tell: &mut dyn FnMut(&str, bool)) {
    let blocks = |list| NameList::entries(list).filter(|entry| entry.action == Action::Block);
    let (mut olds, mut news) = (blocks(old).peekable(), blocks(new).peekable());
    let key = |entry: &Entry<'_>| (entry.name.to_owned(), entry.scope);
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => return,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(one), Some(other)) => one.name.cmp(other.name).then_with(|| key(one).cmp(&key(other))),
        };
        let gone = if order.is_le() { olds.next() } else { None };
        let came = if order.is_ge() { news.next() } else { None };
        let words = |list: &NameList, entry: Option<&Entry<'_>>| -> Vec<String> {
            entry.map(|entry| list.words(entry.categories).map(str::to_owned).collect()).unwrap_or_default()
        };
        let (was, is) = (words(old, gone.as_ref()), words(new, came.as_ref()));
        if was != is {
            is.iter().filter(|word| !was.contains(word)).for_each(|word| tell(word, true));
            was.iter().filter(|word| !is.contains(word)).for_each(|word| tell(word, false));
        }
    }
}

impl Changes {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The note that is published.
    pub fn note(&self) -> Words {
        Words { vi: self.told(Language::Vietnamese), en: self.told(Language::English) }
    }

    /// The changes in some lines.
    pub fn told(&self, language: Language) -> String {
        if self.is_empty() {
            return language.of("Không có thay đổi.\n", "Nothing changes.\n").to_owned();
        }
        let mut lines = Vec::new();
        for (word, (came, went)) in &self.categories {
            lines.push(match language {
                Language::Vietnamese => format!("{word}: thêm {came} tên, bớt {went} tên"),
                Language::English => format!("{word}: {came} names came, {went} went"),
            });
        }
        if !self.asked.is_empty() {
            lines.push(language.of("Được truy cập nhiều nhất trong số đó:", "The most asked among them:").to_owned());
            for (name, word, closed) in self.asked.iter().take(TOLD) {
                let what =
                    if *closed { language.of("bị chặn", "closed") } else { language.of("được mở", "open again") };
                lines.push(format!("  {name} ({word}): {what}"));
            }
        }
        for decision in &self.decided {
            let Decision { name, by, reason, until, .. } = decision;
            let until = until.map(|day| format!(", {} {day}", language.of("đến", "until"))).unwrap_or_default();
            lines.push(format!("{} {name}: {} ({by}{until})", kind(decision.kind, language), reason.replace('\n', " ")));
        }
        for (ended, name) in &self.ended {
            lines.push(format!("{} {} {name}", language.of("Bãi bỏ:", "Withdrawn:"), kind(*ended, language)));
        }
        lines.join("\n") + "\n"
    }
}

/// A kind of decision in words.
pub(super) fn kind(kind: Kind, language: Language) -> &'static str {
    match kind {
        Kind::Lock => language.of("Khóa", "Lock"),
        Kind::Guarantee => language.of("Bảo đảm", "Guarantee"),
        Kind::Allow => language.of("Cho phép", "Allow"),
    }
}

#[cfg(test)]
mod tests;
