//! What the index says of one name: the answer of a single walk, a few machine words.

use super::CategorySet;

/// Everything that the lists say of one name for one record type.
///
/// The effective sets: each list's own exceptions and the protected names are already taken into account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listed {
    /// The categories that lists of the education office give.
    pub office: CategorySet,
    /// The categories that the school's own lists and the starter lists give.
    pub school: CategorySet,
    /// Those of `school` that a rule gives which names this very name, and not only one above it.
    pub school_exact: CategorySet,
    /// The categories that hold for every name below this one too, with no exception anywhere below.
    pub closed: CategorySet,
    /// Which kinds of protected name this is.
    pub protected: Protection,
    /// Bit `n`: the list at place `n` among those with `action = "observe"` names it.
    pub observed: u64,
    /// How many labels the deepest rule's name has; 0 where no rule or only a pattern matched.
    pub rule_labels: u8,
}

impl Listed {
    /// All categories, whoever gives them.
    pub const fn categories(&self) -> CategorySet {
        self.office.union(self.school)
    }
}

/// A kind of protected name (`blocklists/protected.toml`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protected {
    /// Connectivity checks, time, certificate status, safe-search twins: no list takes it along, unless forced.
    System,
    /// Help against abuse and suicide, health: nothing blocks it, and no record of names holds it.
    Help,
    /// Ministry and learning sites: taken only by `malware` and `phishing`.
    Learning,
    /// Sites that half the country uses: threat and locked categories cannot take it, except by force or the office.
    Popular,
}

impl Protected {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::System, Self::Help, Self::Learning, Self::Popular];

    /// As files and messages write it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Help => "help",
            Self::Learning => "learning",
            Self::Popular => "popular",
        }
    }
}

/// A set of kinds of protection, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Protection(u8);

impl Protection {
    /// No protection.
    pub const NONE: Self = Self(0);

    /// The set with the bits of [`Protection::bits`].
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0b1111)
    }

    /// Bit `n` stands for `Protected::ALL[n]`.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// This set with `kind` added.
    #[must_use]
    pub const fn with(self, kind: Protected) -> Self {
        Self(self.0 | 1 << kind as u8)
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `kind` is in the set.
    pub const fn has(self, kind: Protected) -> bool {
        self.0 >> kind as u8 & 1 == 1
    }

    /// Of this set, what holds for everything below a protected name too, whatever rules stand there: [`Protected::Help`].
    #[must_use]
    pub const fn help_only(self) -> Self {
        Self(self.0 & 1 << Protected::Help as u8)
    }

    /// Whether no kind is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}
