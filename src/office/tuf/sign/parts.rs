//! What a publication consists of: each role's files and metadata, and the top's.
//!
//! The rules: a role signs its texts of the last publications as long as these are remembered, and one difference for each change, which
//! lead on from each other; what schools have on the way stays where it is.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU64;

use jiff::Timestamp;
use tough::TargetName;
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::key::Key;
use tough::schema::{DelegatedRole, Delegations, Hashes, PathPattern, PathSet, Signed, Target, Targets};

use super::super::Holds;
use super::super::verify::{EXTRA, hex, place};
use super::metadata::{SPECIFICATION, expiry, next};
use super::{Current, SignFault};
use crate::office::patch::{pack, patch, unpack};
use crate::office::publication::{Publication, Texts};
use crate::office::{SpeaksFor, hexadecimal};

/// The most octets of a text that was published before: what a school takes.
const LARGEST: u64 = 2 << 30;

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

/// Who may speak for what.
#[derive(Debug, Clone, PartialEq)]
pub struct Delegation {
    /// The role.
    pub role: String,
    /// Its keys.
    pub keys: Vec<Key>,
    /// How many of them must sign.
    pub threshold: NonZeroU64,
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

/// The part of `role`: its texts as of now, and what of its earlier ones `publication` still remembers.
///
/// # Errors
/// Where a text is not the one that the publication names, or an earlier one cannot be read.
pub fn role_part(
    role: &str,
    names: &[u8],
    decisions: &[u8],
    publication: &Publication,
    current: Option<&Current>,
    expires: Timestamp,
) -> Result<Part, SignFault> {
    let texts = publication.issue.roles.get(role).cloned().unwrap_or_default();
    let (digest, decided) = (hexadecimal(names), hexadecimal(decisions));
    let named = texts.digests().map(str::to_owned).collect::<Vec<_>>();
    if named != [digest.clone(), decided.clone()] {
        return Err(SignFault::metadata(format!("the publication names other texts of role {role} than these")));
    }
    let before = current.and_then(|current| current.roles.get(role).map(|signed| (current, signed)));
    let version = before.map_or(Ok(NonZeroU64::MIN), |(_, signed)| next(signed.signed.version))?;
    let mut part = Part { targets: empty(version, expires)?, files: Vec::new() };
    part.add(&format!("{role}/decisions.json"), decisions.to_vec(), &Holds::default())?;
    part.add(&format!("{role}/names.zst"), pack(names), &Holds { text: Some(digest.clone()), from: None })?;
    if let Some((current, signed)) = before {
        let remembered: BTreeSet<&str> =
            publication.history.iter().filter_map(|issue| issue.roles.get(role)).flat_map(Texts::digests).collect();
        earlier(&mut part, role, (names, &digest), &decided, &remembered, current, signed)?;
    }
    Ok(part)
}

/// Texts and differences of earlier publications, and the difference from the last.
fn earlier(
    part: &mut Part,
    role: &str,
    (names, digest): (&[u8], &str),
    decided: &str,
    remembered: &BTreeSet<&str>,
    current: &Current,
    signed: &Signed<Targets>,
) -> Result<(), SignFault> {
    for (name, target) in &signed.signed.targets {
        let sha256 = hex(&target.hashes.sha256);
        let holds: Holds = serde_json::to_value(&target.custom).and_then(serde_json::from_value).map_err(SignFault::metadata)?;
        match &holds {
            Holds { text: None, .. } if remembered.contains(sha256.as_str()) && sha256 != decided => {
                let octets = current.file(name.raw(), &sha256)?;
                part.add(&format!("{role}/{}.decisions.json", short(&sha256)), octets, &holds)?;
            }
            Holds { text: Some(text), from: None } if remembered.contains(text.as_str()) && text != digest => {
                let octets = current.file(name.raw(), &sha256)?;
                if name.raw() == format!("{role}/names.zst") {
                    let old = unpack(&octets, LARGEST).map_err(SignFault::metadata)?;
                    let difference = patch(&old, names);
                    let step = Holds { text: Some(digest.to_owned()), from: Some(text.clone()) };
                    part.add(&format!("{role}/names-{}-{}.patch", short(text), short(digest)), difference, &step)?;
                }
                part.add(&format!("{role}/{}.names.zst", short(text)), octets, &holds)?;
            }
            Holds { text: Some(text), from: Some(from) }
                if remembered.contains(from.as_str()) && (text == digest || remembered.contains(text.as_str())) =>
            {
                let octets = current.file(name.raw(), &sha256)?;
                part.add(name.raw(), octets, &holds)?;
            }
            Holds { .. } => {}
        }
    }
    Ok(())
}

/// The top's part: the publication, the registry, and who may speak for what.
///
/// # Errors
/// Where the publication cannot be read, or versions have come to an end.
pub fn top_part(
    publication: &[u8],
    registry: &[u8],
    delegations: &[Delegation],
    current: Option<&Current>,
    expires: Timestamp,
) -> Result<Part, SignFault> {
    Publication::read(publication).map_err(SignFault::metadata)?;
    let version = current.map_or(Ok(NonZeroU64::MIN), |current| next(current.targets.signed.version))?;
    let mut part = Part { targets: empty(version, expires)?, files: Vec::new() };
    part.add("publication.json", publication.to_vec(), &Holds::default())?;
    part.add("registry.json", registry.to_vec(), &Holds::default())?;
    let mut all = Delegations::new();
    let mut speaks_for = serde_json::Map::new();
    for delegation in delegations {
        let mut keyids = Vec::new();
        for key in &delegation.keys {
            let id = key.key_id().map_err(SignFault::metadata)?;
            all.keys.insert(id.clone(), key.clone());
            keyids.push(id);
        }
        let paths = PathPattern::new(format!("{}/*", delegation.role)).map_err(SignFault::metadata)?;
        all.roles.push(DelegatedRole {
            name: delegation.role.clone(),
            keyids,
            threshold: delegation.threshold,
            paths: PathSet::Paths(vec![paths]),
            terminating: true,
            targets: None,
        });
        let may = serde_json::to_value(&delegation.speaks_for).map_err(SignFault::metadata)?;
        speaks_for.insert(delegation.role.clone(), may);
    }
    part.targets.delegations = Some(all);
    part.targets._extra.insert(EXTRA.to_owned(), serde_json::json!({ "speaks_for": speaks_for }));
    Ok(part)
}
