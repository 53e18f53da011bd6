//! The rows of the tables in `blocklists/` as they are written and published: categories, tiers, services, twins, protected names.
//!
//! A row says words; what the program works with is made of rows by `Registry::of_rows`, `Services::of_rows` and their like, and a row that
//! makes no sense is a [`TableFault`]. The embedded tables are tested, so that none of theirs does.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Words;
use super::text::normalise;
use super::tier_defaults::{BypassDefault, YouTubeDefault};
use super::twins::TwinSwitch;
use crate::dns::Name;

/// A row of a table that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TableFault(pub String);

/// One category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryRow {
    /// The word that configuration, journal and metrics use.
    pub id: String,
    /// What people read.
    pub name: Words,
    /// One sentence on what belongs to it.
    pub description: Words,
    /// Forbidden to everyone.
    #[serde(default)]
    pub locked: bool,
    /// Dangerous to the visitor.
    #[serde(default)]
    pub threat: bool,
}

/// One tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierRow {
    /// The word that configuration, journal and metrics use.
    pub id: String,
    /// What people read.
    pub name: Words,
    /// The ids of the categories that it blocks in addition to the next older tier.
    pub blocks: Vec<String>,
    /// Whether search engines are asked for their safe results.
    pub safe_search: bool,
    /// How YouTube is restricted.
    pub youtube: YouTubeDefault,
    /// What becomes of ways round the filter.
    pub bypass: BypassDefault,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRow {
    /// The word that `allow`, `deny`, `only` and `restricted` use.
    pub id: String,
    /// Its own name.
    pub name: String,
    /// The id of the category that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Its own names.
    pub hosts: Vec<String>,
    /// Names of others that it does not work without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// The ids of its restricted twins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub twins: Vec<String>,
}

/// One restricted form of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwinRow {
    /// The word that a service refers to it by.
    pub id: String,
    /// What turns it on.
    pub switch: TwinSwitch,
    /// The name that its hosts are answered as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Where there is no such name, the addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// The hosts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Beginnings of hosts, each of which stands before every ending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stems: Vec<String>,
    /// Endings of hosts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endings: Vec<String>,
}

/// The protected names, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProtectedRows {
    /// Connectivity checks, time, certificate status, safe twins.
    pub system: Vec<String>,
    /// Help.
    pub help: Vec<String>,
    /// Ministry and learning sites.
    pub learning: Vec<String>,
    /// Sites that half the country uses.
    pub popular: Vec<String>,
}

/// The rows of all tables that the program ships with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippedRows {
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
}

impl ShippedRows {
    /// Those of `blocklists/`.
    pub fn read() -> Self {
        #[derive(Deserialize)]
        struct Categories {
            category: Vec<CategoryRow>,
            tier: Vec<TierRow>,
        }
        #[derive(Deserialize)]
        struct Services {
            service: Vec<ServiceRow>,
            twin: Vec<TwinRow>,
        }
        let Categories { category, tier } = toml::from_str(super::registry::TEXT).expect("the embedded tables are tested");
        let Services { service, twin } = toml::from_str(super::services::TEXT).expect("the embedded tables are tested");
        let protected = toml::from_str(super::protected::TEXT).expect("the embedded tables are tested");
        Self { category, tier, service, twin, protected }
    }
}

/// The names that a row of `whose` says, each as people write it: in any case, with letters of any script.
pub(super) fn names<'t>(whose: &str, texts: impl IntoIterator<Item = &'t String>) -> Result<Vec<Name>, TableFault> {
    let read = |text: &String| normalise(text).map_err(|fault| TableFault(format!("{whose}: `{text}` is no name: {fault}")));
    texts.into_iter().map(read).collect()
}
