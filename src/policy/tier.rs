//! Tiers: age bands, youngest first. A tier's mask holds every older tier's, so there is no way to write one in which a
//! younger pupil may see what an older one may not.

use crate::dns::{Name, NameMap};
use crate::lists::twins::TwinSwitch;
use crate::lists::{CategorySet, Registry, Words};

/// A tier's place among all tiers: 0 is the youngest, and a greater one is older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TierId(u8);

impl TierId {
    /// The youngest tier; every list of tiers has one.
    pub const YOUNGEST: Self = Self(0);

    /// Its place in [`Tiers::all`].
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

/// How far YouTube is restricted, the mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum YouTube {
    /// Not at all.
    Off,
    /// YouTube's moderate restricted mode.
    Moderate,
    /// YouTube's strict restricted mode.
    Strict,
}

/// What becomes of known ways round the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bypass {
    /// They stay open.
    Allow,
    /// The category `bypass` is blocked, and browsers are told not to leave this resolver.
    Block,
}

/// The settings of a tier that are no categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Settings {
    /// Whether search engines answer as their safe twins.
    pub safe_search: bool,
    /// How far YouTube is restricted.
    pub youtube: YouTube,
    /// What becomes of ways round the filter.
    pub bypass: Bypass,
}

impl Settings {
    /// What holds where a `[[tier]]` says nothing: the shipped tier's of the same id; the strictest for any other id.
    pub fn shipped(id: &str) -> Self {
        let pupils = |youtube| Self { safe_search: true, youtube, bypass: Bypass::Block };
        match id {
            "upper-secondary" => pupils(YouTube::Moderate),
            "staff" => Self { safe_search: false, youtube: YouTube::Off, bypass: Bypass::Allow },
            // `preschool`, `primary`, `lower-secondary` and what a school calls by a name of its own.
            _ => pupils(YouTube::Strict),
        }
    }

    /// Whether they turn on the twins of this switch.
    pub const fn turn_on(self, switch: TwinSwitch) -> bool {
        match switch {
            TwinSwitch::SafeSearch => self.safe_search,
            TwinSwitch::YoutubeStrict => matches!(self.youtube, YouTube::Strict),
            TwinSwitch::YoutubeModerate => matches!(self.youtube, YouTube::Moderate),
        }
    }

    /// The stricter of both in each setting.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        Self {
            safe_search: self.safe_search || other.safe_search,
            youtube: self.youtube.max(other.youtube),
            bypass: self.bypass.max(other.bypass),
        }
    }
}

/// A service that a tier restricts to its twin instead of blocking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restricted {
    /// The service's id.
    pub service: String,
    /// Its hosts and what they need.
    pub names: Vec<Name>,
    /// What a tier blocks when it blocks the service.
    pub categories: CategorySet,
}

/// A tier as it is written: what it blocks in addition to the next older one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierSpec {
    /// The word that configuration, journal and metrics use.
    pub id: String,
    /// What people read.
    pub name: Words,
    /// What it blocks besides what older tiers block.
    pub blocks: CategorySet,
    /// The settings that are no categories.
    pub settings: Settings,
    /// The services that stay open because they are restricted.
    pub restricted: Vec<Restricted>,
}

/// A tier as it holds.
#[derive(Debug, Clone)]
pub struct Tier {
    /// The word that configuration, journal and metrics use.
    pub id: String,
    /// What people read.
    pub name: Words,
    /// What it blocks besides what older tiers block, as written.
    pub blocks: CategorySet,
    /// Everything that it blocks: its own, every older tier's, and what is locked.
    pub mask: CategorySet,
    /// The settings that are no categories.
    pub settings: Settings,
    /// The ids of the services that it restricts.
    pub services: Vec<String>,
    /// Hosts and needs of the services that it restricts, open for it although their categories are in the mask.
    pub restricted: NameMap<()>,
}

