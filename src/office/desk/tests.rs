//! From a working folder to what a school verifies, with keys on one machine and on several.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::office::content::{Content, Wanted};
use crate::office::publication::{Publication, Ring, Urgent};
use crate::office::repository::{Kind, Offered, Repository as _, Wanted as WantedText, Way};
use crate::office::testkit::{decided, folder, now, put, read};
use crate::office::tuf::sign::{SignFault, SigningKey, detach};
use crate::office::tuf::trust::Tuf;

const SIGNING: &str = "[signing]\npeople = [\"lan\", \"an\", \"binh\"]\n";

/// An office: a folder, and the persons' own machines.
struct Office {
    root: TempDir,
    persons: TempDir,
    now: Timestamp,
}

const NAMES: &str = "roles/ministry/lists/gambling.txt";

impl Office {
    /// Keys of the machine lie in the folder, and those of `persons` elsewhere.
    fn new() -> Self {
        let root = folder(&[(NAMES, "casino.example\n"), ("roles/district-1/lists/games.txt", "games.example\n")]);
        let office = std::fs::read_to_string(root.path().join("office.toml")).expect("it is there");
        put(root.path(), "office.toml", &format!("{office}{SIGNING}"));
        let persons = tempfile::tempdir().expect("a directory");
        std::fs::create_dir_all(root.path().join("keys")).expect("a directory");
        for name in ["publication", "snapshot", "timestamp", "ministry", "district-1"] {
            key(root.path(), root.path(), name);
        }
        std::fs::create_dir_all(persons.path().join("keys")).expect("a directory");
        for name in ["lan", "an", "binh"] {
            key(persons.path(), root.path(), name);
        }
        Self { root, persons, now: now() }
    }

    fn path(&self) -> &Path {
        self.root.path()
    }

    fn desk<T>(&self, what: impl FnOnce(&Desk<'_>) -> T) -> T {
        let folder = read(self.path());
        let keys = Keys::below(self.path(), Box::new(|_| None)).expect("the keys can be read");
        let last = Last::of(self.path()).expect("it can be read");
        what(&Desk { folder: &folder, last, keys, now: self.now })
    }

    fn prepare(&self, urgent: Urgent) -> Result<Prepared, SignFault> {
        self.desk(|desk| prepare(desk, urgent))
    }

    fn publish(&self, urgent: Urgent) -> Result<Prepared, SignFault> {
        self.desk(|desk| {
            let prepared = prepare(desk, urgent)?;
            desk.publish(&prepared)?;
            Ok(prepared)
        })
    }

    /// Has a person sign all that waits, on a machine of their own, and merges it.
    fn signed_by(&self, name: &str) {
        let key = open(&self.persons.path().join(format!("keys/{name}.key")), &|_| None).expect("a key");
        let staging = Staging::below(self.path());
        for (what, staged) in staging.all().expect("it can be read") {
            let signature = serde_json::to_vec(&detach(&staged, &key).expect("signed")).expect("JSON");
            let path = self.persons.path().join(format!("{what}.{name}.sig"));
            std::fs::write(&path, signature).expect("written");
            staging.merge(&path).expect("it is for what waits");
        }
    }

    /// The first publication, signed by two of three.
    fn first(&self) -> Prepared {
        self.prepare(Urgent::No).expect_err("nobody signed");
        self.signed_by("lan");
        self.signed_by("binh");
        self.publish(Urgent::No).expect("two of three signed")
    }

    fn school(&self) -> School {
        let state = tempfile::tempdir().expect("a directory");
        let root = state.path().join("office-root.json");
        std::fs::copy(self.path().join("published/1.root.json"), &root).expect("it is published");
        School { state, root, way: Way::Folder(self.path().join("published")) }
    }

    fn later(&mut self, hours: i64) {
        self.now = self.now.checked_add(SignedDuration::from_hours(hours)).expect("a time");
    }
}

fn key(private: &Path, public: &Path, name: &str) {
    let key = SigningKey::generate();
    key.save(&private.join(format!("keys/{name}.key")), None).expect("written");
    key.save_public(&public.join(format!("keys/{name}.pub"))).expect("written");
}

fn content(desk: &Desk<'_>, urgent: Urgent) -> Content {
    let (overrides, today) = (Vec::new(), jiff::civil::date(2026, 11, 26));
    let wanted = Wanted { now: desk.now, today, urgent, overrides: &overrides, decided: &desk.last.decided };
    desk.folder.content(desk.last.publication.as_ref(), &wanted).expect("nothing is refused")
}

fn prepare(desk: &Desk<'_>, urgent: Urgent) -> Result<Prepared, SignFault> {
    let content = content(desk, urgent);
    desk.prepare(Made { publication: content.publication, targets: &content.targets })
}

struct School {
    state: TempDir,
    root: PathBuf,
    way: Way,
}

impl School {
    async fn ask(&self, now: Timestamp) -> Offered {
        Tuf::default().ask(self.state.path(), &self.root, &self.way, now).await.expect("it is verified")
    }

