//! A configuration is read from a file or not at all, and reading it has no effect.

use super::{MOST, Surroundings, load_in};
use std::path::{Path, PathBuf};

fn surroundings() -> Surroundings {
    Surroundings { state: PathBuf::from("/state"), now: "2026-11-23T02:00:00Z".parse().expect("a time") }
}

fn faults(bytes: &[u8]) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("k.toml");
    std::fs::write(&path, bytes).expect("written");
    let faults = load_in(Some(&path), &surroundings()).expect_err("faulty");
    let prefix = format!("{}/", directory.path().display());
    faults.iter().map(|fault| fault.to_string().replace(&prefix, "")).collect()
}

#[test]
fn the_embedded_default_is_free_of_faults() {
    let (program, faults) = load_in(None, &surroundings()).expect("the default loads");
    assert_eq!(faults, []);
    assert_eq!(program.dns, ["127.0.0.1:5300".parse().expect("an address")]);
    assert_eq!(program.http, ["127.0.0.1:8080".parse().expect("an address")]);
    assert_eq!(program.state, Path::new("/state"));
}

#[test]
fn a_missing_file_is_a_fault() {
    let faults = load_in(Some(Path::new("/nowhere/k.toml")), &surroundings()).expect_err("nothing is there");
    assert!(faults[0].to_string().starts_with("/nowhere/k.toml: the configuration cannot be read: No such file"));
}

#[test]
fn a_directory_is_a_fault() {
    let directory = tempfile::tempdir().expect("a directory");
    let faults = load_in(Some(directory.path()), &surroundings()).expect_err("a directory");
    assert!(faults[0].hint.contains("name the file in it"), "{}", faults[0]);
}

#[test]
fn latin_1_is_a_fault_on_its_line() {
    assert_eq!(
        faults(b"[log]\nlevel = \"\xe9\""),
        ["k.toml:2: text is not UTF-8 after `level = \"`\nhint: save the file as UTF-8"]
    );
}

#[test]
fn ten_megabytes_are_refused_before_they_are_read() {
    let faults = faults(&vec![b'#'; 10 << 20]);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].starts_with("k.toml: the configuration is too large\nhint: a configuration has at most 4 MiB"));
}

#[test]
fn the_largest_file_is_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("k.toml");
    let line = "# 0123456789abcdef0123456789abcdef\n";
    let text = line.repeat(usize::try_from(MOST).expect("small") / line.len());
    std::fs::write(&path, text).expect("written");
    load_in(Some(&path), &surroundings()).expect("comments are fine");
}
