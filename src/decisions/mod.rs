//! Who changed what, until when? Exceptions, grants and the office's decisions, each asked with the name and the time.
//!
//! The operator's file is never rewritten: what people decide while the program runs stands beside it.

pub mod audit;
mod exceptions;
mod grants;
mod office;

pub use exceptions::{Exception, Exceptions};
pub use grants::{Beneficiary, Grant, Grants};
pub use office::{Decided, Decision, Guarantee, OfficeDecisions, OfficeWord, Ruling};

use jiff::civil::Date;

use crate::dns::{Name, NameMap};

/// The last days of what ends by itself.
#[derive(Debug, Clone, Default)]
pub struct LastDays(Vec<Date>);

impl LastDays {
    /// Whether something's last day is `day`.
    pub fn has(&self, day: Date) -> bool {
        self.0.binary_search(&day).is_ok()
    }

    /// The latest last day that is over on `day`.
    pub fn last_before(&self, day: Date) -> Option<Date> {
        self.0[..self.0.partition_point(|last| *last < day)].last().copied()
    }
}

impl FromIterator<Date> for LastDays {
    fn from_iter<I: IntoIterator<Item = Date>>(days: I) -> Self {
        let mut days: Vec<_> = days.into_iter().collect();
        days.sort_unstable();
        days.dedup();
        Self(days)
    }
}

/// The deepest entry at or above `name` that `holds`, and how many labels its name has.
///
/// Other than [`NameMap::covering`], an entry that has ended does not hide a wider one that has not.
fn holding<'m, T>(map: &'m NameMap<T>, name: &Name, holds: impl Fn(&T) -> bool) -> Option<(usize, &'m T)> {
    let (mut labels, mut value) = map.covering(name)?;
    while !holds(value) {
        let above = labels.checked_sub(1)?;
        (labels, value) = map.covering(&name.ancestor(above))?;
    }
    Some((labels, value))
}
