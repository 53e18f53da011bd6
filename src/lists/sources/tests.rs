//! The public lists: every one can be taken into a configuration as it stands.

use std::collections::HashSet;

use super::shipped;
use crate::lists::Registry;
use crate::lists::format::Format;

#[test]
fn every_list_names_categories_formats_and_licences_that_exist() {
    let registry = Registry::shipped();
    for list in shipped() {
        assert!(Format::ALL.iter().any(|format| format.text() == list.format), "{}: {}", list.id, list.format);
        assert!(["format", "exact", "subtree"].contains(&list.matches.as_str()), "{}", list.id);
        assert_eq!(list.category.is_none(), list.format == "ut1", "{}", list.id);
        assert_eq!(list.categories.is_empty(), list.format != "ut1", "{}", list.id);
        for category in list.category.iter().chain(list.categories.values()) {
            assert!(registry.find(category).is_some(), "{}: {category}", list.id);
        }
        assert!(list.url.starts_with("https://"), "{}", list.id);
        let licences = ["MIT", "GPL-3.0", "Unlicense", "BSD-3-Clause", "CC0-1.0", "CC-BY-SA-4.0"];
        assert!(licences.contains(&list.licence.as_str()), "{}: {}", list.id, list.licence);
        assert!(list.names != Some(0) && !list.remarks.vi.is_empty() && !list.remarks.en.is_empty(), "{}", list.id);
    }
}

#[test]
fn hosts_lists_of_whole_sites_are_taken_with_all_below() {
    let whole = ["adult", "gambling", "drugs", "malware", "phishing", "bypass"];
    for list in shipped().iter().filter(|list| list.format == "hosts") {
        if whole.contains(&list.category.as_deref().unwrap_or_default()) {
            assert_eq!(list.matches, "subtree", "{}", list.id);
        }
    }
}

#[test]
fn ids_are_unique_and_no_starter_list_s() {
    let lists = shipped();
    let ids: HashSet<&str> = lists.iter().map(|list| list.id.as_str()).collect();
    assert_eq!(ids.len(), lists.len());
    assert!(ids.iter().all(|id| !id.starts_with("starter-")));
}

#[test]
fn white_folders_of_ut1_are_not_taken() {
    let lists = shipped();
    let ut1 = lists.iter().find(|list| list.id == "ut1").expect("UT1");
    for folder in
        "liste_bu liste_blanche cleaning update child educational_games sexual_education bank press examen_pix".split(' ')
    {
        assert!(!ut1.categories.contains_key(folder), "{folder}");
    }
}

#[test]
fn a_snippet_is_a_list_of_the_configuration() {
    for list in shipped() {
        let table: toml::Table = toml::from_str(&list.snippet("lists/copy.txt")).expect("a snippet is TOML");
        let rows = table["list"].as_array().expect("an array of tables");
        assert_eq!(rows[0]["id"].as_str(), Some(list.id.as_str()));
        assert_eq!(rows[0].get("category").and_then(toml::Value::as_str), list.category.as_deref());
        assert_eq!(rows[0]["match"].as_str(), Some(list.matches.as_str()));
    }
}
