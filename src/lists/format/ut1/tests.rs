//! Trees as folders and as archives: white folders, links, paths that lead out.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tar::{Builder, EntryType, Header};

use super::{Tree, Usage, inside};
use crate::lists::format::{Action, Fault, Reading};

const FILES: [(&str, &str); 9] = [
    ("games/domains", "game.vn\n192.0.2.1\n.play.example\n"),
    ("games/usage", "black\n"),
    ("games/urls", "www.youtube.com/x\n"),
    ("bank/domains", "bank.vn\n"),
    ("bank/usage", "white\nblack\n"),
    ("child/domains", "wikipedia.org\n"),
    ("child/usage", "# x\nwhite\nchild\n"),
    ("press/usage", "black\n"),
    ("global_usage", "NAME: games\n"),
];

fn directory(root: &Path) {
    for (name, text) in FILES {
        let path = root.join("blacklists").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    symlink("games", root.join("blacklists/jeux")).expect("a link");
}

fn entry(archive: &mut Builder<Vec<u8>>, name: &str, kind: EntryType, text: &str) {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    // The header's own bytes: the writer refuses the paths that a reader has to be tested with.
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    if kind == EntryType::Symlink {
        header.set_link_name(text).expect("a short link");
        header.set_size(0);
        header.set_cksum();
        archive.append(&header, &b""[..]).expect("memory");
    } else {
        header.set_size(text.len() as u64);
        header.set_cksum();
        archive.append(&header, text.as_bytes()).expect("memory");
    }
}

fn archive(more: &[(&str, EntryType, &str)]) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    for (name, text) in FILES {
        entry(&mut archive, &format!("blacklists/{name}"), EntryType::Regular, text);
    }
    entry(&mut archive, "blacklists/jeux", EntryType::Symlink, "games");
    for (name, kind, text) in more {
        entry(&mut archive, name, *kind, text);
    }
    archive.into_inner().expect("memory")
}

/// Opens a tree in each of its forms.
fn each_form(test: impl Fn(Tree)) {
    let room = tempfile::tempdir().expect("a folder");
    directory(room.path());
    test(Tree::open(room.path()).expect("a tree"));
    test(Tree::open(&room.path().join("blacklists")).expect("a tree"));
    let plain = archive(&[]);
    fs::write(room.path().join("t.tar"), &plain).expect("a file");
    test(Tree::open(&room.path().join("t.tar")).expect("a tree"));
    fs::write(room.path().join("t.tar.zst"), zstd::encode_all(&plain[..], 1).expect("memory")).expect("a file");
    test(Tree::open(&room.path().join("t.tar.zst")).expect("a tree"));
}

fn names(tree: &Tree, wanted: &[(&str, u8)], action: Action) -> Vec<String> {
    let mut seen = Vec::new();
    let reading = Reading::default();
    let read = tree.read(wanted, reading, action, &mut |category, entry| seen.push(format!("{category} {}", entry.name)));
    for folder in read.expect("a tree") {
        if let Err(fault) = folder.outcome {
            seen.push(format!("{} {}: {fault}", folder.category, folder.folder));
        }
    }
    seen
}

#[test]
fn folders_with_names_are_known_with_their_usage() {
    each_form(|tree| {
        let folders: Vec<_> = tree.folders().iter().map(|folder| (folder.name.as_str(), folder.usage)).collect();
        assert_eq!(folders, [("bank", Usage::Either), ("child", Usage::White), ("games", Usage::Black), ("jeux", Usage::Black)]);
    });
}

#[test]
fn only_domains_of_wanted_folders_are_read() {
    each_form(|tree| assert_eq!(names(&tree, &[("games", 1), ("bank", 2)], Action::Block).len(), 3));
}

#[test]
fn a_white_folder_never_blocks() {
    each_form(|tree| {
        let seen = names(&tree, &[("child", 1)], Action::Block);
        assert_eq!(seen, ["1 child: the folder is a white list by its own `usage` file, and never blocks"]);
        assert_eq!(names(&tree, &[("child", 1)], Action::Allow), ["1 wikipedia.org"]);
    });
}

#[test]
fn a_link_is_another_name_of_its_folder() {
    each_form(|tree| {
        assert_eq!(names(&tree, &[("games", 1), ("jeux", 1)], Action::Block), ["1 game.vn", "1 play.example"]);
        assert_eq!(names(&tree, &[("games", 1), ("jeux", 2)], Action::Block).len(), 4);
        assert_eq!(names(&tree, &[("jeux", 2)], Action::Block), ["2 game.vn", "2 play.example"]);
    });
}

#[test]
fn a_folder_that_is_not_there_is_a_fault_of_its_own() {
    each_form(|tree| {
        let seen = names(&tree, &[("press", 1), ("games", 2)], Action::Block);
        assert_eq!(seen, ["2 game.vn", "2 play.example", "1 press: the tree has no such folder with names in it"]);
    });
}

#[test]
fn paths_and_links_that_lead_out_are_refused() {
    let room = tempfile::tempdir().expect("a folder");
    let outward = [
        ("blacklists/../../etc/domains", EntryType::Regular, "x.vn\n"),
        ("/etc/domains", EntryType::Regular, "x.vn\n"),
        ("blacklists/x", EntryType::Symlink, "../../etc"),
        ("blacklists/x", EntryType::Symlink, "/etc"),
    ];
    for more in outward {
        let path = room.path().join("t.tar");
        fs::write(&path, archive(&[more])).expect("a file");
        assert!(matches!(Tree::open(&path), Err(Fault::OutOfTree(_))), "{more:?}");
    }
    let tree = room.path().join("tree");
    directory(&tree);
    symlink("/etc", tree.join("blacklists/x")).expect("a link");
    assert!(matches!(Tree::open(&tree), Err(Fault::OutOfTree(_))));
}

#[test]
fn a_names_file_that_is_a_link_is_not_opened() {
    let room = tempfile::tempdir().expect("a folder");
    directory(room.path());
    fs::create_dir(room.path().join("blacklists/x")).expect("a folder");
    symlink("/etc/hosts", room.path().join("blacklists/x/domains")).expect("a link");
    let tree = Tree::open(room.path()).expect("a tree");
    assert!(tree.folders().iter().all(|folder| folder.name != "x"));
}

#[test]
fn what_is_no_tree_is_refused() {
    let room = tempfile::tempdir().expect("a folder");
    let path = room.path().join("x");
    assert!(matches!(Tree::open(&path), Err(Fault::Io(_))));
    fs::write(&path, "").expect("a file");
    assert!(matches!(Tree::open(&path), Err(Fault::Empty)));
    fs::write(&path, "a.vn\n").expect("a file");
    assert!(matches!(Tree::open(&path), Err(Fault::Binary)));
    fs::write(&path, [0x1f, 0x8b, 8, 0]).expect("a file");
    assert!(matches!(Tree::open(&path), Err(Fault::Binary)));
}

#[test]
fn only_paths_inside_have_parts() {
    assert_eq!(inside(Path::new("./a/./b")), Some(vec!["a".to_owned(), "b".to_owned()]));
    for path in ["/a", "../a", "a/../../b"] {
        assert_eq!(inside(Path::new(path)), None, "{path}");
    }
}
