//! The aliases that an answer goes through: from the question by CNAME and DNAME to the name that has the data.
//!
//! A loop, or a chain longer than [`MOST_ALIASES`], is no answer to pass on.

use super::{MAX_NAME, Name, Record, RecordType};

/// The most aliases that an answer may go through; more than any honest answer has, and resolvers stop about here too.
pub const MOST_ALIASES: usize = 16;

/// Why aliases lead nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Astray {
    /// Back to a name on the way.
    Loop,
    /// Too far.
    TooFar,
}

/// A record of the answer section with its owner.
pub(super) type Owned<'a> = (Record<'a>, Name);

/// The names that an answer is about: the one asked for, then the target of each alias in order.
pub(super) struct Chain(Vec<Name>);

impl Chain {
    /// Follows the aliases among `answers`, starting from `question`.
    ///
    /// A DNAME and the CNAME that a server made from it (RFC 6672 section 3.1) are one step.
    pub(super) fn follow(question: &Name, answers: &[&Owned<'_>]) -> Result<Self, Astray> {
        let aliases: Vec<_> = answers
            .iter()
            .filter(|(record, _)| matches!(record.record_type, RecordType::CNAME | RecordType::DNAME))
            .filter_map(|(record, owner)| Some((record.record_type, owner, record.target()?)))
            .collect();
        let mut names = vec![question.clone()];
        let mut here = 0;
        while let Some(name) = names.get(here).cloned() {
            for (record_type, owner, target) in &aliases {
                let next = match *record_type {
                    RecordType::CNAME if **owner == name => target.clone(),
                    RecordType::DNAME if is_below(&name, owner) => match substitute(&name, owner, target) {
                        Some(next) => next,
                        None => continue,
                    },
                    _ => continue,
                };
                match names.iter().position(|known| *known == next) {
                    Some(known) if known <= here => return Err(Astray::Loop),
                    Some(_) => continue,
                    None if names.len() > MOST_ALIASES => return Err(Astray::TooFar),
                    None => names.push(next),
                }
            }
            here += 1;
        }
        Ok(Self(names))
    }

    /// Whether a record of the answer section belongs to the chain: to one of its names, or to a DNAME that leads one on.
    pub(super) fn holds(&self, record: &Record<'_>, owner: &Name) -> bool {
        let redirects = record.record_type == RecordType::DNAME || record.type_covered() == Some(RecordType::DNAME);
        self.0.iter().any(|name| name == owner || redirects && is_below(name, owner))
    }

    /// The name that has the data: the last target, or where there is none the one asked for.
    pub(super) fn last(&self) -> &Name {
        self.0.last().expect("the question stands first")
    }

    /// The targets in order.
    pub(super) fn targets(&self) -> &[Name] {
        &self.0[1..]
    }
}

/// Whether `name` stands strictly below `above`: a DNAME redirects these only (RFC 6672 section 2.3).
fn is_below(name: &Name, above: &Name) -> bool {
    name != above && name.is_at_or_below(above)
}

/// `name` with its ending `owner` replaced by `target`; `None` where that is longer than a name can be.
fn substitute(name: &Name, owner: &Name, target: &Name) -> Option<Name> {
    let kept = &name.as_wire()[..name.as_wire().len() - owner.as_wire().len()];
    let mut wire = [0; MAX_NAME];
    let whole = wire.get_mut(..kept.len() + target.as_wire().len())?;
    whole[..kept.len()].copy_from_slice(kept);
    whole[kept.len()..].copy_from_slice(target.as_wire());
    Some(Name::from_wire(whole).expect("labels of names, and short enough"))
}
