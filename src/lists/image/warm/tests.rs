//! The hashes that are gathered are those of the look-up; what is no name is left out.

use super::*;
use crate::dns::Name;
use crate::lists::image::Labels;

fn key() -> Key {
    Key::derive(&blake3::hash(b"a list"), 0)
}

/// As the look-up walks.
fn walked(name: &Name) -> Vec<u64> {
    let labels = Labels::of(name);
    let mut hash = 0;
    let mut hashes = Vec::new();
    for depth in 1..=labels.count().min(DEPTH) {
        hash = key().step(hash, labels.at(depth));
        hashes.push(hash);
    }
    hashes
}

#[test]
fn the_hashes_are_those_of_the_walk() {
    for text in
        [".", "vn", "edu.vn", "www.moet.gov.vn", "a.b.c.d.e.f.example", "a-label-that-is-longer-than-sixteen-octets.example"]
    {
        let name = Name::parse(text).expect("a name");
        let mut upper = name.as_wire().to_ascii_uppercase();
        upper.extend([0, 1, 0, 1]);
        for wire in [name.as_wire(), &upper] {
            let mut hashes = [0; DEPTH];
            let count = gather(key(), wire, &mut hashes);
            assert_eq!(hashes[..count], walked(&name), "{text}");
        }
    }
}

#[test]
fn what_is_no_name_is_left_out() {
    for wire in [&b""[..], b"\x03www", b"\x40", b"\xc0\x0c", b"\x03www\x02vn"] {
        assert_eq!(gather(key(), wire, &mut [0; DEPTH]), 0, "{wire:?}");
    }
}
