//! The categories that the program ships with, read from `blocklists/categories.toml`.
//!
//! The file is part of the program: it is embedded when compiling and tested, so it cannot be at fault at run time. Only
//! such embedded tables are read here; the operator's TOML is the business of `config` alone.

use serde::Deserialize;

use super::{CategoryEntry, Registry, Words};

/// The text of `blocklists/categories.toml`.
pub(super) const TEXT: &str = include_str!("../../blocklists/categories.toml");

impl Registry {
    /// The categories of `blocklists/categories.toml`, the gravest first.
    pub fn shipped() -> Self {
        let file: File = toml::from_str(TEXT).expect("the embedded categories are tested");
        let mut registry = Self::default();
        for Row { id, name, description, locked, threat } in file.category {
            let entry = CategoryEntry { id, name, description, locked, threat };
            registry.put(entry).expect("the embedded categories are fewer than 64");
        }
        registry
    }
}

/// The part of the file that is read here; its tiers are read by `tier_defaults`.
#[derive(Deserialize)]
struct File {
    category: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    name: Words,
    description: Words,
    #[serde(default)]
    locked: bool,
    #[serde(default)]
    threat: bool,
}

#[cfg(test)]
mod tests;
