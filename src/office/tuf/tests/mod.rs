//! An office in a folder, whose keys and metadata a test may do anything with, and a school that reads it through faults.
//!
//! The rule: an attack is a sentence of what was changed and who signed it; the kit signs and chains the rest as an office would.

mod attacks;
mod clock;
mod contents;
mod forge;
mod mutations;
mod order;
mod roots;
mod state;

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::reading::{Folder, Reading};
use super::sign::{
    Current, Delegation, Finished, Lifetimes, NewFile, Signers, SigningKey, Tops, add, finish, first_root, publication_part,
    role_part, top_part, write,
};
use super::trust::{self, Tuf};
use crate::fetch::{Failure, Marks, Reason, Reply};
use crate::lists::Words;
use crate::office::patch::{pack, patch};
use crate::office::publication::{DecisionsPart, NamesPart, Publication, RolePart, Urgent};
use crate::office::repository::{Answer, Kind, Offered, Repository as _, Wanted};
use crate::office::{Shelf, SpeaksFor, hexadecimal};
use tough::schema::Signed;

/// Who signs: three persons of whom two must, the machine, and the roles. Strangers have keys too.
const KEYS: [&str; 10] =
    ["lan", "an", "binh", "chi", "snapshot", "timestamp", "publication", "ministry", "district-1", "stranger"];

const ROLES: [&str; 2] = ["ministry", "district-1"];

fn now() -> Timestamp {
    "2026-11-26T08:00:00Z".parse().expect("a time")
}

fn days(from: Timestamp, days: i64) -> Timestamp {
    from.checked_add(SignedDuration::from_hours(24 * days)).expect("a time")
}

/// An office: what it publishes, and the keys of all.
struct Office {
    www: TempDir,
    keys: BTreeMap<&'static str, SigningKey>,
    now: Timestamp,
    publication: Option<Publication>,
    texts: BTreeMap<&'static str, Vec<u8>>,
}

impl Office {
    /// One that has published serial 1.
    fn new() -> Self {
        let keys = KEYS.into_iter().map(|name| (name, SigningKey::generate())).collect();
        let www = tempfile::tempdir().expect("a directory");
        fs::create_dir_all(www.path().join("targets")).expect("a directory");
        let mut office = Self { www, keys, now: now(), publication: None, texts: BTreeMap::new() };
        office.publish();
        office
    }

    fn path(&self) -> &Path {
        self.www.path()
    }

    fn key(&self, name: &str) -> &SigningKey {
        self.keys.get(name).expect("somebody's name")
    }

    fn signers(&self, names: &[&str], threshold: u64) -> Signers {
        let keys = names.iter().map(|name| self.key(name).public()).collect();
        Signers { keys, threshold: NonZeroU64::new(threshold).expect("some") }
    }

    fn tops(&self, persons: &[&str], timestamp: &str) -> Tops {
        Tops {
            root: self.signers(persons, 2),
            targets: self.signers(persons, 2),
            snapshot: self.signers(&["snapshot"], 1),
            timestamp: self.signers(&[timestamp], 1),
        }
    }

    /// The list and the decisions that a role has in publication `serial`.
    fn text(role: &str, serial: u64) -> (Vec<u8>, Vec<u8>) {
        let names: String = (0..40 + serial).map(|number| format!("name-{number}.{role}.example games\n")).collect();
        (names.into_bytes(), format!("{{\"decisions\": [\"{role} {serial}\"]}}\n").into_bytes())
    }

