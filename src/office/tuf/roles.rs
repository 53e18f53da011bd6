//! Who speaks for what: the roles below the top, each with what all above it let it say, and what of a late one stays.
//!
//! The rules: the delegation that is nearest to the top counts; what a role is not let say it does not say; and no role has a file
//! outside of its own folder.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroU64;

use tough::schema::{DelegatedRole, Delegations, Role as _, Signed, Targets};

use super::trusted::{FileOf, Holds, Role, Verified};
use super::verify::{DESK, EXTRA, hex, refused, time};
use crate::fetch::Failure;
use crate::office::SpeaksFor;

/// The most delegations of one repository: schools of a country have fewer offices above them.
const ROLES: usize = 512;

/// What each role signed, by its name: a snapshot has one file of each.
pub(super) type Parts<'t> = BTreeMap<&'t str, &'t Signed<Targets>>;

pub(super) fn signed_below<'t>(by: &'t Targets, parts: &mut Parts<'t>) {
    for role in by.delegations.iter().flat_map(|delegations| &delegations.roles) {
        // `tough` hangs it where it came to it first.
        let Some(signed) = &role.targets else { continue };
        parts.insert(&role.name, signed);
        signed_below(&signed.signed, parts);
    }
}

/// Whether `signed` is what this delegation counts, wherever `tough` came to it.
pub(super) fn verified_by(delegations: &Delegations, role: &str, signed: &Signed<Targets>) -> Result<(), Failure> {
    delegations.verify_role(signed, role).map_err(|error| refused(&format!("the part of role {role}: {error}")))
}

/// The roles that the top delegates to, and those that they delegate to, each with what all above it let it say.
///
/// Where two delegate to one role, the one that is nearer to the top counts: no district takes from another what the top gave it.
pub(super) fn delegated<'t>(top: &'t Targets, parts: &Parts<'t>) -> Result<Vec<Role>, Failure> {
    let mut roles: Vec<Role> = Vec::new();
    let mut open = VecDeque::from([(top, SpeaksFor::All)]);
    while let Some((by, above)) = open.pop_front() {
        let Some(delegations) = &by.delegations else { continue };
        let said = by._extra.get(EXTRA).and_then(|extra| extra.get("speaks_for"));
        for role in &delegations.roles {
            if role.name == DESK || roles.iter().any(|known| known.name == role.name) {
                continue;
            }
            if roles.len() >= ROLES {
                return Err(refused(&format!("it delegates to more than {ROLES} roles")));
            }
            // `tough` reads none of the roles where the snapshot leaves one of them out.
            let signed = parts.get(role.name.as_str());
            let signed = signed.ok_or_else(|| refused(&format!("it holds back the part of role {}", role.name)))?;
            verified_by(delegations, &role.name, signed)?;
            let may: SpeaksFor = said
                .and_then(|said| said.get(&role.name))
                .and_then(|said| serde_json::from_value(said.clone()).ok())
                .unwrap_or(SpeaksFor::Only(BTreeSet::new()));
            let may = both(&above, may);
            roles.push(of(role, signed, may.clone())?);
            open.push_back((&signed.signed, may));
        }
    }
    Ok(roles)
}

/// What both let.
fn both(above: &SpeaksFor, below: SpeaksFor) -> SpeaksFor {
    match (above, below) {
        (SpeaksFor::All, below) => below,
        (above @ SpeaksFor::Only(_), SpeaksFor::All) => above.clone(),
        (SpeaksFor::Only(above), SpeaksFor::Only(below)) => SpeaksFor::Only(above.intersection(&below).cloned().collect()),
    }
}

fn of(role: &DelegatedRole, signed: &Signed<Targets>, speaks_for: SpeaksFor) -> Result<Role, Failure> {
    let own = format!("{}/", role.name);
    let mut files = BTreeMap::new();
    for (name, target) in &signed.signed.targets {
        // Elsewhere a role has nothing to say here, whatever its delegation's patterns are.
        if name.raw() != name.resolved() || !name.raw().starts_with(&own) {
            return Err(refused(&format!("role {} signs `{}`, which is not its own", role.name, name.raw().escape_debug())));
        }
        let holds: Holds = serde_json::to_value(&target.custom)
            .and_then(serde_json::from_value)
            .map_err(|error| refused(&format!("role {} says of `{}` what cannot be read: {error}", role.name, name.raw())))?;
        files.insert(name.raw().to_owned(), FileOf { length: target.length, sha256: hex(&target.hashes.sha256), holds });
    }
    let version: NonZeroU64 = signed.signed.version();
    let expires = time(&signed.signed.expires)?;
    let keys = role.keyids.iter().map(|id| hex(id)).collect();
    Ok(Role { name: role.name.clone(), version: version.get(), expires, speaks_for, keys, files, stays: None })
}

/// A newer part that had expired when it came: what was there before stays.
pub(super) fn keep_last(role: &mut Role, known: Option<&Role>, before: Option<&Verified>) {
    let (Some(known), Some(before)) = (known, before) else { return };
    // What was signed by a key that counts no more does not stay.
    if !known.keys.is_subset(&role.keys) {
        return;
    }
    let Some(last) = known.stays.as_ref().or_else(|| before.publication.roles.get(&role.name)) else { return };
    (role.version, role.expires) = (known.version, known.expires.min(role.expires));
    // What stays may lie under another name by now.
    let stays = [&last.names.sha256, &last.decisions.sha256];
    let is_last = |file: &FileOf| stays.contains(&file.holds.text.as_ref().unwrap_or(&file.sha256));
    role.files.retain(|_, file| file.holds.from.is_none() && is_last(file));
    role.files.extend(known.files.clone());
    role.stays = Some(last.clone());
}
