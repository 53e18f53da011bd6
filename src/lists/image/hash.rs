//! The keyed hash that names a node of an image: one step for each label, from the top down.
//!
//! It need not withstand an attacker: the compiler proves that no two names of an image share one, and who would find a second name
//! for a listed one would only block his own.

use crate::dns::Spread;

/// The key of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(Spread);

impl Key {
    /// The key for an image of sources with this fingerprint; `attempt` counts up from 0 where names collided.
    pub(super) fn derive(fingerprint: &[u8; 32], attempt: u32) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("khien list image: hash key");
        hasher.update(fingerprint);
        hasher.update(&attempt.to_le_bytes());
        let mut bytes = [0; 24];
        hasher.finalize_xof().fill(&mut bytes);
        Self::from_bytes(&bytes)
    }

    /// The key as [`Key::to_bytes`] wrote it.
    pub(super) fn from_bytes(bytes: &[u8; 24]) -> Self {
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight octets"));
        Self(Spread::new([0, 8, 16].map(word)))
    }

    /// As the header of an image holds it.
    pub(super) fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        for (place, word) in self.0.words().into_iter().enumerate() {
            bytes[place * 8..][..8].copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// The hash of the name that has `label` in front of the one hashed to `parent`; the root's is 0.
    #[inline]
    pub(super) fn step(self, parent: u64, label: &[u8]) -> u64 {
        self.0.step(parent, label)
    }
}
