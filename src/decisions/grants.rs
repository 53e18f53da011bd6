//! Grants: a name that the school opened for a group or a client, until an instant.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::client::GroupId;
use crate::dns::{Name, NameMap};

/// For whom a grant opens its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Beneficiary {
    /// Every client of a group.
    Group(GroupId),
    /// One client, whichever group it is in.
    Client(IpAddr),
}

/// A temporary exception of the school, for its name and everything below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// For whom.
    pub to: Beneficiary,
    /// When it was made; it holds from then on.
    pub made: Timestamp,
    /// The first instant at which it no longer holds.
    pub until: Timestamp,
}

impl Grant {
    /// Whether it holds at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.made <= now && now < self.until
    }
}

/// All grants.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    names: NameMap<Vec<Grant>>,
    /// Every instant at which one begins or ends, in order.
    edges: Vec<Timestamp>,
}

impl Grants {
    /// The deepest grant that covers `name` and `suits`, and how many labels its name has.
    pub fn covering(&self, name: &Name, suits: impl Fn(&Grant) -> bool) -> Option<(usize, &Grant)> {
        let (labels, grants) = super::holding(&self.names, name, |grants| grants.iter().any(&suits))?;
        Some((labels, grants.iter().find(|grant| suits(grant))?))
    }

    /// The next instant after `now` at which any grant begins or ends.
    pub fn next_edge(&self, now: Timestamp) -> Option<Timestamp> {
        self.edges.get(self.edges.partition_point(|edge| *edge <= now)).copied()
    }

    /// Whether some grant's name stands strictly below `name`. Walks all of them.
    pub fn has_below(&self, name: &Name) -> bool {
        self.names.has_below(name)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl FromIterator<(Name, Grant)> for Grants {
    fn from_iter<I: IntoIterator<Item = (Name, Grant)>>(entries: I) -> Self {
        let mut grants = Self::default();
        for (name, grant) in entries {
            grants.edges.extend([grant.made, grant.until]);
            match grants.names.exact_mut(&name) {
                Some(known) => known.push(grant),
                None => {
                    grants.names.insert(&name, vec![grant]);
                }
            }
        }
        grants.edges.sort_unstable();
        grants.edges.dedup();
        grants
    }
}

#[cfg(test)]
mod tests;
