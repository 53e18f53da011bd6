//! The metadata of an office's repository, signed as they are by keys that a school believes, or not signed at all: whatever they say,
//! verifying ends, and what is believed holds together.
//!
//! An input is a digit, which says what of a sound repository stands in its place, and that file's text. The seeds are the sound
//! repository: in them KEY, KEYID, SHA256 and LENGTH stand for what is not known before.

#![no_main]

use std::cell::LazyCell;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use khien::office::publication::Ring;
use khien::office::repository::{Offered, Repository as _, Way};
use khien::office::tuf::sign::{SigningKey, Staged, detach, key_id};
use khien::office::tuf::trust::Tuf;
use khien::office::{hexadecimal, tuf};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;

/// The files, by their digits.
const FILES: [(&str, &str); 7] = [
    ("2.root.json", include_str!("../seeds/metadata/root")),
    ("1.targets.json", include_str!("../seeds/metadata/targets")),
    ("1.publication.json", include_str!("../seeds/metadata/publication")),
    ("1.ministry.json", include_str!("../seeds/metadata/ministry")),
    ("1.snapshot.json", include_str!("../seeds/metadata/snapshot")),
    ("timestamp.json", include_str!("../seeds/metadata/timestamp")),
    (PUBLICATION, include_str!("../seeds/metadata/publication.json")),
];
const PUBLICATION: &str = "publication/publication.json";

/// What makes one round of verifying.
struct Bench {
    key: SigningKey,
    runtime: Runtime,
    sound: Offered,
}

thread_local! {
    static BENCH: LazyCell<Bench> = LazyCell::new(|| {
        let key = SigningKey::generate();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let sound = offered(&key, &runtime, None).expect("the seeds are sound");
        Bench { key, runtime, sound }
    });
}

/// A text with what it leaves open.
fn filled(text: &str, key: &SigningKey, publication: &str) -> String {
    let public = key.public();
    let value = serde_json::to_string(&public).expect("JSON");
    text.replace("\"KEY\"", &value)
        .replace("KEYID", &key_id(&public))
        .replace("SHA256", &hexadecimal(publication.as_bytes()))
        .replace("LENGTH", &publication.len().to_string())
}

/// Metadata signed with the key that stands for everybody; those that are none stay as they are.
fn signed(text: String, key: &SigningKey) -> Vec<u8> {
    let Ok(mut staged) = Staged::read(format!("{{\"signed\":{text},\"signatures\":[]}}").as_bytes()) else { return text.into() };
    if let Ok(signature) = detach(&staged, key) {
        staged.merge(&signature).expect("it is for this");
    }
    let octets = staged.text();
    assert_eq!(Staged::read(&octets).expect("it was written").text(), octets);
    octets
}

fn write(directory: &Path, file: &str, octets: &[u8]) {
    let path = directory.join(file);
    fs::create_dir_all(path.parent().expect("below a folder")).expect("a folder");
    fs::write(path, octets).expect("written");
}

/// What a new school is offered by the sound repository with one text changed.
fn offered(key: &SigningKey, runtime: &Runtime, changed: Option<(usize, &str)>) -> Option<Offered> {
    // In memory where the system has such a place: a round waits for its disk.
    let place = Path::new("/dev/shm");
    let place = if place.is_dir() { place.to_owned() } else { std::env::temp_dir() };
    let directory = tempfile::tempdir_in(place).expect("a directory");
    let text = |place: usize| changed.filter(|(which, _)| *which == place).map_or(&FILES[place].1[1..], |(_, text)| text);
    let publication = filled(text(6), key, "");
    let (folder, state, root) =
        (directory.path().join("out"), directory.path().join("state"), directory.path().join("root.json"));
    for (place, (file, _)) in FILES.iter().enumerate().take(6) {
        write(&folder, file, &signed(filled(text(place), key, &publication), key));
    }
    write(&folder, &tuf::place(PUBLICATION, &hexadecimal(publication.as_bytes())), publication.as_bytes());
    let first = FILES[0].1[1..].replace("\"version\": 2", "\"version\": 1");
    fs::write(&root, signed(filled(&first, key, ""), key)).expect("written");
    let now: Timestamp = "2026-11-27T12:00:00Z".parse().expect("a time");
    runtime.block_on(Tuf::default().ask(&state, &root, &Way::Folder(folder), now)).ok()
}

fuzz_target!(|bytes: &[u8]| {
    let Some((digit @ b'0'..=b'6', text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    BENCH.with(|bench| {
        let Some(offered) = offered(&bench.key, &bench.runtime, Some((usize::from(digit - b'0'), text))) else { return };
        assert_eq!(offered.origin, bench.sound.origin);
        for (role, _) in &offered.roles {
            assert!(!role.contains(['/', '.']), "{role}");
        }
        assert!(offered.lapsed.iter().all(|lapsed| offered.roles.iter().any(|(role, _)| role == lapsed)));
        for ring in [1, u8::MAX].into_iter().filter_map(Ring::new) {
            if let Some(due) = offered.due(ring, offered.publication.made) {
                assert!(due.decisions.serial >= due.lists.serial);
            }
        }
    });
});
