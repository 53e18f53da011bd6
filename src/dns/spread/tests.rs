//! Octets that differ in any way are told apart, under any key.

use std::collections::HashSet;

use super::*;

#[test]
fn each_octet_each_length_and_what_went_before_count() {
    let key = Spread::random();
    let long: Vec<u8> = (0..70).collect();
    let mut seen = HashSet::new();
    for length in 0..=long.len() {
        assert!(seen.insert(key.step(0, &long[..length])), "{length} octets");
        assert!(seen.insert(key.step(1, &long[..length])), "{length} octets behind others");
        for place in 0..length {
            let mut changed = long[..length].to_vec();
            changed[place] ^= 0x20;
            assert!(seen.insert(key.step(0, &changed)), "the octet at {place} of {length}");
        }
    }
}

#[test]
fn another_key_hashes_otherwise() {
    let keys = [Spread::new([1, 2, 4]), Spread::new([2, 2, 4]), Spread::new([1, 8, 4]), Spread::new([1, 2, 8])];
    let hashes: HashSet<u64> = keys.iter().map(|key| key.step(7, b"khien.example")).collect();
    assert_eq!(hashes.len(), 3, "the lowest bit of a word does not count: {hashes:?}");
}
