//! `khien check` as a person runs it: all that is wrong, in one run, with places and hints.

use std::process::Command;

/// What the real program says of a configuration, and its exit code.
fn check(config: &str, files: &[(&str, &str)]) -> (String, i32) {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).expect("written");
    }
    std::fs::write(directory.path().join("khien.toml"), config).expect("written");
    let out = Command::new(env!("CARGO_BIN_EXE_khien"))
        .args(["check", "-c", "khien.toml"])
        .current_dir(directory.path())
        .env("XDG_STATE_HOME", directory.path())
        .output()
        .expect("it runs");
    (String::from_utf8(out.stderr).expect("UTF-8"), out.status.code().expect("it ends by itself"))
}

#[test]
fn faults_of_the_file_and_of_its_lists_come_in_one_run() {
    let config = r#"
[listen]
dsn = ["127.0.0.1:5300"]
[[list]]
id = "gone"
category = "games"
source = "gone.txt"
[[list]]
id = "page"
category = "games"
source = "page.txt"
[[list]]
id = "tlds"
category = "malware"
source = "tlds.txt"
format = "domains"
"#;
    let files = [
        ("page.txt", "<!DOCTYPE html>\n<html><body>404</body></html>\n"),
        ("tlds.txt", "vn\nco.uk\nwww.youtube.com\ngood.example\nalso-good.example\n"),
    ];
    let (said, code) = check(config, &files);
    assert_eq!(code, 2, "{said}");
    for what in [
        "khien.toml:3: unknown key `dsn` in [listen]",
        "khien.toml:7: list `gone`",
        "khien.toml:11: list `page`",
        "tlds.txt:1: warning",
        "tlds.txt:2: warning",
        "tlds.txt:3: warning",
    ] {
        assert!(said.contains(what), "`{what}` is missing in:\n{said}");
    }
    assert_eq!(said.matches("list `gone`").count(), 1, "{said}");
}

#[test]
fn warnings_alone_are_fine() {
    let (said, code) = check(
        "[[list]]\nid = \"x\"\ncategory = \"adult\"\nsource = \"x.txt\"\nformat = \"hosts\"\n",
        &[("x.txt", "0.0.0.0 one.example\n0.0.0.0 two.example\n")],
    );
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("match = \"subtree\""), "{said}");
}
