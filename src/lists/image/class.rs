//! What a node of an image says: effective sets at its name and below it. Nodes that say the same share a class.

use crate::lists::{CategorySet, Protection};

/// The effective sets in one direction: for the node's very name, or for the names below it that have no node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(in crate::lists) struct Sets {
    /// The categories.
    pub(in crate::lists) categories: CategorySet,
    /// Those that a rule gives which stands at this very name.
    pub(in crate::lists) exact: CategorySet,
    /// Those that hold for everything below too, with no exception anywhere below.
    pub(in crate::lists) closed: CategorySet,
    /// The places of observing lists that name it.
    pub(in crate::lists) observed: u64,
    /// Which kinds of protected name it is.
    pub(in crate::lists) protected: Protection,
    /// Labels of the deepest rule that gives one of the categories.
    pub(in crate::lists) rule_labels: u8,
    /// Whether rules for only some record types bear on it, so that the rules themselves must be weighed.
    pub(in crate::lists) typed: bool,
}

/// A class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(in crate::lists) struct Class {
    /// At the node's name.
    pub(in crate::lists) own: Sets,
    /// Below it.
    pub(in crate::lists) below: Sets,
    /// Whether other nodes stand below this one.
    pub(in crate::lists) has_descendants: bool,
}

/// The octets of a class in an image.
pub(super) const CLASS: usize = 2 * SETS + 8;
const SETS: usize = 40;

impl Class {
    pub(super) fn to_bytes(self) -> [u8; CLASS] {
        let mut bytes = [0; CLASS];
        bytes[..SETS].copy_from_slice(&self.own.to_bytes());
        bytes[SETS..2 * SETS].copy_from_slice(&self.below.to_bytes());
        bytes[2 * SETS] = u8::from(self.has_descendants);
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; CLASS]) -> Self {
        Self {
            own: Sets::from_bytes(&bytes[..SETS]),
            below: Sets::from_bytes(&bytes[SETS..2 * SETS]),
            has_descendants: bytes[2 * SETS] != 0,
        }
    }
}

impl Sets {
    fn to_bytes(self) -> [u8; SETS] {
        let mut bytes = [0; SETS];
        let words = [self.categories.bits(), self.exact.bits(), self.closed.bits(), self.observed];
        for (place, word) in words.into_iter().enumerate() {
            bytes[place * 8..][..8].copy_from_slice(&word.to_le_bytes());
        }
        bytes[32] = self.protected.bits();
        bytes[33] = self.rule_labels;
        bytes[34] = u8::from(self.typed);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let word = |place: usize| u64::from_le_bytes(bytes[place * 8..][..8].try_into().expect("eight octets"));
        Self {
            categories: CategorySet::from_bits(word(0)),
            exact: CategorySet::from_bits(word(1)),
            closed: CategorySet::from_bits(word(2)),
            observed: word(3),
            protected: Protection::from_bits(bytes[32]),
            rule_labels: bytes[33],
            typed: bytes[34] != 0,
        }
    }
}
