//! `config/khien.toml` is the manual: it says every key, and what it says is true.

use khien::config::file::{self, File};
use khien::config::{Severity, Surroundings, check, load_in, read};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

const MANUAL: &str = include_str!("../../config/khien.toml");

pub(crate) fn surroundings() -> Surroundings {
    Surroundings { state: PathBuf::from("/state"), now: "2026-11-23T02:00:00Z".parse().expect("a time") }
}

/// The manual with all its examples in force.
pub(crate) fn with_examples() -> String {
    let is_example = |line: &str| line.len() > 1 && line.starts_with('#') && !line.starts_with("# ");
    MANUAL.lines().map(|line| if is_example(line) { &line[1..] } else { line }).collect::<Vec<_>>().join("\n")
}

/// The same without what belongs to later versions: a configuration as a school may have it.
pub(crate) fn sample() -> String {
    let text = with_examples();
    let mut kept = String::new();
    // A section under a comment that starts with LATER goes with its comment.
    for paragraph in text.split("\n\n") {
        let is_later_section = paragraph.starts_with("# LATER") && paragraph.contains("\n[[");
        if !is_later_section {
            kept.push_str(paragraph);
            kept.push_str("\n\n");
        }
    }
    kept
}

#[test]
fn the_manual_says_the_defaults() {
    let (written, faults) = file::read(MANUAL, Path::new("config/khien.toml"));
    assert_eq!(faults, []);
    let (written, default) = (without_lines(&written), without_lines(&File::default()));
    assert_eq!(written, default);
    load_in(Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config/khien.toml")), &surroundings()).expect("the manual loads");
}

/// What a file says, without the lines on which it says it.
fn without_lines(file: &File) -> String {
    let shown = format!("{file:#?}");
    shown.lines().filter(|line| !line.trim_start().starts_with("line: ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_key_is_in_the_manual_and_no_other() {
    let table: Table = with_examples().parse().expect("the examples are TOML");
    let mut written = BTreeSet::new();
    collect("", &table, &mut written);
    let mut known = BTreeSet::new();
    for section in file::SECTIONS {
        known.extend(section.keys.iter().map(|key| (section.section.to_owned(), (*key).to_owned())));
    }
    let missing: Vec<_> = known.difference(&written).collect();
    let unknown: Vec<_> = written.difference(&known).collect();
    assert!(missing.is_empty(), "keys that the manual does not say: {missing:?}");
    assert!(unknown.is_empty(), "keys that the program does not know: {unknown:?}");
}

/// Every key with its section. Tables of free keys, and the words of a name, count as their section's names.
fn collect(section: &str, table: &Table, keys: &mut BTreeSet<(String, String)>) {
    for (key, value) in table {
        keys.insert((section.to_owned(), key.clone()));
        let inner = match (section, key.as_str()) {
            ("", _) => key.clone(),
            (_, "name") => "name".to_owned(),
            (_, "categories") => continue,
            _ => format!("{section}.{key}"),
        };
        match value {
            Value::Table(table) => collect(&inner, table, keys),
            Value::Array(items) => items.iter().filter_map(Value::as_table).for_each(|table| collect(&inner, table, keys)),
            Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
        }
    }
}

#[test]
fn all_examples_together_are_a_configuration() {
    let (program, _) = read(&with_examples(), Some(Path::new("k.toml")), &surroundings()).expect("free of errors");
    assert_eq!((program.zones.len(), program.forwarded.len()), (1, 1));
}

#[test]
fn the_example_of_a_zone_is_one() {
    let name = khien::dns::Name::parse("truong.lan").expect("a name");
    let (zone, faults) = khien::answer::zones::Zone::read(&name, include_str!("../../config/truong.lan.zone"));
    assert_eq!((zone.map(|zone| zone.records()), faults), (Some(7), vec![]));
}

#[test]
fn the_sample_is_a_configuration() {
    let (program, doubts) = read(&sample(), Some(Path::new("/etc/khien/khien.toml")), &surroundings()).expect("free of errors");
    assert_eq!(program.clients.groups().len(), 1, "the example's group, and no built-in one: {doubts:?}");
    assert_eq!(program.lists.len(), 3);
    assert_eq!(program.policies.all()[0].schedule.windows().len(), 3);
    let missing: Vec<_> = check::sources(&program).iter().map(|fault| fault.severity).collect();
    assert_eq!(missing, [Severity::Error; 3], "the lists are not there, nor the key");
}
