//! A list whose format is told by its content: the head says the same as the whole, and the list is read or refused.

#![no_main]

use khien::lists::format::detect;
use libfuzzer_sys::fuzz_target;

#[path = "../list.rs"]
mod list;

fuzz_target!(|text: &[u8]| {
    let told = detect(text);
    list::read(text, None);
    if let Ok(format) = told {
        list::read(text, Some(format));
    }
});
