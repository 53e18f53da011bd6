//! What a publication consists of: each role's files and metadata, the top's, and the publication's own.
//!
//! The rules: who may speak for what, and the tables, are the top's to sign; what is in force is for one role to say, so that one person
//! can do it at any hour, and it can name only what the others signed. A role signs its texts of the last publications as long as these are remembered, a difference from each to the newest, and
//! the differences that lead from each to the next.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU64;

use jiff::Timestamp;
use tough::TargetName;
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::{DelegatedRole, Delegations, Hashes, PathPattern, PathSet, Signed, Target, Targets};

use super::super::Holds;
use super::super::verify::{DESK, EXTRA, PUBLICATION, TABLES, hex, is_tables, place};
use super::metadata::{SPECIFICATION, Signers, expiry, next};
use super::{Current, SignFault};
use crate::office::publication::{Publication, RolePart};
use crate::office::{SpeaksFor, hexadecimal};

/// A file of a publication, by its place below the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its place.
    pub place: String,
    /// Its octets.
    pub octets: Vec<u8>,
}

/// Metadata without signatures, and the files that it names and that are new.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The metadata.
    pub targets: Targets,
    /// The files.
    pub files: Vec<NewFile>,
}

/// A role, who signs for it, and what it may speak for.
#[derive(Debug, Clone, PartialEq)]
pub struct Delegation {
    /// The role.
    pub role: String,
    /// Who signs for it.
    pub signers: Signers,
    /// What it may speak for.
    pub speaks_for: SpeaksFor,
}

impl Part {
    fn add(&mut self, name: &str, octets: Vec<u8>, holds: &Holds) -> Result<(), SignFault> {
        let digest = hexadecimal(&octets);
        let custom = serde_json::to_value(holds).and_then(serde_json::from_value).map_err(SignFault::metadata)?;
        let sha256: Decoded<Hex> =
            serde_json::from_value(serde_json::Value::String(digest.clone())).map_err(SignFault::metadata)?;
        let target = Target {
            length: octets.len() as u64,
            hashes: Hashes { sha256, _extra: HashMap::new() },
            custom,
            _extra: HashMap::new(),
        };
        self.targets.targets.insert(TargetName::new(name).map_err(SignFault::metadata)?, target);
        self.files.push(NewFile { place: place(name, &digest), octets });
        Ok(())
    }
}

fn empty(version: NonZeroU64, expires: Timestamp) -> Result<Targets, SignFault> {
    Ok(Targets {
        spec_version: SPECIFICATION.to_owned(),
        version,
        expires: expiry(expires)?,
        targets: HashMap::new(),
        delegations: None,
        _extra: HashMap::new(),
    })
}

/// The first digits of a digest, as names of files have them.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// The part of `role`: what of `targets` is its own, and what of its earlier texts `publication` still remembers.
///
/// # Errors
/// Where a target is not what the publication names, or an earlier one cannot be read.
pub fn role_part(
    role: &str,
    targets: &BTreeMap<String, Vec<u8>>,
    publication: &Publication,
    current: Option<&Current>,
    expires: Timestamp,
) -> Result<Part, SignFault> {
    let named = publication.roles.get(role);
    let named = named.ok_or_else(|| SignFault::metadata(format!("the publication says nothing of role {role}")))?;
    let before = current.and_then(|current| current.roles.get(role).map(|signed| (current, signed)));
    let version = before.map_or(Ok(NonZeroU64::MIN), |(_, signed)| next(signed.signed.version))?;
    let mut part = Part { targets: empty(version, expires)?, files: Vec::new() };
    let own = format!("{role}/");
    for (name, octets) in targets {
        let Some(file) = name.strip_prefix(&own) else { continue };
        let holds = holds(file, octets, role, named, publication)?;
        part.add(name, octets.clone(), &holds)?;
    }
    let whole = [format!("{role}/names.zst"), format!("{role}/decisions.json")];
    if let Some(missing) = whole.iter().find(|name| !targets.contains_key(*name)) {
        return Err(SignFault::metadata(format!("{missing} is missing")));
    }
    if let Some((current, signed)) = before {
        earlier(&mut part, role, named, publication, current, signed)?;
    }
    Ok(part)
}

/// What a file of a role holds, by its name and by what the publication says.
fn holds(file: &str, octets: &[u8], role: &str, named: &RolePart, publication: &Publication) -> Result<Holds, SignFault> {
    let text = Some(named.names.sha256.clone());
    match file {
        "names.zst" => Ok(Holds { text, from: None }),
        "decisions.json" if hexadecimal(octets) == named.decisions.sha256 => Ok(Holds::default()),
        "decisions.json" => Err(SignFault::metadata(format!("the publication names other decisions of role {role} than these"))),
        other => {
            let digits = other.strip_prefix("names-").and_then(|rest| rest.strip_suffix(".patch"));
            let from = digits.and_then(|digits| {
                let mut older = publication.history.iter().filter_map(|past| past.roles.get(role)).map(|part| &part.names.sha256);
                older.find(|digest| short(digest) == digits)
            });
            let from = from.ok_or_else(|| SignFault::metadata(format!("{role}/{other} is no file of a publication")))?;
            Ok(Holds { text, from: Some(from.clone()) })
        }
    }
}

