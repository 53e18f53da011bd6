//! What metadata says, as the desk asks it: who must sign, which texts are signed, and whether two say the same.

use jiff::Timestamp;
use tough::schema::{DelegatedRole, RoleType, Root, Signed, Targets};

use super::super::Holds;
use super::super::verify::{DESK, EXTRA, TABLES, hex};
use super::Current;
use crate::office::publication::RolePart;

/// The ids of the keys that sign roots and top-level targets, and how many of them must.
pub fn root_ids(root: &Root) -> (Vec<String>, u64) {
    let keys = root.roles.get(&RoleType::Root);
    keys.map_or((Vec::new(), 1), |keys| (keys.keyids.iter().map(|id| hex(id)).collect(), keys.threshold.get()))
}

/// The ids of the keys that sign snapshots, and of those that sign timestamps.
pub fn root_keys_of(root: &Root) -> (Vec<String>, Vec<String>) {
    let ids = |role| root.roles.get(&role).map(|keys| keys.keyids.iter().map(|id| hex(id)).collect()).unwrap_or_default();
    (ids(RoleType::Snapshot), ids(RoleType::Timestamp))
}

/// The ids of the keys that sign for `role`, and how many of them must.
pub fn delegation_ids(targets: &Signed<Targets>, role: &str) -> (Vec<String>, u64) {
    let mut roles = targets.signed.delegations.iter().flat_map(|delegations| &delegations.roles);
    let found = roles.find(|delegated| delegated.name == role);
    found.map_or((Vec::new(), 1), |found| (found.keyids.iter().map(|id| hex(id)).collect(), found.threshold.get()))
}

/// The roles that are delegated to: each with the ids of its keys, how many must sign, and what it may speak for, in words.
pub fn delegations_of(targets: &Signed<Targets>) -> Vec<(String, Vec<String>, u64, String)> {
    let said = targets.signed._extra.get(EXTRA).and_then(|extra| extra.get("speaks_for"));
    let roles = targets.signed.delegations.iter().flat_map(|delegations| &delegations.roles);
    let role = |role: &DelegatedRole| {
        let may = said.and_then(|said| said.get(&role.name)).and_then(serde_json::Value::as_array);
        let words: Vec<&str> = may.into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
        let speaks_for = match words.as_slice() {
            _ if role.name == DESK => "publications".to_owned(),
            ["*"] => "all categories".to_owned(),
            [] => "nothing".to_owned(),
            words => words.join(", "),
        };
        (role.name.clone(), role.keyids.iter().map(|id| hex(id)).collect(), role.threshold.get(), speaks_for)
    };
    roles.map(role).collect()
}

/// When each part of what is published expires.
pub fn times_of(current: &Current) -> Vec<(String, Timestamp)> {
    let (snapshot, timestamp) = current.expiries();
    let tops = [
        ("root".to_owned(), current.root.signed.expires.to_string()),
        ("targets".to_owned(), current.targets.signed.expires.to_string()),
        ("snapshot".to_owned(), snapshot),
        ("timestamp".to_owned(), timestamp),
    ];
    let roles = current.roles.iter().map(|(role, signed)| (role.clone(), signed.signed.expires.to_string()));
    tops.into_iter().chain(roles).filter_map(|(name, until)| Some((name, until.parse().ok()?))).collect()
}

/// The ids of those who signed.
pub fn signers_of<T>(signed: &Signed<T>) -> Vec<String> {
    signed.signatures.iter().map(|signature| hex(&signature.keyid)).collect()
}

/// The digest of the newest tables.
pub fn tables_of(targets: &Signed<Targets>) -> Option<String> {
    let found = targets.signed.targets.iter().find(|(name, _)| name.raw() == TABLES);
    found.map(|(_, target)| hex(&target.hashes.sha256))
}

/// Whether a role signed both texts of `part`, whole.
pub fn signs_text(signed: &Signed<Targets>, part: &RolePart) -> bool {
    let has = |digest: &str| {
        signed.signed.targets.values().any(|target| {
            let holds: Holds = serde_json::to_value(&target.custom).and_then(serde_json::from_value).unwrap_or_default();
            match holds {
                Holds { text: Some(text), from: None } => text == digest,
                Holds { text: None, from: None } => hex(&target.hashes.sha256) == digest,
                Holds { from: Some(_), .. } => false,
            }
        })
    };
    has(&part.names.sha256) && has(&part.decisions.sha256)
}

/// Whether two roots are the same but for when they expire.
pub fn same_root(one: &Root, other: &Root) -> bool {
    let keys = |root: &Root| {
        let mut ids: Vec<String> = root.keys.keys().map(|id| hex(id)).collect();
        ids.sort();
        ids
    };
    let roles = |root: &Root| {
        let mut roles: Vec<(String, Vec<String>, u64)> = root
            .roles
            .iter()
            .map(|(role, keys)| {
                let mut ids: Vec<String> = keys.keyids.iter().map(|id| hex(id)).collect();
                ids.sort();
                (role.to_string(), ids, keys.threshold.get())
            })
            .collect();
        roles.sort();
        roles
    };
    one.version == other.version && keys(one) == keys(other) && roles(one) == roles(other)
}

/// Whether two targets are the same but for when they expire.
pub fn same_targets(one: &Targets, other: &Targets) -> bool {
    let mut as_other = one.clone();
    as_other.expires = other.expires;
    as_other == *other
}
