//! The tiers that stand where a configuration has none, read from `blocklists/categories.toml`.
//!
//! An embedded table like the one of [`super::Registry::shipped`]: tested, never at fault at run time. Here they are plain
//! facts; what a tier does is the business of `policy`.

use serde::{Deserialize, Serialize};

use super::tables::{TableFault, TierRow};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    of_rows(file.tier, &categories).expect("the embedded tiers are tested")
}

/// The tiers that `rows` say, the youngest first.
///
/// # Errors
/// Where there is none, an id stands twice, or a tier blocks a category that `categories` does not know.
pub fn of_rows(rows: impl IntoIterator<Item = TierRow>, categories: &Registry) -> Result<Vec<TierDefault>, TableFault> {
    let mut tiers: Vec<TierDefault> = Vec::new();
    for TierRow { id, name, blocks, safe_search, youtube, bypass } in rows {
        if tiers.iter().any(|known| known.id == id) {
            return Err(TableFault(format!("tier `{id}` stands twice")));
        }
        let category = |word: &String| {
            categories.find(word).ok_or_else(|| TableFault(format!("tier `{id}` blocks `{word}`, which is no category")))
        };
        let blocks = blocks.iter().map(category).collect::<Result<CategorySet, _>>()?;
        tiers.push(TierDefault { id, name, blocks, safe_search, youtube, bypass });
    }
    if tiers.is_empty() {
        return Err(TableFault("there is no tier".to_owned()));
    }
    Ok(tiers)
}

/// The part of the file that is read here; its categories are read by `registry`.
#[derive(Deserialize)]
struct File {
    tier: Vec<TierRow>,
}

#[cfg(test)]
mod tests;
