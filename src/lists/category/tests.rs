//! Sets behave as sets, and the registry ranks.

use super::{Category, CategoryEntry, CategorySet, Registry, Words};

fn entry(id: &str, locked: bool) -> CategoryEntry {
    CategoryEntry { id: id.into(), name: Words::default(), description: Words::default(), locked, threat: false }
}

#[test]
fn the_first_member_is_the_gravest() {
    let set: CategorySet = [63, 5, 17].into_iter().filter_map(Category::at).collect();
    assert_eq!(set.first(), Category::at(5));
    assert_eq!(set.iter().map(Category::place).collect::<Vec<_>>(), [5, 17, 63]);
    assert_eq!(set.len(), 3);
    assert_eq!(CategorySet::EMPTY.first(), None);
}

#[test]
fn the_registry_keeps_places_and_is_bounded() {
    let mut registry = Registry::default();
    registry.put(entry("csam", true)).expect("room");
    registry.put(entry("games", false)).expect("room");
    let games = registry.find("games").expect("put before");
    assert_eq!(registry.put(entry("games", true)), Ok(games));
    assert_eq!(registry.locked().len(), 2);
    for extra in 2..64 {
        registry.put(entry(&format!("extra-{extra}"), false)).expect("room");
    }
    assert!(registry.put(entry("one-too-many", false)).is_err());
}
