//! A list in the format `names`: whatever the bytes, it is read or refused, for one category and for several at once.

#![no_main]

use khien::lists::format::{Format, names};
use libfuzzer_sys::fuzz_target;

#[path = "../list.rs"]
mod list;

fuzz_target!(|text: &[u8]| {
    list::read(text, Some(Format::Names));
    let mut counted = [0_u64; 2];
    let mut sink = |place: usize, _: khien::lists::format::Entry<'_>| counted[place] += 1;
    if let Ok(read) = names::read(text, &[("games", 0), ("adult", 1)], &mut sink) {
        for (place, parsed) in &read.parsed {
            assert_eq!(parsed.entries, counted[*place]);
            assert!(parsed.exceptions <= parsed.entries);
        }
    }
});
