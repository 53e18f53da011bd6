//! Numbers that follow no order, and are the same in every run (xorshift, Marsaglia 2003).

/// What the next number comes from.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Other numbers for each `seed`.
    pub(crate) const fn new(seed: u64) -> Self {
        // Nothing comes of a state of zero.
        Self((seed | 1 << 63).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// One below `bound`.
    pub(crate) const fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// Puts them in another order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            items.swap(place, self.below(place + 1));
        }
    }
}
