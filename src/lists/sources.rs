//! Public lists that a school can switch on, read from `blocklists/sources.toml`.
//!
//! An embedded table like the one of [`super::Registry::shipped`]: tested, never at fault at run time. It is advice: nothing is
//! fetched because it stands here.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Words;

/// The text of `blocklists/sources.toml`.
const TEXT: &str = include_str!("../../blocklists/sources.toml");

/// A public list, with what the configuration needs to take it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicList {
    /// A good id for its `[[list]]`.
    pub id: String,
    /// Who keeps it.
    pub publisher: String,
    /// The id of the category that it fills; none where [`PublicList::categories`] maps several.
    pub category: Option<String>,
    /// Where its publisher offers it.
    pub url: String,
    /// The word for the `format` of its `[[list]]`.
    pub format: String,
    /// The word for the `match` of its `[[list]]`.
    #[serde(rename = "match")]
    pub matches: String,
    /// The publisher's licence, as SPDX writes it.
    pub licence: String,
    /// How many names it held when it was counted, rounded; none where it was not counted.
    pub names: Option<u64>,
    /// Whom it serves, in words.
    #[serde(rename = "for")]
    pub serves: String,
    /// What to know before switching it on.
    pub remarks: Words,
    /// Folders of a tree and the ids of the categories that they fill.
    #[serde(default)]
    pub categories: BTreeMap<String, String>,
}

impl PublicList {
    /// What to write into the configuration once a copy lies at `path`.
    pub fn snippet(&self, path: &str) -> String {
        let Self { id, format, matches, category, categories, .. } = self;
        let fills = match category {
            Some(category) => format!("category = {category:?}\n"),
            None => {
                let pairs: Vec<String> = categories.iter().map(|(folder, category)| format!("{folder} = {category:?}")).collect();
                format!("categories = {{ {} }}\n", pairs.join(", "))
            }
        };
        format!("[[list]]\nid = {id:?}\n{fills}source = {path:?}\nformat = {format:?}\nmatch = {matches:?}\n")
    }
}

/// The public lists of `blocklists/sources.toml`, in its order.
pub fn shipped() -> Vec<PublicList> {
    let File { source } = toml::from_str(TEXT).expect("the embedded sources are tested");
    source
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: Vec<PublicList>,
}

#[cfg(test)]
mod tests;
