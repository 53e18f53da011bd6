//! Copies and records: what stands after each way of being interrupted.

use super::*;

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

struct Here {
    directory: tempfile::TempDir,
    copies: Copies,
}

fn here() -> Here {
    let directory = tempfile::tempdir().expect("a directory");
    let copies = Copies::below(directory.path());
    Here { directory, copies }
}

impl Here {
    fn files(&self) -> Vec<String> {
        let all = fs::read_dir(self.directory.path().join("fetched")).expect("the directory of copies");
        let mut all: Vec<_> = all.map(|entry| entry.expect("an entry").file_name().display().to_string()).collect();
        all.sort();
        all
    }
}

fn adopt(held: &Held, text: &str, mut record: Record) {
    let candidate = held.beside("candidate");
    fs::write(&candidate, text).expect("written");
    held.adopt(&candidate, &mut record).expect("adopted");
}

fn marked(etag: &str) -> Record {
    Record {
        origin: "https://a/".to_owned(),
        marks: Marks { etag: Some(etag.to_owned()), last_modified: None, zone: None },
        ..Record::default()
    }
}

#[test]
fn a_copy_is_there_whole_with_its_record() {
    let here = here();
    let list = ListId::from("adult");
    let held = here.copies.hold(&list).expect("held").expect("nobody else");
    assert_eq!(held.record(), Record::default());
    adopt(&held, "one", marked("\"1\""));
    drop(held);
    assert_eq!(fs::read_to_string(here.copies.path(&list)).expect("there"), "one");
    let record = here.copies.record(&list);
    assert_eq!((record.marks.etag.as_deref(), record.digest.len()), (Some("\"1\""), 64));
    let held = here.copies.hold(&list).expect("held").expect("nobody else");
    assert_eq!(held.record(), record, "it vouches for the copy");
}

#[test]
fn one_process_at_a_time_fetches_a_list() {
    let here = here();
    let held = here.copies.hold(&"a".into()).expect("held").expect("nobody else");
    assert!(here.copies.hold(&"a".into()).expect("asked").is_none());
    assert!(here.copies.hold(&"a.b".into()).expect("asked").is_some(), "another list is free");
    drop(held);
    assert!(here.copies.hold(&"a".into()).expect("asked").is_some());
}

#[test]
fn what_a_killed_process_left_is_swept_and_other_lists_keep_theirs() {
    let here = here();
    let list = ListId::from("a");
    let held = here.copies.hold(&list).expect("held").expect("nobody else");
    adopt(&held, "one", marked("\"1\""));
    let other = here.copies.hold(&"a.b".into()).expect("held").expect("nobody else");
    fs::write(other.beside("body"), "on its way").expect("written");
    // As if it had been killed, nothing of it is dropped.
    fs::write(held.beside("body"), "half").expect("written");
    fs::write(held.beside("record.4711.new"), "{").expect("written");
    std::mem::forget(held);
    let copies = Copies::below(here.directory.path());
    // The lock goes with the process; here the file is another.
    fs::remove_file(here.directory.path().join("fetched/a.lock")).expect("there");
    let held = copies.hold(&list).expect("held").expect("nobody else");
    assert_eq!(held.record().marks, marked("\"1\"").marks);
    assert_eq!(here.files(), ["a%2eb.body", "a%2eb.lock", "a.copy", "a.lock", "a.record"]);
}

#[test]
fn a_record_that_lags_behind_vouches_for_nothing() {
    let here = here();
    let list = ListId::from("a");
    let held = here.copies.hold(&list).expect("held").expect("nobody else");
    adopt(&held, "one", marked("\"1\""));
    // The copy was renamed into place, and then the power went.
    fs::write(here.copies.path(&list), "two").expect("written");
    let record = held.record();
    assert_eq!((record.marks, record.digest.as_str()), (Marks::default(), ""));
    assert_eq!(record.origin, "https://a/", "the rest is still of use");
    fs::remove_file(here.copies.path(&list)).expect("there");
    assert_eq!(held.record().marks, Marks::default(), "a copy that is gone is sent again");
}