    /// What would be published next.
    fn prepared(&mut self) -> (Finished, Vec<NewFile>, Option<Current>) {
        let serial = self.publication.as_ref().map_or(1, |last| last.serial + 1);
        let (mut targets, mut roles) = (BTreeMap::new(), BTreeMap::new());
        for role in ROLES {
            let (names, decisions) = Self::text(role, serial);
            if let Some(before) = self.texts.insert(role, names.clone()) {
                let name = format!("{role}/names-{}.patch", &hexadecimal(&before)[..12]);
                targets.insert(name, patch(&before, &names));
            }
            targets.insert(format!("{role}/names.zst"), pack(&names));
            targets.insert(format!("{role}/decisions.json"), decisions.clone());
            let names = NamesPart { sha256: hexadecimal(&names), length: names.len() as u64, count: 40 + serial };
            let decisions = DecisionsPart { sha256: hexadecimal(&decisions) };
            roles.insert(role.to_owned(), RolePart { names, decisions, sources: BTreeMap::new() });
        }
        let tables = b"{\"tables\": []}\n";
        let publication = Publication {
            serial,
            made: self.now,
            urgent: Urgent::No,
            rings: BTreeMap::new(),
            note: Words::default(),
            overrides: Vec::new(),
            taken_back: Default::default(),
            tables: hexadecimal(tables),
            roles,
            history: self.publication.take().map(Publication::into_history).unwrap_or_default(),
        };
        let current = Current::read(self.path()).expect("it can be read");
        let (before, lives) = (current.as_ref(), Lifetimes::default());
        let until = |life: SignedDuration| self.now.checked_add(life).expect("a time");
        let mut files = Vec::new();
        let mut signed = |part: super::sign::Part, names: &[&str]| {
            files.extend(part.files);
            let mut signed = Signed { signed: part.targets, signatures: Vec::new() };
            let keys: Vec<&SigningKey> = names.iter().map(|name| self.key(name)).collect();
            add(&mut signed, &keys).expect("it is signed");
            signed
        };
        let mut parts = BTreeMap::new();
        for role in ROLES {
            let part = role_part(role, &targets, &publication, before, until(lives.targets)).expect("a part");
            parts.insert(role.to_owned(), signed(part, &[role]));
        }
        let part = publication_part(&publication.to_json(), before, until(lives.targets)).expect("a part");
        parts.insert("publication".to_owned(), signed(part, &["publication"]));
        let (root, top) = match before {
            Some(current) => (current.root.clone(), current.targets.clone()),
            None => {
                let tops = self.tops(&["lan", "an", "binh"], "timestamp");
                let root = first_root(&tops, until(lives.root)).expect("a root");
                let mut root = Signed { signed: root, signatures: Vec::new() };
                add(&mut root, &[self.key("lan"), self.key("an")]).expect("it is signed");
                let part = top_part(tables, &publication, &self.delegations(), None, until(lives.targets)).expect("a part");
                (root, signed(part, &["lan", "binh"]))
            }
        };
        let keys = (&[self.key("snapshot")][..], &[self.key("timestamp")][..]);
        let until = (until(lives.snapshot), until(lives.timestamp));
        let finished = finish(root, top, &parts, before, keys, until).expect("all have signed");
        self.publication = Some(publication);
        (finished, files, current)
    }

    fn delegations(&self) -> Vec<Delegation> {
        let one = |role: &str, speaks_for| Delegation { role: role.to_owned(), signers: self.signers(&[role], 1), speaks_for };
        let only = |words: &[&str]| SpeaksFor::Only(words.iter().map(ToString::to_string).collect());
        vec![one("publication", only(&[])), one("ministry", SpeaksFor::All), one("district-1", only(&["games", "social"]))]
    }

    /// Publishes what is next.
    fn publish(&mut self) {
        let (finished, files, before) = self.prepared();
        write(self.path(), &finished, &files, before.as_ref()).expect("it is written");
    }

    /// An hour later.
    fn publish_later(&mut self) {
        self.now = self.now.checked_add(SignedDuration::from_hours(1)).expect("a time");
        self.publish();
    }

    /// A school that has taken what is published.
    async fn school(&self) -> School {
        let school = self.new_school();
        school.ask(self.now).await.expect("it is verified");
        school
    }

    /// A school that was just installed.
    fn new_school(&self) -> School {
        let state = tempfile::tempdir().expect("a directory");
        let root = state.path().join("office-root.json");
        fs::copy(self.path().join("1.root.json"), &root).expect("it is published");
        School { state, root, way: Scripted::over(self.path()) }
    }

    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.path().join(file)).expect("it is published")
    }

    /// The files that are published, by their paths.
    fn files(&self) -> Vec<String> {
        fn below(folder: &Path, before: &str, files: &mut Vec<String>) {
            for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file")) {
                let name = format!("{before}{}", entry.file_name().to_string_lossy());
                match entry.path().is_dir() {
                    true => below(&entry.path(), &format!("{name}/"), files),
                    false => files.push(name),
                }
            }
        }
        let mut files = Vec::new();
        below(self.path(), "", &mut files);
        files.sort();
        files
    }

    /// The path of the only file whose path ends so.
    fn file(&self, end: &str) -> String {
        let files: Vec<String> = self.files().into_iter().filter(|file| file.ends_with(end)).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files.into_iter().next().expect("one")
    }
}

/// What becomes of a file on its way.
#[derive(Debug, Clone)]
enum Way {
    /// It is another.
    Octets(Vec<u8>),
    /// It is not there.
    Absent,
    /// The connection breaks.
    Broken,
    /// It comes without end.
    Endless,
    /// It does not come.
    Stuck,
}

