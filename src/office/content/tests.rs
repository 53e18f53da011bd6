//! Whole publications, one after the other: what is in them, what a school needs to follow, what the gate compares with.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Content, NotBuilt, PUBLICATION, REGISTRY};
use crate::office::gate::Reason;
use crate::office::names::NameList;
use crate::office::publication::Publication;
use crate::office::registry::Tables;
use crate::office::testkit::{built, decided, examined, folder, lines, put, read, saying};
use crate::office::{decisions, hexadecimal, patch};

fn names(count: usize, from: usize) -> String {
    let mut text = String::new();
    for number in from..from + count {
        writeln!(text, "site-{number}.example").expect("memory");
    }
    text
}

fn next(root: &std::path::Path, before: Option<&Content>) -> Content {
    let previous = before.map(|content| &content.publication);
    built(root, previous, &BTreeMap::new()).unwrap_or_else(|failure| panic!("{failure:?}"))
}

#[test]
fn a_publication_has_all_that_a_school_needs() {
    let root = folder(&[
        ("roles/ministry/lists/games.txt", &names(50, 0)),
        ("roles/ministry/lists/adult.hosts.txt", "0.0.0.0 site-1.example\n"),
        ("roles/ministry/decisions.toml", &decided(&[("allow", "a.example", "")])),
        ("roles/district-1/lists/social.txt", "b.example\n"),
    ]);
    let content = next(root.path(), None);
    let targets: Vec<&str> = content.targets.keys().map(String::as_str).collect();
    let expected = [
        "district-1/decisions.json",
        "district-1/names.zst",
        "ministry/decisions.json",
        "ministry/names.zst",
        PUBLICATION,
        REGISTRY,
    ];
    assert_eq!(targets, expected);
    let publication = Publication::parse(&content.targets[PUBLICATION]).expect("as built");
    assert_eq!((publication.serial, publication.history.len()), (1, 0));
    let part = &publication.roles["ministry"];
    let text = patch::unpack(&content.targets["ministry/names.zst"], part.names.length).expect("as packed");
    assert_eq!((hexadecimal(&text), text.len() as u64), (part.names.sha256.clone(), part.names.length));
    let list = NameList::parse(&text).expect("a list");
    assert_eq!((list.len() as u64, part.names.count), (51, 51));
    assert!(String::from_utf8(text).expect("text").contains("\n=site-1.example adult\n"));
    assert_eq!(hexadecimal(&content.targets["ministry/decisions.json"]), part.decisions.sha256);
    assert_eq!(decisions::read(&content.targets["ministry/decisions.json"]).expect("as built").len(), 1);
    assert_eq!(
        Tables::parse(&content.targets[REGISTRY]).expect("as built").category.len(),
        32.max(read(root.path()).tables.category.len())
    );
    // The same files in another folder give the same octets.
    let other = folder(&[
        ("roles/district-1/lists/social.txt", "# another comment\nB.example.\n"),
        ("roles/ministry/lists/games.txt", &names(50, 0)),
        ("roles/ministry/lists/adult.hosts.txt", "0.0.0.0 site-1.example\n"),
        ("roles/ministry/decisions.toml", &decided(&[("allow", "a.example", "")])),
    ]);
    let again = next(other.path(), None);
    for target in expected.into_iter().filter(|target| *target != PUBLICATION) {
        assert_eq!(content.targets[target], again.targets[target], "{target}");
    }
}

#[test]
fn a_school_follows_from_any_older_text() {
    let root = folder(&[("roles/ministry/lists/games.txt", &names(400, 0))]);
    let mut all = vec![next(root.path(), None)];
    for round in 1..4 {
        put(root.path(), "roles/ministry/lists/games.txt", &names(400, round * 7));
        all.push(next(root.path(), all.last()));
    }
    let newest = all.last().expect("four").clone();
    let text = |content: &Content| {
        let part = &content.publication.roles["ministry"];
        patch::unpack(&content.targets["ministry/names.zst"], part.names.length).expect("as packed")
    };
    for old in &all[..3] {
        let digest = &old.publication.roles["ministry"].names.sha256;
        let difference = &newest.targets[&format!("ministry/names-{}.patch", &digest[..12])];
        assert_eq!(patch::apply(&text(old), difference, 1 << 20).expect("it was made of these"), text(&newest));
    }
    assert_eq!(newest.targets.keys().filter(|name| name.ends_with(".patch")).count(), 3);
    assert_eq!(newest.publication.history.iter().map(|past| past.serial).collect::<Vec<_>>(), [3, 2, 1]);
    // Without what was built here before, schools take the list whole, and nothing else changes.
    std::fs::remove_dir_all(root.path().join("built")).expect("it is there");
    let again = next(root.path(), Some(&newest));
    assert_eq!(again.targets["ministry/names.zst"], newest.targets["ministry/names.zst"]);
    assert_eq!(again.targets.keys().filter(|name| name.ends_with(".patch")).count(), 0);
}

