//! What the README tells a school to write is a configuration that loads, without a fault and without a warning.

use khien::config::{Surroundings, read};
use std::path::PathBuf;

const README: &str = include_str!("../../README.md");

#[test]
fn the_first_configuration_of_the_readme_loads() {
    let block = README.split("```toml\n").nth(1).and_then(|rest| rest.split("\n```").next()).expect("a block of TOML");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("lists")).expect("a folder");
    std::fs::write(folder.path().join("lists/hostsvn-gambling-vn.txt"), "0.0.0.0 w88.com\n").expect("written");
    let surroundings = Surroundings { state: PathBuf::from("/state"), now: "2026-11-23T02:00:00Z".parse().expect("a time") };
    match read(block, Some(&folder.path().join("khien.toml")), &surroundings) {
        Ok((_, warnings)) => assert_eq!(warnings, []),
        Err(faults) => panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

#[test]
fn the_two_commands_stand_first() {
    let top: Vec<&str> = README.lines().skip_while(|line| !line.starts_with("```")).skip(1).take(2).collect();
    assert!(top[0].starts_with("cargo run --release") && top[1].starts_with("cargo test"), "{top:?}");
    let before = README.split("```").next().expect("a head");
    assert!(before.lines().filter(|line| !line.trim().is_empty()).count() == 1, "only the title stands before them");
}
