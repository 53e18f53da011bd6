//! A note tells what came and went, by category, with the most asked names first.

use std::fs;

use super::*;
use crate::office::desk::content::Saying;

#[test]
fn the_change_is_told_in_both_languages() {
    let folder = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("below")).expect("a directory");
        fs::write(path, text).expect("a file");
    };
    write(
        "office.toml",
        "name = \"S\"\nurl = \"https://l.example/\"\npopular = \"p.txt\"\n[[role]]\nid = \"ministry\"\nspeaks_for = [\"*\"]\n",
    );
    write("p.txt", "top.example\nsecond.example\nx.third.example\n");
    write("roles/ministry/lists/games.txt", "second.example\nold.example\n");
    let allow = "[[allow]]\nname = \"o.example\"\nreason = \"r\"\nby = \"An\"\nmade = 2026-11-26\n";
    write("roles/ministry/decisions.toml", allow);
    let read = || Folder::read(folder.path()).unwrap_or_else(|faults| panic!("{faults:?}"));
    let old = read();
    let content = old.content(None, "2026-11-26T08:00:00Z".parse().expect("a time"), Saying::default());
    let list = NameList::parse(&content.roles[0].names).expect("canonical");
    let decisions = crate::office::decisions::read(&content.roles[0].decisions).expect("published");
    let previous = Previous { publication: Some(content.publication), lists: BTreeMap::from([("ministry".to_owned(), list)]) };
    let before = BTreeMap::from([("ministry".to_owned(), decisions)]);
    assert!(read().changes(&previous, &before).is_empty());
    write("roles/ministry/lists/games.txt", "old.example\nthird.example\n");
    write("roles/ministry/lists/adult.txt", "third.example\ntop.example\nold.example\n");
    let lock = "[[lock]]\nname = \"l.example\"\ncategory = \"games\"\nreason = \"two\\nlines\"\nby = \"An\"\nmade = 2026-11-26\nuntil = 2026-12-31\n";
    write("roles/ministry/decisions.toml", lock);
    let note = read().changes(&previous, &before).note();
    insta::assert_snapshot!(note.vi + "\n" + &note.en, @"");
}
