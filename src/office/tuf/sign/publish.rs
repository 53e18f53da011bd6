//! A published folder: read as it stands, and written so that whoever reads it meanwhile has the old publication or the new one.
//!
//! The rule: every file but one has a name that no other content ever has; `timestamp.json` is written last, and says which count.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::{self, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tough::schema::{Hashes, Metafile, Role, Root, Signed, Snapshot, Targets, Timestamp as TimestampRole};

use super::super::verify::{DESK, PUBLICATION, TABLES, hex, place};
use super::metadata::{SPECIFICATION, Staged, expiry, next, octets};
use super::{NewFile, SignFault, SigningKey, add, enough, tables_of};
use crate::lists::store::write_aside;
use crate::office::hexadecimal;
use crate::office::publication::Publication;

/// A published folder as it stands.
#[derive(Debug, Clone)]
pub struct Current {
    folder: PathBuf,
    /// The newest root.
    pub root: Signed<Root>,
    /// The top-level targets.
    pub targets: Signed<Targets>,
    /// The delegated roles.
    pub roles: BTreeMap<String, Signed<Targets>>,
    snapshot: Signed<Snapshot>,
    timestamp: Signed<TimestampRole>,
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, SignFault> {
    let text = fs::read(path).map_err(SignFault::file(path))?;
    serde_json::from_slice(&text).map_err(|error| SignFault::metadata(format!("{}: {error}", path.display())))
}

impl Current {
    /// Reads a published folder; none where nothing was published there.
    ///
    /// # Errors
    /// Where a file of it is missing or damaged.
    pub fn read(folder: &Path) -> Result<Option<Self>, SignFault> {
        let first = folder.join("timestamp.json");
        if !first.exists() {
            return Ok(None);
        }
        let timestamp: Signed<TimestampRole> = read(&first)?;
        let version = |meta: &HashMap<String, Metafile>, file: &str| {
            meta.get(file).map(|meta| meta.version).ok_or_else(|| SignFault::metadata(format!("nothing is said of {file}")))
        };
        let at = |version: NonZeroU64, file: &str| folder.join(format!("{version}.{file}"));
        let snapshot: Signed<Snapshot> = read(&at(version(&timestamp.signed.meta, "snapshot.json")?, "snapshot.json"))?;
        let targets: Signed<Targets> = read(&at(version(&snapshot.signed.meta, "targets.json")?, "targets.json"))?;
        let mut roles = BTreeMap::new();
        for role in targets.signed.delegations.iter().flat_map(|delegations| &delegations.roles) {
            let file = format!("{}.json", role.name);
            if let Some(meta) = snapshot.signed.meta.get(&file) {
                roles.insert(role.name.clone(), read(&at(meta.version, &file))?);
            }
        }
        let mut newest = 1;
        while folder.join(format!("{}.root.json", newest + 1)).exists() {
            newest += 1;
        }
        let root = read(&folder.join(format!("{newest}.root.json")))?;
        Ok(Some(Self { folder: folder.to_owned(), root, targets, roles, snapshot, timestamp }))
    }

    /// A target's file.
    ///
    /// # Errors
    /// Where it is not there, or not what was signed.
    pub(super) fn file(&self, target: &str, sha256: &str) -> Result<Vec<u8>, SignFault> {
        let path = self.folder.join(place(target, sha256));
        let octets = fs::read(&path).map_err(SignFault::file(&path))?;
        if hexadecimal(&octets) != sha256 {
            return Err(SignFault::metadata(format!("{} is not what was published", path.display())));
        }
        Ok(octets)
    }

    /// The publication.
    ///
    /// # Errors
    /// Where it is not there, or not what was signed.
    pub fn publication(&self) -> Result<Publication, SignFault> {
        let signed = self.roles.get(DESK).map(|desk| &desk.signed);
        let signed = signed.ok_or_else(|| SignFault::metadata(format!("{} has no publication", self.folder.display())))?;
        let target = signed.targets.iter().find(|(name, _)| name.raw() == PUBLICATION);
        let (_, target) = target.ok_or_else(|| SignFault::metadata("who signs publications has signed none"))?;
        Publication::parse(&self.file(PUBLICATION, &hex(&target.hashes.sha256))?).map_err(SignFault::metadata)
    }

