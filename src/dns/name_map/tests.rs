//! The deepest entry wins, and a neighbour of the same spelling does not.

use super::NameMap;
use crate::dns::Name;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a good name")
}

#[test]
fn the_deepest_entry_covers() {
    let map: NameMap<u8> = [(name("example.vn"), 1), (name("a.example.vn"), 2)].into_iter().collect();
    assert_eq!(map.covering(&name("x.a.example.vn")), Some((3, &2)));
    assert_eq!(map.covering(&name("b.example.vn")), Some((2, &1)));
    assert_eq!(map.covering(&name("xexample.vn")), None);
    assert_eq!(map.covering(&name("vn")), None);
    assert!(map.has_below(&name("example.vn")));
    assert!(!map.has_below(&name("a.example.vn")));
}

#[test]
fn the_root_covers_all() {
    let map: NameMap<u8> = [(Name::root(), 9)].into_iter().collect();
    assert_eq!(map.covering(&name("a.b.c")), Some((0, &9)));
}
