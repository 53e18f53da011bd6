//! Why a name is listed: every list, line and rule that names it, and what came of each.
//!
//! Read from the cold records, whose labels are compared octet for octet; the answer is the index's own, weighed anew.

use std::net::IpAddr;

use super::format::{Action, Scope};
use super::guard::may_take;
use super::image::{AtNode, End, Image, Labels, MOST_LISTS, PatternRow, Ranks, Taken, Weighed, of_name, of_pattern};
use super::{Category, CategorySet, List, ListAction, ListId, Owner, Protection};
use crate::dns::{MAX_NAME, Name, RecordType};

/// One rule that bears on a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The list.
    pub list: ListId,
    /// Whose list it is.
    pub owner: Owner,
    /// What the list is about.
    pub category: Category,
    /// The line in it, counted from 1.
    pub line: u32,
    /// The name that the rule stands at, the pattern, or the network.
    pub rule: String,
    /// Which names the rule is for; none for a pattern or a network.
    pub scope: Option<Scope>,
    /// Whether the list's own text blocks or excepts.
    pub action: Action,
    /// What came of it.
    pub effect: Effect,
}

/// What came of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It gives the category.
    Applied,
    /// It takes the name out of its list, or, on a list that allows, out of the category.
    Excepted,
    /// It counts, and its list only observes.
    Observed,
    /// A rule of the same list that goes before it, or a list of the same owner that allows, stands against it.
    Overruled,
    /// The name is protected against this list.
    Protected,
    /// It is for other record types.
    OtherType,
}

impl Effect {
    /// As `explain` writes it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Excepted => "excepted",
            Self::Observed => "observed",
            Self::Overruled => "overruled",
            Self::Protected => "protected",
            Self::OtherType => "other-type",
        }
    }
}

/// What the records say of a name that the index was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Every list, line and rule that names it.
    pub why: Vec<Why>,
    /// The images that took it, or a name above it, for another.
    pub mistaken: Vec<Mistaken>,
}

/// A name that an image took for one that it lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistaken {
    /// Whose image it is.
    pub owner: Owner,
    /// The name: that of the query or one above it.
    pub name: Name,
    /// What became of it.
    pub taken: Taken,
}

/// Appends every rule of `image` that bears on `name`: from the top down, then the patterns. Says where the way to the name ended.
pub(super) fn why(image: &Image, name: &Name, record_type: RecordType, out: &mut Vec<Why>) -> End {
    let labels = Labels::of(name);
    let mut nodes: Vec<AtNode> = Vec::new();
    let end = image.on_the_way(&labels, |_, _, record| nodes.push((record.protection, record.rules().collect())));
    let case = Case::of(image, &labels, record_type, &nodes);
    // What protects against a rule stands at or below the rule's name; help protects everywhere below itself.
    for above in (1..nodes.len()).rev() {
        nodes[above - 1].0 = nodes[above - 1].0.union(nodes[above].0);
    }
    for (depth, (protection, rules)) in (1..).zip(nodes) {
        for rule in rules {
            let reaches = match rule.scope {
                Scope::Exact => depth == labels.count(),
                Scope::Subtree => true,
                Scope::Below => depth < labels.count(),
            };
            let Some(list) = image.lists().get(usize::from(rule.list)).filter(|_| reaches) else { continue };
            let against = protection.union(case.protection.help_only());
            let effect = if !image.is_for(rule.types, record_type) {
                Effect::OtherType
            } else {
                case.effect(usize::from(rule.list), list, rule.action, of_name(depth, rule.important), against)
            };
            let rule_name = labels.ancestor(depth).to_string();
            out.push(row(image, list, rule.line, rule_name, Some(rule.scope), rule.action, effect));
        }
    }
    let mut text = [0; MAX_NAME];
    let mut rows: Vec<&PatternRow> = Vec::new();
    image.matching(labels.text(&mut text), |row| rows.push(row));
    rows.sort_by_key(|row| (row.list, row.line));
    rows.dedup();
    for pattern in rows {
        let Some(list) = image.lists().get(usize::from(pattern.list)) else { continue };
        let effect = if image.is_for(pattern.types, record_type) {
            let rank = of_pattern(pattern.action(), pattern.important);
            case.effect(usize::from(pattern.list), list, pattern.action(), rank, case.protection)
        } else {
            Effect::OtherType
        };
        out.push(row(image, list, pattern.line, pattern.regex.clone(), None, pattern.action(), effect));
    }
    end
}

/// As [`why`], and puts a name that the image takes for another into its quarantine.
pub(super) fn verify(image: &Image, name: &Name, record_type: RecordType, verified: &mut Verified) {
    if let End::Another(depth) = why(image, name, record_type, &mut verified.why) {
        let name = Labels::of(name).ancestor(depth);
        let taken = image.take_in(&name);
        verified.mistaken.extend(taken.map(|taken| Mistaken { owner: image.owner().clone(), name, taken }));
    }
}

/// Every network of `image` that holds `address`, by network, list and line.
pub(super) fn why_address(image: &Image, address: IpAddr) -> Vec<Why> {
    let found = image.networks().find(address);
    let rows = image.networks().rules_for(address).filter_map(|rule| {
        let list = image.lists().get(usize::from(rule.list))?;
        let effect = match list.action {
            ListAction::Allow => Effect::Excepted,
            ListAction::Observe(_) => Effect::Observed,
            ListAction::Block if found.categories.contains(list.category) => Effect::Applied,
            ListAction::Block => Effect::Overruled,
        };
        Some(row(image, list, rule.line, rule.network.to_string(), None, Action::Block, effect))
    });
    rows.collect()
}

fn row(image: &Image, list: &List, line: u32, rule: String, scope: Option<Scope>, action: Action, effect: Effect) -> Why {
    let owner = image.owner().clone();
    Why { list: list.id.clone(), owner, category: list.category, line, rule, scope, action, effect }
}

/// What all rules of an image together make of the name.
struct Case<'i> {
    image: &'i Image,
    ranks: [Ranks; MOST_LISTS],
    protection: Protection,
    taken_out: CategorySet,
}

impl<'i> Case<'i> {
    fn of(image: &'i Image, labels: &Labels<'_>, record_type: RecordType, nodes: &[AtNode]) -> Self {
        let Weighed { lists, protection } = image.ranks(labels, record_type, nodes);
        let named = image.lists().iter().zip(&lists).filter(|(_, ranks)| ranks.named());
        let taken_out = named.filter(|(list, _)| list.action == ListAction::Allow).map(|(list, _)| list.category).collect();
        Self { image, ranks: lists, protection, taken_out }
    }

    fn effect(&self, place: usize, list: &List, action: Action, rank: u16, against: Protection) -> Effect {
        let ranks = self.ranks[place];
        match (list.action, action) {
            (ListAction::Allow, Action::Block) if ranks.named() && ranks.block == rank => Effect::Excepted,
            (ListAction::Allow, Action::Block) => Effect::Overruled,
            (ListAction::Block | ListAction::Observe(_), Action::Block)
                if !may_take(against, list.standing, list.force, self.image.owner()) =>
            {
                Effect::Protected
            }
            (ListAction::Observe(_), Action::Block) if ranks.named() => Effect::Observed,
            (ListAction::Block, Action::Block) if ranks.named() && !self.taken_out.contains(list.category) => Effect::Applied,
            (ListAction::Block | ListAction::Observe(_), Action::Block) => Effect::Overruled,
            (_, Action::Allow) if !ranks.named() && ranks.allow == rank => Effect::Excepted,
            (_, Action::Allow) => Effect::Overruled,
        }
    }
}
