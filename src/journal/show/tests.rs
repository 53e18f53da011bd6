//! Columns that line up, and cells that do nothing but be read.

use std::sync::Arc;

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::*;
use crate::dns::Name;
use crate::journal::testkit::entry;
use crate::journal::{Entry, Source};

fn line(name: &str) -> Line {
    let source =
        Source { lists: vec!["ut1-games".to_owned(), "b".to_owned()], rule: Some("x.example".to_owned()), ..Source::default() };
    Line::new(&entry(name), Arc::from("2026w48:0011223344556677"), source)
}

fn shown(form: Form, lines: &[Line]) -> String {
    let mut out = Vec::new();
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").expect("a zone");
    let mut show = Show::start(&mut out, form, zone).expect("memory takes everything");
    for line in lines {
        show.entry(line).expect("memory takes everything");
    }
    show.end().expect("memory takes everything");
    String::from_utf8(out).expect("text")
}

#[test]
fn a_table_lines_up_in_vietnamese_too() {
    let composed = Line { group: "Phòng máy".into(), ..line("a.example") };
    let decomposed = Line { group: "Pho\u{300}ng ma\u{301}y".into(), ..line("b.example") };
    let text = shown(Form::Table, &[composed, decomposed]);
    let lines: Vec<Vec<char>> = text.nfc().collect::<String>().lines().map(|line| line.chars().collect()).collect();
    let at = |line: &[char], word: &str| line.iter().collect::<String>().split(word).next().map(|before| before.chars().count());
    assert_eq!(at(&lines[0], "NAME"), at(&lines[1], "a.example"));
    assert_eq!(at(&lines[0], "NAME"), at(&lines[2], "b.example"));
    assert_eq!(at(&lines[0], "VERDICT"), at(&lines[2], "blocked"));
    assert!(text.lines().nth(1).is_some_and(|line| line.starts_with("2026-11-23 09:30:00  2026w48:0011223344556677  Phòng máy")));
}

#[test]
fn csv_has_the_fields_of_the_json_line() {
    let csv = shown(Form::Csv, &[line("www.x.example")]);
    let json = serde_json::to_value(line("www.x.example")).expect("JSON");
    let heads: Vec<&str> = csv.lines().next().expect("heads").split(',').collect();
    assert_eq!(heads.len(), json.as_object().expect("an object").len());
    assert!(heads.iter().all(|head| json.get(head).is_some()));
    assert_eq!(
        csv.lines().nth(1),
        Some(
            "2026-11-23T02:30:00.000Z,2026w48:0011223344556677,lab-1,primary,www.x.example,A,udp,blocked,tier,games,\
             \"ut1-games b\",x.example,NOERROR,42,7,0"
        )
    );
}

#[test]
fn a_formula_becomes_text() {
    for (text, expected) in [
        ("=cmd|'/c calc'!a1", "\"'=cmd|'/c calc'!a1\""),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@sum", "'@sum"),
        ("\tx", "'\\u{9}x"),
        ("\rx", "'\\u{d}x"),
        ("a\"b", "\"a\"\"b\""),
        ("a,b", "\"a,b\""),
        ("cấm", "cấm"),
        ("\u{202e}x", "\\u{202e}x"),
    ] {
        assert_eq!(cell(text), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_name_acts_on_a_terminal_or_a_spreadsheet(label in proptest::collection::vec(any::<u8>(), 1..=63)) {
        let mut wire = vec![u8::try_from(label.len()).expect("at most 63")];
        wire.extend(&label);
        wire.push(0);
        let hostile = Entry { name: Name::from_wire(&wire).expect("a name"), ..entry("x.example") };
        let hostile = Line::new(&hostile, Arc::from(""), Source::default());
        let table = shown(Form::Table, std::slice::from_ref(&hostile));
        prop_assert_eq!(table.lines().count(), 2);
        prop_assert!(table.bytes().all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte)));
        let csv = shown(Form::Csv, std::slice::from_ref(&hostile));
        prop_assert_eq!(csv.split("\r\n").count(), 3);
        prop_assert!(csv.replace("\r\n", "").bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        let cell = cell(&hostile.name);
        prop_assert!(!cell.trim_start_matches('"').starts_with(['=', '+', '-', '@']));
    }
}