    async fn names(&self, now: Timestamp, role: &str) -> String {
        self.text(now, role, Kind::Names).await
    }

    async fn decisions(&self, now: Timestamp, role: &str) -> String {
        self.text(now, role, Kind::Decisions).await
    }

    async fn text(&self, now: Timestamp, role: &str, kind: Kind) -> String {
        let due = self.ask(now).await.due(Ring::FIRST, now).expect("it is remembered");
        let part = if kind == Kind::Names { due.lists } else { due.decisions };
        let role = part.roles.iter().find(|part| part.role == role).expect("the role has a part");
        let wanted = WantedText { kind, role, before: None, most: 1 << 20 };
        let text = Tuf::default().text(self.state.path(), &self.way, &wanted).await.expect("it is there");
        String::from_utf8(text).expect("text")
    }
}

#[tokio::test]
async fn two_of_three_sign_the_first_and_one_person_all_that_follows() {
    let mut office = Office::new();
    let waits = office.prepare(Urgent::No).expect_err("nobody signed").to_string();
    assert_eq!(
        waits,
        "nothing can be published before it is signed:\n  staged/root.json waits for 2 of: an, binh, lan\n  \
         staged/targets.json waits for 2 of: an, binh, lan"
    );
    office.signed_by("lan");
    let waits = office.prepare(Urgent::No).expect_err("one of two").to_string();
    assert!(waits.contains("staged/targets.json waits for 1 of: an, binh (signed by lan)"), "{waits}");
    office.signed_by("binh");
    let first = office.publish(Urgent::No).expect("two of three signed");
    assert!(first.is_news && first.waiting.is_empty() && first.publication.serial == 1);
    let school = office.school();
    assert!(school.names(office.now, "ministry").await.contains("casino.example gambling"));
    assert!(school.names(office.now, "district-1").await.contains("games.example games"));

    office.later(1);
    put(office.path(), "roles/ministry/decisions.toml", &decided(&[("lock", "neu.example", "phishing")]));
    let second = office.publish(Urgent::Decisions).expect("the machine's own keys suffice");
    assert!(second.is_news && second.waiting.is_empty() && second.publication.serial == 2);
    assert!(school.decisions(office.now, "ministry").await.contains("neu.example"));
    // Nothing changed: no new serial, and a timestamp that holds longer.
    office.later(24);
    let third = office.publish(Urgent::No).expect("the machine's own keys suffice");
    assert!(!third.is_news && third.publication.serial == 2);
    assert_eq!(school.ask(office.now).await.publication.serial, 2);
}

#[tokio::test]
async fn what_waits_for_signatures_waits_alone() {
    let mut office = Office::new();
    office.first();
    let school = office.school();
    office.later(1);
    // A role is to speak for more, which takes two of three; a decision meanwhile takes one person.
    let text = std::fs::read_to_string(office.path().join("office.toml")).expect("it is there");
    put(office.path(), "office.toml", &text.replace("[\"games\", \"social\"]", "[\"games\", \"social\", \"video\"]"));
    put(office.path(), "roles/ministry/decisions.toml", &decided(&[("lock", "neu.example", "phishing")]));
    let prepared = office.publish(Urgent::Decisions).expect("the decision goes out");
    assert_eq!(prepared.waiting.iter().map(|waiting| waiting.name.as_str()).collect::<Vec<_>>(), ["targets"]);
    assert!(school.decisions(office.now, "ministry").await.contains("neu.example"));
    let may = |offered: &Offered| offered.roles.iter().any(|(role, may)| role == "district-1" && may.has("video"));
    assert!(!may(&school.ask(office.now).await));
    // What is staged stays as it is while the folder makes the same.
    office.later(1);
    office.signed_by("an");
    put(
        office.path(),
        "roles/ministry/decisions.toml",
        &decided(&[("lock", "neu.example", "phishing"), ("allow", "gut.example", "")]),
    );
    assert_eq!(office.publish(Urgent::Decisions).expect("it goes out").waiting[0].more, 1);
    office.signed_by("lan");
    assert!(office.publish(Urgent::No).expect("two of three signed").waiting.is_empty());
    assert!(may(&school.ask(office.now).await));
}

#[tokio::test]
async fn a_key_is_revoked_by_a_root_that_two_of_three_sign() {
    let mut office = Office::new();
    office.first();
    let school = office.school();
    school.ask(office.now).await;
    office.later(1);
    let text = std::fs::read_to_string(office.path().join("office.toml")).expect("it is there");
    put(office.path(), "office.toml", &text.replace("\"binh\"]", "\"chi\"]"));
    key(office.persons.path(), office.path(), "chi");
    let waits = office.publish(Urgent::No).expect("what was published still counts").waiting;
    // The targets of before were signed by lan and binh, who counts no more.
    assert_eq!(waits.iter().map(|waiting| waiting.name.as_str()).collect::<Vec<_>>(), ["root", "targets"]);
    office.signed_by("lan");
    office.signed_by("an");
    let waits = office.publish(Urgent::No).expect("the new root is in force").waiting;
    assert!(waits.is_empty(), "{}", lines(&waits));
    assert!(office.path().join("published/2.root.json").exists());
    assert_eq!(school.ask(office.now).await.publication.serial, 1);
}

#[tokio::test]
async fn what_is_taken_back_comes_to_schools_as_a_new_serial() {
    let mut office = Office::new();
    office.first();
    let school = office.school();
    office.later(1);
    put(office.path(), NAMES, "casino.example\nzu-viel.example\n");
    office.publish(Urgent::No).expect("it goes out");
    assert!(school.names(office.now, "ministry").await.contains("zu-viel"));
    office.later(1);
    let nothing = BTreeMap::new();
    office.desk(|desk| {
        let last = desk.last.publication.clone().expect("it was published");
        let publication: Publication = take_back(&last, 1, Urgent::All, desk.now).expect("it is remembered");
        let prepared = desk.prepare(Made { publication, targets: &nothing }).expect("it is signed");
        assert!(prepared.is_news && prepared.waiting.is_empty());
        desk.publish(&prepared).expect("written");
    });
    assert!(!school.names(office.now, "ministry").await.contains("zu-viel"));
    // The folder still has it; a decision goes out without it.
    office.later(1);
    put(office.path(), "roles/ministry/decisions.toml", &decided(&[("lock", "neu.example", "phishing")]));
    let prepared = office.publish(Urgent::Decisions).expect("the decision goes out");
    assert_eq!(prepared.stays_back, ["ministry"]);
    assert!(school.decisions(office.now, "ministry").await.contains("neu.example"));
    assert!(!school.names(office.now, "ministry").await.contains("zu-viel"));
}

fn copies(from: &Path, what: &str, to: &Path) {
    let done = std::process::Command::new("cp").arg("-r").arg(from.join(what)).arg(to).status();
    assert!(done.expect("cp runs").success());
}

/// The district's machine: the office's folder but for its keys and sources, and this list of games.
fn district(office: &Office, games: &str) -> Office {
    let root = tempfile::tempdir().expect("a directory");
    for what in ["office.toml", "published", "keys"] {
        copies(office.path(), what, root.path());
    }
    for name in ["publication", "snapshot", "timestamp", "ministry"] {
        std::fs::remove_file(root.path().join(format!("keys/{name}.key"))).expect("it is there");
    }
    put(root.path(), "roles/district-1/lists/games.txt", games);
    Office { root, persons: tempfile::tempdir().expect("a directory"), now: office.now }
}

impl Office {
    /// The parts that this machine builds, for another that publishes.
    fn carries(&self) -> Vec<Carried> {
        self.desk(|desk| {
            let content = content(desk, Urgent::No);
            let made = Made { publication: content.publication, targets: &content.targets };
            desk.carry(&made).expect("its own part is signed").0
        })
    }

