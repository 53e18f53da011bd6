//! Golden help: what the real binary says of each command, and of the usual slips on the command line (`snapshots/`).

use std::fmt::Write as _;
use std::process::Command;

/// Each command with its `--help`, and three slips.
const LINES: [&[&str]; 28] = [
    &["--help"],
    &["serve", "--help"],
    &["check", "--help"],
    &["explain", "--help"],
    &["lists", "--help"],
    &["lists", "fetch", "--help"],
    &["lists", "compile", "--help"],
    &["lists", "stats", "--help"],
    &["lists", "export", "--help"],
    &["lists", "lint", "--help"],
    &["office", "--help"],
    &["office", "status", "--help"],
    &["office", "rollback", "--help"],
    &["office", "import", "--help"],
    &["office", "add", "--help"],
    &["office", "guarantee", "--help"],
    &["office", "allow", "--help"],
    &["office", "remove", "--help"],
    &["office", "check", "--help"],
    &["office", "override", "--help"],
    &["office", "override", "zalo.me"],
    &["journal", "--help"],
    &["reload", "--help"],
    &["status", "--help"],
    &["explian", "olm.vn"],
    &["explain", "olm.vn", "--client", "10.20.1.7", "--group", "lab-1"],
    &["check", "-c", "nowhere/khien.toml"],
    &["status", "-c", "khien.toml", "--json", "--verbose"],
];

/// Runs the binary in an empty folder, as wide as the snapshot and without whatever the machine's environment sets.
fn khien(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a directory");
    let output = Command::new(env!("CARGO_BIN_EXE_khien"))
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .env("COLUMNS", "100")
        .output()
        .expect("the binary runs");
    let mut said = String::new();
    writeln!(said, "$ khien {}", arguments.join(" ")).expect("memory");
    for (stream, bytes) in [("", &output.stdout), ("(standard error)\n", &output.stderr)] {
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        if !text.is_empty() {
            writeln!(said, "{stream}{}", text.trim_end()).expect("memory");
        }
    }
    writeln!(said, "(exit code {})", output.status.code().expect("not ended by a signal")).expect("memory");
    said
}

#[test]
fn help_and_slips_read_as_they_always_did() {
    let all: Vec<String> = LINES.iter().map(|arguments| khien(arguments)).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn every_command_is_among_them() {
    let help = khien(&["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let named: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).filter(|word| *word != "help").collect();
    assert!(named.len() > 5, "the commands are not found in:\n{help}");
    for command in named {
        assert!(LINES.iter().any(|line| line[0] == command), "`khien {command} --help` is in no snapshot");
    }
}
