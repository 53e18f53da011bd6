//! What a name is about: categories, sets of them in one machine word, and the registry that names and ranks them.

use std::fmt;

/// A category: its place in the registry, the gravest first. At most 64 of them exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Category(u8);

impl Category {
    /// The most categories that a registry holds: a set of them is one 64-bit word.
    pub const MOST: usize = 64;

    /// The category at `place` of the registry, where a registry may have one.
    pub fn at(place: usize) -> Option<Self> {
        u8::try_from(place).ok().filter(|place| usize::from(*place) < Self::MOST).map(Self)
    }

    /// Its place in the registry.
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

/// A set of categories.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CategorySet(u64);

impl CategorySet {
    /// The set without a member.
    pub const EMPTY: Self = Self(0);

    /// The set that has its bits set in `bits`, bit `n` for the category at place `n`.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Bit `n` is set where the category at place `n` is a member.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether no category is a member.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in this set, in the other, or in both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether `category` is a member.
    pub const fn contains(self, category: Category) -> bool {
        self.0 >> category.0 & 1 == 1
    }

    /// Whether every member of `other` is a member of this set.
    pub const fn contains_all(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Adds `category`.
    pub const fn insert(&mut self, category: Category) {
        self.0 |= 1 << category.0;
    }

    /// The gravest member.
    pub const fn first(self) -> Option<Category> {
        // At most 63, so the cast cannot cut.
        if self.0 == 0 { None } else { Some(Category(self.0.trailing_zeros() as u8)) }
    }

    /// The members, the gravest first.
    pub fn iter(self) -> impl Iterator<Item = Category> {
        let mut rest = self;
        std::iter::from_fn(move || {
            let first = rest.first()?;
            rest.0 &= rest.0 - 1;
            Some(first)
        })
    }

    /// How many members it has.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }
}

impl FromIterator<Category> for CategorySet {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        let mut set = Self::EMPTY;
        for category in categories {
            set.insert(category);
        }
        set
    }
}

impl fmt::Debug for CategorySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Category::place)).finish()
    }
}

/// A text in the two languages that users read.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// What the registry says of one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryEntry {
    /// The word that configuration, journal and metrics use.
    pub id: String,
    /// What people read.
    pub name: Words,
    /// One sentence on what belongs to it.
    pub description: Words,
    /// Forbidden to everyone by law or office.
    pub locked: bool,
    /// Dangerous to the visitor (malware, phishing) rather than forbidden: answers say so, and a shared host on such a list
    /// is treated with care.
    pub threat: bool,
}

/// All categories, the gravest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registry {
    entries: Vec<CategoryEntry>,
}

/// The registry has no room: at most 64 categories exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are already 64 categories, the most that there can be")]
pub struct RegistryFull;

impl Registry {
    /// Adds a category as the least grave, or changes the entry of the same id.
    ///
    /// # Errors
    /// [`RegistryFull`] where 64 stand already.
    pub fn put(&mut self, entry: CategoryEntry) -> Result<Category, RegistryFull> {
        let place = match self.entries.iter().position(|known| known.id == entry.id) {
            Some(place) => {
                self.entries[place] = entry;
                place
            }
            None if self.entries.len() < Category::MOST => {
                self.entries.push(entry);
                self.entries.len() - 1
            }
            None => return Err(RegistryFull),
        };
        Ok(Category::at(place).expect("fewer than 64"))
    }

    /// The category with this id.
    pub fn find(&self, id: &str) -> Option<Category> {
        self.entries.iter().position(|entry| entry.id == id).and_then(Category::at)
    }

    /// What is known of `category`, which this registry gave out.
    pub fn entry(&self, category: Category) -> &CategoryEntry {
        &self.entries[category.place()]
    }

    /// All entries, the gravest first.
    pub fn entries(&self) -> &[CategoryEntry] {
        &self.entries
    }

    /// The categories forbidden to everyone.
    pub fn locked(&self) -> CategorySet {
        self.select(|entry| entry.locked)
    }

    /// The categories that endanger the visitor.
    pub fn threats(&self) -> CategorySet {
        self.select(|entry| entry.threat)
    }

    fn select(&self, wanted: impl Fn(&CategoryEntry) -> bool) -> CategorySet {
        self.entries.iter().enumerate().filter(|(_, entry)| wanted(entry)).filter_map(|(place, _)| Category::at(place)).collect()
    }
}

#[cfg(test)]
mod tests;