    /// From now on this machine does not build the district's part.
    fn leaves_the_district(&self) {
        std::fs::remove_dir_all(self.path().join("roles/district-1")).expect("it is there");
        std::fs::remove_file(self.path().join("keys/district-1.key")).expect("it is there");
    }

    /// Takes in a part as `khien office merge` does; how many things of it are refused.
    fn takes_in(&self, part: &Carried) -> usize {
        let stick = tempfile::tempdir().expect("a stick");
        part.keep(stick.path()).expect("written");
        let mut part = Carried::read(&stick.path().join("part-district-1")).expect("it is a part");
        let today = jiff::civil::date(2026, 11, 26);
        let weighed = self.desk(|desk| part.weigh(desk.folder, desk.last.publication.as_ref(), today)).expect("it can be read");
        if weighed.refusals.is_empty() {
            part.overrides = weighed.overridden;
            part.keep(Staging::below(self.path()).folder()).expect("written");
        }
        weighed.refusals.len()
    }
}

#[tokio::test]
async fn a_role_signs_its_part_on_its_own_machine() {
    let mut office = Office::new();
    office.first();
    let school = office.school();
    office.later(1);
    let mut theirs = district(&office, "games.example\nneu.example\n");
    let prepared = theirs.prepare(Urgent::No).expect("its own part is signed");
    let carried = theirs.carries();
    assert_eq!(carried.iter().map(|part| part.role.as_str()).collect::<Vec<_>>(), ["district-1"]);
    let refused = theirs.desk(|desk| desk.publish(&prepared)).expect_err("it has no key for that").to_string();
    assert!(refused.starts_with("who signs publications is not here"), "{refused}");
    office.leaves_the_district();
    assert_eq!(office.takes_in(&carried[0]), 0);
    let published = office.publish(Urgent::No).expect("it goes out");
    assert_eq!(published.publication.serial, 2);
    assert_eq!(published.publication.note.en, "district-1\n  Games: added 1");
    assert!(school.names(office.now, "district-1").await.contains("neu.example"));
    assert!(school.names(office.now, "ministry").await.contains("casino.example"));
    // The next change is told by the list that was taken in; the last one brings back what was published before.
    put(office.path(), "roles/ministry/decisions.toml", &decided(&[("lock", "neu.example", "phishing")]));
    for (list, changes) in [("spiel.example\n", "added 1, removed 2"), ("games.example\nneu.example\n", "added 2, removed 1")] {
        office.later(1);
        theirs.now = office.now;
        copies(office.path(), "published", theirs.path());
        assert_eq!(theirs.carries(), [], "nothing is new yet");
        // What was built can be built again, and may be gone.
        std::fs::remove_dir_all(office.path().join("built/texts")).expect("it is there");
        put(theirs.path(), "roles/district-1/lists/games.txt", list);
        assert_eq!(office.takes_in(&theirs.carries()[0]), 0);
        let note = office.publish(Urgent::No).expect("it goes out").publication.note.en;
        assert_eq!(note.contains("Locked: neu.example"), list.starts_with("spiel"), "{note}");
        assert!(note.ends_with(&format!("district-1\n  Games: {changes}")), "{note}");
        assert_eq!(school.names(office.now, "district-1").await.contains("spiel.example"), list.starts_with("spiel"));
    }
}

#[tokio::test]
async fn a_part_that_another_machine_built_passes_the_desk_s_gate_too() {
    let mut office = Office::new();
    office.first();
    let school = office.school();
    office.later(1);
    let many: String = (0..200).map(|number| format!("game-{number}.example\n")).collect();
    let theirs = district(&office, &many);
    let word = "district-1/source/games.txt/1-200";
    let meant = format!("[[override]]\nwhat = \"{word}\"\nby = \"An\"\nreason = \"a new source\"\n");
    // The district may say so of its own; what goes to every school is the desk's to say.
    put(theirs.path(), "overrides.toml", &meant);
    let part = &theirs.carries()[0];
    office.leaves_the_district();
    assert_eq!(office.takes_in(part), 1);
    assert!(!office.publish(Urgent::No).expect("what was published is signed anew").is_news);
    put(office.path(), "overrides.toml", &meant);
    assert_eq!(office.takes_in(part), 0);
    let published = office.publish(Urgent::No).expect("it goes out").publication;
    assert_eq!(published.overrides.iter().map(|said| said.what.as_str()).collect::<Vec<_>>(), [word]);
    assert!(school.names(office.now, "district-1").await.contains("game-199.example"));
}

#[test]
fn a_part_that_is_not_the_role_s_own_is_refused_where_it_is_merged() {
    let mut office = Office::new();
    office.first();
    office.later(1);
    put(office.path(), "roles/district-1/lists/games.txt", "games.example\nneu.example\n");
    let mut carried = office.carries();
    let part = carried.iter_mut().find(|part| part.role == "district-1").expect("it is new");
    let whole = serde_json::to_value(&part.signed).expect("JSON");
    let merged = |part: &Carried, value: serde_json::Value| {
        let stick = tempfile::tempdir().expect("a stick");
        let part = Carried { signed: serde_json::from_value(value).expect("metadata"), ..part.clone() };
        part.keep(stick.path()).expect("written");
        Carried::read(&stick.path().join("part-district-1")).map_err(|fault| fault.to_string())
    };
    for name in ["ministry/names.zst", "district-1/../../../autostart/x", "registry.json"] {
        let mut other = whole.clone();
        other["signed"]["targets"][name] = serde_json::json!({ "length": 1, "hashes": { "sha256": "00".repeat(32) } });
        let refused = merged(part, other).expect_err("it is not its own");
        assert!(refused.contains("which is not role district-1's own"), "{refused}");
    }
    let mut other = whole.clone();
    other["signed"]["delegations"] = serde_json::json!({ "keys": {}, "roles": [] });
    let refused = merged(part, other).expect_err("it delegates");
    assert!(refused.contains("lets others sign for role district-1"), "{refused}");
    assert!(merged(part, whole).is_ok());
}

#[tokio::test]
async fn a_role_that_is_new_begins_on_its_own_machine() {
    let mut office = Office::new();
    office.first();
    let school = office.school();
    office.later(1);
    let text = std::fs::read_to_string(office.path().join("office.toml")).expect("it is there");
    put(office.path(), "office.toml", &format!("{text}[[role]]\nid = \"district-2\"\nspeaks_for = [\"games\"]\n"));
    let theirs = district(&office, "games.example\n");
    std::fs::rename(theirs.path().join("roles/district-1"), theirs.path().join("roles/district-2")).expect("it is there");
    key(theirs.path(), theirs.path(), "district-2");
    std::fs::copy(theirs.path().join("keys/district-2.pub"), office.path().join("keys/district-2.pub")).expect("handed over");
    let carried = theirs.carries();
    assert_eq!(carried.iter().map(|part| part.role.as_str()).collect::<Vec<_>>(), ["district-2"]);
    // Before its part is there nothing waits for it, and decisions go out.
    put(office.path(), "roles/ministry/decisions.toml", &decided(&[("lock", "neu.example", "phishing")]));
    assert!(office.publish(Urgent::Decisions).expect("it goes out").waiting.is_empty());
    carried[0].keep(Staging::below(office.path()).folder()).expect("merged");
    let waits = office.publish(Urgent::No).expect("what is published still counts").waiting;
    assert_eq!(waits.iter().map(|waiting| waiting.name.as_str()).collect::<Vec<_>>(), ["targets"]);
    office.signed_by("lan");
    office.signed_by("an");
    assert!(office.publish(Urgent::No).expect("two of three signed").waiting.is_empty());
    assert!(school.names(office.now, "district-2").await.contains("games.example"));
    assert!(school.names(office.now, "district-1").await.contains("games.example"));
}
