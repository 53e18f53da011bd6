//! Faults print as the house style says, and repeat no control character.

use super::{Fault, Shown};
use std::path::Path;

#[test]
fn an_error_prints_place_what_and_hint() {
    let fault = Fault::error(Path::new("khien.toml"), Some(14), "schedule ends before it starts", "write two windows");
    assert_eq!(fault.to_string(), "khien.toml:14: schedule ends before it starts\nhint: write two windows");
}

#[test]
fn a_warning_says_that_it_is_one() {
    let fault = Fault::warning(Path::new("a.txt"), None, "odd", "look");
    assert_eq!(fault.to_string(), "a.txt: warning: odd\nhint: look");
}

#[test]
fn control_characters_are_escaped_and_letters_kept() {
    assert_eq!("Phòng\u{1b}[31m\u{202e}".quoted(), "`Phòng\\u{1b}[31m\\u{202e}`");
}

#[test]
fn long_texts_are_cut_at_a_character() {
    let quoted = "ả".repeat(100).quoted();
    assert_eq!(quoted, format!("`{}…`", "ả".repeat(80)));
}
