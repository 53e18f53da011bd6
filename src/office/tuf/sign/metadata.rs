//! Roots, signatures on metadata, and signatures that travel apart from it.
//!
//! The rule: a signature is for the canonical form of one file's content; merged into any other it is refused.

use std::collections::HashMap;
use std::num::NonZeroU64;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tough::schema::key::Key;
use tough::schema::{
    Delegations, Role, RoleKeys, RoleType, Root, Signature, Signed, Snapshot, Targets, Timestamp as TimestampRole,
};

use super::super::verify::hex;
use super::parts::delegate;
use super::{SignFault, SigningKey, key_id};
use crate::office::hexadecimal;

/// The release of the specification that the metadata follows.
pub(super) const SPECIFICATION: &str = "1.0.31";

/// How long metadata holds after it was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of roots.
    pub root: SignedDuration,
    /// Of the top-level targets, and of delegated roles.
    pub targets: SignedDuration,
    /// Of snapshots.
    pub snapshot: SignedDuration,
    /// Of timestamps: how long somebody can hold newer ones back unnoticed.
    pub timestamp: SignedDuration,
}

const DAY: i64 = 24;

impl Default for Lifetimes {
    /// Two years, one year, ninety days, thirty days: an office is closed for two weeks each year.
    fn default() -> Self {
        let days = |days: i64| SignedDuration::from_hours(days * DAY);
        Self { root: days(730), targets: days(365), snapshot: days(90), timestamp: days(30) }
    }
}

/// Who signs a role, and how many of them must.
#[derive(Debug, Clone, PartialEq)]
pub struct Signers {
    /// Their keys.
    pub keys: Vec<Key>,
    /// How many.
    pub threshold: NonZeroU64,
}

/// Who signs the four top roles.
#[derive(Debug, Clone, PartialEq)]
pub struct Tops {
    /// Roots.
    pub root: Signers,
    /// The top-level targets.
    pub targets: Signers,
    /// Snapshots.
    pub snapshot: Signers,
    /// Timestamps.
    pub timestamp: Signers,
}

/// The first root.
///
/// # Errors
/// Where a time is none.
pub fn first_root(tops: &Tops, expires: Timestamp) -> Result<Root, SignFault> {
    root(tops, NonZeroU64::MIN, expires)
}

/// The root after `before`, with these signers: both the signers before and these must sign it.
///
/// # Errors
/// Where versions have come to an end.
pub fn next_root(before: &Root, tops: &Tops, expires: Timestamp) -> Result<Root, SignFault> {
    root(tops, next(before.version)?, expires)
}

/// The version after `version`.
pub(super) fn next(version: NonZeroU64) -> Result<NonZeroU64, SignFault> {
    version.checked_add(1).ok_or_else(|| SignFault::metadata("versions have come to an end"))
}

fn root(tops: &Tops, version: NonZeroU64, expires: Timestamp) -> Result<Root, SignFault> {
    let signers = [
        (RoleType::Root, &tops.root),
        (RoleType::Targets, &tops.targets),
        (RoleType::Snapshot, &tops.snapshot),
        (RoleType::Timestamp, &tops.timestamp),
    ];
    let (mut keys, mut roles) = (HashMap::new(), HashMap::new());
    for (role, signers) in signers {
        if (signers.keys.len() as u64) < signers.threshold.get() {
            return Err(SignFault::metadata(format!("{role} has fewer keys than must sign it")));
        }
        let mut keyids = Vec::new();
        for key in &signers.keys {
            let id = key.key_id().map_err(SignFault::metadata)?;
            keys.insert(id.clone(), key.clone());
            keyids.push(id);
        }
        roles.insert(role, RoleKeys { keyids, threshold: signers.threshold, _extra: HashMap::new() });
    }
    Ok(Root {
        spec_version: SPECIFICATION.to_owned(),
        consistent_snapshot: true,
        version,
        expires: expiry(expires)?,
        keys,
        roles,
        _extra: HashMap::new(),
    })
}

/// A time as `tough` has it.
pub(super) fn expiry<T: std::str::FromStr>(expires: Timestamp) -> Result<T, SignFault> {
    let text = expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    text.parse().map_err(|_| SignFault::metadata(format!("{text} is no time")))
}

/// Adds signatures by `keys`; one by the same key is replaced.
///
/// # Errors
/// Where the content has no canonical form.
pub fn add<T: Role>(signed: &mut Signed<T>, keys: &[&SigningKey]) -> Result<(), SignFault> {
    let form = signed.signed.canonical_form().map_err(SignFault::metadata)?;
    for key in keys {
        put(&mut signed.signatures, &key.public(), key.sign(&form))?;
    }
    Ok(())
}

fn put(signatures: &mut Vec<Signature>, key: &Key, signature: Vec<u8>) -> Result<(), SignFault> {
    let keyid = key.key_id().map_err(SignFault::metadata)?;
    signatures.retain(|known| known.keyid != keyid);
    signatures.push(Signature { keyid, sig: signature.into() });
    Ok(())
}

/// Whether `signed` has the signatures that `root` demands.
///
/// # Errors
/// [`SignFault::TooFew`] where they are too few.
pub fn enough<T: Role>(root: &Root, signed: &Signed<T>) -> Result<(), SignFault> {
    match root.verify_role(signed) {
        Ok(()) => Ok(()),
        Err(tough::schema::Error::SignatureThreshold { threshold, valid, .. }) => {
            Err(SignFault::TooFew { role: T::TYPE.to_string(), valid, threshold })
        }
        Err(other) => Err(SignFault::metadata(other)),
    }
}

