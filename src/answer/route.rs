//! Whom a question goes to: what is kept of one route's answers is never used for another's.
//!
//! The rule: whatever makes other words come back is part of the route. So a change of upstreams makes what was kept of the
//! old ones unreachable, and upstreams of one zone cannot speak for another zone.

use crate::dns::Name;

/// A zone and those who are asked for it, in one number that is the same in every run of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Route(u64);

impl Route {
    /// A route of nobody, where there is only one.
    pub const DEFAULT: Self = Self(0);

    /// The route to `upstreams`, each a text of its own, for the names at and below `zone`.
    ///
    /// Names that no zone of the configuration holds go by the root.
    pub fn of<T: AsRef<[u8]>>(zone: &Name, upstreams: impl IntoIterator<Item = T>) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(zone.as_wire());
        for upstream in upstreams {
            // Its length first, so that no two lists of texts make the same octets.
            let upstream = upstream.as_ref();
            hasher.update(&upstream.len().to_be_bytes()).update(upstream);
        }
        let first = *hasher.finalize().as_bytes().first_chunk().expect("a hash has 32 octets");
        Self(u64::from_be_bytes(first))
    }

    /// As [`Route::to_bytes`] gave it.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }

    /// As it stands in a stored key.
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

#[cfg(test)]
mod tests;
