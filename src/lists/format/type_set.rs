//! The record types that a rule is for: all, only some, or all but some (adblock's `$dnstype`).

use crate::dns::RecordType;

/// The most types that one rule may name; real lists name one or two.
const MOST: usize = 7;

/// A set of record types, given by its members or by those it lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeSet {
    sense: Sense,
    named: u8,
    /// In ascending order, each once; unused places are zero, so that equal sets are equal bytes.
    types: [u16; MOST],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Sense {
    Except,
    Only,
}

impl TypeSet {
    /// Every type.
    pub const ALL: Self = Self { sense: Sense::Except, named: 0, types: [0; MOST] };

    /// Only the types named; none where more than seven different ones are.
    pub fn only(types: &[RecordType]) -> Option<Self> {
        Self::of(Sense::Only, types)
    }

    /// All types but those named; none where more than seven different ones are.
    pub fn except(types: &[RecordType]) -> Option<Self> {
        Self::of(Sense::Except, types)
    }

    fn of(sense: Sense, types: &[RecordType]) -> Option<Self> {
        let mut numbers: Vec<u16> = types.iter().map(|kind| kind.0).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut set = Self { sense, named: 0, types: [0; MOST] };
        set.types.get_mut(..numbers.len())?.copy_from_slice(&numbers);
        set.named = u8::try_from(numbers.len()).ok()?;
        Some(set)
    }

    /// Whether every type is a member.
    pub fn is_all(&self) -> bool {
        *self == Self::ALL
    }

    /// Whether `kind` is a member.
    pub fn contains(&self, kind: RecordType) -> bool {
        let named = self.named().any(|other| other == kind);
        match self.sense {
            Sense::Only => named,
            Sense::Except => !named,
        }
    }

    /// Whether [`TypeSet::named`] are the members, and not those that are lacking.
    pub fn is_only(&self) -> bool {
        self.sense == Sense::Only
    }

    /// The types that the rule names, in ascending order.
    pub fn named(&self) -> impl Iterator<Item = RecordType> + '_ {
        self.types[..usize::from(self.named)].iter().copied().map(RecordType)
    }
}

impl Default for TypeSet {
    fn default() -> Self {
        Self::ALL
    }
}

#[cfg(test)]
mod tests;
