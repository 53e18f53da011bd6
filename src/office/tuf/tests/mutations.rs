//! Every file of a publication cut off and changed at random places: nothing is believed that was not signed.

use serde_json::Value;

use super::{Dice, Kind, Office, School, Way};
use crate::fetch::{Failure, Marks};
use crate::office::repository::Wanted;
use crate::office::tuf::texts;
use crate::office::tuf::trusted::{self, Trusted};
use crate::office::tuf::verify::{Given, verify};
use crate::office::{RolePart, SpeaksFor, hexadecimal};

/// A round of verifying without what is written before and after it.
async fn round(school: &School, root: &[u8], before: Option<&Trusted>, timestamp: Vec<u8>) -> Result<Trusted, Failure> {
    let given = Given {
        state: school.state.path(),
        root,
        before,
        timestamp: (timestamp, Marks::default(), String::new()),
        now: super::now(),
    };
    let (believed, outcome) = verify(given, Box::new(school.way.clone()), &school.way).await;
    outcome.map(|()| believed.expect("what was verified is believed"))
}

/// What is believed, without what says nothing: who signed, and the digest of the timestamp's file.
fn content(trusted: &Trusted) -> (Value, Trusted) {
    let mut trusted = trusted.clone();
    let root = std::mem::take(&mut trusted.root)["signed"].take();
    let verified = trusted.verified.as_mut().expect("all was verified");
    verified.first.clear();
    verified.timestamp = verified.timestamp["signed"].take();
    verified.snapshot = verified.snapshot["signed"].take();
    (root, trusted)
}

/// An octet more, less, or another, or two places exchanged.
fn changed(octets: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut octets = octets.to_vec();
    let (at, other) = (dice.below(octets.len()), dice.below(octets.len()));
    match dice.below(5) {
        0 => octets[at] ^= 1 << dice.below(8),
        1 => octets[at] = u8::try_from(dice.below(256)).expect("an octet"),
        2 => drop(octets.remove(at)),
        3 => octets.insert(at, b"0 \"{}[],:ax\n"[dice.below(12)]),
        _ => octets.swap(at, other),
    }
    octets
}

/// A school at publication 1 and an office at publication 2, with a root that is new to the school.
async fn both() -> (Office, School, Trusted, Trusted) {
    let mut office = Office::new();
    let school = office.school().await;
    office.publish_later();
    let mut forge = office.forge();
    forge.of("root")["expires"] = serde_json::json!("2028-01-02T03:04:05Z");
    forge.write();
    let before = trusted::read(school.state.path(), None).expect("it is believed");
    let after =
        round(&school, &office.read("1.root.json"), Some(&before), office.read("timestamp.json")).await.expect("it is verified");
    (office, school, before, after)
}

/// What is read of a file in place of it, refused or the same.
async fn is_refused(kit: &(Office, School, Trusted, Trusted), path: &str, octets: Vec<u8>) -> bool {
    let (office, school, before, after) = kit;
    let first = if path == "timestamp.json" { octets.clone() } else { office.read("timestamp.json") };
    school.way.fault(path, Way::Octets(octets));
    let outcome = round(school, &office.read("1.root.json"), Some(before), first).await;
    school.way.mend();
    match outcome {
        Ok(believed) => {
            assert!(content(&believed) == content(after), "{path}: something else is believed");
            false
        }
        Err(_) => true,
    }
}

/// The files of metadata and the publication, which a school at publication 1 reads.
fn read_by_round(office: &Office) -> Vec<String> {
    let named = |file: &&String| {
        let name = file.as_str();
        name.starts_with("2.") || name == "timestamp.json" || name.starts_with("3.") || name == office.newest_publication()
    };
    office.files().iter().filter(named).filter(|file| *file != "2.snapshot.json").cloned().collect()
}

impl Office {
    fn newest_publication(&self) -> String {
        let digest = hexadecimal(&self.publication.as_ref().expect("it is published").to_json());
        self.file(&format!("{digest}.publication.json"))
    }
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_refused() {
    let kit = both().await;
    let mut dice = Dice(11);
    for path in read_by_round(&kit.0) {
        let octets = kit.0.read(&path);
        for _ in 0..50 {
            // Without the newline at its end a timestamp and a root say the same.
            let end = dice.below(octets.len() - 1);
            assert!(is_refused(&kit, &path, octets[..end].to_vec()).await, "{path}: {end} of {} octets", octets.len());
        }
    }
    kit.1.stands(1, super::now()).await;
}

#[tokio::test]
async fn ten_thousand_changes_bring_nothing_that_was_not_signed() {
    let kit = both().await;
    let office = &kit.0;
    let mut dice = Dice(2026);
    let metadata = read_by_round(office);
    let texts: Vec<String> = office
        .files()
        .into_iter()
        .filter(|file| file.starts_with("targets/ministry/") || file.starts_with("targets/district-1/"))
        .collect();
    let offered = {
        let school = office.school().await;
        let offered = school.kept(office.now).await.expect("it is believed");
        (school, offered)
    };
    let mut refused = 0;
    for _ in 0..2_000 {
        let path = &metadata[dice.below(metadata.len())];
        let octets = changed(&office.read(path), &mut dice);
        refused += usize::from(is_refused(&kit, path, octets).await);
    }
    assert!(refused > 1_800, "{refused}");
    let (school, offered) = offered;
    let believed = trusted::read(school.state.path(), None).and_then(|trusted| trusted.verified).expect("it is believed");
    for _ in 0..8_000 {
        let path = &texts[dice.below(texts.len())];
        school.way.fault(path, Way::Octets(changed(&office.read(path), &mut dice)));
        let role = if path.starts_with("targets/ministry/") { "ministry" } else { "district-1" };
        let kind = if path.ends_with("decisions.json") { Kind::Decisions } else { Kind::Names };
        let part = &offered.publication.roles[role];
        let digest = if kind == Kind::Names { &part.names.sha256 } else { &part.decisions.sha256 };
        let wanted = RolePart { role: role.to_owned(), speaks_for: SpeaksFor::All, digest: digest.clone() };
        let wanted = Wanted { kind, role: &wanted, before: None, most: 1 << 20 };
        let signed = believed.roles.iter().find(|known| known.name == role).expect("it is delegated to");
        if let Ok(text) = texts::bring(signed, &school.way, &wanted).await {
            let (names, decisions) = Office::text(role, 2);
            assert!(text == if kind == Kind::Names { names } else { decisions }, "{path}");
        }
        school.way.mend();
    }
    kit.1.stands(1, super::now()).await;
}
