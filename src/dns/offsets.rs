//! Places in a message, a few of them without an allocation of their own.
//!
//! # Cost
//! What renders a kept answer finds them beside its other fields and does not wait for one more line of memory (`benches/cache.rs`).

use std::ops::Deref;

/// So many are held inline: most answers have no more records.
const FEW: usize = 7;

/// Where something stands in a message of at most 65,535 octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Offsets {
    /// The first so many of these.
    Few(u8, [u16; FEW]),
    /// All of these.
    Many(Box<[u16]>),
}

impl Offsets {
    /// The octets that they take besides their own field.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Few(..) => 0,
            Self::Many(all) => size_of_val::<[u16]>(all),
        }
    }
}

impl Deref for Offsets {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        match self {
            Self::Few(count, offsets) => &offsets[..usize::from(*count)],
            Self::Many(all) => all,
        }
    }
}

impl FromIterator<u16> for Offsets {
    fn from_iter<I: IntoIterator<Item = u16>>(offsets: I) -> Self {
        let mut offsets = offsets.into_iter();
        let (mut few, mut count) = ([0; FEW], 0);
        for (place, offset) in few.iter_mut().zip(&mut offsets) {
            *place = offset;
            count += 1;
        }
        match offsets.next() {
            None => Self::Few(count, few),
            Some(next) => Self::Many(few.into_iter().chain([next]).chain(offsets).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_there_are_they_are_those() {
        for count in 0..20_u16 {
            let all: Vec<u16> = (0..count).map(|place| place * 7).collect();
            let offsets: Offsets = all.iter().copied().collect();
            assert_eq!(*offsets, *all);
            assert_eq!(matches!(offsets, Offsets::Few(..)), all.len() <= FEW, "{count}");
        }
    }
}
