//! What a role's list would take from schools.

use std::collections::BTreeMap;

use super::{Reason, Refusal};
use crate::dns::Name;
use crate::lists::format::{Action, Scope};
use crate::lists::{Category, Protected, Protection, Standing};
use crate::office::desk::folder::{Folder, Role};
use crate::office::names::NameList;

/// The refusals of a role's list, by rule.
pub(super) fn refusals(folder: &Folder, role: &Role, before: Option<&NameList>) -> Vec<Refusal> {
    let mut found = Found { folder, role, rules: BTreeMap::new() };
    found.suffixes();
    found.not_its_categories();
    found.protected();
    found.own_host();
    found.crowds();
    found.exceptions(before);
    found.rules.into_values().collect()
}

/// What was found by now: one refusal for each reason, rule and category.
struct Found<'f> {
    folder: &'f Folder,
    role: &'f Role,
    rules: BTreeMap<String, Refusal>,
}

impl Found<'_> {
    /// The refusal of a rule, made where there is none yet.
    fn refusal(&mut self, reason: Reason, rule: &str, category: Option<&str>) -> &mut Refusal {
        let refusal = Refusal::new(reason, &self.role.id, rule, category);
        self.rules.entry(refusal.word()).or_insert(refusal)
    }

    /// What holds at a name: rules with their categories.
    fn holding<'n>(&self, name: &'n str) -> Vec<(&'n str, Category)> {
        let names = &self.role.names;
        let known = |word: &str| self.folder.tables.registry.find(word);
        let each = |holding: crate::office::names::Holding<'n>| {
            names.words(holding.categories).filter_map(known).map(|category| (holding.rule, category)).collect::<Vec<_>>()
        };
        names.holding(name).into_iter().flat_map(each).collect()
    }

    fn word(&self, category: Category) -> String {
        self.folder.tables.registry.entry(category).id.clone()
    }

    fn suffixes(&mut self) {
        for (source, facts) in &self.role.sources {
            for (name, line) in &facts.suffixes {
                let category = source.category.as_deref();
                let refusal = self.refusal(Reason::PublicSuffix, name, category);
                refusal.place.get_or_insert((source.path.clone(), *line));
            }
        }
    }

    fn not_its_categories(&mut self) {
        let counts: Vec<(String, u64)> =
            self.role.names.counts().into_iter().map(|(word, count)| (word.to_owned(), count)).collect();
        for (word, count) in counts {
            if !self.role.speaks_for.has(&word) {
                self.refusal(Reason::NotItsCategory(count), &word, None);
            }
        }
    }

    fn protected(&mut self) {
        let folder = self.folder;
        let map = folder.tables.protected.as_map();
        let mut all: Vec<(Name, Protection)> = map.iter().map(|(name, kinds)| (name, *kinds)).collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (protected, kinds) in all {
            let text = protected.to_string();
            // Its `www.` name goes with each protected name: it is told only where a rule stands at it.
            let is_along =
                protected.labels().next() == Some(b"www") && protected.parent().is_some_and(|own| map.exact(&own).is_some());
            for (rule, category) in self.holding(&text) {
                if is_along && rule != text {
                    continue;
                }
                let Ok(rule_name) = Name::parse(rule) else { continue };
                let kept = folder.kept(&protected, kinds, &rule_name, category);
                let word = self.word(category);
                if !kept.is_empty() {
                    let refusal = self.refusal(Reason::Protected(Vec::new()), rule, Some(&word));
                    if let Reason::Protected(kinds) = &mut refusal.reason {
                        kinds.extend(kept);
                        kinds.sort();
                        kinds.dedup();
                    }
                    refusal.take(text.clone());
                } else if kinds.has(Protected::Learning) && !self.is_explained(&rule_name) {
                    self.refusal(Reason::Unexplained, rule, Some(&word)).take(text.clone());
                }
            }
        }
        // Below a name of kind `help` nothing may be taken either.
        let below_help = |name: &Name| folder.tables.protected.kinds(name).has(Protected::Help);
        let role = self.role;
        for entry in role.names.entries().filter(|entry| entry.action == Action::Block) {
            if Name::parse(entry.name).is_ok_and(|name| below_help(&name)) {
                for word in role.names.words(entry.categories) {
                    let refusal = self.refusal(Reason::Protected(vec![Protected::Help]), entry.name, Some(word));
                    if refusal.count == 0 {
                        refusal.take(entry.name);
                    }
                }
            }
        }
    }

    /// Whether a person locked the name too, and so said why.
    fn is_explained(&self, rule: &Name) -> bool {
        let decided = self.folder.roles.iter().flat_map(|role| &role.decisions);
        let mut locks = decided.filter(|decided| decided.decision.kind == crate::office::decisions::Kind::Lock);
        locks.any(|decided| decided.decision.name == *rule)
    }

    fn own_host(&mut self) {
        let Some(host) = self.folder.settings.host.as_ref().map(ToString::to_string) else { return };
        for (rule, category) in self.holding(&host) {
            let word = self.word(category);
            self.refusal(Reason::OwnHost, rule, Some(&word)).take(host.clone());
        }
    }

    fn crowds(&mut self) {
        let folder = self.folder;
        let mut crowds: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for popular in &folder.popular {
            let text = popular.to_string();
            for (rule, category) in self.holding(&text).into_iter().filter(|(rule, _)| *rule != text) {
                crowds.entry((rule.to_owned(), self.word(category))).or_default().push(text.clone());
            }
        }
        for ((rule, word), names) in crowds {
            if names.len() > folder.settings.bounds.below {
                let refusal = self.refusal(Reason::Crowd(names.len()), &rule, Some(&word));
                names.into_iter().for_each(|name| refusal.take(name));
            }
        }
    }

    /// Exceptions in locked categories that were not published before and that open something.
    fn exceptions(&mut self, before: Option<&NameList>) {
        let role = self.role;
        let registry = &self.folder.tables.registry;
        let is_locked = |word: &&str| {
            registry.find(word).is_some_and(|category| {
                let entry = registry.entry(category);
                entry.locked || Standing::of(entry) != Standing::Content
            })
        };
        for entry in role.names.entries().filter(|entry| entry.action == Action::Allow) {
            let was = |word: &str| {
                before.is_some_and(|list| {
                    let same = |old: &crate::office::names::Entry<'_>| {
                        old.action == Action::Allow
                            && covers(old.scope, entry.scope)
                            && list.words(old.categories).any(|own| own == word)
                    };
                    list.at(entry.name).any(|old| same(&old))
                })
            };
            for word in role.names.words(entry.categories).filter(is_locked).filter(|word| !was(word)) {
                self.refusal(Reason::OpensLocked, entry.name, Some(word)).take(entry.name);
            }
        }
    }
}

/// Whether an exception of scope `old` opens all that one of scope `new` does.
fn covers(old: Scope, new: Scope) -> bool {
    old == new || old == Scope::Subtree
}