/// A way with faults.
#[derive(Debug, Clone)]
struct Scripted {
    folder: PathBuf,
    faults: Arc<Mutex<BTreeMap<String, Way>>>,
    reads: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    fn over(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), faults: Arc::default(), reads: Arc::default() }
    }

    fn fault(&self, path: &str, way: Way) {
        self.faults.lock().expect("no test panics here").insert(path.to_owned(), way);
    }

    fn mend(&self) {
        self.faults.lock().expect("no test panics here").clear();
    }

    /// What was read since this was asked last.
    fn reads(&self) -> Vec<String> {
        std::mem::take(&mut *self.reads.lock().expect("no test panics here"))
    }
}

impl Reading for Scripted {
    fn read<'r>(&'r self, path: &'r str, most: u64, marks: &'r Marks) -> Answer<'r, Reply> {
        self.reads.lock().expect("no test panics here").push(path.to_owned());
        let fault = self.faults.lock().expect("no test panics here").get(path).cloned();
        Box::pin(async move {
            match fault {
                None => Folder(self.folder.clone()).read(path, most, marks).await,
                Some(Way::Octets(octets)) if octets.len() as u64 <= most => Ok(Reply::Octets(octets, Marks::default())),
                Some(Way::Octets(_) | Way::Endless) => {
                    Err(Failure::new(Reason::TooLarge, format!("{path}: more than {most} octets")))
                }
                Some(Way::Absent) => Ok(Reply::Absent(Failure::new(Reason::Status, format!("{path} is not there")))),
                Some(Way::Broken) => Err(Failure::new(Reason::Connect, format!("{path}: the connection broke"))),
                Some(Way::Stuck) => std::future::pending().await,
            }
        })
    }
}

/// A school.
struct School {
    state: TempDir,
    root: PathBuf,
    way: Scripted,
}

impl School {
    async fn ask(&self, now: Timestamp) -> Result<Offered, Failure> {
        let root = fs::read(&self.root).expect("it is installed");
        let way = || -> Box<dyn Reading> { Box::new(self.way.clone()) };
        trust::ask(self.state.path(), &root, &way, String::new(), now).await
    }

    async fn kept(&self, now: Timestamp) -> Option<Offered> {
        Tuf::default().kept(self.state.path(), &self.root, now).await.expect("a root is installed")
    }

    /// Asserts that news are refused, for this reason and with these words.
    async fn refuses(&self, now: Timestamp, reason: Reason, piece: &str) {
        let refused = self.ask(now).await.expect_err("it is an attack");
        assert!(refused.reason == reason && refused.said.contains(piece), "{reason:?} {piece:?}: {refused:?}");
    }

    /// Asserts that news are refused and that publication `serial` stands.
    async fn keeps(&self, serial: u64, now: Timestamp, reason: Reason, piece: &str) {
        self.refuses(now, reason, piece).await;
        self.way.mend();
        self.stands(serial, now).await;
    }

    /// Asserts that publication `serial` is believed and can be read.
    async fn stands(&self, serial: u64, now: Timestamp) {
        let kept = self.kept(now).await.expect("something is believed");
        assert_eq!(kept.newest(), serial);
        for role in ROLES {
            let (names, decisions) = Office::text(role, serial);
            assert_eq!(self.text(&kept, role, Kind::Names).await.expect("it is there"), names);
            assert_eq!(self.text(&kept, role, Kind::Decisions).await.expect("it is there"), decisions);
        }
    }

    /// A text of the newest publication.
    async fn text(&self, offered: &Offered, role: &str, kind: Kind) -> Result<Vec<u8>, Failure> {
        self.text_after(offered, role, kind, None, 1 << 20).await
    }

    async fn text_after(
        &self,
        offered: &Offered,
        role: &str,
        kind: Kind,
        before: Option<(&Shelf, &str)>,
        most: u64,
    ) -> Result<Vec<u8>, Failure> {
        let part = offered.publication.roles.get(role).expect("the role has a part");
        let digest = if kind == Kind::Names { &part.names.sha256 } else { &part.decisions.sha256 };
        let part = crate::office::RolePart { role: role.to_owned(), speaks_for: SpeaksFor::All, digest: digest.clone() };
        trust::text(self.state.path(), &self.way, &Wanted { kind, role: &part, before, most }).await
    }
}

/// Numbers that are the same in every run (SplitMix64, Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end.max(1) as u64).expect("below a usize")
    }
}
