//! A store that is corrupt, deleted, full, read-only or past its time: answers go on, losses are counted, and it heals.

use std::process::Command;

use super::*;
use crate::journal::testkit::{entry, lines, moment, no_source, note as noted, settings};
use crate::journal::{Entry, Journal, Pseudonyms, Settings, Tally, Writer, open};

const SECOND: Duration = Duration::from_secs(1);

fn journal(directory: &Path) -> (Journal, Writer) {
    open(settings(directory), no_source())
}

/// Notes a query `after` the start and writes it.
fn note(journal: &Journal, writer: &mut Writer, name: &str, after: Duration) {
    noted(journal, Entry { time: moment(after).wall, ..entry(name) });
    writer.step(moment(after));
}

fn names(directory: &Path) -> Vec<String> {
    lines(directory).into_iter().map(|line| line.name).collect()
}

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("the directory");
    let mut names: Vec<_> = entries.map(|e| e.expect("an entry").file_name().into_string().expect("ASCII")).collect();
    names.sort();
    names
}

#[test]
fn no_other_user_reads_the_files() {
    let home = tempfile::tempdir().expect("a directory");
    let state = home.path().join("deep/state");
    let (journal, mut writer) = journal(&state);
    note(&journal, &mut writer, "x.example", Duration::ZERO);
    let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    assert_eq!(files(&state), ["journal-keys.json", "journal.db", "journal.db-shm", "journal.db-wal"]);
    for file in files(&state) {
        assert_eq!(mode(&state.join(&file)), 0o600, "{file}");
    }
}

#[test]
fn a_corrupt_database_is_set_aside_and_a_new_one_started() {
    let home = tempfile::tempdir().expect("a directory");
    fs::write(home.path().join(FILE), b"this is no database, whatever its name says").expect("written");
    let (journal, mut writer) = journal(home.path());
    note(&journal, &mut writer, "x.example", Duration::ZERO);
    assert_eq!(names(home.path()), ["x.example"]);
    assert_eq!(journal.tally(), Tally { noted: 1, written: 1, ..Tally::default() });
    let kept = home.path().join("journal.db.corrupt-20261123T023000Z");
    assert!(fs::read(kept).expect("set aside").starts_with(b"this is no database"));
}

#[test]
fn a_database_that_is_damaged_in_use_is_set_aside_with_its_log() {
    let home = tempfile::tempdir().expect("a directory");
    let (journal, mut writer) = journal(home.path());
    for number in 0..200 {
        note(&journal, &mut writer, &format!("n{number}.example"), Duration::ZERO);
    }
    drop(writer);
    let path = home.path().join(FILE);
    let mut bytes = fs::read(&path).expect("the database");
    bytes[4096..].fill(0xa5);
    fs::write(&path, &bytes).expect("written");
    let (journal, mut writer) = super::tests::journal(home.path());
    for number in 0..20 {
        note(&journal, &mut writer, &format!("m{number}.example"), number * SECOND);
    }
    let tally = journal.tally();
    assert_eq!((tally.written, tally.dropped), (20, 0), "{tally:?}");
    assert_eq!(names(home.path()).len(), 20);
    assert!(files(home.path()).iter().any(|file| file.starts_with("journal.db.corrupt-")));
}

#[test]
fn another_programs_database_is_left_whole() {
    let home = tempfile::tempdir().expect("a directory");
    let foreign = Connection::open(home.path().join(FILE)).expect("a database");
    foreign.execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (42);").expect("made");
    drop(foreign);
    let (journal, mut writer) = journal(home.path());
    note(&journal, &mut writer, "x.example", Duration::ZERO);
    let aside = Connection::open(home.path().join("journal.db.corrupt-20261123T023000Z")).expect("a database");
    assert_eq!(aside.query_row("SELECT x FROM theirs", [], |row| row.get::<_, i64>(0)).expect("their row"), 42);
    assert_eq!(names(home.path()), ["x.example"]);
}

#[test]
fn a_database_that_is_deleted_in_use_is_made_anew() {
    for whole in ["the file", "the directory"] {
        let home = tempfile::tempdir().expect("a directory");
        let state = home.path().join("state");
        let (journal, mut writer) = journal(&state);
        note(&journal, &mut writer, "before.example", Duration::ZERO);
        match whole {
            "the file" => fs::remove_file(state.join(FILE)).expect("deleted"),
            _ => fs::remove_dir_all(&state).expect("deleted"),
        }
        note(&journal, &mut writer, "after.example", SECOND);
        note(&journal, &mut writer, "before.example", 2 * SECOND);
        assert_eq!(names(&state).first().map(String::as_str), Some("after.example"), "{whole}");
        let tally = journal.tally();
        assert_eq!(tally.noted, 3);
        assert_eq!(tally.written + tally.folded + tally.dropped, 3, "{tally:?}");
        // The repeat of an entry that is gone has no row to be counted in.
        assert_eq!(tally.folded, 0);
        note(&journal, &mut writer, "healed.example", 3 * SECOND);
        assert!(names(&state).contains(&"healed.example".to_owned()));
    }
}

