//! A small map from names to values that is asked for the deepest name at or above a given one.

use std::collections::HashMap;

use super::Name;
use super::spread::Known;

/// Names with a value each; what stands at a name holds for everything below it, until a deeper name says otherwise.
///
/// For the rules that people write by the dozen (allow, deny, exceptions, zones, special-use names); the lists, which hold
/// millions, have their own index.
#[derive(Debug, Clone)]
pub struct NameMap<T> {
    values: HashMap<Box<[u8]>, T, Known>,
    /// Labels of the deepest name, so that a longer question skips what cannot match.
    deepest: usize,
}

impl<T> Default for NameMap<T> {
    fn default() -> Self {
        Self { values: HashMap::default(), deepest: 0 }
    }
}

impl<T> NameMap<T> {
    /// Puts a value at `name` and gives back the one that stood there.
    pub fn insert(&mut self, name: &Name, value: T) -> Option<T> {
        self.deepest = self.deepest.max(name.label_count());
        self.values.insert(name.as_wire().into(), value)
    }

    /// The value at exactly `name`.
    pub fn exact(&self, name: &Name) -> Option<&T> {
        self.values.get(name.as_wire())
    }

    /// The value at exactly `name`, to change it.
    pub fn exact_mut(&mut self, name: &Name) -> Option<&mut T> {
        self.values.get_mut(name.as_wire())
    }

    /// The deepest entry at or above `name`: how many labels its name has, and its value.
    pub fn covering(&self, name: &Name) -> Option<(usize, &T)> {
        if self.values.is_empty() {
            return None;
        }
        let labels = name.label_count();
        name.suffixes()
            .enumerate()
            .skip(labels.saturating_sub(self.deepest))
            .find_map(|(cut, suffix)| self.values.get(suffix).map(|value| (labels - cut, value)))
    }

    /// Whether some entry stands strictly below `name`. Walks all entries: not for the path of a query.
    pub fn has_below(&self, name: &Name) -> bool {
        self.names().any(|entry| entry != *name && entry.is_at_or_below(name))
    }

    /// All names, in no order.
    pub fn names(&self) -> impl Iterator<Item = Name> + '_ {
        self.values.keys().map(|wire| Name::from_wire(wire).expect("only names are put in"))
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Name, &T)> {
        self.values.iter().map(|(wire, value)| (Name::from_wire(wire).expect("only names are put in"), value))
    }

    /// How many names it holds.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl<T> FromIterator<(Name, T)> for NameMap<T> {
    fn from_iter<I: IntoIterator<Item = (Name, T)>>(entries: I) -> Self {
        let mut map = Self::default();
        for (name, value) in entries {
            map.insert(&name, value);
        }
        map
    }
}

#[cfg(test)]
mod tests;
