//! The walk over the sorted rules that makes nodes: each list resolved alone, then united, for each name and for what is below.
//!
//! Names come in canonical order, so the nodes above the present one are a stack; a node's class is known when it leaves it.

use std::collections::HashMap;

use super::report::{Guarded, Tried};
use super::rules::{Rules, Said, labels_of, name_of, next_label};
use super::runs::common;
use crate::dns::Name;
use crate::lists::format::{Action, Scope};
use crate::lists::guard::{SuffixKind, may_take, suffix_kind_of};
use crate::lists::image::{Class, ColdRule, ImageKey, Node, Ranks, Sets, Writing, of_name, rank_labels};
use crate::lists::{CategorySet, List, ListAction, Owner, Protected, Protection};

/// The lists and what bears on all their names.
pub(super) struct Setting<'l> {
    pub(super) owner: &'l Owner,
    pub(super) lists: &'l [List],
    pub(super) key: ImageKey,
    /// Categories that a pattern may take some name out of: they are closed nowhere.
    pub(super) openable: CategorySet,
}

/// The nodes of an image, and what the guard saw.
#[derive(Debug, Default)]
pub(super) struct Grown {
    pub(super) nodes: Vec<Node>,
    pub(super) classes: Vec<Class>,
    pub(super) names: u64,
    pub(super) rules: u64,
    /// For each list.
    pub(super) guarded: Vec<Guarded>,
}

/// What one list says on the way to a name.
#[derive(Debug, Clone, Copy)]
struct Standing {
    list: u16,
    /// By the rules for all record types.
    plain: Ranks,
    /// By all rules.
    all: Ranks,
    /// The line of the best block.
    line: u32,
}

/// A node that still may get others below it.
struct Open {
    /// Where its label ends in the key.
    end: usize,
    hash: u64,
    record: u32,
    node: usize,
    /// Where its standings for what is below begin.
    below: usize,
    protection: Protection,
    class: Class,
    /// What holds everywhere below.
    everywhere: CategorySet,
}

struct Growth<'l, 'w> {
    setting: &'l Setting<'l>,
    /// Where each node's record goes.
    image: &'l mut Writing<'w>,
    grown: Grown,
    known: HashMap<Class, u32>,
    last: Option<(Class, u32)>,
    stack: Vec<Open>,
    standings: Vec<Standing>,
    /// What the lists say of the name at hand itself.
    own: Vec<Standing>,
    full: bool,
}

/// Grows the nodes and writes their records to `image`; none where those become larger than an image can point into.
pub(super) fn grow(rules: Rules, setting: &Setting<'_>, image: &mut Writing<'_>) -> Option<Grown> {
    let guarded = setting.lists.iter().map(|_| Guarded::default()).collect();
    let mut growth = Growth {
        setting,
        image,
        // Empty slots are of class 0, which says nothing.
        grown: Grown { guarded, classes: vec![Class::default()], ..Grown::default() },
        known: HashMap::from([(Class::default(), 0)]),
        last: None,
        stack: Vec::new(),
        standings: Vec::new(),
        own: Vec::new(),
        full: false,
    };
    let (mut before, mut own, mut label): (Vec<u8>, Vec<ColdRule>, Vec<u8>) = Default::default();
    rules.walk(|key, said| {
        let mut protection = Protection::NONE;
        own.clear();
        for said in said {
            match said {
                Said::Rule(rule) => own.push(rule),
                Said::Protected(kinds) => protection = protection.union(kinds),
            }
        }
        growth.guard_suffixes(key, &mut own);
        if own.is_empty() && protection.is_empty() {
            return;
        }
        growth.close(common(&before, key));
        let mut at = growth.stack.last().map_or(0, |open| open.end);
        while at < key.len() {
            let end = next_label(key, at, &mut label);
            if end == key.len() {
                growth.open(key, end, &label, protection, &own);
            } else {
                growth.open(key, end, &label, Protection::NONE, &[]);
            }
            at = end;
        }
        before.clear();
        before.extend_from_slice(key);
        growth.grown.names += u64::from(!own.is_empty());
        growth.grown.rules += own.len() as u64;
    });
    growth.close(0);
    (!growth.full).then_some(growth.grown)
}

