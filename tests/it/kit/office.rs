//! What a school keeps of an office, written by hand, and an office that says what a test says: publications without signatures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use khien::fetch::{Failure, Reason};
use khien::lists::Words;
use khien::office::publication::{self, DecisionsPart, NamesPart, Publication, Ring, Urgent};
use khien::office::registry::Tables;
use khien::office::repository::{Answer, Offered, Repository, Wanted, Way};
use khien::office::tuf::trust::Tuf;
use khien::office::{Adopted, Edition, Part, RolePart, Shelf, SpeaksFor, hexadecimal};
use tokio::sync::watch;

/// One role's texts.
pub struct Role<'t> {
    /// Its id.
    pub role: &'t str,
    /// The categories it may speak for; `*` for all.
    pub speaks_for: &'t [&'t str],
    /// Its names, without their first line.
    pub names: &'t str,
    /// Its decisions, as they are published; none where it publishes none.
    pub decisions: &'t str,
}

fn speaks_for(role: &Role<'_>) -> SpeaksFor {
    let categories: BTreeSet<String> = role.speaks_for.iter().map(|word| (*word).to_owned()).collect();
    categories.into()
}

/// Puts a publication below the state directory that is beside a school's configuration, as if it had been verified.
pub fn keep(school: &Path, serial: u64, roles: &[Role<'_>]) {
    let shelf = Shelf::below(&school.join("state"));
    let part = |role: &Role<'_>, text: String| {
        let digest = hexadecimal(text.as_bytes());
        shelf.keep(&digest, text.as_bytes()).expect("the state can be written");
        RolePart { role: role.role.to_owned(), speaks_for: speaks_for(role), digest }
    };
    let names = |role: &Role<'_>| part(role, format!("# khien names 1\n{}", role.names));
    let decisions = |role: &Role<'_>| part(role, role.decisions.to_owned());
    let decided = roles.iter().filter(|role| !role.decisions.is_empty());
    let lists = Part { serial, tables: None, roles: roles.iter().map(names).collect() };
    let decisions = Part { serial, tables: None, roles: decided.map(decisions).collect() };
    let edition = Edition::new(lists, decisions, "2026-11-20T01:00:00Z".parse().expect("a time"));
    let before: Adopted = shelf.adopted();
    shelf.adopt(&before.with(edition), None).expect("the state can be written");
}

/// `[office]` with nobody at its address, and a group of primary pupils.
pub const SILENT: &str = r#"
[clients]
rate_limit = "0"
[office]
url = "http://127.0.0.1:9/khien/"
root = "office-root.json"
accept = ["http", "port", "private-address"]
[[group]]
id = "lab"
subnets = ["10.20.1.0/24"]
tier = "primary"
[[group]]
id = "teachers"
subnets = ["10.20.9.0/24"]
tier = "staff"
"#;

/// An office as a school sees it: what was published, and whether it can be asked.
#[derive(Debug, Clone, Default)]
pub struct Desk(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    offered: Option<Offered>,
    kept: Option<Offered>,
    texts: BTreeMap<String, Vec<u8>>,
    tables: Option<Vec<u8>>,
    failure: Option<Failure>,
    asked: usize,
    fetched: Vec<String>,
    held: Option<(String, watch::Receiver<bool>)>,
    signed: bool,
}

