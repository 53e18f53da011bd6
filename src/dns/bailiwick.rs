//! For which names a server's word is taken: those of the zones that it is asked for, and none that others are asked for.
//!
//! The rule: whatever else a server says is not believed, and so never kept, whoever asks (RFC 5452 section 6).

use super::packed::Parts;
use super::{Name, NameMap, Rcode, Relayed, Untidy};

/// Who speaks for a name and all below it, until a deeper name says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The server that this is about.
    Its,
    /// Somebody else.
    Others,
}

/// The names that one server speaks for; all, where nothing else is said.
#[derive(Debug, Clone, Default)]
pub struct Bailiwick {
    /// None for all names, which most servers speak for.
    zones: Option<NameMap<Whose>>,
}

impl Bailiwick {
    /// The names of which the deepest of `zones` at or above them is its own.
    pub fn of(zones: impl IntoIterator<Item = (Name, Whose)>) -> Self {
        let zones: NameMap<Whose> = zones.into_iter().collect();
        let everything = zones.len() == 1 && zones.exact(&Name::root()) == Some(&Whose::Its);
        Self { zones: if everything { None } else { Some(zones) } }
    }

    /// Whether the server's word on `name` is taken.
    pub fn holds(&self, name: &Name) -> bool {
        match &self.zones {
            Some(zones) => zones.covering(name).is_some_and(|(_, whose)| *whose == Whose::Its),
            None => true,
        }
    }

    /// Whether it has all names.
    pub const fn is_everything(&self) -> bool {
        self.zones.is_none()
    }

    /// What it is made of, in an order of its own: equal for equal bailiwicks.
    pub fn texts(&self) -> Vec<String> {
        let Some(zones) = &self.zones else { return vec![format!("{:?} {}", Whose::Its, Name::root())] };
        let mut texts: Vec<String> = zones.iter().map(|(name, whose)| format!("{whose:?} {name}")).collect();
        texts.sort();
        texts
    }
}

impl Relayed {
    /// The same message, of a server whose word is taken for the names of `bailiwick` alone.
    ///
    /// # Errors
    /// As [`super::tidy_within`].
    pub fn confined(&self, bailiwick: &Bailiwick) -> Result<Self, Untidy> {
        let mut bytes = self.message().to_vec();
        // Only absence changes how records are read.
        bytes[3] = if self.rcode() == Rcode::NXDOMAIN { 3 } else { 0 };
        let mut confined = Parts::read_within(&bytes, bailiwick)?;
        if self.rcode() != Rcode::NXDOMAIN {
            confined.rcode = self.rcode();
        }
        let is_whole = confined.bytes.len() == bytes.len();
        // Signatures of what was dropped vouch for nothing that is left.
        confined.authentic_data = self.authentic_data() && is_whole && !confined.leaves;
        confined.truncated = self.truncated();
        confined.errors = self.errors().to_vec();
        confined.lifetime = confined.lifetime.min(if confined.leaves { confined.lifetime } else { self.lifetime() });
        Ok(confined.pack())
    }
}
