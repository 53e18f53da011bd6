//! One round of verifying: metadata by `tough`, then the rules that are ours, then the publication.
//!
//! The rules: new metadata of root, timestamp, snapshot, targets and publication that expired is refused; an expired part of another
//! role keeps the content that it had; a publication names only texts that their roles signed; and serials and versions never shrink,
//! nor leap out of reach.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tough::schema::{Delegations, Root, Signed, Targets, Timestamp as TimestampRole};
use tough::{ExpirationEnforcement, Limits, Repository, RepositoryLoader, TargetName};
use url::Url;

use super::roles::{Parts, delegated, keep_last, signed_below, verified_by};
use super::transport::{BASE, LARGEST, Round};
use super::trusted::{FileOf, Holds, Role, Trusted, Verified, Versions, open_scratch};
use crate::fetch::{Failure, Marks, Reason, Reply};
use crate::office::hexadecimal;
use crate::office::publication::{self, Publication, RolePart};

use super::reading::Reading;

/// How long metadata may take in all, and the timestamp and the publication each.
pub(super) const ROUND: Duration = Duration::from_secs(300);

/// The most octets of a timestamp: `tough` reads it whole, and so do schools each minute.
pub(super) const TIMESTAMP: u64 = 64 << 10;

/// How far serials and versions may leap: what one who stole keys made of them can be exceeded by the office ever after.
pub const LEAP: u64 = 1_000_000;

/// The role that signs publications.
pub(super) const DESK: &str = publication::SIGNER;

/// The target of the publication, which that role signs.
pub(super) const PUBLICATION: &str = "publication/publication.json";

/// The target of the tables, which the top signs.
pub(super) const TABLES: &str = "registry.json";

/// What a role may say in its delegating role's metadata, beside TUF's own fields.
pub const EXTRA: &str = "khien";

const LIMITS: Limits = Limits {
    max_root_size: 1 << 20,
    max_targets_size: LARGEST,
    max_timestamp_size: TIMESTAMP,
    max_snapshot_size: 1 << 20,
    max_root_updates: 1024,
};

/// What a round is told.
#[derive(Debug)]
pub(super) struct Given<'g> {
    /// The state directory.
    pub(super) state: &'g Path,
    /// The installed root file.
    pub(super) root: &'g [u8],
    /// What was believed before, by that root.
    pub(super) before: Option<&'g Trusted>,
    /// The timestamp as it came, and what it can be asked for by.
    pub(super) timestamp: (Vec<u8>, Marks, String),
    /// The time.
    pub(super) now: Timestamp,
}

/// What a round came to: what is to be believed from now on, which may be a newer root and nothing else, and the failure then.
pub(super) type Outcome = (Option<Trusted>, Result<(), Failure>);

/// Verifies what is read `from` a repository.
pub(super) async fn verify(given: Given<'_>, from: Box<dyn Reading>, again: &dyn Reading) -> Outcome {
    let origin = hexadecimal(given.root);
    let verified = given.before.and_then(|before| before.verified.as_ref());
    let scratch = match open_scratch(given.state, verified) {
        Ok(scratch) => scratch,
        Err(error) => return (None, Err(Failure::local("the state directory cannot be written", &error))),
    };
    let root = given.before.map_or_else(|| given.root.to_vec(), |before| before.root.to_string().into_bytes());
    let round = Round::new(from, given.timestamp.0.clone());
    let loaded = load(root, round, scratch.clone()).await;
    // The newest root counts from now on, even where the rest cannot be verified: it says which keys are revoked.
    let newest = std::fs::read(scratch.join("root.json")).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let with_root = newest.map(|root| Trusted { origin: origin.clone(), root, verified: verified.cloned() });
    let with_root = with_root.filter(|trusted| given.before.is_none_or(|before| before.root != trusted.root));
    let repository = match loaded {
        Ok(repository) => repository,
        Err(failure) => return (with_root, Err(failure)),
    };
    match judge(&repository, &given, verified, again).await {
        Ok(verified) => {
            let root = value(repository.root());
            (Some(Trusted { origin, root, verified: Some(verified) }), Ok(()))
        }
        Err(failure) => (with_root, Err(failure)),
    }
}

