//! The tables of a working folder: what it has is taken, and what it leaves out is the program's own.

use std::path::Path;

use serde::Deserialize;

use super::text_of;
use crate::fault::{Fault, Shown as _};
use crate::lists::tables::{CategoryRow, ProtectedRows, ServiceRow, TierRow, TwinRow};
use crate::lists::text::normalise;
use crate::office::registry::{SchoolsMay, Tables};
use crate::office::written::{Document, Table};

/// The program's own tables.
const SHIPPED: [&str; 3] = [
    include_str!("../../../blocklists/categories.toml"),
    include_str!("../../../blocklists/services.toml"),
    include_str!("../../../blocklists/protected.toml"),
];

/// The sections of each file, with their keys.
type Sections = &'static [(&'static str, &'static str, &'static [&'static str])];

const CATEGORIES: Sections =
    &[("category", "[[category]]", &["id", "name", "description", "locked", "threat"]), ("tier", "[[tier]]", TIER)];
const TIERS: Sections = &[("tier", "[[tier]]", TIER)];
const TIER: &[&str] = &["id", "name", "blocks", "safe_search", "youtube", "bypass"];
const SERVICES: Sections = &[
    ("service", "[[service]]", &["id", "name", "category", "hosts", "needs", "twins"]),
    ("twin", "[[twin]]", &["id", "switch", "target", "addresses", "hosts", "stems", "endings"]),
];

/// Lists of names, not sections.
const PROTECTED: Sections = &[("system", "", &[]), ("help", "", &[]), ("learning", "", &[]), ("popular", "", &[])];

#[derive(Deserialize)]
struct Categories {
    category: Vec<CategoryRow>,
    #[serde(default)]
    tier: Vec<TierRow>,
}

#[derive(Deserialize)]
struct Tiers {
    tier: Vec<TierRow>,
}

#[derive(Deserialize)]
struct Services {
    service: Vec<ServiceRow>,
    twin: Vec<TwinRow>,
}

/// Reads them; none where one has a fault.
pub(super) fn read(root: &Path, faults: &mut Vec<Fault>) -> Option<Tables> {
    let mut said = |file: &str, sections: Sections| {
        let path = root.join(file);
        let text = text_of(&path, faults)?;
        let (_, found) = Document::read(&path, &text, |document, top| {
            let known: Vec<&str> = sections.iter().map(|(key, ..)| *key).collect();
            document.known(top, &known);
            for (text, line) in names(document, top, sections) {
                if let Err(problem) = normalise(&text) {
                    let what = format!("{} is no name: {problem}", text.quoted());
                    document.fault(line, what, "write the name alone, as in example.com");
                }
            }
            for (key, written, keys) in sections.iter().filter(|(.., keys)| !keys.is_empty()) {
                for table in document.tables(top, key, written) {
                    document.known(table, keys);
                }
            }
        });
        faults.extend(found);
        Some(text)
    };
    let categories = said("categories.toml", CATEGORIES);
    let tiers = said("tiers.toml", TIERS);
    let services = said("services.toml", SERVICES);
    let protected = said("protected.toml", PROTECTED);
    let table = |file: &str, text: Option<&str>, shipped: &'static str| {
        (root.join(file), text.map_or_else(|| shipped.to_owned(), str::to_owned))
    };
    let (file, text) = table("categories.toml", categories.as_deref(), SHIPPED[0]);
    let categories: Option<Categories> = rows(&file, &text, faults);
    let (file, text) = table("services.toml", services.as_deref(), SHIPPED[1]);
    let services: Option<Services> = rows(&file, &text, faults);
    let (file, text) = table("protected.toml", protected.as_deref(), SHIPPED[2]);
    let protected: Option<ProtectedRows> = rows(&file, &text, faults);
    let tiers: Option<Option<Tiers>> = match tiers {
        Some(text) => rows(&root.join("tiers.toml"), &text, faults).map(Some),
        None => Some(None),
    };
    let Categories { category, tier: own } = categories?;
    let Services { service, twin } = services?;
    let tier = match tiers? {
        Some(Tiers { tier }) => tier,
        None if own.is_empty() => toml::from_str::<Tiers>(SHIPPED[0]).expect("the embedded tiers are tested").tier,
        None => own,
    };
    Some(Tables { category, tier, service, twin, protected: protected?, schools: SchoolsMay::default() })
}

/// The texts of a table that are names, each with its line.
fn names(document: &mut Document<'_>, top: Table<'_, '_>, sections: Sections) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    for (key, written, keys) in sections {
        if keys.is_empty() {
            found.extend(document.texts(top, key).unwrap_or_default());
            continue;
        }
        for table in document.tables(top, key, written) {
            for key in ["hosts", "needs"] {
                found.extend(document.texts(table, key).unwrap_or_default());
            }
            found.extend(document.text(table, "target"));
        }
    }
    found
}

fn rows<T: serde::de::DeserializeOwned>(file: &Path, text: &str, faults: &mut Vec<Fault>) -> Option<T> {
    toml::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))
        .map_err(|error: toml::de::Error| {
            let line = error
                .span()
                .map(|span| 1 + text.as_bytes()[..span.start.min(text.len())].iter().filter(|octet| **octet == b'\n').count());
            let line = line.and_then(|line| u32::try_from(line).ok());
            // What is no TOML at all was told of already.
            if !faults.iter().any(|known| known.file == file && known.line == line) {
                let what = error.message().lines().next().unwrap_or_default().to_owned();
                faults.push(Fault::error(file, line, what, "the program's own table shows how it is written"));
            }
        })
        .ok()
}
