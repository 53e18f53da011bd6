//! Taking back: the content of an earlier publication under a new serial, and what was taken back kept away.
//!
//! The rule: schools go forward alone, so that taking back is a publication too; and a folder that still makes what was taken back does
//! not bring it again with the next decision.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::lists::Words;
use crate::office::publication::{Publication, RolePart, Urgent};

/// The most digests that are remembered.
const MOST: usize = 200;

/// The publication that takes back all after `serial`.
///
/// # Errors
/// A sentence for people, where that publication is not remembered or is the newest.
pub fn take_back(last: &Publication, serial: u64, urgent: Urgent, now: Timestamp) -> Result<Publication, String> {
    let known = || {
        let serials: Vec<String> = last.history.iter().map(|past| past.serial.to_string()).collect();
        if serials.is_empty() { "none is remembered".to_owned() } else { format!("remembered are {}", serials.join(", ")) }
    };
    if serial == last.serial {
        return Err(format!("publication {serial} is the newest\nhint: name the one that was right; {}", known()));
    }
    let past = last.history.iter().find(|past| past.serial == serial);
    let past = past.ok_or_else(|| format!("there is no publication {serial} to go back to\nhint: {}", known()))?;
    let mut taken_back: BTreeSet<String> = last.taken_back.clone();
    let later = last.history.iter().filter(|later| later.serial > serial).map(|later| &later.roles);
    for (role, part) in later.chain([&last.roles]).flatten() {
        let stays = past.roles.get(role);
        let digests = |part: &RolePart| [part.names.sha256.clone(), part.decisions.sha256.clone()];
        taken_back.extend(digests(part).into_iter().filter(|digest| !stays.is_some_and(|stays| digests(stays).contains(digest))));
    }
    // What comes back is not kept away.
    for part in past.roles.values() {
        taken_back.remove(&part.names.sha256);
        taken_back.remove(&part.decisions.sha256);
    }
    while taken_back.len() > MOST {
        taken_back.pop_first();
    }
    let note = Words {
        vi: format!("Thu hồi: nội dung trở lại như lần công bố số {serial}."),
        en: format!("Taken back: the content is again that of publication {serial}."),
    };
    let mut roles = last.roles.clone();
    roles.extend(past.roles.iter().map(|(role, part)| (role.clone(), part.clone())));
    Ok(Publication {
        serial: last.serial + 1,
        made: now,
        urgent,
        rings: last.rings.clone(),
        note,
        overrides: Vec::new(),
        taken_back,
        tables: past.tables.clone(),
        roles,
        history: last.clone().into_history(),
    })
}

/// Puts in the place of a list that was taken back the one that schools have; says for which roles.
pub(super) fn keep_away(publication: &mut Publication, last: Option<&Publication>) -> Vec<String> {
    let Some(last) = last else { return Vec::new() };
    let mut stays = Vec::new();
    for (role, part) in &mut publication.roles {
        let Some(before) = last.roles.get(role) else { continue };
        if publication.taken_back.contains(&part.names.sha256) {
            part.names = before.names.clone();
            part.sources = before.sources.clone();
            stays.push(role.clone());
        }
        if publication.taken_back.contains(&part.decisions.sha256) {
            part.decisions = before.decisions.clone();
            stays.push(role.clone());
        }
    }
    stays.dedup();
    stays
}

#[cfg(test)]
mod tests;