#[test]
fn a_damaged_record_costs_a_download_and_no_copy() {
    let here = here();
    let list = ListId::from("a");
    let held = here.copies.hold(&list).expect("held").expect("nobody else");
    adopt(&held, "one", marked("\"1\""));
    for text in ["", "{", "[]", "{\"entries\": -1}", "\u{0}"] {
        fs::write(here.directory.path().join("fetched/a.record"), text).expect("written");
        assert_eq!(held.record(), Record::default());
    }
    assert_eq!(fs::read_to_string(here.copies.path(&list)).expect("there"), "one");
}

#[test]
fn a_record_of_another_version_is_read_as_far_as_it_is_known() {
    let here = here();
    let held = here.copies.hold(&"a".into()).expect("held").expect("nobody else");
    let text = "{\"entries\": 7, \"colour\": \"red\", \"in_a_row\": 2}";
    fs::write(here.directory.path().join("fetched/a.record"), text).expect("written");
    assert_eq!((held.record().entries, held.record().in_a_row), (7, 2));
}

#[test]
fn what_cannot_be_adopted_leaves_the_copy() {
    let here = here();
    let list = ListId::from("a");
    let held = here.copies.hold(&list).expect("held").expect("nobody else");
    adopt(&held, "one", marked("\"1\""));
    held.adopt(&held.beside("candidate"), &mut marked("\"2\"")).expect_err("there is none");
    assert_eq!(fs::read_to_string(here.copies.path(&list)).expect("there"), "one");
    assert_eq!(held.record().marks, marked("\"1\"").marks);
}

#[test]
fn no_id_leads_out_of_the_directory() {
    let here = here();
    for id in ["..", "../a", "/etc/passwd", "a/b", "%2e", ".", "a\0b", "A"] {
        let path = here.copies.path(&id.into());
        assert_eq!(path.parent(), Some(here.directory.path().join("fetched").as_path()), "{id}");
        assert!(here.copies.hold(&id.into()).expect("held").is_some(), "{id}");
    }
}

#[test]
fn failures_add_up_until_a_success() {
    let mut record = Record::default();
    let (first, second) = (time("2026-11-23T09:00:00Z"), time("2026-11-23T09:01:00Z"));
    record.failed(Failure::new(Reason::Connect, "refused"), first);
    record.failed(Failure::new(Reason::Timeout, "slow"), second);
    assert_eq!((record.in_a_row, record.asked, record.confirmed), (2, Some(second), None));
    assert_eq!(record.failure.as_ref().map(|failure| failure.reason), Some(Reason::Timeout));
    record.succeeded(second);
    assert_eq!((record.in_a_row, record.failure.clone(), record.confirmed), (0, None, Some(second)));
    assert_eq!(record.failures, BTreeMap::from([(Reason::Connect, 1), (Reason::Timeout, 1)]), "what was counted stays");
}

#[test]
fn each_reason_has_its_own_word_in_record_and_metric() {
    let mut words: Vec<_> = Reason::ALL.iter().map(|reason| reason.text()).collect();
    for reason in Reason::ALL {
        assert_eq!(serde_json::to_string(&reason).expect("a word"), format!("\"{}\"", reason.text()));
    }
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Reason::ALL.len());
}

#[test]
fn what_root_fetches_by_hand_is_the_server_s() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can give files away");
        return;
    }
    let here = here();
    chown(here.directory.path(), Some(65_534), Some(65_534)).expect("root may");
    let list = ListId::from("a");
    let held = here.copies.hold(&list).expect("held").expect("nobody else");
    adopt(&held, "one", marked("\"1\""));
    drop(held);
    let directory = here.directory.path().join("fetched");
    let files = here.files().into_iter().map(|file| directory.join(file));
    for path in files.chain([directory.clone()]) {
        let file = fs::metadata(&path).expect("there");
        assert_eq!((file.uid(), file.gid()), (65_534, 65_534), "{}", path.display());
    }
}
