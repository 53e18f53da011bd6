//! `docs/standards.md` against the tests: it names each of them, and none that is not there.

use std::collections::BTreeSet;
use std::path::Path;

/// The project's text in `path`.
fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// The tests of this folder, as `file::function`, each with the first line of its documentation.
fn tests() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/standards");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).expect("this folder") {
        let path = file.expect("an entry").path();
        let module = path.file_stem().expect("a file of Rust").to_string_lossy().into_owned();
        if module == "document" {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("a text");
        let lines: Vec<&str> = source.lines().collect();
        for (place, _) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("#[tokio::test") || **line == "#[test]") {
            let name = lines[place + 1].trim_start_matches("async ").trim_start_matches("fn ");
            let name = &name[..name.find('(').expect("a function")];
            let above = lines[..place].iter().rev().take_while(|line| line.starts_with("///"));
            let first = above.last().copied().unwrap_or_default();
            found.push((format!("{module}::{name}"), first.trim_start_matches("/// ").to_owned()));
        }
    }
    found
}

#[test]
fn every_test_says_which_standard_it_is_about() {
    let tests = tests();
    assert!(tests.len() > 30, "{} tests", tests.len());
    for (name, first) in tests {
        let is_canary = first.starts_with("The canaries of browsers and phones (Mozilla, Apple)");
        assert!(first.starts_with("RFC ") && first.contains("section") || is_canary, "{name}: {first}");
    }
}

#[test]
fn the_document_names_every_test_and_no_other() {
    let document = text("docs/standards.md");
    let ours: BTreeSet<String> = tests().into_iter().map(|(name, _)| name).collect();
    let modules: BTreeSet<&str> = ours.iter().filter_map(|name| name.split("::").next()).collect();
    let mut named = BTreeSet::new();
    for quoted in document.split('`').skip(1).step_by(2) {
        match quoted.split_once("::") {
            Some((module, _)) if modules.contains(module) => drop(named.insert(quoted.to_owned())),
            // A test elsewhere: the file holds a function or a module of that name.
            Some((file, function)) if file.ends_with(".rs") => {
                let source = text(file);
                assert!(source.contains(&format!("fn {function}(")), "{quoted} is not there");
            }
            _ if quoted.ends_with(".txt") || quoted.ends_with(".rs") => drop(text(quoted)),
            _ => {}
        }
    }
    let missing: Vec<_> = ours.difference(&named).collect();
    let unknown: Vec<_> = named.difference(&ours).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "not named: {missing:?}; not there: {unknown:?}");
}

#[test]
fn every_row_of_the_document_says_what_became_of_its_rfc() {
    let document = text("docs/standards.md");
    let rows: Vec<Vec<&str>> = document
        .lines()
        .filter(|line| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit()))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(rows.len() > 80, "{} rows", rows.len());
    let mut numbers = BTreeSet::new();
    for row in &rows {
        let [rfc, subject, state, how] = row[..] else { panic!("four cells: {row:?}") };
        assert!(numbers.insert(rfc), "RFC {rfc} stands twice");
        assert!(["done", "partly", "left out", "not applicable"].contains(&state), "RFC {rfc}: {state}");
        assert!(!subject.is_empty() && !how.is_empty(), "RFC {rfc}");
        let is_tested = how.contains('`') || how.starts_with("as ");
        assert!(!state.starts_with("done") || is_tested, "RFC {rfc} is done and names no test");
    }
}
