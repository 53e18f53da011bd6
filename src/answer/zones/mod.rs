//! Who speaks for a name: one of the school's own zones, the servers of a conditionally forwarded one, or the upstreams.
//!
//! The rule: the longest zone wins, at equality the own one; a name that an own zone delegates belongs to whoever would have it
//! without that zone. Whoever speaks is believed for the names that are asked of him, and no other.

mod entries;
mod master;
mod own;

use std::sync::Arc;

pub use master::{MasterFault, Weight};
pub use own::Zone;

use super::upstream::Upstreams;
use crate::dns::{Bailiwick, Name, NameMap, RecordType, Relayed, Untidy, Whose};

/// Who speaks, by place in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The own zone of this place.
    Own(usize),
    /// The servers of the forwarded zone of this place.
    Forwarded(usize),
    /// The upstreams.
    Upstreams,
}

/// How the names are divided among those who speak.
#[derive(Debug, Clone, Default)]
pub struct Division {
    at: NameMap<Speaker>,
}

impl Division {
    /// The division between own zones and forwarded ones.
    pub fn of(own: &[Arc<Zone>], forwarded: &[Name]) -> Self {
        let mut lent = NameMap::default();
        for (place, name) in forwarded.iter().enumerate() {
            lent.insert(name, Speaker::Forwarded(place));
        }
        let mut at = NameMap::default();
        for zone in own {
            let beside = lent.covering(zone.origin()).map_or(Speaker::Upstreams, |(_, speaker)| *speaker);
            for cut in zone.cuts() {
                at.insert(cut, beside);
            }
        }
        for (name, speaker) in lent.iter() {
            at.insert(&name, *speaker);
        }
        for (place, zone) in own.iter().enumerate() {
            at.insert(zone.origin(), Speaker::Own(place));
        }
        Self { at }
    }

    /// Who speaks for `name`, and how many labels the zone has.
    pub fn speaker(&self, name: &Name) -> (usize, Speaker) {
        self.at.covering(name).map_or((0, Speaker::Upstreams), |(labels, speaker)| (labels, *speaker))
    }

    /// The names that `speaker` is believed for.
    pub fn bailiwick(&self, speaker: Speaker) -> Bailiwick {
        let whose = |of: Speaker| if of == speaker { Whose::Its } else { Whose::Others };
        let root = (Name::root(), whose(Speaker::Upstreams));
        Bailiwick::of(std::iter::once(root).chain(self.at.iter().map(|(name, of)| (name, whose(*of)))))
    }
}

/// A zone whose names are asked of other servers.
#[derive(Debug, Clone)]
pub struct Forwarded {
    /// Its name.
    pub name: Name,
    /// Who is asked.
    pub upstreams: Arc<Upstreams>,
}

/// All zones of a configuration.
#[derive(Debug, Default)]
pub struct Zones {
    division: Division,
    own: Vec<(Arc<Zone>, Bailiwick)>,
    forwarded: Vec<Forwarded>,
}

/// Where a name belongs.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// To one of the school's own zones.
    Own(&'a Zone, &'a Bailiwick),
    /// To a conditionally forwarded zone.
    Forwarded(&'a Forwarded),
    /// To nobody in particular: the upstreams are asked.
    Elsewhere,
}

impl Zones {
    /// These zones.
    pub fn new(own: &[Arc<Zone>], forwarded: Vec<Forwarded>) -> Self {
        let names: Vec<Name> = forwarded.iter().map(|zone| zone.name.clone()).collect();
        let division = Division::of(own, &names);
        let bailiwick = |place| division.bailiwick(Speaker::Own(place));
        let own = own.iter().enumerate().map(|(place, zone)| (Arc::clone(zone), bailiwick(place))).collect();
        Self { own, forwarded, division }
    }

    /// Where `name` belongs.
    pub fn place(&self, name: &Name) -> Place<'_> {
        match self.division.speaker(name).1 {
            Speaker::Own(place) => Place::Own(&self.own[place].0, &self.own[place].1),
            Speaker::Forwarded(place) => Place::Forwarded(&self.forwarded[place]),
            Speaker::Upstreams => Place::Elsewhere,
        }
    }

    /// The own zones.
    pub fn own(&self) -> impl Iterator<Item = &Zone> {
        self.own.iter().map(|(zone, _)| &**zone)
    }

    /// The forwarded zones.
    pub fn forwarded(&self) -> &[Forwarded] {
        &self.forwarded
    }
}

impl Place<'_> {
    /// The zone's name; none elsewhere.
    pub const fn zone(&self) -> Option<&Name> {
        match self {
            Self::Own(zone, _) => Some(zone.origin()),
            Self::Forwarded(zone) => Some(&zone.name),
            Self::Elsewhere => None,
        }
    }

    /// Whether the name belongs to a zone of the configuration.
    pub const fn is_local(&self) -> bool {
        match self {
            Self::Own(..) | Self::Forwarded(_) => true,
            Self::Elsewhere => false,
        }
    }

    /// What an own zone says; none where others have to be asked.
    pub fn own_answer(&self, name: &Name, record_type: RecordType) -> Option<Result<Relayed, Untidy>> {
        match self {
            Self::Own(zone, bailiwick) => Some(zone.answer(name, record_type, bailiwick)),
            Self::Forwarded(_) | Self::Elsewhere => None,
        }
    }
}

#[cfg(test)]
mod tests;
