//! The keyed hash that names a node of an image: one step for each label, from the top down.
//!
//! # Cost
//! About 3 ns a label (`benches/index.rs`): two folded multiplications for labels up to 16 octets, no allocation. SipHash-1-3
//! takes four times as long. The hash need not withstand an attacker: the compiler proves that no two names of an image share
//! one, and who would find a second name for a listed one would only block his own.

/// The key of one image, three odd words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key([u64; 3]);

impl Key {
    /// The key for an image with this content; `attempt` counts up from 0 where names collided.
    pub(super) fn derive(content: &blake3::Hash, attempt: u32) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("khien list image: hash key");
        hasher.update(content.as_bytes());
        hasher.update(&attempt.to_le_bytes());
        let mut bytes = [0; 24];
        hasher.finalize_xof().fill(&mut bytes);
        Self::from_bytes(&bytes)
    }

    /// The key as [`Key::to_bytes`] wrote it.
    pub(super) fn from_bytes(bytes: &[u8; 24]) -> Self {
        Self([0, 8, 16].map(|at| word(bytes, at) | 1))
    }

    /// As the header of an image holds it.
    pub(super) fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        for (place, word) in self.0.into_iter().enumerate() {
            bytes[place * 8..][..8].copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// The hash of the name that has `label` in front of the one hashed to `parent`; the root's is 0.
    #[inline]
    pub(super) fn step(self, parent: u64, label: &[u8]) -> u64 {
        let [first, second, third] = self.0;
        let mut seed = parent ^ first;
        let mut rest = label;
        while rest.len() > 16 {
            seed = fold(word(rest, 0) ^ second, word(rest, 8) ^ seed);
            rest = &rest[16..];
        }
        let (low, high) = ends(rest);
        fold(fold(low ^ second, high ^ seed) ^ label.len() as u64, third)
    }
}

/// The eight octets at `at`.
#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight octets"))
}

/// All of at most 16 octets in two words, which may share some.
#[inline]
fn ends(bytes: &[u8]) -> (u64, u64) {
    match bytes.len() {
        8.. => (word(bytes, 0), word(bytes, bytes.len() - 8)),
        4.. => {
            let half = |at: usize| u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four octets")));
            (half(0), half(bytes.len() - 4))
        }
        1.. => {
            let octet = |at: usize| u64::from(bytes[at]);
            (octet(0) | octet(bytes.len() / 2) << 8, octet(bytes.len() - 1))
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