#[test]
fn a_state_directory_that_cannot_be_is_waited_for() {
    let home = tempfile::tempdir().expect("a directory");
    let state = home.path().join("state");
    fs::write(&state, b"a file where the directory should be").expect("written");
    let (journal, mut writer) = journal(&state);
    for second in 0..30 {
        note(&journal, &mut writer, &format!("n{second}.example"), second * SECOND);
    }
    let tally = journal.tally();
    assert_eq!((tally.written, tally.dropped), (0, 30));
    assert!((4..=8).contains(&tally.store_errors), "the attempts grow rarer: {tally:?}");
    fs::remove_file(&state).expect("removed");
    note(&journal, &mut writer, "healed.example", 41 * SECOND);
    assert_eq!(names(&state), ["healed.example"]);
    assert_eq!(journal.tally().written, 1);
}

/// A file system of one MiB, where we may mount one.
struct Tiny(PathBuf);

impl Tiny {
    fn mount(path: &Path) -> Option<Self> {
        fs::create_dir_all(path).expect("a directory");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(path).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(path.to_owned()))
    }

    fn remount(&self, options: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(&self.0).status();
        assert!(done.expect("mount").success());
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_costs_entries_and_heals_when_there_is_room() {
    let home = tempfile::tempdir().expect("a directory");
    let Some(tiny) = Tiny::mount(&home.path().join("state")) else {
        println!("skipped: no tmpfs can be mounted here");
        return;
    };
    let (journal, mut writer) = journal(&tiny.0);
    note(&journal, &mut writer, "first.example", Duration::ZERO);
    fs::write(tiny.0.join("ballast"), vec![1; 1 << 20]).expect_err("the disk is full now");
    for number in 0..500 {
        noted(&journal, entry(&format!("a-rather-long-name-number-{number}.which-fills-the-page.example")));
    }
    writer.step(moment(SECOND));
    let full = journal.tally();
    assert_eq!((full.noted, full.written + full.dropped), (501, 501), "{full:?}");
    assert!(full.dropped > 0 && full.store_errors > 0);
    fs::remove_file(tiny.0.join("ballast")).expect("room again");
    note(&journal, &mut writer, "healed.example", 12 * SECOND);
    assert_eq!(names(&tiny.0).last().map(String::as_str), Some("healed.example"));
    assert!(!files(&tiny.0).iter().any(|file| file.contains("corrupt")), "a full disk is no damage");
}

#[test]
fn a_read_only_disk_costs_entries_and_heals_when_it_is_writable() {
    let home = tempfile::tempdir().expect("a directory");
    let Some(tiny) = Tiny::mount(&home.path().join("state")) else {
        println!("skipped: no tmpfs can be mounted here");
        return;
    };
    tiny.remount("ro");
    let (journal, mut writer) = journal(&tiny.0);
    note(&journal, &mut writer, "lost.example", Duration::ZERO);
    assert_eq!((journal.tally().dropped, journal.tally().store_errors > 0), (1, true));
    tiny.remount("rw");
    note(&journal, &mut writer, "healed.example", 11 * SECOND);
    assert_eq!(names(&tiny.0), ["healed.example"]);
}

#[test]
fn what_is_past_its_time_is_gone_to_the_bytes() {
    let home = tempfile::tempdir().expect("a directory");
    let json = Some(crate::journal::JsonSink::File(home.path().join("journal.json")));
    let day = Duration::from_hours(24);
    let (journal, mut writer) = open(Settings { json, keep: 10 * day, ..settings(home.path()) }, no_source());
    for number in 0..3_000 {
        let name = format!("secret-{number}.example");
        noted(&journal, Entry { time: moment(Duration::ZERO).wall, ..entry(&name) });
    }
    while writer.step(moment(Duration::ZERO)) > 0 {}
    fs::write(home.path().join("journal.db.corrupt-20261123T023000Z"), b"secret-old").expect("written");
    note(&journal, &mut writer, "kept.example", 9 * day);
    let found = |what: &str| {
        let holds = |file: &String| {
            let bytes = fs::read(home.path().join(file)).expect("a file");
            bytes.windows(what.len()).any(|window| window == what.as_bytes())
        };
        files(home.path()).into_iter().filter(holds).collect::<Vec<_>>()
    };
    assert!(found("secret-").len() >= 3, "{:?}", found("secret-"));
    assert_eq!(Pseudonyms::read(home.path()).expect("the keys").live(), 2);

    let late = 10 * day + Duration::from_hours(1);
    while writer.step(moment(late)) > 0 {}
    assert_eq!(found("secret-"), [""; 0]);
    assert_eq!(names(home.path()), ["kept.example"]);
    assert!(!found("kept.example").is_empty());
    assert_eq!(Pseudonyms::read(home.path()).expect("the keys").live(), 2, "the week of the 23rd runs on to the 29th");

    while writer.step(moment(17 * day)) > 0 {}
    assert_eq!(Pseudonyms::read(home.path()).expect("the keys").live(), 1);
    assert!(fs::metadata(home.path().join(FILE)).expect("the store").len() < 64 * 1024, "the room is given back");
}

#[test]
fn a_clock_that_is_not_set_forgets_nothing() {
    let home = tempfile::tempdir().expect("a directory");
    let (journal, mut writer) = journal(home.path());
    note(&journal, &mut writer, "x.example", Duration::ZERO);
    let unset = Moment { wall: Timestamp::UNIX_EPOCH, uptime: Duration::from_hours(3) };
    while writer.step(unset) > 0 {}
    assert_eq!(names(home.path()), ["x.example"]);
}
