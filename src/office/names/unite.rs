//! Unites the sources of one category in which exceptions stand: what holds at each name and below it, whoever says so.
//!
//! The rules are those of the compiler: in one source the most specific rule counts, an important one before all that are not, and at
//! the same name the exception; then the sources are united. What comes out says the same as one list.

use std::cmp::Ordering;

use super::gather::SourceId;
use crate::lists::format::{Action, Scope};

/// A rule of one source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule<'t> {
    pub(super) name: &'t [u8],
    /// Where the caller keeps the name: handed back.
    pub(super) at: (u32, u8),
    pub(super) scope: Scope,
    pub(super) action: Action,
    pub(super) important: bool,
    pub(super) source: SourceId,
}

/// What comes out: where the name is kept, what it stands for, whether it is an exception.
pub(super) type United = ((u32, u8), Scope, Action);

/// The best rules of one source on the way to a name: 0 is none, an important rule is above all that are not, a deeper one above a
/// higher one.
#[derive(Debug, Clone, Copy, Default)]
struct Ranks {
    block: u16,
    allow: u16,
}

impl Ranks {
    fn see(&mut self, action: Action, rank: u16) {
        match action {
            Action::Block => self.block = self.block.max(rank),
            Action::Allow => self.allow = self.allow.max(rank),
        }
    }

    const fn named(self) -> bool {
        self.block > self.allow
    }
}

/// A name on the way down, with what holds below it.
struct Open<'t> {
    name: &'t [u8],
    /// By source.
    below: Vec<Ranks>,
    is_closed: bool,
}

pub(super) fn unite(mut rules: Vec<Rule<'_>>) -> Vec<United> {
    rules.sort_unstable_by(|one, other| from_the_top(one.name, other.name));
    let mut sources: Vec<SourceId> = rules.iter().map(|rule| rule.source).collect();
    sources.sort_unstable();
    sources.dedup();
    let mut out = Vec::new();
    let mut stack = vec![Open { name: &[], below: vec![Ranks::default(); sources.len()], is_closed: false }];
    for group in rules.chunk_by(|one, other| one.name == other.name) {
        let name = group[0].name;
        while stack.last().is_some_and(|open| !is_below(name, open.name)) {
            stack.pop();
        }
        let above = stack.last().expect("everything is below the root, which stays");
        let (mut own, mut below) = (above.below.clone(), above.below.clone());
        let inherited = above.is_closed;
        // A name has at most 127 labels.
        let depth = 1 + name.iter().filter(|octet| **octet == b'.').count() as u16;
        let mut blocks = false;
        for rule in group {
            let rank = depth + if rule.important { 0x100 } else { 0 };
            let source = sources.binary_search(&rule.source).expect("it is one of the sources");
            if rule.scope != Scope::Below {
                own[source].see(rule.action, rank);
            }
            if rule.scope != Scope::Exact {
                below[source].see(rule.action, rank);
            }
            blocks |= rule.action == Action::Block;
        }
        let closed = |ranks: &[Ranks]| ranks.iter().any(|ranks| ranks.named());
        let (is_own, is_closed) = (closed(&own), closed(&below));
        say(&mut out, group[0].at, is_own, is_closed, inherited, blocks);
        stack.push(Open { name, below, is_closed });
    }
    out
}

/// Says what holds at a name and below it, where that is not what holds above, or where a rule of some source names it.
fn say(out: &mut Vec<United>, at: (u32, u8), own: bool, below: bool, inherited: bool, blocks: bool) {
    let named = blocks || !inherited;
    match (own, below) {
        (true, true) if named => out.push((at, Scope::Subtree, Action::Block)),
        (true, true) => {}
        (false, false) if inherited => out.push((at, Scope::Subtree, Action::Allow)),
        (false, false) => {}
        (true, false) => {
            if named {
                out.push((at, Scope::Exact, Action::Block));
            }
            if inherited {
                out.push((at, Scope::Below, Action::Allow));
            }
        }
        (false, true) => {
            if named {
                out.push((at, Scope::Below, Action::Block));
            }
            if inherited {
                out.push((at, Scope::Exact, Action::Allow));
            }
        }
    }
}

/// Compares names label by label from the top down, so that a name comes right before those below it.
fn from_the_top(one: &[u8], other: &[u8]) -> Ordering {
    let labels = |name| -> std::slice::RSplit<'_, u8, fn(&u8) -> bool> { <[u8]>::rsplit(name, |octet| *octet == b'.') };
    labels(one).cmp(labels(other))
}

/// Whether `name` stands strictly below `above`; everything does below the root, which is empty.
fn is_below(name: &[u8], above: &[u8]) -> bool {
    above.is_empty() || name.strip_suffix(above).is_some_and(|rest| rest.last() == Some(&b'.'))
}