/// Texts of earlier publications, and the differences that lead from each to the next: for schools whose ring still waits.
fn earlier(
    part: &mut Part,
    role: &str,
    named: &RolePart,
    publication: &Publication,
    current: &Current,
    signed: &Signed<Targets>,
) -> Result<(), SignFault> {
    let past: Vec<&RolePart> = publication.history.iter().filter_map(|past| past.roles.get(role)).collect();
    let texts: BTreeSet<&str> = past.iter().map(|part| part.names.sha256.as_str()).collect();
    let decided: BTreeSet<&str> = past.iter().map(|part| part.decisions.sha256.as_str()).collect();
    // The newest stands first: what a text became stands before it.
    let steps: BTreeSet<(&str, &str)> =
        past.windows(2).map(|pair| (pair[1].names.sha256.as_str(), pair[0].names.sha256.as_str())).collect();
    for (name, target) in &signed.signed.targets {
        let sha256 = hex(&target.hashes.sha256);
        let holds: Holds = serde_json::to_value(&target.custom).and_then(serde_json::from_value).map_err(SignFault::metadata)?;
        let kept = match &holds {
            Holds { text: None, .. } => (decided.contains(sha256.as_str()) && sha256 != named.decisions.sha256)
                .then(|| format!("{role}/{}.decisions.json", short(&sha256))),
            Holds { text: Some(text), from: None } => (texts.contains(text.as_str()) && *text != named.names.sha256)
                .then(|| format!("{role}/{}.names.zst", short(text))),
            Holds { text: Some(text), from: Some(from) } => {
                steps.contains(&(from, text)).then(|| format!("{role}/names-{}-{}.patch", short(from), short(text)))
            }
        };
        if let Some(kept) = kept {
            part.add(&kept, current.file(name.raw(), &sha256)?, &holds)?;
        }
    }
    Ok(())
}

/// The top's part: the tables, those that `publication` still remembers, and who may speak for what.
///
/// # Errors
/// Where earlier tables cannot be read, or versions have come to an end.
pub fn top_part(
    registry: &[u8],
    publication: &Publication,
    delegations: &[Delegation],
    current: Option<&Current>,
    expires: Timestamp,
) -> Result<Part, SignFault> {
    let version = current.map_or(Ok(NonZeroU64::MIN), |current| next(current.targets.signed.version))?;
    let mut part = Part { targets: empty(version, expires)?, files: Vec::new() };
    part.add(TABLES, registry.to_vec(), &Holds::default())?;
    let remembered: BTreeSet<&str> = publication.history.iter().map(|past| past.tables.as_str()).collect();
    for (name, target) in current.iter().flat_map(|current| &current.targets.signed.targets) {
        let sha256 = hex(&target.hashes.sha256);
        if let Some(current) = current
            && is_tables(name.raw())
            && remembered.contains(sha256.as_str())
            && sha256 != hexadecimal(registry)
        {
            let kept = format!("{}.{TABLES}", short(&sha256));
            part.add(&kept, current.file(name.raw(), &sha256)?, &Holds::default())?;
        }
    }
    let mut all = Delegations::new();
    let mut speaks_for = serde_json::Map::new();
    for delegation in delegations {
        delegate(&mut all, &delegation.role, &delegation.signers)?;
        let may = serde_json::to_value(&delegation.speaks_for).map_err(SignFault::metadata)?;
        speaks_for.insert(delegation.role.clone(), may);
    }
    part.targets.delegations = Some(all);
    part.targets._extra.insert(EXTRA.to_owned(), serde_json::json!({ "speaks_for": speaks_for }));
    Ok(part)
}

/// Adds to `all` that `signers` sign for `role`.
pub(super) fn delegate(all: &mut Delegations, role: &str, signers: &Signers) -> Result<(), SignFault> {
    let mut keyids = Vec::new();
    for key in &signers.keys {
        let id = key.key_id().map_err(SignFault::metadata)?;
        all.keys.insert(id.clone(), key.clone());
        keyids.push(id);
    }
    let paths = PathPattern::new(format!("{role}/*")).map_err(SignFault::metadata)?;
    all.roles.push(DelegatedRole {
        name: role.to_owned(),
        keyids,
        threshold: signers.threshold,
        paths: PathSet::Paths(vec![paths]),
        terminating: true,
        targets: None,
    });
    Ok(())
}

/// The part of the role that signs publications.
///
/// # Errors
/// Where the publication cannot be read, or versions have come to an end.
pub fn publication_part(publication: &[u8], current: Option<&Current>, expires: Timestamp) -> Result<Part, SignFault> {
    Publication::parse(publication).map_err(SignFault::metadata)?;
    let before = current.and_then(|current| current.roles.get(DESK));
    let version = before.map_or(Ok(NonZeroU64::MIN), |signed| next(signed.signed.version))?;
    let mut part = Part { targets: empty(version, expires)?, files: Vec::new() };
    part.add(PUBLICATION, publication.to_vec(), &Holds::default())?;
    Ok(part)
}
