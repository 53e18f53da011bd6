//! A list in the format `networks`: whatever the bytes, it is read or refused, and what comes of it keeps its promises.

#![no_main]

use khien::lists::format::Format;
use libfuzzer_sys::fuzz_target;

#[path = "../list.rs"]
mod list;

fuzz_target!(|text: &[u8]| list::read(text, Some(Format::Networks)));
