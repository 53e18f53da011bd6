//! What would have been different: names that a school asked for, judged by the last publication and by what would be published,
//! tier by tier.
//!
//! The rule: they are judged as schools judge them that change nothing: the office's locks, then what it guarantees and allows, then
//! the categories that a tier closes. Restricted services, grants and what a school says itself are not looked at.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::asked::Asked;
use super::build::Looked;
use super::changes::Language;
use super::content::{Findings, decisions_of};
use super::decisions::{Decision, Kind};
use super::folder::Folder;
use crate::dns::{Name, NameMap, RecordType};
use crate::lists::tier_defaults::{BypassDefault, TierDefault};
use crate::lists::{CategorySet, Registry, Words};

/// How many of the most asked names are told for each tier.
pub const TOLD: usize = 10;

/// What would have been different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// Different names that were asked for.
    pub names: u64,
    /// How often.
    pub times: u64,
    /// Lines of the file that say no name.
    pub unread: u64,
    /// Roles whose last list is not here, so that it was taken to be as it is now.
    pub unknown: Vec<String>,
    /// By tier, the youngest first.
    pub tiers: Vec<TierReplay>,
}

/// What would have been different for one tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TierReplay {
    /// The tier's id.
    pub tier: String,
    /// What it is called.
    #[serde(skip)]
    pub name: Words,
    /// What was open and would be blocked.
    pub blocked: Moved,
    /// What was blocked and would be open.
    pub opened: Moved,
}

/// Names that would have been answered otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Moved {
    /// How many different ones.
    pub names: u64,
    /// How often they were asked for.
    pub times: u64,
    /// The most asked of them.
    pub top: Vec<MovedName>,
}

/// One such name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovedName {
    /// The name.
    pub name: String,
    /// The category that closes it, or closed it before.
    pub category: String,
    /// How often it was asked for.
    pub times: u64,
}

impl Moved {
    /// Names come the most asked first.
    fn add(&mut self, name: &Name, category: &str, times: u64) {
        self.names += 1;
        self.times = self.times.saturating_add(times);
        if self.top.len() < TOLD {
            self.top.push(MovedName { name: name.to_string(), category: category.to_owned(), times });
        }
    }
}

/// What is in force on one side of the comparison.
struct Side<'s> {
    lists: Vec<&'s Looked>,
    decided: NameMap<Vec<Decision>>,
    registry: &'s Registry,
}

impl<'s> Side<'s> {
    fn new(lists: Vec<&'s Looked>, decisions: impl Iterator<Item = Decision>, registry: &'s Registry, day: Date) -> Self {
        let mut decided: NameMap<Vec<Decision>> = NameMap::default();
        for decision in decisions.filter(|decision| decision.holds(day)) {
            let name = decision.name.clone();
            match decided.exact_mut(&name) {
                Some(known) => known.push(decision),
                None => drop(decided.insert(&name, vec![decision])),
            }
        }
        Self { lists, decided, registry }
    }

    /// What closes a name: a lock's category, or the categories that count for it.
    fn closes(&self, name: &Name) -> Closes {
        let (mut lock, mut opened) = (None, false);
        let mut found = self.decided.covering(name);
        while let Some((labels, decisions)) = found {
            for decision in decisions {
                match decision.kind {
                    Kind::Lock => lock = lock.or_else(|| decision.category.clone()),
                    Kind::Guarantee | Kind::Allow => opened = true,
                }
            }
            found = labels.checked_sub(1).and_then(|above| self.decided.covering(&name.ancestor(above)));
        }
        if let Some(category) = lock {
            return Closes::Always(category);
        }
        let mut listed = CategorySet::EMPTY;
        for looked in &self.lists {
            listed = listed.union(looked.index.categories(name, RecordType::A).categories());
        }
        Closes::Where(if opened { listed.and(self.registry.locked()) } else { listed })
    }
}

/// What closes a name on one side.
enum Closes {
    /// A lock, for everyone.
    Always(String),
    /// A tier that closes one of these.
    Where(CategorySet),
}

impl Closes {
    fn of(&self, mask: CategorySet, registry: &Registry) -> Option<String> {
        match self {
            Self::Always(category) => Some(category.clone()),
            Self::Where(listed) => listed.and(mask).first().map(|category| registry.entry(category).id.clone()),
        }
    }
}

