//! A folder is read whole, its faults are told all at once, and what comes of it does not depend on the order of files.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::office::desk::content::Saying;
use crate::office::names::NameList;

const OFFICE: &str = "name = \"Sở Giáo dục\"\nurl = \"https://lists.example.vn/khien/\"\n\
    [rings]\n2 = \"24h\"\n3 = \"72h\"\n\
    [[role]]\nid = \"ministry\"\nspeaks_for = [\"*\"]\n[[role]]\nid = \"district-1\"\nspeaks_for = [\"games\"]\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a directory");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it is below the folder")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn faults(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let faults = Folder::read(folder.path()).expect_err("it has faults");
    let text = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    text.replace(&folder.path().display().to_string(), "FOLDER")
}

#[test]
fn a_folder_becomes_texts() {
    let files = [
        ("office.toml", OFFICE),
        ("roles/ministry/lists/games.txt", "||roblox.example^\n@@||learn.roblox.example^\n0.0.0.0 not this\n||friv.example^\n"),
        ("roles/ministry/lists/games.more.txt", "0.0.0.0 friv.example\n0.0.0.0 poki.example\n"),
        ("roles/ministry/lists/own.txt", "# khien category: adult\n# khien match: exact\nx.example\n"),
        ("roles/ministry/lists/all.txt", "# khien names 1\ny.example adult,games\n"),
        (
            "roles/district-1/decisions.toml",
            "[[lock]]\nname = \"z.example\"\ncategory = \"games\"\nreason = \"r\"\nby = \"An\"\nmade = 2026-11-26\n",
        ),
    ];
    let folder = folder(&files);
    let read = Folder::read(folder.path()).expect("no faults");
    let now = "2026-11-26T08:00:00.5Z".parse().expect("a time");
    let content = read.content(None, now, Saying::default());
    let text = String::from_utf8(content.roles[0].names.clone()).expect("text");
    let expected = "# khien names 1\nfriv.example games\n!learn.roblox.example games\n=poki.example games\nroblox.example games\n\
        =x.example adult\ny.example adult,games\n";
    assert_eq!(text, expected);
    assert_eq!(NameList::parse(text.as_bytes()).expect("it is canonical"), read.roles[0].names);
    assert_eq!(content.roles[1].names, b"# khien names 1\n");
    let decisions = crate::office::decisions::read(&content.roles[1].decisions).expect("published decisions");
    assert_eq!((decisions.len(), decisions[0].owner.as_str()), (1, "district-1"));
    let publication = &content.publication;
    assert_eq!(
        (publication.serial, publication.order.as_slice()),
        (1, ["ministry".to_owned(), "district-1".to_owned()].as_slice())
    );
    assert_eq!(publication.rings, BTreeMap::from([(2, 86_400), (3, 259_200)]));
    assert_eq!(publication.roles["ministry"].sources["roles/ministry/lists/games.more.txt"], 2);
    let next = read.content(Some(publication), now, Saying::default());
    assert_eq!((next.publication.serial, next.publication.history.len()), (2, 1));
    assert_eq!(next.roles, content.roles);
    let registry: serde_json::Value = serde_json::from_slice(&content.registry).expect("JSON");
    assert_eq!(registry["category"][0]["id"], "csam");
    assert_eq!(registry["schools"]["may_open"][0], "*");
}

#[test]
fn all_faults_are_told_at_once() {
    let files = [
        (
            "office.toml",
            "name = \"x\"\nurl = \"lists\"\nring = 1\n[rings]\n1 = \"24h\"\n2 = \"soon\"\n[[role]]\nid = \"M\"\nspeaks_for = [\"*\"]\n",
        ),
        ("protected.toml", "system = [\"a b\"]\nhelp = []\nlearning = []\npopular = []\n"),
        ("overrides.toml", "[[override]]\nwhat = \"a\"\nby = \"\"\nreason = \"\"\n"),
    ];
    insta::assert_snapshot!(faults(&files), @"");
}

#[test]
fn faults_of_lists_and_decisions_have_their_places() {
    let files = [
        ("office.toml", OFFICE),
        ("roles/ministry/lists/gamse.txt", "a.example\n"),
        ("roles/ministry/lists/adult.txt", "<html>\n"),
        ("roles/ministry/lists/notes.md", "not a list\n"),
        ("roles/ministry/decisions.toml", "[[allow]]\nname = \"a.example\"\nreason = \"r\"\nby = \"An\"\nmade = 2026-11-26\n"),
        (
            "roles/ministry/decisions.csv",
            "loại,tên miền,lý do,người,ngày\ncho phép,a.example,r,An,26/11/2026\nkhóa,b.example,r,An,26/11/2026\n",
        ),
        ("roles/stranger/decisions.toml", ""),
    ];
    insta::assert_snapshot!(faults(&files), @"");
}

#[test]
fn the_projects_own_lists_are_a_folder() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("blocklists");
    let folder = Folder::read(&path).unwrap_or_else(|faults| panic!("{faults:?}"));
    assert!(folder.roles.iter().any(|role| role.names.len() > 500), "the starter lists are a role's");
    assert!(folder.roles.iter().any(|role| !role.decisions.is_empty()), "a role decides");
    assert!(!folder.popular.is_empty());
}
