//! The categories that the program ships with, read from `blocklists/categories.toml`.
//!
//! The file is part of the program: it is embedded when compiling and tested, so it cannot be at fault at run time. Only
//! such embedded tables are read here; the operator's TOML is the business of `config` alone.

use serde::Deserialize;

use super::tables::{CategoryRow, TableFault};
use super::{CategoryEntry, Registry};

/// The text of `blocklists/categories.toml`.
pub(super) const TEXT: &str = include_str!("../../blocklists/categories.toml");

impl Registry {
    /// The categories of `blocklists/categories.toml`, the gravest first.
    pub fn shipped() -> Self {
        let file: File = toml::from_str(TEXT).expect("the embedded categories are tested");
        Self::of_rows(file.category).expect("the embedded categories are tested")
    }

    /// The categories that `rows` say, the gravest first.
    ///
    /// # Errors
    /// Where an id stands twice or is no word, or there are more than 64.
    pub fn of_rows(rows: impl IntoIterator<Item = CategoryRow>) -> Result<Self, TableFault> {
        let mut registry = Self::default();
        for CategoryRow { id, name, description, locked, threat } in rows {
            let is_word =
                !id.is_empty() && id.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-');
            if !is_word {
                return Err(TableFault(format!("category `{id}`: an id is a word of a–z, 0–9 and hyphens")));
            }
            if registry.find(&id).is_some() {
                return Err(TableFault(format!("category `{id}` stands twice")));
            }
            let entry = CategoryEntry { id, name, description, locked, threat };
            registry.put(entry).map_err(|full| TableFault(full.to_string()))?;
        }
        Ok(registry)
    }
}

/// The part of the file that is read here; its tiers are read by `tier_defaults`.
#[derive(Deserialize)]
struct File {
    category: Vec<CategoryRow>,
}

#[cfg(test)]
mod tests;
