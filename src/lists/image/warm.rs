//! Reading ahead: what the look-ups of a whole batch will touch is fetched at once, before the first of them waits for any of it.
//!
//! The rule: nothing comes of it but time. What cannot be read is left out, and found out by whoever parses it.
//!
//! # Cost
//! Some 10 ns a label, spent while the memory answers; a look-up of its own waits up to 100 ns for each line (`benches/index.rs`).

use std::hint::black_box;

use super::layout::Section;
use super::{Image, hash::Key};
use crate::dns::MAX_LABEL;

/// So many labels from the top are looked ahead for: where most names of lists, and most other names, end.
const DEPTH: usize = 4;

/// So many hashes are gathered before their lines are touched: 32 names' worth.
const GATHERED: usize = 32 * DEPTH;

impl Image {
    /// Touches what the look-ups of `names` will read; each begins in wire form and in any case of letters.
    pub(in crate::lists) fn warm<'n>(&self, names: impl Iterator<Item = &'n [u8]>) {
        let mut hashes = [0; GATHERED];
        let mut count = 0;
        for name in names {
            if count + DEPTH > GATHERED {
                self.touch(&hashes[..count]);
                count = 0;
            }
            count += gather(self.header.key, name, &mut hashes[count..]);
        }
        self.touch(&hashes[..count]);
    }

    fn touch(&self, hashes: &[u64]) {
        let (table, ids) = (self.table(), self.section(Section::ClassIds));
        let width = if self.wide { 4 } else { 2 };
        // Loads that do not depend on each other are under way together.
        black_box(hashes.iter().fold(0, |seen, hash| seen ^ table.first_tag(*hash)));
        let id = |slot: usize| ids.get(slot * width).copied().unwrap_or_default();
        black_box(hashes.iter().filter_map(|hash| table.find(*hash)).fold(0, |seen, slot| seen ^ id(slot)));
    }
}

/// Hashes the ancestors of the name at the start of `wire`, the topmost first; returns how many there are.
fn gather(key: Key, wire: &[u8], hashes: &mut [u64]) -> usize {
    // Where the last few labels begin, the latest at the end.
    let mut starts = [0; DEPTH];
    let (mut at, mut labels) = (0, 0);
    loop {
        match wire.get(at).copied().map(usize::from) {
            Some(0) => break,
            Some(len) if len <= MAX_LABEL => {
                starts.rotate_left(1);
                starts[DEPTH - 1] = at;
                labels += 1;
                at += 1 + len;
            }
            Some(_) | None => return 0,
        }
    }
    let mut hash = 0;
    for (place, start) in starts.iter().rev().take(labels).enumerate() {
        let len = usize::from(wire[*start]);
        let mut label = [0; MAX_LABEL];
        label[..len].copy_from_slice(&wire[start + 1..start + 1 + len]);
        label[..len].make_ascii_lowercase();
        hash = key.step(hash, &label[..len]);
        hashes[place] = hash;
    }
    labels.min(DEPTH)
}

#[cfg(test)]
mod tests;
