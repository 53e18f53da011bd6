//! Tests of the store: what is in force survives damage and broken writes.

use std::io::Write as _;

use super::{Store, write_aside};
use crate::lists::compile::{Job, JobList, Source, run};
use crate::lists::format::Match;
use crate::lists::{Category, Force, List, ListAction, Owner, Standing};

fn put(store: &Store, text: &str) -> [u8; 32] {
    let list = List {
        id: "games".into(),
        category: Category::at(1).expect("a place"),
        standing: Standing::Content,
        action: ListAction::Block,
        force: Force::default(),
    };
    let list = JobList { list, source: Source::Text(text.to_owned()), format: None, matching: Match::AsFormat };
    let mut job =
        Job { owner: Owner::School, lists: vec![list], protected: Vec::new(), image: std::path::PathBuf::new(), kept: None };
    let fingerprint = job.fingerprint();
    job.image = store.image_path(&Owner::School, fingerprint);
    assert_eq!(job.fingerprint(), fingerprint, "where the image goes changes nothing");
    run(&job).expect("a small list compiles");
    store.adopt(&Owner::School, fingerprint).expect("the store can be written");
    fingerprint
}

#[test]
fn the_previous_image_stands_in_for_a_damaged_one() {
    let state = tempfile::tempdir().expect("a directory");
    let store = Store::new(state.path()).expect("a store");
    assert!(store.open_best(&Owner::School).image.is_none());
    let first = put(&store, "poki.com\n");
    let second = put(&store, "poki.com\ny8.com\n");
    let third = put(&store, "poki.com\ny8.com\nfriv.com\n");
    assert!(store.reusable(&Owner::School, first).is_none(), "the oldest is removed");
    assert!(store.reusable(&Owner::School, second).is_some());
    let best = store.open_best(&Owner::School).image.expect("an image");
    assert_eq!((best.fingerprint(), best.names()), (third, 3));
    let path = store.image_path(&Owner::School, third);
    let mut bytes = std::fs::read(&path).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).expect("it can be damaged");
    let opened = store.open_best(&Owner::School);
    assert_eq!(opened.faults.len(), 1);
    assert_eq!(opened.image.expect("the one before").fingerprint(), second);
    std::fs::write(store.image_path(&Owner::School, second), b"khien").expect("it can be damaged");
    let opened = store.open_best(&Owner::School);
    assert_eq!((opened.faults.len(), opened.image.is_none()), (2, true));
}

#[test]
fn an_image_of_another_owner_is_left_alone() {
    let state = tempfile::tempdir().expect("a directory");
    let store = Store::new(state.path()).expect("a store");
    let office = store.image_path(&Owner::Office("province".to_owned()), [1; 32]);
    std::fs::write(&office, b"not adopted yet").expect("written");
    let half = store.images.join(format!("school-{}.img.77.new", "0".repeat(32)));
    std::fs::write(&half, b"half").expect("written");
    put(&store, "poki.com\n");
    assert!(office.exists());
    assert!(!half.exists(), "what a killed compiler left is swept");
}

#[test]
fn a_write_that_fails_leaves_the_old_file_and_nothing_else() {
    let state = tempfile::tempdir().expect("a directory");
    let path = state.path().join("file");
    write_aside(&path, |to| to.write_all(b"old")).expect("written");
    let failed = write_aside(&path, |to| {
        to.write_all(b"new")?;
        Err(std::io::Error::other("the disk is full"))
    });
    assert!(failed.is_err());
    assert_eq!(std::fs::read(&path).expect("still there"), b"old");
    assert_eq!(std::fs::read_dir(state.path()).expect("a directory").count(), 1);
}

/// What "why" alone is asked of may wait; what weighs rules for some record types may not.
#[test]
fn a_start_reads_the_cold_part_where_rules_are_weighed_by_it() {
    /// In the first record, right behind the header.
    const PLACE: usize = 324;
    let state = tempfile::tempdir().expect("a directory");
    let store = Store::new(state.path()).expect("a store");
    for (text, is_read) in
        [("||poki.com^\n", false), ("||poki.com^$dnstype=AAAA\n", true), ("/^ads[0-9]+\\./\n||poki.com^\n", true)]
    {
        let fingerprint = put(&store, text);
        let path = store.image_path(&Owner::School, fingerprint);
        let mut bytes = std::fs::read(&path).expect("it is there");
        bytes[PLACE] ^= 1;
        std::fs::write(&path, bytes).expect("it can be damaged");
        assert_eq!(!store.open_best(&Owner::School).faults.is_empty(), is_read, "{text}");
        assert!(store.reusable(&Owner::School, fingerprint).is_none(), "{text}");
    }
}