async fn load(root: Vec<u8>, round: Round, scratch: std::path::PathBuf) -> Result<Repository, Failure> {
    let base = Url::parse(BASE).map_err(|error| Failure::new(Reason::Local, error.to_string()))?;
    // Its own task: a fault in what reads foreign octets ends this round and no more.
    let mut task = JoinSet::new();
    let transport = round.clone();
    task.spawn(async move {
        RepositoryLoader::new(&root, base.clone(), base)
            .transport(transport)
            .limits(LIMITS)
            .datastore(scratch)
            .expiration_enforcement(ExpirationEnforcement::Unsafe)
            .load()
            .await
    });
    match timeout(ROUND, task.join_next()).await {
        Ok(Some(Ok(loaded))) => loaded.map_err(|error| failure(&error, &round)),
        Ok(Some(Err(error))) => Err(Failure::new(Reason::Local, format!("verifying ended early: {error}"))),
        Ok(None) => Err(Failure::new(Reason::Local, "verifying ended early")),
        Err(_) => Err(Failure::new(Reason::Timeout, format!("the repository's metadata did not come within {ROUND:?}"))),
    }
}

/// What `tough` refused, in a word and a sentence.
fn failure(error: &tough::error::Error, round: &Round) -> Failure {
    use tough::error::Error;
    let reason = match error {
        Error::Transport { source, .. } => {
            if let Some(failure) = round.failure() {
                return failure;
            }
            let mut behind = std::error::Error::source(source);
            let mut reason = Reason::Connect;
            while let Some(cause) = behind {
                match cause.downcast_ref::<Error>() {
                    Some(Error::HashMismatch { .. }) => reason = Reason::Unverified,
                    Some(Error::MaxSizeExceeded { .. }) => reason = Reason::TooLarge,
                    _ => {}
                }
                behind = cause.source();
            }
            reason
        }
        Error::OlderMetadata { .. }
        | Error::OlderSnapshotInTimestamp { .. }
        | Error::SnapshotRoleMissing { .. }
        | Error::SnapshotRoleRollback { .. } => Reason::Older,
        Error::ParseMetadata { .. } | Error::MetaMissing { .. } | Error::MissingSnapshotMeta { .. } => Reason::Unparsable,
        Error::MaxSizeExceeded { .. } | Error::MaxUpdatesExceeded { .. } => Reason::TooLarge,
        Error::DatastoreCreate { .. } | Error::DatastoreOpen { .. } | Error::DatastoreRemove { .. } => Reason::Local,
        Error::ParseTrustedMetadata { .. } | Error::VerifyTrustedMetadata { .. } => {
            let said = format!("the installed root file is none: {error}\nhint: ask the office for its root file");
            return Failure::new(Reason::Local, said);
        }
        _ => Reason::Unverified,
    };
    Failure::new(reason, format!("the repository is refused: {error}"))
}

/// A time of `tough`'s as one of ours: its crate has another release of the same library.
pub(super) fn time(text: &impl ToString) -> Result<Timestamp, Failure> {
    text.to_string().parse().map_err(|error| Failure::new(Reason::Unparsable, format!("a time that is none: {error}")))
}

fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

/// Our own rules for what `tough` let through.
async fn judge(
    repository: &Repository,
    given: &Given<'_>,
    before: Option<&Verified>,
    from: &dyn Reading,
) -> Result<Verified, Failure> {
    let (root, targets) = (&repository.root().signed, &repository.targets().signed);
    if !root.consistent_snapshot {
        return Err(refused("its files do not stay as they were (no consistent snapshots)"));
    }
    let mut parts = BTreeMap::new();
    signed_below(targets, &mut parts);
    let desk = desk(targets, &parts)?;
    let tops = [
        ("root", time(&root.expires)?),
        ("timestamp", time(&repository.timestamp().signed.expires)?),
        ("snapshot", time(&repository.snapshot().signed.expires)?),
        ("targets", time(&targets.expires)?),
        (DESK, time(&desk.expires)?),
    ];
    let (expires_first, expires) = tops.into_iter().min_by_key(|(_, expires)| *expires).expect("there are five");
    not_expired(expires_first, expires, given.now)?;
    let versions = Versions {
        timestamp: repository.timestamp().signed.version.get(),
        snapshot: repository.snapshot().signed.version.get(),
        targets: targets.version.get(),
        publication: desk.version.get(),
    };
    versions.within_reach(before.map(|before| &before.versions))?;
    let publication = timeout(ROUND, publication(desk, from)).await;
    let too_late = || Failure::new(Reason::Timeout, format!("the publication did not come within {ROUND:?}"));
    let publication = publication.unwrap_or_else(|_| Err(too_late()))?;
    let tables = tables(targets);
    if let Some(before) = before {
        let timestamp = value(repository.timestamp());
        if before.timestamp["signed"]["version"] == timestamp["signed"]["version"]
            && before.timestamp["signed"] != timestamp["signed"]
            && still_counts(root, &before.timestamp)
        {
            let version = repository.timestamp().signed.version;
            return Err(refused(&format!("two timestamps with the number {version} say different things")));
        }
        let (serial, known) = (publication.serial, before.publication.serial);
        if serial < known {
            return Err(Failure::new(Reason::Older, format!("publication {serial} is older than {known}, which is known")));
        }
        if serial == known && !is_same(&publication, &before.publication) {
            return Err(refused(&format!("two publications with the serial {serial} say different things")));
        }
        if serial > known.saturating_add(LEAP) {
            return Err(refused(&format!("publication {serial} is too far beyond {known}, which is known")));
        }
    } else if publication.serial > u64::MAX / 2 {
        return Err(refused(&format!("publication {} leaves the office no number after it", publication.serial)));
    }
    let mut roles = delegated(targets, &parts)?;
    for role in &mut roles {
        let known = before.and_then(|before| before.roles.iter().find(|known| known.name == role.name));
        let newer = known.is_some_and(|known| role.version > known.version);
        if role.expires <= given.now && newer {
            keep_last(role, known, before);
        } else if role.expires <= given.now {
            role.stays = known.and_then(|known| known.stays.clone());
        }
    }
    let publication = only_signed(publication, &roles, &tables)?;
    let (first, marks, from) = (hexadecimal(&given.timestamp.0), given.timestamp.1.clone(), given.timestamp.2.clone());
    let (timestamp, snapshot) = (value(repository.timestamp()), value(repository.snapshot()));
    let expires_first = expires_first.to_owned();
    Ok(Verified { timestamp, snapshot, versions, first, marks, from, expires, expires_first, publication, tables, roles })
}

