//! What a school's categories, tiers, services and protected names are, as the office says; the program's own where it says nothing.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::dns::Name;
use crate::fault::Fault;
use crate::lists::services::Services;
use crate::lists::tables::{CategoryRow, ProtectedRows, ServiceRow, TableFault, TierRow, TwinRow};
use crate::lists::tier_defaults::{self, TierDefault};
use crate::lists::twins::Twins;
use crate::lists::{Category, ProtectedNames, Registry, starter};

/// What the program ships, where the folder has no file of its own.
const CATEGORIES: &str = include_str!("../../../blocklists/categories.toml");
const SERVICES: &str = include_str!("../../../blocklists/services.toml");
const PROTECTED: &str = include_str!("../../../blocklists/protected.toml");

/// The tables, read and as they were written.
#[derive(Debug, Clone)]
pub struct Tables {
    /// The categories, the gravest first.
    pub registry: Registry,
    /// The tiers, the youngest first.
    pub tiers: Vec<TierDefault>,
    /// The protected names.
    pub protected: ProtectedNames,
    services: Services,
    rows: Rows,
}

#[derive(Debug, Clone, Serialize)]
struct Rows {
    category: Vec<CategoryRow>,
    tier: Vec<TierRow>,
    service: Vec<ServiceRow>,
    twin: Vec<TwinRow>,
    protected: ProtectedRows,
}

/// What is published of the tables.
#[derive(Debug, Serialize)]
struct Published<'t> {
    #[serde(flatten)]
    rows: &'t Rows,
    schools: Schools<'t>,
}

#[derive(Debug, Serialize)]
struct Schools<'t> {
    may_open: &'t [String],
}

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
struct ServicesFile {
    service: Vec<ServiceRow>,
    #[serde(default)]
    twin: Vec<TwinRow>,
}

impl Tables {
    /// Reads `categories.toml`, `tiers.toml`, `services.toml` and `protected.toml` of a folder.
    pub(super) fn read(folder: &Path, faults: &mut Vec<Fault>) -> Option<Self> {
        let Categories { category, tier } = table(&folder.join("categories.toml"), CATEGORIES, faults)?;
        let tiers = folder.join("tiers.toml");
        let tier = if tiers.exists() { table::<Tiers>(&tiers, "", faults)?.tier } else { tier };
        let ServicesFile { service, twin } = table(&folder.join("services.toml"), SERVICES, faults)?;
        let protected: ProtectedRows = table(&folder.join("protected.toml"), PROTECTED, faults)?;
        let mut sense = |file: &str, fault: TableFault| {
            faults.push(Fault::error(&folder.join(file), None, fault.0, "mend this row of the table"));
        };
        let registry = Registry::of_rows(category.clone()).map_err(|fault| sense("categories.toml", fault)).ok()?;
        let tiers = tier_defaults::of_rows(tier.clone(), &registry).map_err(|fault| sense("tiers.toml", fault)).ok();
        let services = Services::of_rows(service.clone(), &registry).map_err(|fault| sense("services.toml", fault)).ok();
        if let Err(fault) = Twins::of_rows(twin.clone()) {
            sense("services.toml", fault);
        }
        let names = ProtectedNames::of_rows(&protected).map_err(|fault| sense("protected.toml", fault)).ok();
        let rows = Rows { category, tier, service, twin, protected };
        Some(Self { registry, tiers: tiers?, protected: names?, services: services?, rows })
    }

    /// As `registry.json` publishes them, with the categories that a school may open by itself.
    ///
    /// # Panics
    /// Never: plain values are JSON.
    pub fn publish(&self, may_open: &[String]) -> Vec<u8> {
        let published = Published { rows: &self.rows, schools: Schools { may_open } };
        let mut text = serde_json::to_vec_pretty(&published).expect("plain values are JSON");
        text.push(b'\n');
        text
    }

    /// Whether `category` is where the program or this office knows `name` to belong: a service's own host, or a name of a starter
    /// list.
    pub(super) fn is_at_home(&self, name: &Name, category: Category) -> bool {
        let service =
            |service: &crate::lists::services::Service| service.category == Some(category) && service.hosts.contains(name);
        let word = &self.registry.entry(category).id;
        let text = name.to_string();
        let starter = |list: &&starter::StarterList| list.category == word && list.names().any(|own| own == text);
        self.services.all().iter().any(service) || starter::lists().iter().any(|list| starter(&list))
    }
}

/// Reads a table, or the program's own where there is no file.
fn table<T: for<'d> Deserialize<'d>>(path: &Path, shipped: &str, faults: &mut Vec<Fault>) -> Option<T> {
    let own = match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            faults.push(Fault::error(path, None, format!("this cannot be read: {error}"), "make it readable, or remove it"));
            return None;
        }
    };
    parsed(path, own.as_deref().unwrap_or(shipped), faults)
}

/// Reads TOML of a known shape; a fault has its line.
pub(super) fn parsed<T: for<'d> Deserialize<'d>>(path: &Path, text: &str, faults: &mut Vec<Fault>) -> Option<T> {
    match toml::from_str(text) {
        Ok(table) => Some(table),
        Err(error) => {
            let line = error.span().map(|span| line_at(text, span.start));
            let what = error.message().lines().next().unwrap_or_default().trim_end_matches('.').to_owned();
            faults.push(Fault::error(
                path,
                line,
                what,
                "mend this line; the files of `blocklists/` show how each table is written",
            ));
            None
        }
    }
}

/// The line in which the octet at `at` stands.
pub(super) fn line_at(text: &str, at: usize) -> u32 {
    let before = &text.as_bytes()[..at.min(text.len())];
    u32::try_from(before.iter().filter(|octet| **octet == b'\n').count() + 1).unwrap_or(u32::MAX)
}
