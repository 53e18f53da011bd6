//! Days, whole lines, and lines past their time.

use std::sync::Arc;

use super::*;
use crate::journal::Source;
use crate::journal::testkit::entry;

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn line(name: &str, at: &str) -> Line {
    Line::new(&crate::journal::Entry { time: time(at), ..entry(name) }, Arc::from(""), Source::default())
}

fn names(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let name = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["name"].as_str().map(str::to_owned);
    text.lines().map(|line| name(line).expect("a name")).collect()
}

#[test]
fn every_day_has_its_file_of_mode_0600() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("journal.json");
    let mut output = Output::new(&JsonSink::File(path.clone()));
    for at in ["2026-11-23T23:59:59Z", "2026-11-24T00:00:00Z"] {
        output.write(&[line("x.example", at)], time(at)).expect("written");
    }
    // After a restart on a later day.
    let mut output = Output::new(&JsonSink::File(path.clone()));
    output.write(&[line("y.example", "2026-11-26T01:00:00Z")], time("2026-11-26T01:00:00Z")).expect("written");
    for (file, name) in [("journal.json.2026-11-23", "x"), ("journal.json.2026-11-24", "x"), ("journal.json", "y")] {
        let file = home.path().join(file);
        assert_eq!(names(&file), [format!("{name}.example")]);
        assert_eq!(fs::metadata(&file).expect("it exists").permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_line_that_a_crash_cut_off_is_taken_out() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("journal.json");
    let at = "2026-11-23T10:00:00Z";
    Output::new(&JsonSink::File(path.clone())).write(&[line("x.example", at)], time(at)).expect("written");
    let whole = fs::read(&path).expect("the file");
    fs::write(&path, [&whole[..], &whole[..40]].concat()).expect("written");
    Output::new(&JsonSink::File(path.clone())).write(&[line("y.example", at)], time(at)).expect("written");
    assert_eq!(names(&path), ["x.example", "y.example"]);
}

#[test]
fn a_file_that_was_moved_away_is_made_anew() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("journal.json");
    let at = "2026-11-23T10:00:00Z";
    let mut output = Output::new(&JsonSink::File(path.clone()));
    output.write(&[line("x.example", at)], time(at)).expect("written");
    fs::rename(&path, home.path().join("elsewhere")).expect("moved");
    output.write(&[line("y.example", at)], time(at)).expect("written");
    assert_eq!(names(&path), ["y.example"]);
}

#[test]
fn lines_before_the_cutoff_go_and_no_others() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("journal.json");
    let mut output = Output::new(&JsonSink::File(path.clone()));
    for (name, at) in [("a", "2026-11-22T01:00:00Z"), ("b", "2026-11-23T01:00:00Z"), ("c", "2026-11-23T02:00:00Z")] {
        output.write(&[line(name, at)], time(at)).expect("written");
    }
    output.forget(time("2026-11-23T02:00:00Z")).expect("forgotten");
    assert_eq!(names(&path), ["c"]);
    assert!(!home.path().join("journal.json.2026-11-22").exists());
    output.write(&[line("d", "2026-11-23T03:00:00Z")], time("2026-11-23T03:00:00Z")).expect("written");
    assert_eq!(names(&path), ["c", "d"]);
}
