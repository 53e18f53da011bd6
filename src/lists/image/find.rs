//! What the walk does not settle: names on which typed rules or patterns bear are weighed rule by rule from the cold records.

use super::ranks::{self, Ranks};
use super::{Class, ColdRule, Image, Labels, MOST_LISTS, Record, Sets};
use crate::dns::{MAX_NAME, Name, RecordType};
use crate::lists::format::Scope;
use crate::lists::guard::may_take;
use crate::lists::{CategorySet, ListAction, Protection};

/// What stands at a node: its protection, and its rules.
pub(in crate::lists) type AtNode = (Protection, Vec<ColdRule>);

/// What the rules that bear on a name come to.
pub(in crate::lists) struct Weighed {
    /// The best rules of each list.
    pub(in crate::lists) lists: [Ranks; MOST_LISTS],
    /// What protects the name.
    pub(in crate::lists) protection: Protection,
}

/// Where the way to a name ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lists) enum End {
    /// At the name's node, or at the deepest one above it.
    Known,
    /// At the node of another name, which has the hash of this one's topmost so many labels.
    Another(usize),
    /// At a record that cannot be read.
    Unread,
}

impl Weighed {
    const NOTHING: Self = Self { lists: [Ranks::NONE; MOST_LISTS], protection: Protection::NONE };
}

impl Image {
    /// What this owner's lists say of the name for `record_type`, where [`Image::walk`] gave `walked`.
    #[inline]
    pub(in crate::lists) fn settle(&self, name: &Name, record_type: RecordType, walked: Sets) -> Sets {
        let walked = self.but_quarantined(name, walked);
        if walked.typed || (!self.patterns.is_empty() && self.is_matched(name)) {
            return self.weigh(&Labels::of(name), record_type, walked);
        }
        walked
    }

    /// What this owner's lists say of the names below `name` that have no node, where the walk gave `walked`: by rules with a name
    /// alone, for what a pattern matches there nobody can say.
    pub(in crate::lists) fn settle_below(&self, name: &Name, record_type: RecordType, walked: Sets) -> Sets {
        if !walked.typed {
            return walked;
        }
        let labels = Labels::of(name);
        let Weighed { lists, protection } = self.ranks_at(&labels, labels.count() + 1, record_type);
        self.united(labels.count() + 1, walked, &lists, protection)
    }

    fn is_matched(&self, name: &Name) -> bool {
        let mut text = [0; MAX_NAME];
        self.patterns.any(Labels::of(name).text(&mut text))
    }

