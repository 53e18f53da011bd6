//! The tiers that stand where a configuration has none, read from `blocklists/categories.toml`.
//!
//! An embedded table like the one of [`super::Registry::shipped`]: tested, never at fault at run time. Here they are plain
//! facts; what a tier does is the business of `policy`.

use serde::Deserialize;

use super::{CategorySet, Registry, Words, registry};

/// What the program ships of one tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierDefault {
    /// The word that configuration, journal and metrics use.
    pub id: String,
    /// What people read.
    pub name: Words,
    /// The categories, by their places in [`Registry::shipped`], that it blocks in addition to the next older tier.
    pub blocks: CategorySet,
    /// Whether search engines are asked for their safe results.
    pub safe_search: bool,
    /// How YouTube is restricted.
    pub youtube: YouTubeDefault,
    /// What becomes of ways round the filter.
    pub bypass: BypassDefault,
}

/// How YouTube is restricted, in the words of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum YouTubeDefault {
    /// Only what YouTube holds fit for everyone.
    Strict,
    /// Most videos; mature ones are hidden.
    Moderate,
    /// Not restricted.
    Off,
}

/// What becomes of ways round the filter, in the words of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BypassDefault {
    /// Their names are answered so that devices do not use them.
    Block,
    /// They are left alone.
    Allow,
}

/// The five tiers of a Vietnamese school, the youngest first.
pub fn shipped() -> Vec<TierDefault> {
    let categories = Registry::shipped();
    let file: File = toml::from_str(registry::TEXT).expect("the embedded tiers are tested");
    file.tier
        .into_iter()
        .map(|Row { id, name, blocks, safe_search, youtube, bypass }| {
            let blocks = blocks.iter().map(|id| categories.find(id).expect("the embedded tiers name embedded categories"));
            TierDefault { id, name, blocks: blocks.collect(), safe_search, youtube, bypass }
        })
        .collect()
}

/// The part of the file that is read here; its categories are read by `registry`.
#[derive(Deserialize)]
struct File {
    tier: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    name: Words,
    blocks: Vec<String>,
    safe_search: bool,
    youtube: YouTubeDefault,
    bypass: BypassDefault,
}

#[cfg(test)]
mod tests;
