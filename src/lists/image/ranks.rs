//! Which rule of one list counts, where several bear on a name.
//!
//! An important rule goes before any that is not; then the one at the deeper name; then, at the same name, the exception. A
//! pattern has no place in the tree: one that blocks gives way to every rule with a name, one that excepts beats those. So each
//! rule has a rank, and a list names a name where its best block is above its best exception.

use crate::lists::format::Action;

/// The rank of a rule; 0 is no rule. The low octet is one more than the depth of the rule's name.
pub(in crate::lists) type Rank = u16;

const IMPORTANT: Rank = 0x100;
/// Below every name's.
const BLOCKING_PATTERN: Rank = 1;
/// Above every name's: a name has at most 127 labels.
const EXCEPTING_PATTERN: Rank = 0xff;

/// The rank of a rule at a name with `depth` labels.
pub(in crate::lists) fn of_name(depth: usize, important: bool) -> Rank {
    let depth = Rank::try_from(depth).expect("a name has at most 127 labels");
    depth + 1 + if important { IMPORTANT } else { 0 }
}

/// The rank of a pattern.
pub(in crate::lists) fn of_pattern(action: Action, important: bool) -> Rank {
    let base = match action {
        Action::Block => BLOCKING_PATTERN,
        Action::Allow => EXCEPTING_PATTERN,
    };
    base + if important { IMPORTANT } else { 0 }
}

/// How many labels the name has at which a rule of this rank stands; none for a pattern.
pub(in crate::lists) fn labels(rank: Rank) -> u8 {
    let low = (rank & 0xff) as u8;
    if Rank::from(low) == EXCEPTING_PATTERN { 0 } else { low.saturating_sub(1) }
}

/// The best rules of one list on the way to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::lists) struct Ranks {
    pub(in crate::lists) block: Rank,
    pub(in crate::lists) allow: Rank,
}

impl Ranks {
    pub(in crate::lists) const NONE: Self = Self { block: 0, allow: 0 };

    /// Weighs one more rule.
    pub(in crate::lists) fn see(&mut self, action: Action, rank: Rank) {
        match action {
            Action::Block => self.block = self.block.max(rank),
            Action::Allow => self.allow = self.allow.max(rank),
        }
    }

    /// Whether the list names the name.
    pub(in crate::lists) const fn named(self) -> bool {
        self.block > self.allow
    }
}