#[test]
fn what_was_built_of_the_same_files_is_taken_again() {
    let root = folder(&[("roles/ministry/lists/games.txt", &names(50, 0))]);
    let first = next(root.path(), None);
    let record = root.path().join("built/ministry.json");
    // The word on what was built is believed while the files are the same, and no longer.
    let said = std::fs::read_to_string(&record).expect("a record").replace("\"left_out\": 0", "\"left_out\": 77");
    std::fs::write(&record, said).expect("written");
    assert_eq!(examined(root.path(), Some(&first.publication), &[]).texts[0].1.left_out, 77);
    put(root.path(), "roles/ministry/lists/games.txt", &names(51, 0));
    let findings = examined(root.path(), Some(&first.publication), &[]);
    assert_eq!((findings.texts[0].1.left_out, findings.texts[0].1.count), (0, 51));
}

#[test]
fn a_source_that_grows_or_shrinks_beyond_bounds_is_refused() {
    let root = folder(&[
        ("roles/ministry/lists/games.big.txt", &names(1000, 0)),
        ("roles/ministry/lists/games.own.txt", &names(20, 5000)),
    ]);
    let first = next(root.path(), None);
    let refused = |overrides: &[crate::office::publication::Override]| {
        examined(root.path(), Some(&first.publication), overrides).weighed.refusals
    };
    put(root.path(), "roles/ministry/lists/games.own.txt", &names(2, 5000));
    put(root.path(), "roles/ministry/lists/games.big.txt", &names(701, 0));
    assert_eq!(refused(&[]), []);
    put(root.path(), "roles/ministry/lists/games.big.txt", &names(699, 0));
    assert_eq!(refused(&[])[0].reason, Reason::Bounds { before: 1000, now: 699 });
    assert_eq!(refused(&[saying("games.big.txt")]), []);
    put(root.path(), "roles/ministry/lists/games.big.txt", &names(3001, 0));
    assert_eq!(refused(&[])[0].reason, Reason::Bounds { before: 1000, now: 3001 });
    std::fs::remove_file(root.path().join("roles/ministry/lists/games.big.txt")).expect("it is there");
    assert_eq!(refused(&[])[0].reason, Reason::Bounds { before: 1000, now: 0 });
}

#[test]
fn nothing_is_handed_out_that_is_refused_or_at_fault() {
    let root = folder(&[("roles/ministry/lists/adult.txt", "unicef.org\n")]);
    let Err(NotBuilt::Refused(findings)) = built(root.path(), None, &BTreeMap::new()) else { panic!("it is refused") };
    assert_eq!(findings.weighed.refusals.len(), 1);
    put(root.path(), "roles/ministry/lists/adult.txt", "<html>\n");
    let Err(NotBuilt::Faults(faults)) = built(root.path(), None, &BTreeMap::new()) else { panic!("it is no list") };
    assert!(lines(&faults, root.path()).starts_with("roles/ministry/lists/adult.txt: "), "{faults:?}");
}

#[test]
fn the_change_note_says_what_changes_in_both_languages() {
    let office = format!("popular = \"top.txt\"\n{}", crate::office::testkit::OFFICE);
    let lock = ("lock", "nha-cai.example", "gambling");
    let root = folder(&[
        ("office.toml", &office),
        ("top.txt", "youtu.be\nsite-3.example\nwww.site-12.example\nsite-1300.example\n"),
        ("roles/ministry/lists/games.txt", &names(1300, 0)),
        ("roles/ministry/decisions.toml", &decided(&[("allow", "a.example", ""), lock])),
        ("roles/district-1/lists/social.txt", "b.example\n"),
    ]);
    let first = next(root.path(), None);
    let before = BTreeMap::from([("ministry".to_owned(), super::decisions_of(&read(root.path()).roles[1]))]);
    put(root.path(), "roles/ministry/lists/games.txt", &names(1290, 11));
    put(root.path(), "roles/ministry/lists/video.txt", "youtu.be\nfilm.example\n");
    put(root.path(), "roles/ministry/lists/phishing.txt", "zalo.me\n");
    put(
        root.path(),
        "roles/ministry/decisions.toml",
        &decided(&[lock, ("lock", "xau.example", "illegal"), ("guarantee", "thi.example", "")]),
    );
    let overrides =
        "[[override]]\nwhat = \"ministry/phishing/zalo.me/popular\"\nby = \"Lan\"\nreason = \"lệnh của cơ quan công an\"\n";
    put(root.path(), "overrides.toml", overrides);
    let second = built(root.path(), Some(&first.publication), &before).unwrap_or_else(|failure| panic!("{failure:?}"));
    let unchanged = built(
        root.path(),
        Some(&second.publication),
        &BTreeMap::from([("ministry".to_owned(), super::decisions_of(&read(root.path()).roles[1]))]),
    );
    let unchanged = unchanged.unwrap_or_else(|failure| panic!("{failure:?}")).publication.note;
    let note = &second.publication.note;
    insta::assert_snapshot!(format!("{}\n----\n{}\n----\n{}\n----\n{}", note.vi, note.en, unchanged.vi, unchanged.en));
    assert_eq!(second.publication.overrides.len(), 1);
}