/// Why some tiers cannot stand together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TierFault {
    /// A list of tiers without one.
    #[error("there is no tier")]
    NoTier,
    /// More than can be counted.
    #[error("there are more than 256 tiers")]
    TooMany,
    /// Two tiers of one id.
    #[error("the tier `{0}` is defined twice")]
    Twice(String),
    /// An older tier blocks what a younger one only restricts.
    #[error("the tier `{older}` blocks `{service}`, which the younger tier `{younger}` only restricts")]
    BlocksRestricted {
        /// The service.
        service: String,
        /// The tier that restricts it.
        younger: String,
        /// The tier that blocks it.
        older: String,
    },
}

/// All tiers, the youngest first; there is at least one.
#[derive(Debug, Clone)]
pub struct Tiers {
    tiers: Vec<Tier>,
    locked: CategorySet,
    search_unsafe: CategorySet,
}

impl Tiers {
    /// Builds the masks of `specs`, which stand youngest first. What `registry` locks is in every mask, and its category
    /// `bypass` in that of every tier that blocks ways round the filter.
    ///
    /// # Errors
    /// Everything that is wrong, as [`TierFault`] says.
    pub fn new(specs: Vec<TierSpec>, registry: &Registry) -> Result<Self, Vec<TierFault>> {
        let faults = faults(&specs);
        if !faults.is_empty() {
            return Err(faults);
        }
        let only = |id| registry.find(id).into_iter().collect::<CategorySet>();
        let bypass = only("bypass");
        let locked = registry.locked();
        let mut mask = locked;
        let mut tiers: Vec<Tier> = specs
            .into_iter()
            .rev()
            .map(|TierSpec { id, name, blocks, settings, restricted }| {
                mask = mask.union(blocks);
                match settings.bypass {
                    Bypass::Block => mask = mask.union(bypass),
                    Bypass::Allow => {}
                }
                let names = restricted.iter().flat_map(|service| &service.names);
                let names = names.map(|name| (name.clone(), ())).collect();
                let services = restricted.into_iter().map(|service| service.service).collect();
                Tier { id, name, blocks, mask, settings, services, restricted: names }
            })
            .collect();
        tiers.reverse();
        Ok(Self { tiers, locked, search_unsafe: only("search-unsafe") })
    }

    /// All tiers, the youngest first.
    pub fn all(&self) -> &[Tier] {
        &self.tiers
    }

    /// The tier with this id, which these tiers gave out.
    pub fn tier(&self, id: TierId) -> &Tier {
        &self.tiers[id.place()]
    }

    /// The tier that the file calls `id`.
    pub fn find(&self, id: &str) -> Option<TierId> {
        self.tiers.iter().position(|tier| tier.id == id).and_then(|place| u8::try_from(place).ok()).map(TierId)
    }

    /// The categories that no tier, window or group opens.
    pub const fn locked(&self) -> CategorySet {
        self.locked
    }

    /// The category of search engines without a safe twin, blocked wherever safe search is on; empty without a registry's.
    pub const fn search_unsafe(&self) -> CategorySet {
        self.search_unsafe
    }
}

/// Everything that keeps `specs` from standing together.
fn faults(specs: &[TierSpec]) -> Vec<TierFault> {
    let mut faults = Vec::new();
    if specs.is_empty() {
        faults.push(TierFault::NoTier);
    }
    if specs.len() > 256 {
        faults.push(TierFault::TooMany);
    }
    for (place, spec) in specs.iter().enumerate() {
        let (younger, older) = (&specs[..place], &specs[place + 1..]);
        if younger.iter().any(|tier| tier.id == spec.id) {
            faults.push(TierFault::Twice(spec.id.clone()));
        }
        for service in &spec.restricted {
            // The oldest tier that blocks it takes every tier between along, so one report is enough.
            let blocking = older.iter().find(|tier| {
                let restricts = tier.restricted.iter().any(|other| other.service == service.service);
                !restricts && !tier.blocks.and(service.categories).is_empty()
            });
            if let Some(tier) = blocking {
                let (service, younger, older) = (service.service.clone(), spec.id.clone(), tier.id.clone());
                faults.push(TierFault::BlocksRestricted { service, younger, older });
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests;
