//! The tables of the sample folder are published and read back; tables that do not hold together are refused.

use std::collections::BTreeSet;

use super::{Categories, Tables};
use crate::lists::Registry;

/// The shipped tables.
fn shipped() -> Tables {
    #[derive(serde::Deserialize)]
    struct File {
        category: Vec<crate::lists::tables::CategoryRow>,
        tier: Vec<crate::lists::tables::TierRow>,
    }
    #[derive(serde::Deserialize)]
    struct Services {
        service: Vec<crate::lists::tables::ServiceRow>,
        twin: Vec<crate::lists::tables::TwinRow>,
    }
    let File { category, tier } = toml::from_str(include_str!("../../../blocklists/categories.toml")).expect("sound");
    let Services { service, twin } = toml::from_str(include_str!("../../../blocklists/services.toml")).expect("sound");
    let protected = toml::from_str(include_str!("../../../blocklists/protected.toml")).expect("sound");
    Tables { category, tier, service, twin, protected, schools: super::SchoolsMay::default() }
}

#[test]
fn the_shipped_tables_are_published_and_read_back() {
    let tables = shipped();
    let read = Tables::parse(&tables.to_json()).expect("as written");
    assert_eq!(read, tables);
    let understood = read.understand().expect("they hold together");
    assert_eq!(understood.registry, Registry::shipped());
    assert_eq!(understood.tiers, crate::lists::tier_defaults::shipped());
    assert_eq!(understood.services.all(), crate::lists::services::Services::shipped().all());
    assert_eq!(understood.twins.all(), crate::lists::twins::Twins::shipped().all());
    assert_eq!(understood.protected.len(), crate::lists::ProtectedNames::shipped().len());
}

#[test]
fn what_does_not_hold_together_is_refused() {
    let refused = |change: &dyn Fn(&mut Tables)| {
        let mut tables = shipped();
        change(&mut tables);
        Tables::parse(&tables.to_json()).expect_err("it does not hold together").to_string()
    };
    assert!(refused(&|tables| tables.category[0].locked = false).contains("`csam` is locked by law"));
    assert!(refused(&|tables| drop(tables.category.remove(2))).contains("`malware` is locked by law"));
    assert!(refused(&|tables| tables.tier[0].blocks.push("gamse".to_owned())).contains("gamse"));
    assert!(refused(&|tables| tables.service[0].hosts.push("a..b".to_owned())).contains("`a..b` is no name"));
    assert!(refused(&|tables| tables.tier.clear()).contains("no tier"));
    assert!(refused(&|tables| tables.schools.loosen = Categories::from(BTreeSet::from(["x".to_owned()]))).contains("`x`"));
    assert!(refused(&|tables| tables.category[1].id = "csam".to_owned()).contains("twice"));
    assert!(refused(&|tables| tables.category[1].id = "A b".to_owned()).contains("word"));
    assert!(Tables::parse(b"{}").is_err());
}

#[test]
fn all_categories_are_written_as_a_star() {
    let all: Categories = serde_json::from_str("[\"games\",\"*\"]").expect("JSON");
    assert!(all.has("anything"));
    assert_eq!(serde_json::to_string(&all).expect("JSON"), "[\"*\"]");
    let some: Categories = serde_json::from_str("[\"games\"]").expect("JSON");
    assert!(some.has("games") && !some.has("adult"));
}
