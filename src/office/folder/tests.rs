//! The sample folder is sound; every fault of a folder is told at once, with its place.

use std::path::Path;

use super::Folder;
use crate::office::publication::Ring;
use crate::office::testkit::{decided, folder, lines, put, read};

#[test]
fn the_projects_own_folder_is_a_sample() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("blocklists");
    let folder = Folder::read(&root).unwrap_or_else(|faults| panic!("{}", lines(&faults, &root)));
    let roles: Vec<_> = folder.roles.iter().map(|role| (role.id.as_str(), role.sources.len(), role.decisions.len())).collect();
    assert_eq!(roles, [("district-1", 1, 2), ("ministry", 2, 2)]);
    assert_eq!(folder.rules.rings.get(&Ring::new(3).expect("a ring")), Some(&(72 * 3600)));
    assert_eq!(folder.rules.host().map(|host| host.to_string()).as_deref(), Some("lists.example.edu.vn"));
    assert_eq!(folder.understood.registry, crate::lists::Registry::shipped());
    assert_eq!(folder.understood.tiers, crate::lists::tier_defaults::shipped());
    assert!(folder.tables.schools.loosen.has("games") && !folder.tables.schools.loosen.has("drugs"));
    let ignored = std::fs::read_to_string(root.join(".gitignore")).expect("a file");
    assert_eq!(ignored, super::IGNORED);
}

#[test]
fn tables_that_a_folder_leaves_out_are_the_programs_own() {
    let root = folder(&[("roles/ministry/lists/games.txt", "a.example\n")]);
    let folder = read(root.path());
    assert_eq!(folder.understood.registry, crate::lists::Registry::shipped());
    assert_eq!(folder.understood.protected.len(), crate::lists::ProtectedNames::shipped().len());
    let tier = "[[tier]]\nid = \"all\"\nname = { vi = \"Tất cả\", en = \"All\" }\nblocks = [\"games\"]\nsafe_search = true\nyoutube = \"strict\"\nbypass = \"block\"\n";
    put(root.path(), "tiers.toml", tier);
    assert_eq!(read(root.path()).understood.tiers.len(), 1);
}

#[test]
fn every_fault_is_told_at_once() {
    let office = "name = 7\nurl = \"ftp://x\"\nmine = [\"ministry\", \"minstry\"]\nmime = 1\npopular = \"top.txt\"\n\
        [rings]\n1 = \"1h\"\n2 = \"3d\"\n3 = \"1h\"\n4 = \"soon\"\n[bounds]\nshrink = \"much\"\n[schools]\nloosen = [\"gmaes\"]\n\
        [[role]]\nid = \"ministry\"\nspeaks_for = [\"games\", \"malwar\"]\n[[role]]\nid = \"District 1\"\nspeaks_for = []\n[[role]]\nname = \"x\"\n";
    let both = decided(&[
        ("lock", "x.example", "games"),
        ("lock", "X.example", "games"),
        ("allow", "x.example", ""),
        ("lock", "y.example", "adult"),
    ]);
    let root = folder(&[
        ("office.toml", office),
        ("roles/ministry/lists/gmaes.txt", "a.example\n"),
        ("roles/ministry/lists/adult.txt", "a.example\n"),
        ("roles/ministry/lists/games.hosts", "a.example\n"),
        ("roles/ministry/lists/.games.txt.swp", "\n"),
        ("roles/ministry/leave-out.txt", "a.example # fine\nhttps://b.example/\n"),
        ("roles/ministry/decisions.toml", &both),
        ("roles/ministry/decisions.csv", "name;kind;reason;by;made\nx.example;allow;r;p;2026-11-26\n"),
        ("roles/province/lists/games.txt", "a.example\n"),
        ("overrides.toml", "[[override]]\nwhat = \"a.example\"\nby = \"\"\n"),
        ("services.toml", "[[service]]\nid = \"x\"\nname = \"X\"\nhost = [\"x.example\"]\n"),
        ("protected.toml", "system = []\nhelp = []\nlearning = []\npopular = [\"a b\"]\nother = []\n"),
    ]);
    let faults = Folder::read(root.path()).expect_err("it is full of faults");
    insta::assert_snapshot!(lines(&faults, root.path()));
}

#[test]
fn a_table_cannot_unlock_what_the_law_locks() {
    let categories = include_str!("../../../blocklists/categories.toml").replacen("locked = true\n", "", 1);
    let root = folder(&[("categories.toml", &categories)]);
    let faults = Folder::read(root.path()).expect_err("csam is unlocked");
    assert!(lines(&faults, root.path()).contains("`csam` is locked by law"), "{faults:?}");
}

#[test]
fn what_is_no_folder_is_told_so() {
    let root = tempfile::tempdir().expect("a directory");
    let faults = Folder::read(root.path()).expect_err("it is empty");
    assert_eq!(faults.len(), 1);
    assert!(faults[0].hint.contains("khien office init"));
}
