//! A quick keyed hash of octets, for tables of names.
//!
//! # Cost
//! About 3 ns for up to 16 octets, two folded multiplications (`benches/index.rs`); SipHash-1-3 takes four times as long. Who knows
//! the key can find names that meet: where clients choose what is put into a table the key is random and stays in the process.

use std::hash::{BuildHasher, Hasher};

/// The key: three odd words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread([u64; 3]);

impl Spread {
    /// The key of these words, of which the lowest bits do not count.
    pub const fn new(words: [u64; 3]) -> Self {
        let [first, second, third] = words;
        Self([first | 1, second | 1, third | 1])
    }

    /// A key that nobody knows.
    pub fn random() -> Self {
        Self::new(rand::random())
    }

    /// The words.
    pub const fn words(self) -> [u64; 3] {
        self.0
    }

    /// The hash of `octets` behind what was hashed to `before`; of nothing that is 0.
    #[inline]
    pub fn step(self, before: u64, octets: &[u8]) -> u64 {
        let [first, second, third] = self.0;
        let mut seed = before ^ first;
        let mut rest = octets;
        while rest.len() > 16 {
            seed = fold(word(rest, 0) ^ second, word(rest, 8) ^ seed);
            rest = &rest[16..];
        }
        let (low, high) = ends(rest);
        fold(fold(low ^ second, high ^ seed) ^ octets.len() as u64, third)
    }
}

/// The eight octets at `at`.
#[inline]
fn word(octets: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(octets[at..at + 8].try_into().expect("eight octets"))
}

/// All of at most 16 octets in two words, which may share some.
#[inline]
fn ends(octets: &[u8]) -> (u64, u64) {
    match octets.len() {
        8.. => (word(octets, 0), word(octets, octets.len() - 8)),
        4.. => {
            let half = |at: usize| u64::from(u32::from_le_bytes(octets[at..at + 4].try_into().expect("four octets")));
            (half(0), half(octets.len() - 4))
        }
        1.. => {
            let octet = |at: usize| u64::from(octets[at]);
            (octet(0) | octet(octets.len() / 2) << 8, octet(octets.len() - 1))
        }
        0 => (0, 0),
    }
}

/// Both halves of the product, one over the other.
#[inline]
const fn fold(left: u64, right: u64) -> u64 {
    let product = left as u128 * right as u128;
    product as u64 ^ (product >> 64) as u64
}

/// Hashes the keys of a table that people fill, and no client: under a key that everyone may know.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known;

impl BuildHasher for Known {
    type Hasher = Spreading;

    fn build_hasher(&self) -> Spreading {
        // The first digits of the fractions of the square roots of 2, 3 and 5 (FIPS 180-4 section 4.2.3 has them for its own use).
        const KEY: Spread = Spread::new([0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b]);
        Spreading { key: KEY, hash: 0 }
    }
}

/// Hashes the keys of a table that clients fill: under a key that nobody knows.
#[derive(Debug, Clone, Copy)]
pub struct Secret(Spread);

impl Default for Secret {
    fn default() -> Self {
        Self(Spread::random())
    }
}

impl BuildHasher for Secret {
    type Hasher = Spreading;

    fn build_hasher(&self) -> Spreading {
        Spreading { key: self.0, hash: 0 }
    }
}

/// The hash of what was written, one run of octets behind the other.
#[derive(Debug)]
pub struct Spreading {
    key: Spread,
    hash: u64,
}

impl Hasher for Spreading {
    fn finish(&self) -> u64 {
        self.hash
    }

    fn write(&mut self, octets: &[u8]) {
        self.hash = self.key.step(self.hash, octets);
    }

    /// The length of what follows, which is hashed with it.
    fn write_usize(&mut self, _length: usize) {}

    /// Which variant it is; left to the trait, it would come as a length.
    fn write_isize(&mut self, variant: isize) {
        self.write(&variant.to_ne_bytes());
    }
}

#[cfg(test)]
mod tests;