    /// Calls `each` with the depth, the class and the record of every node at and above the name, the topmost first; each is known by its
    /// label, compared octet for octet, and by the record of the node above.
    pub(in crate::lists) fn on_the_way(&self, labels: &Labels<'_>, mut each: impl FnMut(usize, &Class, &Record<'_>)) -> End {
        let table = self.table();
        let (mut hash, mut above) = (0, None);
        for depth in 1..=labels.count() {
            let label = labels.at(depth);
            hash = self.header.key.step(hash, label);
            let Some(slot) = table.find(hash) else { break };
            let Some(class) = self.class_at(slot) else { return End::Unread };
            let is_it = self.record(slot, |place, record| {
                let is_below = above == (record.above > 0).then(|| place.wrapping_sub(record.above));
                let is_it = record.label == label && is_below;
                if is_it {
                    each(depth, class, record);
                }
                above = Some(place);
                is_it
            });
            match is_it {
                Some(true) if class.has_descendants => {}
                Some(true) => break,
                Some(false) => return End::Another(depth),
                None => return End::Unread,
            }
        }
        End::Known
    }

    /// What [`Image::walk`] says, by the nodes that are the name's own; none where a record cannot be read.
    #[cold]
    pub(super) fn walk_records(&self, labels: &Labels<'_>) -> Option<Sets> {
        let mut sets = Sets::default();
        let end = self.on_the_way(labels, |depth, class, _| sets = if depth == labels.count() { class.own } else { class.below });
        (end != End::Unread).then_some(sets)
    }

    /// The best rules of each list for the name and record type, patterns included, and the name's protection: as [`Image::walk`]
    /// says for all types, but from the rules themselves. `nodes` are those on the way to the name.
    pub(in crate::lists) fn ranks(&self, labels: &Labels<'_>, record_type: RecordType, nodes: &[AtNode]) -> Weighed {
        let mut weighed = Weighed::NOTHING;
        for (depth, (protection, rules)) in (1..).zip(nodes) {
            self.weigh_node(&mut weighed, (depth, labels.count()), record_type, *protection, rules.iter().copied());
        }
        self.weigh_patterns(&mut weighed, labels, record_type);
        weighed
    }

    fn weigh_patterns(&self, Weighed { lists, protection }: &mut Weighed, labels: &Labels<'_>, record_type: RecordType) {
        let mut text = [0; MAX_NAME];
        self.patterns.matching(labels.text(&mut text), |row| {
            if self.is_for(row.types, record_type)
                && let Some(list) = self.lists.get(usize::from(row.list))
                && (row.allow || may_take(*protection, list.standing, list.force, &self.owner))
            {
                lists[usize::from(row.list)].see(row.action(), ranks::of_pattern(row.action(), row.important));
            }
        });
    }

    /// The best rules with a name, for one at or below `labels` that has `count` labels and no node below those.
    fn ranks_at(&self, labels: &Labels<'_>, count: usize, record_type: RecordType) -> Weighed {
        let mut weighed = Weighed::NOTHING;
        self.on_the_way(labels, |depth, _, record| {
            self.weigh_node(&mut weighed, (depth, count), record_type, record.protection, record.rules());
        });
        weighed
    }

    /// Weighs what stands at a node, for a name: `depth` and `count` are the labels of both.
    fn weigh_node(
        &self,
        weighed: &mut Weighed,
        (depth, count): (usize, usize),
        record_type: RecordType,
        protection: Protection,
        rules: impl Iterator<Item = ColdRule>,
    ) {
        for rule in rules {
            let reaches = match rule.scope {
                Scope::Exact => depth == count,
                Scope::Subtree => true,
                Scope::Below => depth < count,
            };
            if reaches
                && self.is_for(rule.types, record_type)
                && let Some(ranks) = weighed.lists.get_mut(usize::from(rule.list))
            {
                ranks.see(rule.action, ranks::of_name(depth, rule.important));
            }
        }
        weighed.protection = weighed.protection.union(protection);
        self.protect(&mut weighed.lists, protection.union(weighed.protection.help_only()));
    }

    /// Takes the blocks of every list away that may not take a name with `protection`.
    fn protect(&self, ranks: &mut [Ranks; MOST_LISTS], protection: Protection) {
        if protection.is_empty() {
            return;
        }
        for (list, ranks) in self.lists.iter().zip(ranks) {
            let blocks = !matches!(list.action, ListAction::Allow);
            if blocks && !may_take(protection, list.standing, list.force, &self.owner) {
                ranks.block = 0;
            }
        }
    }

    /// Unites the lists by their rules for one record type.
    #[cold]
    fn weigh(&self, labels: &Labels<'_>, record_type: RecordType, walked: Sets) -> Sets {
        let mut weighed = self.ranks_at(labels, labels.count(), record_type);
        self.weigh_patterns(&mut weighed, labels, record_type);
        self.united(labels.count(), walked, &weighed.lists, weighed.protection)
    }

    /// What the lists make of their best rules for a name of `count` labels.
    fn united(&self, count: usize, walked: Sets, lists: &[Ranks; MOST_LISTS], protected: Protection) -> Sets {
        let named = || self.lists.iter().zip(lists).filter(|(_, ranks)| ranks.named());
        let mut sets = Sets { protected, ..Sets::default() };
        let taken_out: CategorySet =
            named().filter(|(list, _)| list.action == ListAction::Allow).map(|(list, _)| list.category).collect();
        for (list, ranks) in named() {
            match list.action {
                ListAction::Block if !taken_out.contains(list.category) => {
                    sets.categories.insert(list.category);
                    let depth = ranks::labels(ranks.block);
                    sets.rule_labels = sets.rule_labels.max(depth);
                    if usize::from(depth) == count {
                        sets.exact.insert(list.category);
                    }
                }
                ListAction::Observe(place) => sets.observed |= 1_u64.checked_shl(place.into()).unwrap_or(0),
                ListAction::Block | ListAction::Allow => {}
            }
        }
        sets.closed = walked.closed.and(sets.categories);
        sets
    }
}
