//! The walk from the top-level domain down to the deepest node, for the names of a batch side by side.
//!
//! The rule: names do not know of one another; side by side they only wait for the memory together.
//!
//! # Cost
//! At each depth one line of tags is fetched for every name that is still on its way, all of them at once, then rests and class ids.
//! A clean name mostly ends at its second label, a blocked one at the one that a list names. Nothing is allocated (`benches/index.rs`).

use std::hint::black_box;

use super::{Class, Image, Sets};

/// So many names are looked up side by side.
pub(in crate::lists) const TOGETHER: usize = 32;

/// Of so many labels from the top it is known where they begin; what is deeper is walked to anew.
const TOP: usize = 8;

/// A name in wire form, and where its labels begin.
#[derive(Debug, Clone, Copy)]
pub(in crate::lists) struct Route<'n> {
    wire: &'n [u8],
    /// The label that is `n`-th from the left at place `n % TOP`: of a long name the topmost remain.
    starts: [u8; TOP],
    labels: usize,
}

impl<'n> Route<'n> {
    /// That of the root.
    pub(in crate::lists) const ROOT: Self = Self { wire: &[0], starts: [0; TOP], labels: 0 };

    /// That of the name whose wire form is `wire`.
    pub(in crate::lists) fn of(wire: &'n [u8]) -> Self {
        let (mut starts, mut labels, mut at) = ([0; TOP], 0, 0_usize);
        while wire[at] != 0 {
            // At most 254, for a name has at most 255 octets.
            starts[labels % TOP] = at as u8;
            labels += 1;
            at += 1 + usize::from(wire[at]);
        }
        Self { wire, starts, labels }
    }

    /// The label at `depth`: 1 is the top-level domain.
    #[inline]
    fn label(&self, depth: usize) -> &'n [u8] {
        let from_left = self.labels - depth;
        let start = if depth <= TOP { usize::from(self.starts[from_left % TOP]) } else { self.walked(from_left) };
        &self.wire[start + 1..][..usize::from(self.wire[start])]
    }

    #[cold]
    fn walked(&self, labels: usize) -> usize {
        (0..labels).fold(0, |at, _| at + 1 + usize::from(self.wire[at]))
    }
}

/// What stands for "no node" where class ids do.
const NONE: u32 = u32::MAX;

impl Image {
    /// The effective sets of the deepest node on each name's way.
    pub(in crate::lists) fn walk<const N: usize>(&self, routes: &[Route<'_>], sets: &mut [Sets; N]) {
        let (table, key) = (self.table(), self.header.key);
        // Those that are still on their way, by their places.
        let mut under_way = [0_u8; N];
        let mut left = 0;
        for (at, (route, sets)) in routes.iter().zip(&mut *sets).enumerate() {
            *sets = Sets::default();
            if route.labels > 0 {
                under_way[left] = at as u8;
                left += 1;
            }
        }
        let (mut hashes, mut classes) = ([0; N], [NONE; N]);
        let mut depth = 0;
        while left > 0 {
            depth += 1;
            // Loads that do not depend on each other are under way together.
            let mut touched = 0;
            for at in under_way[..left].iter().copied().map(usize::from) {
                hashes[at] = key.step(hashes[at], routes[at].label(depth));
                touched ^= table.first_tag(hashes[at]);
            }
            black_box(touched);
            for at in under_way[..left].iter().copied().map(usize::from) {
                classes[at] = table.find(hashes[at]).map_or(NONE, |slot| self.class_id(slot));
            }
            let mut further = 0;
            for place in 0..left {
                let at = usize::from(under_way[place]);
                let Some(class) = self.classes.get(classes[at] as usize) else { continue };
                if depth == routes[at].labels {
                    sets[at] = class.own;
                    continue;
                }
                sets[at] = class.below;
                if class.has_descendants {
                    under_way[further] = at as u8;
                    further += 1;
                }
            }
            left = further;
        }
    }

    /// The class of the node in a slot.
    pub(super) fn class_at(&self, slot: usize) -> Option<&Class> {
        self.classes.get(self.class_id(slot) as usize)
    }

    #[inline]
    fn class_id(&self, slot: usize) -> u32 {
        let ids = self.section(super::Section::ClassIds);
        let short = || Some(u32::from(u16::from_le_bytes(*ids.get(slot * 2..)?.first_chunk()?)));
        let long = || Some(u32::from_le_bytes(*ids.get(slot * 4..)?.first_chunk()?));
        if self.wide { long() } else { short() }.unwrap_or(NONE)
    }
}

#[cfg(test)]
mod tests;