/// Refuses what expired.
///
/// # Errors
/// [`Reason::Expired`].
pub(super) fn not_expired(role: &str, expires: Timestamp, now: Timestamp) -> Result<(), Failure> {
    if now < expires {
        return Ok(());
    }
    let said = format!(
        "the repository's {role} expired at {expires}: the office signs it no more, somebody holds newer ones back, or this machine's \
         clock is ahead ({now})"
    );
    Err(Failure::new(Reason::Expired, said))
}

pub(super) fn refused(why: &str) -> Failure {
    Failure::new(Reason::Unverified, format!("the repository is refused: {why}"))
}

/// The role that signs publications: the office's own, so that it is never one that expired unnoticed, and no district's.
fn desk<'t>(targets: &'t Targets, parts: &Parts<'t>) -> Result<&'t Targets, Failure> {
    let delegations = targets.delegations.as_ref();
    let is_there = |delegations: &&Delegations| delegations.roles.iter().any(|role| role.name == DESK);
    let delegations = delegations.filter(is_there).ok_or_else(|| refused("nobody may sign publications"))?;
    // `tough` reads none of the roles where the snapshot leaves one of them out.
    let signed = parts.get(DESK).ok_or_else(|| refused("it holds back the publication"))?;
    verified_by(delegations, DESK, signed)?;
    Ok(&signed.signed)
}

/// Whether two publications say the same of what is in force. What is believed of one may remember less than the file.
fn is_same(one: &Publication, other: &Publication) -> bool {
    Publication { history: Vec::new(), ..one.clone() } == Publication { history: Vec::new(), ..other.clone() }
}

/// Whether a timestamp of before is signed by keys that count still: what a stolen key signed stands in nobody's way.
fn still_counts(root: &Root, timestamp: &Value) -> bool {
    serde_json::from_value::<Signed<TimestampRole>>(timestamp.clone()).is_ok_and(|timestamp| root.verify_role(&timestamp).is_ok())
}

async fn publication(desk: &Targets, from: &dyn Reading) -> Result<Publication, Failure> {
    let signed = target(desk, PUBLICATION).ok_or_else(|| refused("it has no publication"))?;
    if signed.length > publication::LARGEST {
        return Err(Failure::new(Reason::TooLarge, format!("the publication has {} octets", signed.length)));
    }
    let text = file(from, PUBLICATION, signed.length, &signed.sha256).await?;
    Publication::parse(&text).map_err(|fault| Failure::new(Reason::Unparsable, fault.to_string()))
}

/// The tables that the top signed, the newest and those that earlier publications came with.
fn tables(targets: &Targets) -> BTreeMap<String, FileOf> {
    let all = targets.targets.keys().map(TargetName::raw);
    all.filter(|name| is_tables(name)).filter_map(|name| Some((name.to_owned(), target(targets, name)?))).collect()
}

/// Whether a target of the top's is a file of tables.
pub(super) fn is_tables(name: &str) -> bool {
    name == TABLES || name.ends_with(".registry.json")
}

fn target(targets: &Targets, name: &str) -> Option<FileOf> {
    let target = targets.targets.get(&TargetName::new(name).ok()?)?;
    Some(FileOf { length: target.length, sha256: hex(&target.hashes.sha256), holds: Holds::default() })
}

