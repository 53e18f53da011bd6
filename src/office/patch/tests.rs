//! Texts come back as they went in, a small change is small, and nothing large comes out of little.

use proptest::prelude::*;

use super::{PatchFault, apply, pack, patch, unpack};

/// A list of `count` made names, as unlike each other as real ones; those that `skip` says are left out.
fn made(count: u32, skip: impl Fn(u32) -> bool) -> Vec<u8> {
    let mut text = b"# khien names 1\n".to_vec();
    for number in (0..count).filter(|number| !skip(*number)) {
        // A Weyl sequence, whose steps of the golden ratio spread without repeating.
        let word = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        text.extend_from_slice(format!("{number:08x}-{:06x}.{}.example adult\n", word >> 40, word % 977).as_bytes());
    }
    text
}

#[test]
fn a_small_change_of_a_large_list_is_small() {
    const COUNT: u32 = 1_000_000;
    let step = COUNT / 500;
    let old = made(COUNT, |number| number % step == 7);
    // 500 names go and 500 come, all over the list.
    let new = made(COUNT, |number| number % step == 1007 % step);
    let difference = patch(&old, &new);
    assert!(difference.len() < 200_000, "{} octets", difference.len());
    assert_eq!(apply(&old, &difference, new.len() as u64).expect("it was made of these"), new);
    assert!(pack(&new).len() > 20 * difference.len());
}

#[test]
fn more_than_may_come_out_does_not() {
    let large = vec![b'a'; 1 << 20];
    let packed = pack(&large);
    assert!(packed.len() < 1000);
    assert!(matches!(unpack(&packed, (1 << 20) - 1), Err(PatchFault::TooLarge(_))));
    assert_eq!(unpack(&packed, 1 << 20).expect("it fits"), large);
    let difference = patch(b"old", &large);
    assert!(matches!(apply(b"old", &difference, 1000), Err(PatchFault::TooLarge(1000))));
}

#[test]
fn the_difference_from_another_text_makes_nothing() {
    let (old, other, new) = (made(3000, |_| false), made(3001, |number| number == 9), made(3000, |number| number == 40));
    let difference = patch(&old, &new);
    assert!(matches!(apply(&other, &difference, 1 << 20), Err(PatchFault::Damaged(_))));
    assert!(matches!(apply(&old, &difference[..difference.len() - 5], 1 << 20), Err(PatchFault::Damaged(_))));
    assert!(matches!(unpack(b"<html>", 1 << 20), Err(PatchFault::Damaged(_))));
}

#[test]
fn the_same_texts_give_the_same_octets() {
    let (old, new) = (made(5000, |number| number == 3), made(5000, |number| number == 4));
    assert_eq!(patch(&old, &new), patch(&old, &new));
    assert_eq!(pack(&new), pack(&new));
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(old in proptest::collection::vec(any::<u8>(), 0..2000), new in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert_eq!(apply(&old, &patch(&old, &new), 2000).expect("it fits"), new.clone());
        prop_assert_eq!(unpack(&pack(&new), 2000).expect("it fits"), new);
    }
}
