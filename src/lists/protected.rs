//! Names that no list takes along by mistake, read from `blocklists/protected.toml`.
//!
//! An embedded table like the one of [`super::Registry::shipped`]: tested, never at fault at run time. An entry protects its
//! name, its `www.` name and everything below from the list rules at it or above it; what each kind of protection is proof
//! against is decided where rules meet it, in the compiler and in `policy`.

use super::tables::{ProtectedRows, TableFault, names};
use super::{Protected, Protection};
use crate::dns::{Name, NameMap};

/// The text of `blocklists/protected.toml`.
pub(super) const TEXT: &str = include_str!("../../blocklists/protected.toml");

/// The protected names with their kinds.
#[derive(Debug, Clone, Default)]
pub struct ProtectedNames {
    /// At each entry the kinds of the entry and of all entries above it, so that the deepest one says everything.
    names: NameMap<Protection>,
    /// The entries as written, by kind, in canonical order of names.
    entries: Vec<(Name, Protected)>,
}

impl ProtectedNames {
    /// The names of `blocklists/protected.toml`.
    pub fn shipped() -> Self {
        let rows: ProtectedRows = toml::from_str(TEXT).expect("the embedded protected names are tested");
        Self::of_rows(&rows).expect("the embedded protected names are tested")
    }

    /// The names that `rows` say.
    ///
    /// # Errors
    /// Where one is no name.
    pub fn of_rows(rows: &ProtectedRows) -> Result<Self, TableFault> {
        let ProtectedRows { system, help, learning, popular } = rows;
        let rows = [
            (Protected::System, system),
            (Protected::Help, help),
            (Protected::Learning, learning),
            (Protected::Popular, popular),
        ];
        let mut entries = Vec::new();
        for (kind, texts) in rows {
            entries.extend(names("protected names", texts)?.into_iter().map(|name| (name, kind)));
        }
        Ok(Self::new(entries))
    }

    /// Protects each name and its `www.` name, where that is not too long to be one.
    pub fn new(entries: impl IntoIterator<Item = (Name, Protected)>) -> Self {
        let mut entries: Vec<(Name, Protected)> = entries
            .into_iter()
            .flat_map(|(name, kind)| {
                let www = Name::parse(&format!("www.{name}")).ok().filter(|_| name.labels().next() != Some(b"www"));
                [Some(name), www].into_iter().flatten().map(move |name| (name, kind))
            })
            .collect();
        entries.sort();
        entries.dedup();
        let mut names: NameMap<Protection> = NameMap::default();
        // Canonical order puts a name before those below it, so what stands above is complete when it is asked for.
        for (name, kind) in &entries {
            let above = names.covering(name).map_or(Protection::NONE, |(_, kinds)| *kinds);
            names.insert(name, above.with(*kind));
        }
        Self { names, entries }
    }

    /// The kinds of protection that `name` has, its own and those of the names above it.
    pub fn kinds(&self, name: &Name) -> Protection {
        self.names.covering(name).map_or(Protection::NONE, |(_, kinds)| *kinds)
    }

    /// Every entry with its effective kinds: what the compiler marks in an image.
    pub fn as_map(&self) -> &NameMap<Protection> {
        &self.names
    }

    /// The names of one kind, in canonical order.
    pub fn of_kind(&self, kind: Protected) -> impl Iterator<Item = &Name> {
        self.entries.iter().filter(move |(_, own)| *own == kind).map(|(name, _)| name)
    }

    /// The entries at or below `name`: what a rule that stands at `name` would take along.
    pub fn taken_along(&self, name: &Name) -> impl Iterator<Item = &(Name, Protected)> {
        self.entries.iter().filter(move |(entry, _)| entry.is_at_or_below(name))
    }

    /// How many entries there are, `www.` names included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is protected.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests;
