//! What the compiler reports becomes faults at the list's own lines.

use super::compiled;
use crate::config::{Program, Severity, Surroundings, read};
use crate::lists::Owner;
use crate::lists::compile::{Guarded, IssueReport, ListReport, Loaded, Report, Tried};
use std::path::{Path, PathBuf};

fn program(rest: &str) -> Program {
    let text = format!("[[list]]\nid = 'x'\ncategory = 'adult'\nsource = 'x.txt'\n{rest}");
    let surroundings = Surroundings { state: PathBuf::from("/state"), now: jiff::Timestamp::UNIX_EPOCH };
    read(&text, Some(Path::new("/k/khien.toml")), &surroundings).expect("free of errors").0
}

fn report(list: impl FnOnce(&mut ListReport)) -> Report {
    let mut x = ListReport {
        id: "x".into(),
        loaded: Loaded::Fresh,
        fault: None,
        format: Some("domains".to_owned()),
        lines: 9,
        entries: 9,
        exceptions: 0,
        cancelled: 0,
        patterns: 0,
        patterns_left_out: Vec::new(),
        issues: Vec::new(),
        guarded: Guarded::default(),
    };
    list(&mut x);
    Report {
        owner: Owner::School,
        names: 9,
        rules: 9,
        patterns: 0,
        networks: 0,
        octets: 99,
        millis: 1,
        lists: vec![x],
        cut: Default::default(),
    }
}

fn told(program: &Program, report: &Report) -> Vec<String> {
    compiled(program, report).iter().map(ToString::to_string).collect()
}

#[test]
fn a_sound_list_has_nothing_to_tell() {
    assert_eq!(told(&program(""), &report(|_| ())), Vec::<String>::new());
}

#[test]
fn a_list_that_cannot_be_used_is_an_error_unless_optional() {
    let broken = report(|list| {
        list.loaded = Loaded::Nothing;
        list.fault = Some("this is no text".to_owned());
    });
    let faults = compiled(&program(""), &broken);
    assert_eq!(faults[0].severity, Severity::Error);
    assert!(faults[0].to_string().starts_with("/k/khien.toml:4: list `x`: `/k/x.txt`: this is no text\n"), "{}", faults[0]);
    assert_eq!(compiled(&program("optional = true\n"), &broken)[0].severity, Severity::Warning);
}

#[test]
fn guarded_names_are_told_at_their_lines() {
    let guarded = report(|list| {
        list.guarded.suffixes = (1..=7).map(|line| ("gov.vn".to_owned(), line)).collect();
        let kinds = vec!["popular".to_owned()];
        list.guarded.tried.push(Tried { name: "zalo.me".to_owned(), kinds, rule: "zalo.me".to_owned(), line: 8 });
    });
    let told = told(&program(""), &guarded);
    assert_eq!(told.len(), 7, "five suffixes, the count of the rest, and the protected name: {told:#?}");
    assert!(told[0].starts_with("/k/x.txt:1: warning: `gov.vn` is a public suffix"), "{told:#?}");
    assert!(told[5].starts_with("/k/x.txt: warning: 2 more public suffixes"), "{told:#?}");
    assert!(
        told[6].starts_with("/k/x.txt:8: warning: `zalo.me` would take the protected name `zalo.me` (popular) along"),
        "{told:#?}"
    );
}

#[test]
fn issues_are_counted_with_their_first_line() {
    let skipped = report(|list| {
        let first = vec![(3, "http://a.vn/b".to_owned())];
        list.issues.push(IssueReport { what: "a URL".to_owned(), count: 12, first });
    });
    let told = told(&program(""), &skipped);
    assert_eq!(
        told,
        [
            "/k/x.txt:3: warning: a URL, such as `http://a.vn/b`\nhint: 12 lines are skipped, this one first; the rest of the list is in force"
        ]
    );
}

#[test]
fn hosts_lists_of_locked_categories_are_doubtful_unless_widened() {
    let hosts = report(|list| list.format = Some("hosts".to_owned()));
    assert!(told(&program(""), &hosts)[0].contains("one host at a time"));
    assert_eq!(told(&program("match = 'subtree'\n"), &hosts), Vec::<String>::new());
}
