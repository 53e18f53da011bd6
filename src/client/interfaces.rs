//! The interfaces that groups name in `via`: by name in the file, by number on every query.
//!
//! The rule: the numbers are the machine's and change while it runs, so they are looked up again and again, beside the snapshots.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::GroupId;

/// All of them, in the file's order; copies share the numbers.
#[derive(Debug, Clone)]
pub struct Interfaces(Arc<[Named]>);

#[derive(Debug)]
struct Named {
    name: String,
    group: GroupId,
    /// 0 where the machine has no such interface now.
    number: AtomicU32,
}

impl Interfaces {
    pub(super) fn new(named: Vec<(String, GroupId)>) -> Self {
        Self(named.into_iter().map(|(name, group)| Named { name, group, number: AtomicU32::new(0) }).collect())
    }

    /// Looks every name up, and gives the names that `number_of` does not know.
    pub fn look_up(&self, number_of: impl Fn(&str) -> Option<NonZeroU32>) -> Vec<&str> {
        let mut absent = Vec::new();
        for named in &*self.0 {
            let number = number_of(&named.name);
            named.number.store(number.map_or(0, NonZeroU32::get), Ordering::Relaxed);
            if number.is_none() {
                absent.push(named.name.as_str());
            }
        }
        absent
    }

    /// The names that the machine did not have when it was last asked, each with its group.
    pub fn absent(&self) -> impl Iterator<Item = (&str, GroupId)> {
        self.0.iter().filter(|named| named.number.load(Ordering::Relaxed) == 0).map(|named| (named.name.as_str(), named.group))
    }

    /// The place and the group of the interface of this number.
    pub(super) fn claim(&self, number: Option<NonZeroU32>) -> Option<(usize, GroupId)> {
        let number = number?.get();
        let place = self.0.iter().position(|named| named.number.load(Ordering::Relaxed) == number)?;
        Some((place, self.0[place].group))
    }

    /// Whether no group names one.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name at `place`.
    pub fn name(&self, place: usize) -> &str {
        &self.0[place].name
    }

    /// The number that `name` has now, where a group names it.
    pub fn number(&self, name: &str) -> Option<NonZeroU32> {
        let named = self.0.iter().find(|named| named.name == name)?;
        NonZeroU32::new(named.number.load(Ordering::Relaxed))
    }
}