impl Growth<'_, '_> {
    /// Takes out of `rules` the blocks that would take a public suffix along.
    fn guard_suffixes(&mut self, key: &[u8], rules: &mut Vec<ColdRule>) {
        if rules.is_empty() {
            return;
        }
        let kind = suffix_kind_of(labels_of(key));
        if kind == SuffixKind::None {
            return;
        }
        let name = name_of(key);
        rules.retain(|rule| {
            let place = usize::from(rule.list);
            let list = &self.setting.lists[place];
            if list.action == ListAction::Allow || rule.action == Action::Allow {
                return true;
            }
            let seen = &mut self.grown.guarded[place];
            match kind {
                SuffixKind::Registry if !list.force.public_suffix => {
                    seen.suffixes.push((name.to_string(), rule.line));
                    false
                }
                SuffixKind::Platform => {
                    seen.platforms.push((name.to_string(), rule.line));
                    true
                }
                SuffixKind::Registry | SuffixKind::None => true,
            }
        });
    }

    fn open(&mut self, key: &[u8], end: usize, label: &[u8], protection: Protection, rules: &[ColdRule]) {
        let (parent_hash, parent_record, above, from) = match self.stack.last() {
            Some(parent) => (parent.hash, Some(parent.record), parent.protection, parent.below),
            None => (0, None, Protection::NONE, self.standings.len()),
        };
        let depth = self.stack.len() + 1;
        let below = self.standings.len();
        self.standings.extend_from_within(from..below);
        let mut own = std::mem::take(&mut self.own);
        own.clear();
        own.extend_from_slice(&self.standings[below..]);
        for rule in rules {
            if rule.scope != Scope::Below {
                see(&mut own, 0, rule, depth);
            }
            if rule.scope != Scope::Exact {
                see(&mut self.standings, below, rule, depth);
            }
        }
        let total = above.union(protection);
        self.guard_names(key, end, protection, total, rules, &mut own, below);
        let class = Class {
            own: self.unite(&own, depth, total, Some(depth)),
            below: self.unite(&self.standings[below..], depth, total, None),
            has_descendants: false,
        };
        self.own = own;
        let hash = self.setting.key.step(parent_hash, label);
        let Some(record) = self.image.record(label, parent_record, protection, rules) else {
            self.full = true;
            return;
        };
        let node = self.grown.nodes.len();
        self.grown.nodes.push(Node { hash, class: 0, record });
        let everywhere = CategorySet::from_bits(u64::MAX);
        self.stack.push(Open { end, hash, record, node, below, protection: total, class, everywhere });
    }

    /// Leaves protected names to nobody who may not take them, and notes who tried.
    #[expect(clippy::too_many_arguments, reason = "what stands at one node, once")]
    fn guard_names(
        &mut self,
        key: &[u8],
        end: usize,
        protection: Protection,
        total: Protection,
        rules: &[ColdRule],
        own: &mut [Standing],
        below: usize,
    ) {
        let against = protection.union(total.help_only());
        if against.is_empty() {
            return;
        }
        for standing in own.iter_mut().chain(&mut self.standings[below..]) {
            let place = usize::from(standing.list);
            let list = &self.setting.lists[place];
            if list.action == ListAction::Allow || may_take(against, list.standing, list.force, self.setting.owner) {
                continue;
            }
            if standing.all.named() && (!protection.is_empty() || !rules.is_empty()) {
                let name = name_of(&key[..end]);
                let rule = name.ancestor(rank_labels(standing.all.block).into());
                self.grown.guarded[place].note(&name, against, &rule.to_string(), standing.line);
            }
            standing.plain.block = 0;
            standing.all.block = 0;
        }
    }

