//! What is in force changes by one rename, and going back holds until the office publishes anew.

use jiff::Timestamp;

use super::{Adopted, Edition, Held, Part, RolePart, Shelf, SpeaksFor, hexadecimal};

fn now() -> Timestamp {
    "2026-11-26T08:00:00Z".parse().expect("a time")
}

fn part(serial: u64, text: &str) -> Part {
    let role = RolePart { role: "ministry".to_owned(), speaks_for: SpeaksFor::All, digest: hexadecimal(text.as_bytes()) };
    Part { serial, tables: None, roles: vec![role] }
}

fn edition(lists: u64, decisions: u64) -> Edition {
    let (names, decided) = (format!("names {lists}"), format!("decisions {decisions}"));
    Edition::new(part(lists, &names), part(decisions, &decided), now())
}

fn adopted(serials: &[(u64, u64)]) -> Adopted {
    serials.iter().fold(Adopted::default(), |adopted, (lists, decisions)| adopted.with(edition(*lists, *decisions)))
}

fn serials(adopted: &Adopted) -> Vec<(u64, u64)> {
    adopted.editions.iter().map(|edition| (edition.lists.serial, edition.decisions.serial)).collect()
}

#[test]
fn a_role_speaks_for_all_or_for_what_is_named() {
    let read = |text: &str| serde_json::from_str::<SpeaksFor>(text).expect("it is one");
    assert!(read(r#"["*"]"#).has("malware"));
    let some = read(r#"["games","social"]"#);
    assert!(some.has("games") && !some.has("malware"));
    assert!(!read("[]").has("games"));
    assert_eq!(serde_json::to_string(&some).expect("it is JSON"), r#"["games","social"]"#);
}

#[test]
fn three_editions_are_kept_and_older_serials_are_not_taken_again() {
    let adopted = adopted(&[(1, 1), (1, 2), (3, 3), (3, 4)]);
    assert_eq!(serials(&adopted), [(3, 4), (3, 3), (1, 2)]);
    assert!(!adopted.takes_lists(3) && !adopted.takes_lists(2) && adopted.takes_lists(4));
    assert!(!adopted.takes_decisions(4) && adopted.takes_decisions(5));
}

#[test]
fn an_edition_that_completes_one_or_changes_nothing_takes_its_place() {
    assert_eq!(serials(&adopted(&[(1, 1), (1, 2), (2, 2)])), [(2, 2), (1, 1)], "decisions came first, then the lists");
    assert_eq!(serials(&adopted(&[(1, 1), (1, 5), (4, 5)])), [(4, 5), (1, 5), (1, 1)], "these are of two publications");
    let mut same_decisions = edition(1, 1);
    same_decisions.decisions.serial = 2;
    let mut same_then_lists = edition(2, 1);
    same_then_lists.decisions.serial = 2;
    let renamed = adopted(&[(1, 1)]).with(same_decisions);
    assert_eq!(serials(&renamed), [(1, 2)]);
    assert_eq!(serials(&renamed.with(same_then_lists)), [(2, 2), (1, 2)], "only its lists are news");
}

#[test]
fn going_back_holds_what_differs_until_a_newer_serial() {
    let back = adopted(&[(1, 1), (2, 1)]).back("too much was blocked".to_owned(), now()).expect("there is one before");
    assert_eq!(serials(&back), [(1, 1)]);
    let expected = Held { lists: Some(2), decisions: None, why: "too much was blocked".to_owned(), since: now() };
    assert_eq!(back.held, Some(expected));
    assert!(!back.takes_lists(2), "what was gone back from");
    assert!(back.takes_lists(3) && back.takes_decisions(2), "decisions were not at fault");

    let decided = back.with(edition(1, 3));
    assert_eq!(decided.held.as_ref().and_then(|held| held.lists), Some(2), "the lists are held all the same");
    let released = decided.with(edition(3, 3));
    assert_eq!((released.held.clone(), serials(&released)), (None, vec![(3, 3), (1, 1)]));
    assert_eq!(adopted(&[(1, 1)]).back(String::new(), now()), None, "there is nothing before");
}

#[test]
fn going_back_twice_holds_the_newest_of_both() {
    let twice =
        adopted(&[(1, 1), (2, 1), (3, 1)]).back("one".to_owned(), now()).and_then(|once| once.back("two".to_owned(), now()));
    let twice = twice.expect("there are two before");
    assert_eq!(serials(&twice), [(1, 1)]);
    assert!(!twice.takes_lists(3) && twice.takes_lists(4));
}

#[test]
fn what_is_kept_is_read_again_and_what_is_needed_no_more_goes() {
    let state = tempfile::tempdir().expect("a directory");
    let shelf = Shelf::below(state.path());
    assert_eq!(shelf.adopted(), Adopted::default());
    let mut all = Adopted::default();
    for serial in 1..=6 {
        let edition = edition(serial, serial);
        shelf.keep(&edition.lists.roles[0].digest, format!("names {serial}").as_bytes()).expect("kept");
        shelf.keep(&edition.decisions.roles[0].digest, format!("decisions {serial}").as_bytes()).expect("kept");
        all = all.with(edition);
        shelf.adopt(&all, None).expect("adopted");
    }
    assert_eq!(shelf.adopted(), all);
    let texts = || std::fs::read_dir(shelf.directory().join("texts")).expect("it is there").count();
    assert_eq!(texts(), 8, "those of three editions, and of the word before");
    let awaited = part(9, "names 9");
    shelf.keep(&awaited.roles[0].digest, b"names 9").expect("kept");
    shelf.adopt(&all, Some(&awaited)).expect("adopted");
    assert!(shelf.has(&awaited.roles[0].digest), "it is on its way into force");
    shelf.adopt(&all, None).expect("adopted");
    assert!(!shelf.has(&awaited.roles[0].digest));
    let text = &shelf.lists(&all.editions[0].lists).roles[0];
    assert_eq!(zstd::decode_all(std::fs::File::open(&text.text).expect("kept")).expect("packed"), b"names 6");
    let digest = &all.editions[0].decisions.roles[0].digest;
    assert_eq!(shelf.read_text(digest, 100).expect("kept"), b"decisions 6");
    assert!(shelf.read_text(digest, 5).is_err(), "bounded");
}

#[test]
fn where_the_word_is_damaged_the_one_before_counts() {
    let state = tempfile::tempdir().expect("a directory");
    let shelf = Shelf::below(state.path());
    let first = adopted(&[(1, 1)]);
    shelf.adopt(&first, None).expect("adopted");
    shelf.adopt(&first.clone().with(edition(2, 2)), None).expect("adopted");
    for damage in ["", "{", "{\"editions\":[],\"held\":null}"] {
        std::fs::write(shelf.directory().join("adopted.json"), damage).expect("written");
        assert_eq!(shelf.adopted(), first, "{damage}");
    }
}

#[test]
fn a_damaged_text_is_not_handed_out() {
    let state = tempfile::tempdir().expect("a directory");
    let shelf = Shelf::below(state.path());
    let digest = hexadecimal(b"sound");
    shelf.keep(&digest, b"other").expect("kept");
    assert!(shelf.read_text(&digest, 100).is_err());
    assert!(shelf.read_text(&hexadecimal(b"absent"), 100).is_err());
}
