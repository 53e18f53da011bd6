//! `[[exception]]`: an administrator opens a name that only the school's own lists lock, with a reason and an end.

use jiff::civil::Date;

use super::{LastDays, holding};
use crate::dns::{Name, NameMap};

/// What an administrator wrote of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Why, for the audit and the report.
    pub reason: String,
    /// The last day on which it holds, in the school's time zone.
    pub until: Date,
}

/// All exceptions; each holds for its name and everything below.
#[derive(Debug, Clone, Default)]
pub struct Exceptions {
    names: NameMap<Exception>,
    last_days: LastDays,
}

impl Exceptions {
    /// The exception that covers `name` on `day`, and how many labels its name has.
    pub fn covering(&self, name: &Name, day: Date) -> Option<(usize, &Exception)> {
        holding(&self.names, name, |exception| day <= exception.until)
    }

    /// The last days of those that end.
    pub const fn last_days(&self) -> &LastDays {
        &self.last_days
    }

    /// Whether some exception stands strictly below `name`. Walks all of them.
    pub fn has_below(&self, name: &Name) -> bool {
        self.names.has_below(name)
    }

    /// All of them, in no order, ended ones too.
    pub fn iter(&self) -> impl Iterator<Item = (Name, &Exception)> {
        self.names.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl FromIterator<(Name, Exception)> for Exceptions {
    /// Of two for one name the one that ends later holds.
    fn from_iter<I: IntoIterator<Item = (Name, Exception)>>(entries: I) -> Self {
        let mut names = NameMap::<Exception>::default();
        for (name, exception) in entries {
            if names.exact(&name).is_none_or(|known| known.until < exception.until) {
                names.insert(&name, exception);
            }
        }
        let last_days = names.iter().map(|(_, exception)| exception.until).collect();
        Self { names, last_days }
    }
}

#[cfg(test)]
mod tests;
