//! The tables of the sample folder are published and read back; tables that do not hold together are refused.

use std::collections::BTreeSet;

use super::{Categories, Tables};
use crate::lists::Registry;

#[test]
fn the_shipped_tables_are_published_and_read_back() {
    let tables = Tables::shipped();
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
        let mut tables = Tables::shipped();
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
