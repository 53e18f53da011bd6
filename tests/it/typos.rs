//! Whatever is written into the file, reading it says what is wrong and never breaks down.

use crate::manual::{sample, surroundings};
use khien::config::{Fault, read};
use proptest::prelude::*;
use std::path::Path;

/// A small generator that gives the same numbers every time (Steele, Lea and Flood's SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).expect("below a usize")
    }
}

fn faults(text: &str) -> Vec<Fault> {
    read(text, Some(Path::new("k.toml")), &surroundings()).err().unwrap_or_default()
}

/// The lines that set a key, by number.
fn settings(text: &str) -> Vec<usize> {
    let is_setting = |line: &str| line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains(" = ");
    text.lines().enumerate().filter(|(_, line)| is_setting(line)).map(|(at, _)| at).collect()
}

/// Replaces line `at`.
fn with_line(text: &str, at: usize, line: &str) -> String {
    text.lines().enumerate().map(|(number, old)| if number == at { line } else { old }).collect::<Vec<_>>().join("\n")
}

#[test]
fn three_hundred_typos_in_keys_are_each_rejected_on_their_line() {
    let text = sample();
    let lines = settings(&text);
    let mut chance = Chance(2026);
    let mut tried = 0;
    while tried < 300 {
        let at = lines[chance.below(lines.len())];
        let line = text.lines().nth(at).expect("counted");
        let (key, rest) = line.split_once(" = ").expect("a setting");
        let place = chance.below(key.len());
        let typo = match chance.below(3) {
            0 => format!("{}{}", &key[..place], &key[place + 1..]),
            1 => format!("{}{}", &key[..=place], &key[place..]),
            _ => format!("{}q{}", &key[..place], &key[place + 1..]),
        };
        let is_known = khien::config::file::SECTIONS.iter().any(|section| section.keys.contains(&typo.as_str()));
        if is_known || typo == key {
            continue;
        }
        let broken = with_line(&text, at, &format!("{typo} = {rest}"));
        let faults = faults(&broken);
        let number = u32::try_from(at + 1).expect("a short file");
        let fault = faults.iter().find(|fault| fault.line == Some(number)).unwrap_or_else(|| panic!("{typo} passes: {faults:?}"));
        assert!(!fault.hint.is_empty() && fault.what.contains("unknown key") || fault.what.contains("no TOML"), "{fault}");
        tried += 1;
    }
}

#[test]
fn every_key_with_a_value_of_another_type_is_rejected_on_its_line() {
    let text = sample();
    for at in settings(&text) {
        let line = text.lines().nth(at).expect("counted");
        let (key, _) = line.split_once(" = ").expect("a setting");
        for value in ["1.5", "{ odd = 1 }", "[[1]]"] {
            let broken = with_line(&text, at, &format!("{key} = {value}"));
            let number = u32::try_from(at + 1).expect("a short file");
            let faults = faults(&broken);
            assert!(faults.iter().any(|fault| fault.line == Some(number)), "{key} = {value} passes: {faults:?}");
        }
    }
}

#[test]
fn any_octet_changed_is_rejected_with_line_and_hint_or_harmless() {
    let text = sample();
    let mut chance = Chance(7);
    let mut rejected = 0;
    for _ in 0..600 {
        let mut octets = text.clone().into_bytes();
        let place = chance.below(octets.len());
        match chance.below(3) {
            0 => drop(octets.remove(place)),
            1 => octets.insert(place, octets[place]),
            _ => octets[place] = b"\"'[]{}=,.#\n 0aZ"[chance.below(15)],
        }
        let Ok(changed) = String::from_utf8(octets) else { continue };
        let faults = faults(&changed);
        for fault in &faults {
            assert!(fault.line.is_some() && !fault.hint.is_empty(), "{fault}");
        }
        rejected += usize::from(!faults.is_empty());
    }
    assert!(rejected > 100, "only {rejected} of 600 changes matter, so this tests little");
}

#[test]
fn spelling_of_line_ends_and_blanks_is_free() {
    let text = sample();
    let spelt =
        [format!("\u{feff}{text}"), text.replace('\n', "\r\n"), text.replace(" = ", "\t=\t"), text.replace("\n\n", "\n\n\n")];
    for spelt in spelt {
        assert_eq!(faults(&spelt), []);
    }
}

#[test]
fn a_school_with_thousands_of_subnets_loads() {
    use std::fmt::Write as _;
    let mut text = "[[group]]\nid = \"big\"\ntier = \"primary\"\nsubnets = [\n".to_owned();
    for place in 0..20_000 {
        writeln!(text, "\"10.{}.{}.{}/32\",", place / 65_536, place / 256 % 256, place % 256).expect("memory");
    }
    text.push_str("]\n");
    assert_eq!(faults(&text), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn arbitrary_text_never_breaks_down(text in "\\PC{0,200}") {
        faults(&text);
    }

    #[test]
    fn arbitrary_values_never_break_down(place in 0_usize..1000, value in "[ -~ả\\n]{0,30}") {
        let text = sample();
        let lines = settings(&text);
        let at = lines[place % lines.len()];
        let (key, _) = text.lines().nth(at).and_then(|line| line.split_once(" = ")).expect("a setting");
        for written in [format!("{key} = {value}"), format!("{key} = {value:?}"), format!("{key} = [{value:?}]")] {
            for fault in faults(&with_line(&text, at, &written)) {
                prop_assert!(!fault.hint.is_empty() && !fault.what.chars().any(char::is_control), "{}", fault);
            }
        }
    }
}
