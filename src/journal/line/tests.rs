//! Fields and spellings of the JSON line, and names that try to break it.

use proptest::prelude::*;

use super::*;
use crate::dns::{Name, RecordType};
use crate::journal::testkit::entry;

fn json(line: &Line) -> Vec<u8> {
    let mut out = Vec::new();
    line.write_json(&mut out).expect("memory takes everything");
    out
}

#[test]
fn a_line_reads_as_the_interface_says() {
    let source = Source { lists: vec!["ut1-games".to_owned()], rule: Some("roblox.com".to_owned()), ..Source::default() };
    let line = Line::new(&entry("www.Roblox.com."), "2026w48:0011223344556677".into(), source);
    assert_eq!(
        String::from_utf8(json(&line)).expect("ASCII"),
        "{\"time\":\"2026-11-23T02:30:00.000Z\",\"client\":\"2026w48:0011223344556677\",\"group\":\"lab-1\",\"tier\":\"primary\",\
         \"name\":\"www.roblox.com\",\"type\":\"A\",\"transport\":\"udp\",\"verdict\":\"blocked\",\"reason\":\"tier\",\
         \"category\":\"games\",\"lists\":[\"ut1-games\"],\"rule\":\"roblox.com\",\"rcode\":\"NOERROR\",\"micros\":42,\
         \"snapshot\":7,\"repeats\":0}\n"
    );
}

#[test]
fn what_decided_nothing_is_none() {
    let bare = Entry { category: None, record_type: RecordType(65_280), ..entry(".") };
    let line = Line::new(&bare, "".into(), Source::default());
    assert_eq!((&*line.category, line.rule.as_str(), line.record_type.as_str()), ("none", "", "TYPE65280"));
    assert_eq!(line.name, ".");
}

#[test]
fn letters_beyond_ascii_are_escaped_and_come_back() {
    let source = Source { lists: vec!["cấm-😀\u{202e}\u{7f}".to_owned()], ..Source::default() };
    let bytes = json(&Line::new(&entry("x.example"), "".into(), source));
    let read: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(read["lists"][0], "cấm-😀\u{202e}\u{7f}");
    assert!(bytes[..bytes.len() - 1].iter().all(|byte| (0x20..0x7f).contains(byte)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_name_breaks_a_line(labels in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..=63), 1..=3)) {
        let mut wire: Vec<u8> = Vec::new();
        for label in &labels {
            wire.push(u8::try_from(label.len()).expect("at most 63"));
            wire.extend(label);
        }
        wire.push(0);
        let name = Name::from_wire(&wire).expect("a name of at most three labels");
        let hostile = Entry { name: name.clone(), ..entry("x.example") };
        let bytes = json(&Line::new(&hostile, "".into(), Source::default()));
        let (end, text) = bytes.split_last().expect("a line");
        prop_assert_eq!(*end, b'\n');
        prop_assert!(text.iter().all(|byte| (0x20..0x7f).contains(byte)));
        let read: serde_json::Value = serde_json::from_slice(text).expect("JSON");
        let again = Name::parse(read["name"].as_str().expect("text")).expect("a name");
        prop_assert_eq!(again, name);
    }
}
