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
    let hash = |words| Spread::new(words).step(7, b"khien.example");
    let others = [[4, 4, 6], [2, 8, 6], [2, 4, 10]].map(hash);
    let hashes: HashSet<u64> = others.into_iter().chain([hash([2, 4, 6])]).collect();
    assert_eq!(hashes.len(), 4, "{hashes:?}");
    assert_eq!(hash([2, 4, 6]), hash([3, 5, 7]), "the lowest bit of a word does not count");
}

#[test]
fn variants_and_fields_are_told_apart() {
    #[derive(Hash)]
    enum Who {
        Client([u8; 4]),
        Network([u8; 4]),
    }
    let secret = Secret::default();
    let hashes = [secret.hash_one(Who::Client([10, 0, 0, 1])), secret.hash_one(Who::Network([10, 0, 0, 1]))];
    assert_ne!(hashes[0], hashes[1]);
    assert_ne!(secret.hash_one((1_u16, 2_u16)), secret.hash_one((2_u16, 1_u16)));
    assert_eq!(hashes[0], secret.hash_one(Who::Client([10, 0, 0, 1])));
    assert_ne!(hashes[0], Secret::default().hash_one(Who::Client([10, 0, 0, 1])), "each table has a key of its own");
}