    /// When snapshot and timestamp expire.
    pub(super) fn expiries(&self) -> (String, String) {
        (self.snapshot.signed.expires.to_string(), self.timestamp.signed.expires.to_string())
    }

    /// The newest tables.
    ///
    /// # Errors
    /// Where they are not there, or not what was signed.
    pub fn tables(&self) -> Result<Vec<u8>, SignFault> {
        let digest = tables_of(&self.targets).ok_or_else(|| SignFault::metadata(format!("{TABLES} is not signed")))?;
        self.file(TABLES, &digest)
    }

    /// The decisions of `role` with this digest.
    ///
    /// # Errors
    /// Where the role did not sign them, or they are not what it signed.
    pub fn decisions(&self, role: &str, sha256: &str) -> Result<Vec<u8>, SignFault> {
        let targets = self.roles.get(role).into_iter().flat_map(|signed| &signed.signed.targets);
        let found = targets.map(|(name, target)| (name, hex(&target.hashes.sha256))).find(|(_, digest)| digest == sha256);
        let (name, _) = found.ok_or_else(|| SignFault::metadata(format!("role {role} signed no such decisions ({sha256})")))?;
        self.file(name.raw(), sha256)
    }

    /// The files that this publication and none after it may need.
    fn places(&self) -> BTreeSet<String> {
        self.roles.values().chain([&self.targets]).flat_map(signed_files).map(|(place, _)| place).collect()
    }
}

/// The files that are signed, by their places below the repository, with their digests.
pub fn signed_files(signed: &Signed<Targets>) -> impl Iterator<Item = (String, String)> {
    signed.signed.targets.iter().map(|(name, target)| {
        let sha256 = hex(&target.hashes.sha256);
        (place(name.raw(), &sha256), sha256)
    })
}

/// A publication, signed by all who must.
#[derive(Debug, Clone)]
pub struct Finished {
    root: Signed<Root>,
    metadata: Vec<NewFile>,
    timestamp: Vec<u8>,
    places: BTreeSet<String>,
}

fn file<T: Role + Serialize>(name: &str, version: NonZeroU64, signed: &Signed<T>) -> Result<(NewFile, Metafile), SignFault> {
    let octets = octets(signed)?;
    let sha256 = serde_json::from_value(serde_json::Value::String(hexadecimal(&octets))).map_err(SignFault::metadata)?;
    let hashes = Some(Hashes { sha256, _extra: HashMap::new() });
    let meta = Metafile { length: Some(octets.len() as u64), hashes, version, _extra: HashMap::new() };
    Ok((NewFile { place: format!("{version}.{name}"), octets }, meta))
}

/// Puts a publication together: snapshot and timestamp over signed targets and roles. Roles that are not given stay as they are.
///
/// # Errors
/// [`SignFault::TooFew`] where signatures are missing.
pub fn finish(
    root: Signed<Root>,
    targets: Signed<Targets>,
    roles: &BTreeMap<String, Signed<Targets>>,
    current: Option<&Current>,
    (snapshot_keys, timestamp_keys): (&[&SigningKey], &[&SigningKey]),
    (snapshot_expires, timestamp_expires): (Timestamp, Timestamp),
) -> Result<Finished, SignFault> {
    enough(&root.signed, &root)?;
    if let Some(current) = current
        && current.root.signed.version != root.signed.version
    {
        enough(&current.root.signed, &root)?;
    }
    enough(&root.signed, &targets)?;
    let mut all = current.map_or_else(BTreeMap::new, |current| current.roles.clone());
    all.extend(roles.iter().map(|(name, signed)| (name.clone(), signed.clone())));
    // What a snapshot once named it names ever after: else a school takes it for an old one.
    let mut meta = current.map_or_else(HashMap::new, |current| current.snapshot.signed.meta.clone());
    let mut metadata = Vec::new();
    let (written, top) = file("targets.json", targets.signed.version, &targets)?;
    metadata.push(written);
    meta.insert("targets.json".to_owned(), top);
    for delegated in targets.signed.delegations.iter().flat_map(|delegations| &delegations.roles) {
        let signed = all.get(&delegated.name);
        let signed = signed.ok_or_else(|| SignFault::metadata(format!("role {} has signed nothing yet", delegated.name)))?;
        let delegations = targets.signed.delegations.as_ref().expect("it has this delegation");
        delegations.verify_role(signed, &delegated.name).map_err(SignFault::metadata)?;
        let (written, part) = file(&format!("{}.json", delegated.name), signed.signed.version, signed)?;
        metadata.push(written);
        meta.insert(format!("{}.json", delegated.name), part);
    }
    let version = current.map_or(Ok(NonZeroU64::MIN), |current| next(current.snapshot.signed.version))?;
    let mut snapshot = Signed {
        signed: Snapshot {
            spec_version: SPECIFICATION.to_owned(),
            version,
            expires: expiry(snapshot_expires)?,
            meta,
            _extra: HashMap::new(),
        },
        signatures: Vec::new(),
    };
    add(&mut snapshot, snapshot_keys)?;
    enough(&root.signed, &snapshot)?;
    let (written, of_snapshot) = file("snapshot.json", version, &snapshot)?;
    metadata.push(written);
    let version = current.map_or(Ok(NonZeroU64::MIN), |current| next(current.timestamp.signed.version))?;
    let mut timestamp = Signed {
        signed: TimestampRole {
            spec_version: SPECIFICATION.to_owned(),
            version,
            expires: expiry(timestamp_expires)?,
            meta: HashMap::from([("snapshot.json".to_owned(), of_snapshot)]),
            _extra: HashMap::new(),
        },
        signatures: Vec::new(),
    };
    add(&mut timestamp, timestamp_keys)?;
    enough(&root.signed, &timestamp)?;
    let delegated = targets.signed.delegations.iter().flat_map(|delegations| &delegations.roles);
    let signed = delegated.filter_map(|role| all.get(&role.name)).chain([&targets]);
    let places = signed.flat_map(signed_files).map(|(place, _)| place).collect();
    Ok(Finished { root, metadata, timestamp: Staged::Timestamp(timestamp).text(), places })
}

/// Writes a publication into `folder`, with `files` that are new; removes what neither it nor the one before needs.
///
/// # Errors
/// [`SignFault::File`]; what was published before is then what readers see.
pub fn write(folder: &Path, finished: &Finished, files: &[NewFile], before: Option<&Current>) -> Result<(), SignFault> {
    let put = |place: &str, octets: &[u8]| {
        let path = folder.join(place);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| write_aside(&path, |to| to.write_all(octets))).map_err(SignFault::file(&path))
    };
    for file in files.iter().filter(|file| !folder.join(&file.place).exists()) {
        put(&file.place, &file.octets)?;
    }
    for file in &finished.metadata {
        put(&file.place, &file.octets)?;
    }
    for place in &finished.places {
        let path = folder.join(place);
        fs::metadata(&path).map_err(SignFault::file(&path))?;
    }
    // A new root may revoke who signed the timestamp before, so that it comes just before the one that goes with it.
    put(&format!("{}.root.json", finished.root.signed.version), &Staged::Root(finished.root.clone()).text())?;
    put("timestamp.json", &finished.timestamp)?;
    let mut needed = finished.places.clone();
    needed.extend(before.map(Current::places).unwrap_or_default());
    sweep(&folder.join("targets"), "targets", &needed).map_err(SignFault::file(folder))
}

fn sweep(folder: &Path, place: &str, needed: &BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let below = format!("{place}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            sweep(&entry.path(), &below, needed)?;
        } else if !needed.contains(&below) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
