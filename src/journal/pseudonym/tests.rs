//! Weeks that cannot be joined, addresses that cannot be found without the key, keys that die to the bytes.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::journal::testkit::{client, start};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[test]
fn a_week_runs_from_monday_to_sunday_in_utc() {
    assert_eq!(week_of(time("2026-11-22T23:59:59Z")), "2026w47");
    assert_eq!(week_of(time("2026-11-23T00:00:00Z")), "2026w48");
    assert_eq!(week_of(time("2027-01-01T00:00:00Z")), "2026w53");
    assert_eq!(week_of(time("1970-01-01T00:00:00Z")), "1970w01");
}

#[test]
fn a_client_has_one_pseudonym_a_week_and_another_the_next() {
    let home = tempfile::tempdir().expect("a directory");
    let mut pseudonyms = Pseudonyms::empty(home.path());
    let monday = pseudonyms.pseudonym(client("10.20.1.7"), time("2026-11-23T00:00:00Z"));
    let sunday = pseudonyms.pseudonym(client("::ffff:10.20.1.7"), time("2026-11-29T23:59:59Z"));
    let next = pseudonyms.pseudonym(client("10.20.1.7"), time("2026-11-30T00:00:00Z"));
    let back = pseudonyms.pseudonym(client("10.20.1.7"), time("2026-11-24T00:00:00Z"));
    assert_eq!(monday, sunday);
    assert_eq!(monday, back);
    assert!(monday.starts_with("2026w48:") && next.starts_with("2026w49:"));
    assert_ne!(monday[8..], next[8..]);
    assert_eq!(pseudonyms.all(client("10.20.1.7")), [&*monday, &*next]);
}

#[test]
fn without_the_key_no_address_of_the_school_can_be_found() {
    let home = tempfile::tempdir().expect("a directory");
    let seen = Pseudonyms::empty(home.path()).pseudonym(client("10.20.1.7"), start());
    // What an attacker can try who has the journal and no key: plain hashes, and HMAC under keys that may be guessed.
    let mut guesses = HashSet::new();
    for number in 0..=u16::MAX {
        let octets = [10, 20, (number >> 8) as u8, number as u8];
        let digest = <Sha256 as sha2::Digest>::digest(octets);
        guesses.insert(hex(&digest[..8]));
        for key in [[0; 32], [255; 32]] {
            guesses.insert(spelt("2026w48", &key, IpAddr::from(octets))[8..].to_owned());
        }
    }
    assert!(!guesses.contains(&seen[8..]));
    assert_ne!(seen, Pseudonyms::empty(home.path()).pseudonym(client("10.20.1.7"), start()), "two schools share no key");
}

#[test]
fn keys_outlast_a_restart_and_no_other_user_reads_them() {
    let home = tempfile::tempdir().expect("a directory");
    let mut first = Pseudonyms::load(home.path(), start()).expect("no file is fine");
    let before = first.pseudonym(client("fd20:1::7"), start());
    first.save().expect("saved");
    let mode = fs::metadata(home.path().join(KEYS)).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut second = Pseudonyms::load(home.path(), start()).expect("readable");
    assert_eq!(second.pseudonym(client("fd20:1::7"), start()), before);
}

#[test]
fn a_key_dies_with_its_week_to_the_bytes() {
    let home = tempfile::tempdir().expect("a directory");
    let mut pseudonyms = Pseudonyms::empty(home.path());
    pseudonyms.pseudonym(client("10.20.1.7"), time("2026-11-22T12:00:00Z"));
    pseudonyms.pseudonym(client("10.20.1.7"), time("2026-11-23T12:00:00Z"));
    pseudonyms.save().expect("saved");
    let old = File::open(home.path().join(KEYS)).expect("the file");
    let dying = hex(&pseudonyms.keys["2026w47"]);

    pseudonyms.expire(time("2026-11-22T23:59:59Z"));
    assert_eq!(pseudonyms.live(), 2, "the week's last second may still have an entry");
    pseudonyms.expire(time("2026-11-23T00:00:00Z"));
    pseudonyms.save().expect("saved");
    assert_eq!(pseudonyms.live(), 1);

    let mut bytes = Vec::new();
    for entry in fs::read_dir(home.path()).expect("the directory") {
        bytes.extend(fs::read(entry.expect("an entry").path()).expect("a file"));
    }
    // The file that was replaced is still open here: its bytes are gone as well.
    let held = io::read_to_string(old).expect("zeros are text");
    assert!(held.bytes().all(|byte| byte == 0) && !held.is_empty());
    assert!(!String::from_utf8_lossy(&bytes).contains(&dying));
}

#[test]
fn a_file_that_makes_no_sense_is_set_aside() {
    for bytes in [&b"{\"keys\":[{\"id\":\"2026w48\",\"key\":\"zz\"}]}"[..], b"\xff\xfe", b""] {
        let home = tempfile::tempdir().expect("a directory");
        fs::write(home.path().join(KEYS), bytes).expect("written");
        assert!(Pseudonyms::read(home.path()).is_err());
        assert_eq!(Pseudonyms::load(home.path(), start()).expect("set aside").live(), 0);
        let names: Vec<_> = fs::read_dir(home.path()).expect("the directory").map(|e| e.expect("an entry").file_name()).collect();
        assert_eq!(names, ["journal-keys.json.corrupt-20261123T023000Z"]);
    }
}

#[test]
fn subnets_are_24_and_56_bits_long() {
    assert_eq!(subnet(client("10.20.1.7")), "10.20.1.0/24");
    assert_eq!(subnet(client("::ffff:10.20.1.7")), "10.20.1.0/24");
    assert_eq!(subnet(client("fd20:1:2:3456::7")), "fd20:1:2:3400::/56");
}