impl Desk {
    fn told<T>(&self, what: impl FnOnce(&mut Told) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on signatures are what is believed, as by a school outside of tests.
    pub fn signed(&self) {
        self.told(|told| told.signed = true);
    }

    fn is_signed(&self) -> bool {
        self.told(|told| told.signed)
    }

    /// Publishes what these roles say.
    pub fn publish(&self, serial: u64, made: Timestamp, urgent: Urgent, roles: &[Role<'_>]) {
        self.told(|told| {
            let mut text = |text: String| {
                let digest = hexadecimal(text.as_bytes());
                told.texts.insert(digest.clone(), text.into_bytes());
                digest
            };
            let mut part = |role: &Role<'_>| {
                let names = text(format!("# khien names 1\n{}", role.names));
                let none = "{\"decisions\": []}";
                let decisions = text(if role.decisions.is_empty() { none } else { role.decisions }.to_owned());
                let names = NamesPart { sha256: names, length: 0, count: 0 };
                let decisions = DecisionsPart { sha256: decisions };
                (role.role.to_owned(), publication::RolePart { names, decisions, sources: BTreeMap::new() })
            };
            let roles_of = roles.iter().map(&mut part).collect();
            let tables = told.tables.clone().unwrap_or_else(|| Tables::shipped().to_json());
            let digest_of_tables = hexadecimal(&tables);
            told.texts.insert(digest_of_tables.clone(), tables);
            let history = told.offered.take().map(|before| before.publication.into_history()).unwrap_or_default();
            let wait = |ring: u8, hours: u64| (Ring::new(ring).expect("it is not 0"), hours * 3600);
            let publication = Publication {
                serial,
                made,
                urgent,
                rings: [wait(2, 24), wait(3, 72)].into(),
                note: Words::default(),
                overrides: Vec::new(),
                taken_back: Default::default(),
                tables: digest_of_tables,
                roles: roles_of,
                history,
            };
            let delegated = roles.iter().map(|role| (role.role.to_owned(), speaks_for(role))).collect();
            let origin = "root".to_owned();
            told.offered = Some(Offered { origin, expires: None, publication, roles: delegated, lapsed: Vec::new() });
        });
    }

    /// The tables of what is published from now on: the program's own, changed.
    pub fn tables(&self, change: impl FnOnce(&mut Tables)) {
        let mut tables = Tables::shipped();
        change(&mut tables);
        self.tables_text(tables.to_json());
    }

    /// As [`Desk::tables`], whatever the text may be.
    pub fn tables_text(&self, text: Vec<u8>) {
        self.told(|told| told.tables = Some(text));
    }

    /// A text that was published is another from now on.
    pub fn damage(&self, digest: &str, text: &[u8]) {
        self.told(|told| told.texts.insert(digest.to_owned(), text.to_vec()));
    }

    /// The digest of the tables that were published last.
    pub fn tables_digest(&self) -> String {
        self.told(|told| told.offered.as_ref().map(|offered| offered.publication.tables.clone())).expect("it was published")
    }

    /// Its metadata expires then.
    pub fn expires(&self, at: Timestamp) {
        self.told(|told| told.offered.iter_mut().for_each(|offered| offered.expires = Some(at)));
    }

    /// From now on it cannot be asked, or can again.
    pub fn fail(&self, failure: Option<Failure>) {
        self.told(|told| told.failure = failure);
    }

    /// A text that is fetched comes only after what is returned is told to let it go.
    pub fn hold(&self, text: &str) -> watch::Sender<bool> {
        let (let_go, held) = watch::channel(false);
        self.told(|told| told.held = Some((hexadecimal(text.as_bytes()), held)));
        let_go
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.told(|told| told.asked)
    }

    /// The digests of the texts that were fetched, in order.
    pub fn fetched(&self) -> Vec<String> {
        self.told(|told| told.fetched.clone())
    }
}

impl Repository for Desk {
    fn kept<'r>(&'r self, state: &'r Path, root: &'r Path, now: Timestamp) -> Answer<'r, Option<Offered>> {
        Box::pin(async move {
            if self.is_signed() {
                return Tuf::default().kept(state, root, now).await;
            }
            Ok(self.told(|told| told.kept.clone()))
        })
    }

    fn ask<'r>(&'r self, state: &'r Path, root: &'r Path, way: &'r Way, now: Timestamp) -> Answer<'r, Offered> {
        Box::pin(async move {
            if self.is_signed() {
                return Tuf::default().ask(state, root, way, now).await;
            }
            self.told(|told| {
                told.asked += 1;
                if let Some(failure) = &told.failure {
                    return Err(failure.clone());
                }
                told.kept.clone_from(&told.offered);
                told.offered.clone().ok_or_else(|| Failure::new(Reason::Connect, "there is nobody"))
            })
        })
    }

    fn text<'r>(&'r self, state: &'r Path, way: &'r Way, wanted: &'r Wanted<'r>) -> Answer<'r, Vec<u8>> {
        Box::pin(async move {
            if self.is_signed() {
                return Tuf::default().text(state, way, wanted).await;
            }
            let digest = &wanted.role.digest;
            let (text, held) = self.told(|told| {
                if let Some(failure) = &told.failure {
                    return Err(failure.clone());
                }
                told.fetched.push(digest.clone());
                let missing = || Failure::new(Reason::Status, "there is no such text");
                let held = told.held.as_ref().filter(|(held, _)| held == digest).map(|(_, held)| held.clone());
                Ok((told.texts.get(digest).cloned().ok_or_else(missing)?, held))
            })?;
            if let Some(mut held) = held {
                held.wait_for(|let_go| *let_go).await.expect("the test goes on");
            }
            Ok(text)
        })
    }

    fn tables<'r>(&'r self, state: &'r Path, way: &'r Way, digest: &'r str, most: u64) -> Answer<'r, Vec<u8>> {
        Box::pin(async move {
            if self.is_signed() {
                return Tuf::default().tables(state, way, digest, most).await;
            }
            self.told(|told| {
                if let Some(failure) = &told.failure {
                    return Err(failure.clone());
                }
                told.texts.get(digest).cloned().ok_or_else(|| Failure::new(Reason::Status, "there are no such tables"))
            })
        })
    }
}