    /// Unites the lists; `exact` is the depth of the very name that is asked for.
    fn unite(&self, standings: &[Standing], depth: usize, protected: Protection, exact: Option<usize>) -> Sets {
        let mut sets = Sets { protected, ..Sets::default() };
        if standings.is_empty() {
            return sets;
        }
        debug_assert!(depth > 0, "the root has no node");
        let (mut taken_out, mut maybe_taken_out) = (CategorySet::EMPTY, CategorySet::EMPTY);
        for standing in standings {
            sets.typed |= standing.plain != standing.all;
            let list = &self.setting.lists[usize::from(standing.list)];
            if list.action == ListAction::Allow {
                if standing.plain.named() {
                    taken_out.insert(list.category);
                }
                if standing.all.block > standing.plain.allow {
                    maybe_taken_out.insert(list.category);
                }
            }
        }
        for standing in standings {
            let list = &self.setting.lists[usize::from(standing.list)];
            match list.action {
                ListAction::Block => {
                    if standing.plain.named() && !taken_out.contains(list.category) {
                        sets.categories.insert(list.category);
                        let labels = rank_labels(standing.plain.block);
                        sets.rule_labels = sets.rule_labels.max(labels);
                        if exact == Some(usize::from(labels)) {
                            sets.exact.insert(list.category);
                        }
                    }
                    if standing.plain.block > standing.all.allow && !maybe_taken_out.contains(list.category) {
                        sets.closed.insert(list.category);
                    }
                }
                ListAction::Observe(place) if standing.plain.named() => {
                    sets.observed |= 1_u64.checked_shl(place.into()).unwrap_or(0);
                }
                ListAction::Observe(_) | ListAction::Allow => {}
            }
        }
        sets.closed = sets.closed.without(self.setting.openable);
        sets
    }

    /// Takes the nodes from the stack that do not lie on the first `shared` octets of a key.
    fn close(&mut self, shared: usize) {
        while let Some(open) = self.stack.pop_if(|open| open.end > shared) {
            let Open { node, below, mut class, everywhere, .. } = open;
            class.own.closed = class.own.closed.and(class.below.closed).and(everywhere);
            let id = self.class_id(class);
            self.grown.nodes[node].class = id;
            self.standings.truncate(below);
            if let Some(parent) = self.stack.last_mut() {
                parent.class.has_descendants = true;
                parent.everywhere = parent.everywhere.and(class.own.closed);
            }
        }
    }

    fn class_id(&mut self, class: Class) -> u32 {
        if let Some((last, id)) = self.last
            && last == class
        {
            return id;
        }
        let next = u32::try_from(self.grown.classes.len()).expect("fewer classes than nodes, fewer nodes than octets of records");
        let id = *self.known.entry(class).or_insert(next);
        if id == next {
            self.grown.classes.push(class);
        }
        self.last = Some((class, id));
        id
    }
}

/// Weighs a rule among the standings from `from` on.
fn see(standings: &mut Vec<Standing>, from: usize, rule: &ColdRule, depth: usize) {
    let known = standings[from..].iter().position(|standing| standing.list == rule.list).map(|place| from + place);
    let place = known.unwrap_or_else(|| {
        standings.push(Standing { list: rule.list, plain: Ranks::default(), all: Ranks::default(), line: 0 });
        standings.len() - 1
    });
    let standing = &mut standings[place];
    let rank = of_name(depth, rule.important);
    if rule.action == Action::Block && rank > standing.all.block {
        standing.line = rule.line;
    }
    standing.all.see(rule.action, rank);
    if rule.types == 0 {
        standing.plain.see(rule.action, rank);
    }
}

impl Guarded {
    /// Notes that a list would have taken a protected name.
    pub(super) fn note(&mut self, name: &Name, kinds: Protection, rule: &str, line: u32) {
        let name = name.to_string();
        // A name's own and its lower standing tell the same, right after each other.
        if self.tried.last().is_some_and(|last| last.name == name) {
            return;
        }
        let kinds = Protected::ALL.into_iter().filter(|kind| kinds.has(*kind)).map(|kind| kind.text().to_owned()).collect();
        self.tried.push(Tried { name, kinds, rule: rule.to_owned(), line });
    }
}
