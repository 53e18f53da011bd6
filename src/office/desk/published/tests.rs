//! What was published is found again, and what is damaged is told.

use std::fs;

use super::*;
use crate::office::desk::content::{Content, Saying};
use crate::office::desk::folder::Folder;
use crate::office::patch::pack;

fn put(folder: &Path, content: &Content) {
    let targets = folder.join("published/targets");
    fs::create_dir_all(&targets).expect("a directory");
    let publication = content.publication.to_json();
    fs::write(targets.join(format!("{}.publication.json", hexadecimal(&publication))), &publication).expect("a file");
    for role in &content.roles {
        let own = targets.join(&role.role);
        fs::create_dir_all(&own).expect("a directory");
        let packed = pack(&role.names);
        fs::write(own.join(format!("{}.names.zst", hexadecimal(&packed))), packed).expect("a file");
        fs::write(own.join(format!("{}.decisions.json", hexadecimal(&role.decisions))), &role.decisions).expect("a file");
    }
}

#[test]
fn the_newest_is_found_and_damage_is_told() {
    let folder = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("below")).expect("a directory");
        fs::write(path, text).expect("a file");
    };
    write("office.toml", "name = \"S\"\nurl = \"https://l.example/\"\n[[role]]\nid = \"ministry\"\nspeaks_for = [\"*\"]\n");
    write("roles/ministry/lists/games.txt", "a.example\n");
    let published = Published::of(folder.path());
    assert!(published.last().expect("nothing is no fault").0.publication.is_none());
    let read = || Folder::read(folder.path()).expect("no faults");
    let now = "2026-11-26T08:00:00Z".parse().expect("a time");
    let first = read().content(None, now, Saying::default());
    put(folder.path(), &first);
    write("roles/ministry/lists/games.txt", "a.example\nb.example\n");
    let second = read().content(Some(&first.publication), now, Saying::default());
    put(folder.path(), &second);
    let (previous, decided) = published.last().expect("it is whole");
    assert_eq!(previous.publication.as_ref(), Some(&second.publication));
    assert_eq!((previous.lists["ministry"].len(), decided["ministry"].len()), (2, 0));
    let older = &second.publication.older_texts("ministry");
    assert_eq!(published.text("ministry", older[0]).expect("it is kept"), first.roles[0].names);
    for entry in fs::read_dir(folder.path().join("published/targets/ministry")).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.to_string_lossy().ends_with(".names.zst") {
            fs::write(path, b"damaged").expect("a file");
        }
    }
    let fault = published.last().expect_err("it is damaged").to_string();
    assert!(fault.contains("is not here") && fault.contains("hint: take `published/` again"), "{fault}");
}
