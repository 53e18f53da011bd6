//! The shipped categories: their order, their locks, their words.

use std::collections::HashSet;

use crate::lists::{CategorySet, Registry};

/// The ids of a set, the gravest first.
fn ids(registry: &Registry, set: CategorySet) -> Vec<&str> {
    set.iter().map(|category| registry.entry(category).id.as_str()).collect()
}

#[test]
fn the_law_locks_six_categories_and_they_come_first() {
    let registry = Registry::shipped();
    assert_eq!(ids(&registry, registry.locked()), ["csam", "illegal", "malware", "phishing", "gambling", "adult"]);
    assert_eq!(registry.locked().bits(), 0b11_1111);
}

#[test]
fn malware_and_phishing_endanger_the_visitor() {
    let registry = Registry::shipped();
    assert_eq!(ids(&registry, registry.threats()), ["malware", "phishing"]);
}

#[test]
fn ids_are_unique_words_of_lower_case() {
    let registry = Registry::shipped();
    let unique: HashSet<&str> = registry.entries().iter().map(|entry| entry.id.as_str()).collect();
    // A repeated id would have replaced its first entry, so the rows of the file are counted too.
    assert_eq!(unique.len(), super::TEXT.matches("[[category]]").count());
    assert_eq!(unique.len(), registry.entries().len());
    for id in unique {
        assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{id}");
    }
}

#[test]
fn everything_is_said_in_both_languages() {
    for entry in Registry::shipped().entries() {
        for words in [&entry.name, &entry.description] {
            assert!(!words.vi.trim().is_empty() && !words.en.trim().is_empty(), "{}", entry.id);
            assert_ne!(words.vi, words.en, "{}", entry.id);
            assert!(!words.vi.is_ascii(), "{}: Vietnamese is written with its marks", entry.id);
        }
        // A name stands in the text of an answer, which has 120 octets for category, tier and contact.
        assert!(entry.name.vi.len() <= 40 && entry.name.en.len() <= 40, "{}", entry.id);
        assert!(entry.description.vi.ends_with('.') && entry.description.en.ends_with('.'), "{}", entry.id);
    }
}