/// Whether `signed` is signed by enough of `signers`, as it must be once the top delegates `role` to them.
///
/// # Errors
/// Where it is not.
pub fn enough_by(signers: &Signers, signed: &Signed<Targets>, role: &str) -> Result<(), SignFault> {
    let mut delegations = Delegations::new();
    delegate(&mut delegations, role, signers)?;
    enough_in(&delegations, signed, role)
}

/// Whether `signed` has the signatures that `targets` demands of `role`.
///
/// # Errors
/// Where it has not.
pub fn enough_of(targets: &Signed<Targets>, signed: &Signed<Targets>, role: &str) -> Result<(), SignFault> {
    let delegations = targets.signed.delegations.as_ref();
    enough_in(delegations.ok_or_else(|| SignFault::metadata(format!("nobody delegates to {role}")))?, signed, role)
}

fn enough_in(delegations: &Delegations, signed: &Signed<Targets>, role: &str) -> Result<(), SignFault> {
    match delegations.verify_role(signed, role) {
        Ok(()) => Ok(()),
        Err(tough::schema::Error::SignatureThreshold { threshold, valid, .. }) => {
            Err(SignFault::TooFew { role: role.to_owned(), valid, threshold })
        }
        Err(other) => Err(SignFault::metadata(other)),
    }
}

/// A file of metadata. The same content gives the same octets, so that what stays as it was is written as it was.
pub(super) fn octets(of: &impl Serialize) -> Result<Vec<u8>, SignFault> {
    let sorted = serde_json::to_value(of).map_err(SignFault::metadata)?;
    let mut octets = serde_json::to_vec_pretty(&sorted).map_err(SignFault::metadata)?;
    octets.push(b'\n');
    Ok(octets)
}

/// Metadata that waits for signatures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Staged {
    /// A root.
    Root(Signed<Root>),
    /// Targets, of the top or of a delegated role.
    Targets(Signed<Targets>),
    /// A snapshot.
    Snapshot(Signed<Snapshot>),
    /// A timestamp.
    Timestamp(Signed<TimestampRole>),
}

impl Staged {
    /// Reads what is staged.
    ///
    /// # Errors
    /// Where the text is no metadata.
    pub fn read(text: &[u8]) -> Result<Self, SignFault> {
        #[derive(Deserialize)]
        struct Kind {
            signed: Type,
        }
        #[derive(Deserialize)]
        struct Type {
            #[serde(rename = "_type")]
            kind: RoleType,
        }
        let fault = |error: serde_json::Error| SignFault::metadata(format!("this is no metadata: {error}"));
        let kind: Kind = serde_json::from_slice(text).map_err(fault)?;
        match kind.signed.kind {
            RoleType::Root => serde_json::from_slice(text).map(Self::Root),
            RoleType::Targets | RoleType::DelegatedTargets => serde_json::from_slice(text).map(Self::Targets),
            RoleType::Snapshot => serde_json::from_slice(text).map(Self::Snapshot),
            RoleType::Timestamp => serde_json::from_slice(text).map(Self::Timestamp),
        }
        .map_err(fault)
    }

    /// As a file: the same content gives the same octets.
    ///
    /// # Panics
    /// Never: metadata that was read is JSON.
    pub fn text(&self) -> Vec<u8> {
        octets(self).expect("metadata is JSON")
    }

    fn signatures(&mut self) -> &mut Vec<Signature> {
        match self {
            Self::Root(signed) => &mut signed.signatures,
            Self::Targets(signed) => &mut signed.signatures,
            Self::Snapshot(signed) => &mut signed.signatures,
            Self::Timestamp(signed) => &mut signed.signatures,
        }
    }

    /// Adds a signature that travelled apart.
    ///
    /// # Errors
    /// Where it is for something else.
    pub fn merge(&mut self, detached: &Detached) -> Result<(), SignFault> {
        let form = canonical(self)?;
        if hexadecimal(&form) != detached.of {
            return Err(SignFault::metadata("this signature is for something else than what is staged"));
        }
        if !detached.holds(&form) {
            return Err(SignFault::metadata("this signature is damaged: its key did not make it"));
        }
        let octets = unhex(&detached.signature)?;
        put(self.signatures(), &detached.key, octets)
    }
}

/// What a signature is made for.
///
/// # Errors
/// Where the content has no canonical form.
pub fn canonical(staged: &Staged) -> Result<Vec<u8>, SignFault> {
    let form = match staged {
        Staged::Root(signed) => signed.signed.canonical_form(),
        Staged::Targets(signed) => signed.signed.canonical_form(),
        Staged::Snapshot(signed) => signed.signed.canonical_form(),
        Staged::Timestamp(signed) => signed.signed.canonical_form(),
    };
    form.map_err(SignFault::metadata)
}

/// A signature that travels apart from what it is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detached {
    /// The digest of what was signed, in hexadecimal digits.
    pub of: String,
    /// The key that signed.
    pub key: Key,
    /// The signature, in hexadecimal digits.
    pub signature: String,
}

impl Detached {
    fn holds(&self, form: &[u8]) -> bool {
        let Key::Ed25519 { keyval, .. } = &self.key else { return false };
        let Ok(signature) = unhex(&self.signature) else { return false };
        let key = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, keyval.public.to_vec());
        key.verify(form, &signature).is_ok()
    }

    /// The id of the key that signed.
    pub fn key_id(&self) -> String {
        key_id(&self.key)
    }
}

fn unhex(text: &str) -> Result<Vec<u8>, SignFault> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0);
    let digits = digits.ok_or_else(|| SignFault::metadata("a signature is written in hexadecimal digits"))?;
    Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Signs what is staged, apart from it.
///
/// # Errors
/// Where the content has no canonical form.
pub fn detach(staged: &Staged, key: &SigningKey) -> Result<Detached, SignFault> {
    let form = canonical(staged)?;
    Ok(Detached { of: hexadecimal(&form), key: key.public(), signature: hex(&key.sign(&form)) })
}
