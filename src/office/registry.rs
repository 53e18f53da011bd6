//! What a publication says besides names: categories, tiers, services, twins, protected names, and what schools may change of them.
//!
//! The rule: it holds together. A tier or a service that speaks of a category speaks of one that stands here, and what the law locks
//! here stays locked; a registry that does not hold together is refused whole.

use serde::{Deserialize, Serialize};

use super::SpeaksFor as Categories;
use crate::lists::services::Services;
use crate::lists::tables::{CategoryRow, ProtectedRows, ServiceRow, ShippedRows, TableFault, TierRow, TwinRow};
use crate::lists::tier_defaults::{self, TierDefault};
use crate::lists::twins::Twins;
use crate::lists::{ProtectedNames, Registry};

mod sound;

/// The most octets of the file.
pub const LARGEST: u64 = 4 << 20;

/// What a school may change of the tiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolsMay {
    /// The categories that a school may add to a tier's blocks.
    pub tighten: Categories,
    /// The categories that a school may take out of a tier's blocks; locked ones never.
    pub loosen: Categories,
}

impl Default for SchoolsMay {
    /// Everything that is not locked: a school knows its pupils.
    fn default() -> Self {
        Self { tighten: Categories::All, loosen: Categories::All }
    }
}

/// The published tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tables {
    /// The categories, the gravest first.
    pub category: Vec<CategoryRow>,
    /// The tiers, the youngest first.
    pub tier: Vec<TierRow>,
    /// The services.
    pub service: Vec<ServiceRow>,
    /// The restricted forms of sites.
    pub twin: Vec<TwinRow>,
    /// The protected names.
    pub protected: ProtectedRows,
    /// What schools may change.
    #[serde(default)]
    pub schools: SchoolsMay,
}

/// The same, understood.
#[derive(Debug, Clone)]
pub struct Understood {
    /// The categories.
    pub registry: Registry,
    /// The tiers.
    pub tiers: Vec<TierDefault>,
    /// The services.
    pub services: Services,
    /// The restricted forms.
    pub twins: Twins,
    /// The protected names.
    pub protected: ProtectedNames,
    /// What schools may change.
    pub schools: SchoolsMay,
}

/// Why a text is no registry.
#[derive(Debug, thiserror::Error)]
pub enum RegistryFault {
    /// No JSON of the right shape.
    #[error("this is no registry: {0}")]
    Shape(serde_json::Error),
    /// Rows that do not hold together.
    #[error("this registry does not hold together: {0}")]
    Table(#[from] TableFault),
}

impl Tables {
    /// The program's own, which let a school change everything that is not locked.
    pub fn shipped() -> Self {
        let ShippedRows { category, tier, service, twin, protected } = ShippedRows::read();
        Self { category, tier, service, twin, protected, schools: SchoolsMay::default() }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`RegistryFault`].
    pub fn parse(text: &[u8]) -> Result<Self, RegistryFault> {
        if text.len() as u64 > LARGEST {
            return Err(TableFault("it is larger than 4 MiB".to_owned()).into());
        }
        let tables: Self = serde_json::from_slice(text).map_err(RegistryFault::Shape)?;
        tables.understand()?;
        Ok(tables)
    }

    /// The file.
    ///
    /// # Panics
    /// Never: plain values are JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("plain values are JSON");
        text.push(b'\n');
        text
    }

    /// What the tables mean.
    ///
    /// # Errors
    /// Where they do not hold together, unlock what the program ships locked (that is the law's, and no office's to open), or take away
    /// what no school can do without.
    pub fn understand(&self) -> Result<Understood, TableFault> {
        let registry = Registry::of_rows(self.category.iter().cloned())?;
        for entry in Registry::shipped().entries().iter().filter(|entry| entry.locked) {
            let is_locked = registry.find(&entry.id).is_some_and(|category| registry.entry(category).locked);
            if !is_locked {
                return Err(TableFault(format!("category `{}` is locked by law, and no table unlocks it", entry.id)));
            }
        }
        let known = |categories: &Categories| match categories {
            Categories::All => None,
            Categories::Only(only) => only.iter().find(|word| registry.find(word).is_none()).cloned(),
        };
        if let Some(word) = known(&self.schools.tighten).or_else(|| known(&self.schools.loosen)) {
            return Err(TableFault(format!("schools may change `{word}`, which is no category")));
        }
        let understood = Understood {
            tiers: tier_defaults::of_rows(self.tier.iter().cloned(), &registry)?,
            services: Services::of_rows(self.service.iter().cloned(), &registry)?,
            twins: Twins::of_rows(self.twin.iter().cloned())?,
            protected: ProtectedNames::of_rows(&self.protected)?,
            schools: self.schools.clone(),
            registry,
        };
        sound::check(&understood)?;
        Ok(understood)
    }
}

#[cfg(test)]
mod tests;
