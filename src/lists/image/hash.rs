//! The keyed hash that names a node of an image: one step for each label, from the top down.
//!
//! It need not withstand an attacker: the compiler proves that no two names of an image share one, and who would find a second name
//! for a listed one would only block his own, until the journal's writer sees it (`quarantine.rs`).

use crate::dns::Spread;

/// The key of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    spread: Spread,
    /// Whether hashes keep thirteen bits alone, so that names meet.
    #[cfg(test)]
    is_weak: bool,
}

impl Key {
    /// The key for an image of sources with this fingerprint; `attempt` counts up from 0 where names collided.
    pub(super) fn derive(fingerprint: &[u8; 32], attempt: u32) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("khien list image: hash key");
        hasher.update(fingerprint);
        hasher.update(&attempt.to_le_bytes());
        let mut bytes = [0; 24];
        hasher.finalize_xof().fill(&mut bytes);
        // It does not count; tests tell weak keys by it.
        bytes[0] |= 1;
        Self::from_bytes(&bytes)
    }

    /// As [`Key::derive`], a key under which names meet.
    #[cfg(test)]
    pub(super) fn weak(fingerprint: &[u8; 32], attempt: u32) -> Self {
        Self { is_weak: true, ..Self::derive(fingerprint, attempt) }
    }

    /// The key as [`Key::to_bytes`] wrote it.
    pub(super) fn from_bytes(bytes: &[u8; 24]) -> Self {
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight octets"));
        Self {
            spread: Spread::new([0, 8, 16].map(word)),
            #[cfg(test)]
            is_weak: bytes[0] & 1 == 0,
        }
    }

    /// As the header of an image holds it.
    pub(super) fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        for (place, word) in self.spread.words().into_iter().enumerate() {
            bytes[place * 8..][..8].copy_from_slice(&word.to_le_bytes());
        }
        #[cfg(test)]
        if self.is_weak {
            bytes[0] &= !1;
        }
        bytes
    }

    /// The hash of the name that has `label` in front of the one hashed to `parent`; the root's is 0.
    #[inline]
    pub(super) fn step(self, parent: u64, label: &[u8]) -> u64 {
        #[cfg(test)]
        if self.is_weak {
            // Some for the bucket, some for the tag.
            return self.spread.step(parent, label) & 0xf000_0000_0000_01ff;
        }
        self.spread.step(parent, label)
    }
}
