//! A name cut into its labels from the top down, once for all images that it is looked up in.

use crate::dns::{MAX_NAME, Name};

/// The most labels that a name can have: each takes two octets of 254.
const MOST: usize = MAX_NAME / 2;

/// The labels of a name, the topmost first.
pub(in crate::lists) struct Labels<'n> {
    wire: &'n [u8],
    /// Where each label's length octet stands, the leftmost first.
    starts: [u8; MOST],
    count: usize,
}

impl<'n> Labels<'n> {
    pub(in crate::lists) fn of(name: &'n Name) -> Self {
        let wire = name.as_wire();
        let mut starts = [0; MOST];
        let mut count = 0;
        let mut at = 0_usize;
        while wire[at] != 0 {
            // At most 254, for a name has at most 255 octets.
            starts[count] = at as u8;
            count += 1;
            at += 1 + usize::from(wire[at]);
        }
        Self { wire, starts, count }
    }

    /// How many labels there are.
    pub(in crate::lists) const fn count(&self) -> usize {
        self.count
    }

    /// The label at `depth`: 1 is the top-level domain, the last is the leftmost.
    #[inline]
    pub(in crate::lists) fn at(&self, depth: usize) -> &'n [u8] {
        let start = usize::from(self.starts[self.count - depth]);
        &self.wire[start + 1..][..usize::from(self.wire[start])]
    }

    /// The wire form of the ancestor with `depth` labels.
    pub(in crate::lists) fn ancestor(&self, depth: usize) -> Name {
        let start = if depth == 0 { self.wire.len() - 1 } else { usize::from(self.starts[self.count - depth]) };
        Name::from_wire(&self.wire[start..]).expect("the suffix of a name is a name")
    }

    /// The name with dots between its labels and none at the end, octet for octet, at the start of `to`.
    pub(in crate::lists) fn text<'t>(&self, to: &'t mut [u8; MAX_NAME]) -> &'t [u8] {
        let len = self.wire.len().saturating_sub(2);
        to[..len].copy_from_slice(&self.wire[1..][..len]);
        for start in &self.starts[1..self.count.max(1)] {
            to[usize::from(*start) - 1] = b'.';
        }
        &to[..len]
    }
}
