//! Who signs what, as office.toml says it: names of keys, how many of them must sign, and how long what they signed holds.

use std::num::NonZeroU64;
use std::time::Duration;

use jiff::SignedDuration;

use super::rules::duration;
use crate::fault::Shown as _;
use crate::office::publication;
use crate::office::tuf::sign::Lifetimes;
use crate::office::written::{Document, Table};

/// Whose keys sign something, by their names (`keys/NAME.pub`), and how many of them must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signers {
    /// The keys' names.
    pub keys: Vec<String>,
    /// How many must sign.
    pub threshold: NonZeroU64,
}

impl Signers {
    fn one(name: &str) -> Self {
        Self { keys: vec![name.to_owned()], threshold: NonZeroU64::MIN }
    }
}

/// Who signs what is no role's own part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// The persons who sign the root, the tables and who may speak for what; none before `khien office init`. More than half must.
    pub people: Signers,
    /// Who signs publications.
    pub publication: Signers,
    /// Who signs snapshots.
    pub snapshot: Signers,
    /// Who signs timestamps.
    pub timestamp: Signers,
    /// How long it holds.
    pub lifetimes: Lifetimes,
}

impl Default for Signing {
    fn default() -> Self {
        Self {
            people: Signers { keys: Vec::new(), threshold: NonZeroU64::MIN },
            publication: Signers::one(publication::SIGNER),
            snapshot: Signers::one("snapshot"),
            timestamp: Signers::one("timestamp"),
            lifetimes: Lifetimes::default(),
        }
    }
}

/// Whether a word may name a key: it is part of a file's name.
pub fn is_key(word: &str) -> bool {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.@".contains(&octet);
    (1..=60).contains(&word.len()) && word.bytes().all(is_plain) && !word.starts_with(['-', '.'])
}

/// Reads `[signing]`.
pub(super) fn read(document: &mut Document<'_>, table: Table<'_, '_>) -> Signing {
    document.known(table, &["people", "threshold", "publication", "snapshot", "timestamp", "lifetimes"]);
    let mut signing = Signing::default();
    if table.has("people") {
        signing.people = signers(document, table, ("people", "threshold"), "");
        if !table.has("threshold") {
            // Two of three: no slip and no theft of one alone.
            let most = signing.people.keys.len() as u64 / 2 + 1;
            signing.people.threshold = NonZeroU64::new(most).unwrap_or(NonZeroU64::MIN);
        }
    }
    for (key, own) in
        [("publication", &mut signing.publication), ("snapshot", &mut signing.snapshot), ("timestamp", &mut signing.timestamp)]
    {
        *own = signers(document, table, (key, ""), &own.keys[0].clone());
    }
    if let Some(table) = document.table(table, "lifetimes", "[signing.lifetimes]") {
        document.known(table, &["root", "targets", "snapshot", "timestamp"]);
        let lifetimes = &mut signing.lifetimes;
        for (key, own) in [
            ("root", &mut lifetimes.root),
            ("targets", &mut lifetimes.targets),
            ("snapshot", &mut lifetimes.snapshot),
            ("timestamp", &mut lifetimes.timestamp),
        ] {
            let Some((text, line)) = document.text(table, key) else { continue };
            match duration(&text).filter(|lifetime| *lifetime >= SHORTEST) {
                Some(lifetime) => *own = SignedDuration::try_from(lifetime).expect("ten years are no more than all of time"),
                None => {
                    let hint = "write it as in \"30d\"; an hour is the least";
                    document.fault(line, format!("{} is no lifetime", text.quoted()), hint);
                }
            }
        }
    }
    signing
}

/// What is signed for less than an hour is over before people see it.
const SHORTEST: Duration = Duration::from_secs(3600);

/// The signers that two keys of a table name; where they are left out, the one with the name `default`.
pub(super) fn signers(
    document: &mut Document<'_>,
    table: Table<'_, '_>,
    (keys, threshold): (&'static str, &'static str),
    default: &str,
) -> Signers {
    let mut signers = Signers::one(default);
    let mut at = table.line;
    if let Some(named) = document.texts(table, keys) {
        signers.keys.clear();
        if named.is_empty() {
            document.fault(table.line, format!("`{keys}` names nobody"), "name at least one key: its file is keys/NAME.pub");
        }
        for (name, line) in named {
            at = line;
            if !is_key(&name) {
                document.fault(line, format!("{} is no name of a key", name.quoted()), "use letters, digits, and -_.@");
            } else if signers.keys.contains(&name) {
                document.fault(line, format!("{} stands twice", name.quoted()), "name each key once");
            } else {
                signers.keys.push(name);
            }
        }
    }
    if let Some((number, line)) = if threshold.is_empty() { None } else { document.number(table, threshold) } {
        signers.threshold = NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN);
        at = line;
    }
    if signers.threshold.get() > signers.keys.len() as u64 && !signers.keys.is_empty() {
        let what = format!("`{threshold}` is {}, and there are {} keys", signers.threshold, signers.keys.len());
        document.fault(at, what, "no more signatures can be demanded than there are keys");
    }
    signers
}
