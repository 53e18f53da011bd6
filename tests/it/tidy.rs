//! House rules as tests: who imports whom, how long a file is, how it opens, and what stands in none.

use std::fs;
use std::path::{Path, PathBuf};

/// A room's name and the rooms that it may import.
type Room = (&'static str, &'static [&'static str]);

/// The import table of `ARCHITECTURE.md`: imports point upstream, so there are no circles.
const ROOMS: [Room; 21] = [
    ("clock", &[]),
    ("fault", &[]),
    ("tally", &["dns", "policy"]),
    ("dns", &[]),
    ("listen", &["dns"]),
    ("client", &["dns"]),
    ("lists", &["dns"]),
    ("fetch", &["dns", "lists"]),
    ("decisions", &["dns", "client", "lists"]),
    ("office", &["dns", "lists", "decisions", "fetch", "fault"]),
    ("policy", &["dns", "client", "lists", "decisions"]),
    ("answer", &["dns", "lists", "policy"]),
    ("journal", &["dns", "client", "lists", "policy", "answer", "decisions", "clock"]),
    ("snapshot", &["dns", "client", "lists", "decisions", "policy", "answer", "tally"]),
    ("pipeline", &["dns", "client", "lists", "decisions", "policy", "answer", "journal", "snapshot", "clock", "tally"]),
    ("export", &["dns", "client", "lists", "decisions", "policy", "answer", "snapshot"]),
    (
        "explain",
        &["dns", "client", "lists", "decisions", "policy", "answer", "journal", "snapshot", "pipeline", "clock", "tally"],
    ),
    ("metrics", &["dns", "client", "lists", "policy", "answer", "journal", "tally"]),
    (
        "web",
        &[
            "dns",
            "client",
            "lists",
            "fetch",
            "decisions",
            "policy",
            "answer",
            "journal",
            "snapshot",
            "pipeline",
            "explain",
            "metrics",
            "clock",
            "tally",
        ],
    ),
    ("config", &["fault", "dns", "client", "lists", "fetch", "decisions", "office", "policy", "answer", "journal"]),
    (
        "server",
        &[
            "dns",
            "listen",
            "client",
            "lists",
            "fetch",
            "decisions",
            "policy",
            "answer",
            "journal",
            "snapshot",
            "pipeline",
            "explain",
            "metrics",
            "web",
            "config",
            "clock",
            "tally",
            "office",
        ],
    ),
];

/// Files of the crate's root that are no rooms: the map, the entry, and the command line, which may import all.
const ROOTS: [&str; 3] = ["lib", "main", "cli"];

/// The files that may hold unsafe code, at most two (`lib.rs`, invariant 9).
const UNSAFE: [&str; 2] = ["src/listen/socket/batched.rs", "src/lists/image/map.rs"];

const LONGEST: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `folders`, as the path from the project's root and its text.
fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let mut pending: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).filter(|path| path.exists()).collect();
    let mut found = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                // What a build leaves behind is nobody's style.
                if path.file_name().is_some_and(|name| name != "target") {
                    pending.push(path);
                }
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(root()).expect("below the root").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("a text file")));
            }
        }
    }
    found.sort();
    found
}

fn all() -> Vec<(String, String)> {
    sources(&["src", "tests", "benches", "fuzz"])
}

#[track_caller]
fn assert_none(faults: &[String], rule: &str) {
    assert!(faults.is_empty(), "{rule}:\n{}", faults.join("\n"));
}

/// The room that a file of `src` belongs to.
fn room(file: &str) -> Option<&str> {
    let inside = file.strip_prefix("src/")?;
    Some(inside.split_once('/').map_or(inside, |(folder, _)| folder).trim_end_matches(".rs"))
}

fn is_test(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.contains("/tests/") || file.ends_with("/testkit.rs") || !file.starts_with("src/")
}