impl Versions {
    /// Refuses a version that leaves the office too few numbers to go on with: one who stole a key could stop it for ever so.
    fn within_reach(&self, before: Option<&Self>) -> Result<(), Failure> {
        let known = before.copied().unwrap_or_default();
        let leaps = [
            ("timestamp", self.timestamp, known.timestamp),
            ("snapshot", self.snapshot, known.snapshot),
            ("targets", self.targets, known.targets),
            (DESK, self.publication, known.publication),
        ];
        // A school that is new knows none, and takes any of the first half of all.
        let most = |known: u64| if before.is_some() { known.saturating_add(LEAP) } else { u64::MAX / 2 };
        match leaps.into_iter().find(|(_, version, known)| *version > most(*known)) {
            Some((role, version, known)) => {
                Err(refused(&format!("version {version} of {role} is too far beyond {known}, which is known")))
            }
            None => Ok(()),
        }
    }
}

/// Where a target's file lies: named by its digest, in its own folder (TUF specification section 6.2).
pub fn place(target: &str, sha256: &str) -> String {
    match target.rsplit_once('/') {
        Some((folder, file)) => format!("targets/{folder}/{sha256}.{file}"),
        None => format!("targets/{sha256}.{target}"),
    }
}

/// Reads a target's file and checks it.
///
/// # Errors
/// Where it does not come, or is not what was signed.
pub(super) async fn file(from: &dyn Reading, target: &str, length: u64, sha256: &str) -> Result<Vec<u8>, Failure> {
    let path = place(target, sha256);
    match from.read(&path, length, &Marks::default()).await? {
        Reply::Octets(octets, _) if octets.len() as u64 == length && hexadecimal(&octets) == sha256 => Ok(octets),
        Reply::Octets(octets, _) if (octets.len() as u64) < length => {
            Err(Failure::new(Reason::Truncated, format!("{path} has {} octets of {length}", octets.len())))
        }
        Reply::Octets(..) => Err(Failure::new(Reason::Unverified, format!("{path} is not what was signed"))),
        Reply::Absent(failure) => Err(failure),
        Reply::Unchanged => Err(Failure::new(Reason::Status, format!("{path}: an answer to what was not asked"))),
    }
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The publication without those before it whose texts are no longer signed.
///
/// # Errors
/// Where the newest one names what is not signed, or leaves a role out: who signs publications opens nothing by that.
fn only_signed(mut publication: Publication, roles: &[Role], tables: &BTreeMap<String, FileOf>) -> Result<Publication, Failure> {
    if let Some(role) = roles.iter().find(|role| !publication.roles.contains_key(&role.name)) {
        return Err(refused(&format!("publication {} leaves out role {}", publication.serial, role.name)));
    }
    let are_signed = |digest: &str| tables.values().any(|file| file.sha256 == digest);
    if !are_signed(&publication.tables) {
        return Err(refused(&format!("publication {} names tables that nobody signed", publication.serial)));
    }
    if let Some((role, digest)) = unsigned(&publication.roles, roles).into_iter().next() {
        return Err(refused(&format!(
            "publication {} names a text of role {role} that the role did not sign ({digest})",
            publication.serial
        )));
    }
    for past in &mut publication.history {
        // Nobody vouches any more for a role that is delegated to no more.
        past.roles.retain(|name, _| roles.iter().any(|role| role.name == *name));
    }
    publication.history.retain(|past| unsigned(&past.roles, roles).is_empty() && are_signed(&past.tables));
    Ok(publication)
}

/// The texts of a publication that their roles did not sign. What a role that had expired keeps stands for all that it published.
fn unsigned<'p>(published: &'p BTreeMap<String, RolePart>, roles: &[Role]) -> Vec<(&'p str, &'p str)> {
    let missing = |(name, part): (&'p String, &'p RolePart)| {
        let role = roles.iter().find(|role| role.name == *name);
        if role.is_some_and(|role| role.stays.is_some()) {
            return None;
        }
        let digest = [&part.names.sha256, &part.decisions.sha256]
            .into_iter()
            .find(|digest| !role.is_some_and(|role| has(role, digest)))?;
        Some((name.as_str(), digest.as_str()))
    };
    published.iter().filter_map(missing).collect()
}

/// Whether a role signed a file that is the text with this digest, or that holds it whole.
fn has(role: &Role, digest: &str) -> bool {
    role.files.values().any(|file| match &file.holds {
        Holds { text: Some(text), from: None } => text == digest,
        Holds { text: None, from: None } => file.sha256 == digest,
        Holds { from: Some(_), .. } => false,
    })
}
