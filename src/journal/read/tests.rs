//! Filters, and reading beside the writer.

use super::*;
use crate::journal::testkit::{client, entry, moment, no_source, note, settings};
use crate::journal::{ClientForm, Entry, Settings, Writer, open};

/// A journal of five entries, a minute apart, and its writer, which still has it open.
fn filled(directory: &Path, form: ClientForm) -> Writer {
    let (journal, mut writer) = open(Settings { client: form, ..settings(directory) }, no_source());
    let other = |name| Entry { client: client("10.20.1.8"), group: "lab-2".into(), ..entry(name) };
    let entries = [entry("x.example"), entry("www.x.example"), other("notx.example"), other("x.example"), entry(r"a\.x.example")];
    for (minute, entry) in (0..).zip(entries) {
        let now = moment(Duration::from_mins(minute));
        note(&journal, Entry { time: now.wall, ..entry });
        writer.step(now);
    }
    writer
}

fn names(directory: &Path, filter: &Filter) -> Vec<String> {
    let mut names = Vec::new();
    let shown = read(directory, filter, |line| {
        names.push(line.name);
        Ok(ControlFlow::Continue(()))
    });
    assert_eq!(shown.expect("readable"), names.len() as u64);
    names
}

#[test]
fn each_filter_takes_what_it_says_while_the_writer_runs() {
    let home = tempfile::tempdir().expect("a directory");
    let _writer = filled(home.path(), ClientForm::Pseudonym);
    let at = |minutes| Some(moment(Duration::from_mins(minutes)).wall);
    let name = |text| Some(Name::parse(text).expect("a name"));
    let all = ["x.example", "www.x.example", "notx.example", "x.example", r"a\.x.example"];
    let none = Filter::default;
    let cases: [(Filter, &[&str]); 10] = [
        (none(), &all),
        (Filter { since: at(3), ..none() }, &all[3..]),
        (Filter { until: at(3), ..none() }, &all[..3]),
        (Filter { since: at(1), until: at(2), ..none() }, &all[1..2]),
        (Filter { group: Some("lab-2".to_owned()), ..none() }, &all[2..4]),
        (Filter { client: Some(client("10.20.1.8")), ..none() }, &all[2..4]),
        (Filter { client: Some(client("10.20.1.9")), ..none() }, &[]),
        (Filter { name: name("x.example"), ..none() }, &["x.example", "www.x.example", "x.example"]),
        (Filter { name: name("x.example"), limit: Some(2), ..none() }, &["www.x.example", "x.example"]),
        (Filter { name: name("."), limit: Some(0), ..none() }, &[]),
    ];
    for (filter, expected) in cases {
        assert_eq!(names(home.path(), &filter), expected, "{filter:?}");
    }
}

#[test]
fn a_client_is_found_by_its_address_where_that_was_written() {
    let home = tempfile::tempdir().expect("a directory");
    drop(filled(home.path(), ClientForm::Full));
    let filter = Filter { client: Some(client("::ffff:10.20.1.8")), ..Filter::default() };
    assert_eq!(names(home.path(), &filter), ["notx.example", "x.example"]);
}

#[test]
fn what_is_read_is_what_was_written() {
    let home = tempfile::tempdir().expect("a directory");
    let (journal, mut writer) = open(settings(home.path()), no_source());
    note(&journal, entry("x.example"));
    writer.step(moment(Duration::ZERO));
    let mut json = Vec::new();
    read(home.path(), &Filter::default(), |line| line.write_json(&mut json).map(ControlFlow::Continue)).expect("readable");
    let who = Pseudonyms::read(home.path()).expect("the keys").all(client("10.20.1.7"));
    let mut expected = Vec::new();
    Line::new(&entry("x.example"), who[0].as_str().into(), crate::journal::Source::default())
        .write_json(&mut expected)
        .expect("written");
    assert_eq!(String::from_utf8(json), String::from_utf8(expected));
}

#[test]
fn a_directory_without_a_journal_says_so() {
    let home = tempfile::tempdir().expect("a directory");
    let refused = read(home.path(), &Filter::default(), |_| Ok(ControlFlow::Continue(())));
    assert!(matches!(refused, Err(ReadError::Missing(_))));
}