/// The rooms that a line of code speaks of: what follows `crate::`, and in a group of imports each of its first words.
fn rooms_named(line: &str) -> Vec<&str> {
    let word = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let mut named = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let is_path_of_another = line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        let rest = &line[at + "crate::".len()..];
        if is_path_of_another {
            continue;
        }
        match rest.strip_prefix('{') {
            None => named.push(&rest[..word(rest)]),
            Some(group) => {
                let mut depth = 0;
                let mut starts = true;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' => starts = depth == 0,
                        c if starts && c.is_alphabetic() => {
                            named.push(&group[at..at + word(&group[at..])]);
                            starts = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    named
}

/// The file's lines of code, with the number of each: comments are left out.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn rooms_import_what_the_table_allows() {
    let mut faults = Vec::new();
    for (file, text) in sources(&["src"]) {
        let own = room(&file).expect("below src");
        // Tests of a room may set it up with any other.
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == own).filter(|_| !is_test(&file)) else { continue };
        for (number, line) in code(&text) {
            for other in rooms_named(line) {
                let is_room = ROOMS.iter().any(|(name, _)| *name == other) || ROOTS.contains(&other);
                if is_room && other != own && !allowed.contains(&other) {
                    faults.push(format!("{file}:{number}: `{own}` imports `{other}`"));
                }
            }
        }
    }
    assert_none(&faults, "imports that the table of ARCHITECTURE.md does not allow");
}

#[test]
fn the_table_finds_a_forbidden_import() {
    assert_eq!(rooms_named("use crate::dns::{Name, Query};"), ["dns"]);
    assert_eq!(rooms_named("use crate::{dns::{self, Name}, lists, policy::Tier};"), ["dns", "lists", "policy"]);
    assert_eq!(rooms_named("let x = crate::journal::Entry::new(crate::dns::Name::root());"), ["journal", "dns"]);
    assert_eq!(rooms_named("$crate::dns::Name, mycrate::dns::Name"), Vec::<&str>::new());
}

#[test]
fn every_module_of_the_root_is_in_the_table() {
    let unlisted: Vec<String> = sources(&["src"])
        .iter()
        .filter_map(|(file, _)| room(file).map(|room| (file, room)))
        .filter(|(_, room)| !ROOTS.contains(room) && !ROOMS.iter().any(|(name, _)| name == room))
        .map(|(file, room)| format!("{file}: `{room}` is in no row"))
        .collect();
    assert_none(&unlisted, "modules that the import table does not know");
}

#[test]
fn no_file_is_longer_than_a_reader_bears() {
    let long: Vec<String> = all()
        .iter()
        .map(|(file, text)| (file, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(file, lines)| format!("{file}: {lines} lines"))
        .collect();
    assert_none(&long, "files over 500 lines");
}

#[test]
fn every_file_says_what_it_is_for() {
    let is_silent = |text: &str| {
        // The shebang of nothing and the attributes of a crate may stand before it.
        let opening = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
        !opening.is_some_and(|line| line.starts_with("//! ") && line.len() > "//! ".len())
    };
    let silent: Vec<String> = all().into_iter().filter(|(_, text)| is_silent(text)).map(|(file, _)| file).collect();
    assert_none(&silent, "files without an opening `//!` sentence");
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    let mut faults = Vec::new();
    for (file, text) in all().iter().filter(|(file, _)| !is_test(file)) {
        for (number, _) in code(text).filter(|(_, line)| line.contains(".unwrap()")) {
            faults.push(format!("{file}:{number}"));
        }
    }
    assert_none(&faults, "`unwrap()`; write `expect(\"why this holds\")`");
}

#[test]
fn nothing_is_put_off() {
    // In pieces, so that this file is not found by its own rule.
    let marks =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("todo", "!("), concat!("unimplemented", "!(")];
    let mut faults = Vec::new();
    for (file, text) in all() {
        for (number, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                faults.push(format!("{file}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert_none(&faults, "work that is put off");
}

#[test]
fn two_files_reach_below_the_language() {
    // In pieces, so that this file is not found by its own rule.
    let word = concat!("un", "safe");
    let mut expected = 0;
    let is_code = |line: &str| ["{", "fn", "impl", "extern", "trait"].iter().any(|next| line.contains(&format!("{word} {next}")));
    let mut faults = Vec::new();
    for (file, text) in sources(&["src", "tests", "benches"]) {
        let is_expected = UNSAFE.contains(&file.as_str());
        for (number, line) in code(&text).filter(|(_, line)| is_code(line) && !is_expected) {
            faults.push(format!("{file}:{number}: {}", line.trim()));
        }
        expected += code(&text).filter(|(_, line)| line.contains(&format!("expect({word}_code"))).count();
        if is_expected && text.matches(&format!("{word} {{")).count() > text.matches("SAFETY:").count() {
            faults.push(format!("{file}: a block without its SAFETY note"));
        }
    }
    assert_none(&faults, "such code outside the two files that may have it");
    assert!(expected <= UNSAFE.len(), "the lint is lifted {expected} times");
}