/// Judges what was asked for, by what was published last (`decided` has its decisions by role) and by what `findings` would publish,
/// on `day`.
pub fn replay(
    folder: &Folder,
    findings: &Findings,
    decided: &BTreeMap<String, Vec<Decision>>,
    asked: &Asked,
    day: Date,
) -> Replay {
    let registry = &folder.understood.registry;
    let of = |lists: &'_ [(String, Looked)], id: &str| lists.iter().position(|(role, _)| role == id);
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for role in &folder.roles {
        let now = of(&findings.lists, &role.id).map(|place| &findings.lists[place].1);
        let before = match of(&findings.before, &role.id) {
            Some(place) => Some(&findings.before[place].1),
            None if findings.unknown.contains(&role.id) => now,
            None => None,
        };
        new.extend(now);
        old.extend(before);
    }
    let old = Side::new(old, decided.values().flatten().cloned(), registry, day);
    let new = Side::new(new, folder.roles.iter().flat_map(decisions_of), registry, day);
    let masks = masks(&folder.understood.tiers, registry);
    let fresh = |tier: &TierDefault| TierReplay {
        tier: tier.id.clone(),
        name: tier.name.clone(),
        blocked: Moved::default(),
        opened: Moved::default(),
    };
    let mut tiers: Vec<TierReplay> = folder.understood.tiers.iter().map(fresh).collect();
    for (name, times) in asked.iter() {
        let (was, is) = (old.closes(name), new.closes(name));
        for (tier, mask) in tiers.iter_mut().zip(&masks) {
            match (was.of(*mask, registry), is.of(*mask, registry)) {
                (None, Some(category)) => tier.blocked.add(name, &category, times),
                (Some(category), None) => tier.opened.add(name, &category, times),
                (None, None) | (Some(_), Some(_)) => {}
            }
        }
    }
    let unknown = findings.unknown.clone();
    Replay { names: asked.len() as u64, times: asked.total(), unread: asked.unread(), unknown, tiers }
}

/// What each tier closes, in the order of `tiers`: an older tier's categories count for every younger one, the law's for all.
fn masks(tiers: &[TierDefault], registry: &Registry) -> Vec<CategorySet> {
    let bypass: CategorySet = registry.find("bypass").into_iter().collect();
    let mut mask = registry.locked();
    let mut masks: Vec<CategorySet> = Vec::new();
    for tier in tiers.iter().rev() {
        mask = mask.union(tier.blocks);
        match tier.bypass {
            BypassDefault::Block => mask = mask.union(bypass),
            BypassDefault::Allow => {}
        }
        masks.push(mask);
    }
    masks.reverse();
    masks
}

impl Replay {
    /// What a person reads of it: for each tier the sums, and the names that were asked for most.
    pub fn lines(&self, registry: &Registry, language: Language) -> Vec<String> {
        let number = |number: u64| language.number(number);
        let mut lines = vec![match language {
            Language::Vietnamese => format!("Thử lại {} tên đã được hỏi {} lần:", number(self.names), number(self.times)),
            Language::English => {
                format!("Replayed on what was asked for: {} different names, {} times", number(self.names), number(self.times))
            }
        }];
        if self.unread > 0 {
            lines.push(match language {
                Language::Vietnamese => format!("  (dòng của tệp không có tên: {})", number(self.unread)),
                Language::English => format!("  (lines of the file without a name: {})", number(self.unread)),
            });
        }
        for role in &self.unknown {
            lines.push(match language {
                Language::Vietnamese => format!("  (không còn danh sách trước của {role}: coi như không thay đổi)"),
                Language::English => format!("  (the last list of {role} is not here: taken to be as it is now)"),
            });
        }
        // Tiers for which the same changes are told once.
        let mut told: Vec<(Vec<&str>, &TierReplay)> = Vec::new();
        for tier in &self.tiers {
            match told.iter_mut().find(|(_, known)| (&known.blocked, &known.opened) == (&tier.blocked, &tier.opened)) {
                Some((names, _)) => names.push(language.of(&tier.name)),
                None => told.push((vec![language.of(&tier.name)], tier)),
            }
        }
        for (names, TierReplay { blocked, opened, .. }) in told {
            let names = names.join(", ");
            if blocked.names + opened.names == 0 {
                lines.push(format!("  {names}: {}", language.word("không có gì thay đổi", "nothing changes")));
                continue;
            }
            lines.push(format!("  {names}"));
            for (moved, word) in
                [(blocked, language.word("bị chặn thêm", "newly blocked")), (opened, language.word("được mở thêm", "newly open"))]
            {
                if moved.names > 0 {
                    lines.extend(moved.lines(word, registry, language));
                }
            }
        }
        lines
    }
}

impl Moved {
    fn lines(&self, word: &str, registry: &Registry, language: Language) -> Vec<String> {
        let (names, times) = (language.number(self.names), language.number(self.times));
        let mut lines = vec![match language {
            Language::Vietnamese => format!("    {word}: {names} tên (đã được hỏi {times} lần)"),
            Language::English => format!("    {word}, names: {names} (times asked for: {times})"),
        }];
        for MovedName { name, category, times } in &self.top {
            lines.push(format!("      {:>9}  {name} ({})", language.number(*times), language.category(registry, category)));
        }
        let rest = self.names.saturating_sub(self.top.len() as u64);
        if rest > 0 {
            let rest = language.number(rest);
            lines.push(match language {
                Language::Vietnamese => format!("                 và {rest} tên nữa"),
                Language::English => format!("                 and {rest} more"),
            });
        }
        lines
    }
}

#[cfg(test)]
mod tests;
