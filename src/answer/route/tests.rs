//! Which changes make another route.

use super::*;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

#[test]
fn another_zone_or_another_list_of_upstreams_is_another_route() {
    let root = Name::root();
    let lists: [&[&str]; 6] = [&[], &["a"], &["b"], &["a", "b"], &["b", "a"], &["ab"]];
    let mut routes = vec![Route::DEFAULT];
    for zone in [&root, &name("lan"), &name("school.lan")] {
        routes.extend(lists.map(|list| Route::of(zone, list)));
    }
    for (place, route) in routes.iter().enumerate() {
        assert!(!routes[..place].contains(route), "route {place} is one before it");
    }
    assert_eq!(Route::of(&name("LAN"), ["a"]), Route::of(&name("lan"), ["a"]), "letters' case is folded");
}

#[test]
fn a_route_is_the_same_in_every_run() {
    // Answers that were kept on disk are found again by it.
    assert_eq!(Route::of(&Name::root(), ["udp 192.0.2.53:53"]).to_bytes(), [0, 197, 115, 93, 144, 216, 197, 217]);
}
