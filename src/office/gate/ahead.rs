//! The gate before anything is written: what it would say of decisions that somebody is about to make.

use jiff::civil::Date;

use super::{Origin, Refusal, of_decisions, weigh};
use crate::office::build::Looked;
use crate::office::edit::Draft;
use crate::office::folder::Folder;

/// What the gate refuses of the drafted decisions, or refuses of others once they stand; what a person overrode already is left out.
///
/// `lists` are those of all roles that lie here; where only locks are drafted nothing is looked up in them.
pub fn ahead(folder: &Folder, draft: &Draft, lists: &[(String, Looked)], today: Date) -> Vec<Refusal> {
    let of = |folder: &Folder| -> Vec<Refusal> {
        folder.roles.iter().flat_map(|role| of_decisions(folder, role, lists, today)).collect()
    };
    let known: Vec<String> = of(folder).iter().map(Refusal::word).collect();
    let mut next = folder.clone();
    match next.roles.iter_mut().find(|role| role.id == draft.role.id) {
        Some(role) => role.clone_from(&draft.role),
        None => next.roles.push(draft.role.clone()),
    }
    let is_drafted = |refusal: &Refusal| {
        let same = |decision: &crate::office::decisions::Decision| {
            refusal.origin == Origin::Decision(decision.kind) && refusal.what == decision.name.to_string()
        };
        refusal.role == draft.role.id && draft.outcomes.iter().any(|(decision, _)| same(decision))
    };
    let told = of(&next).into_iter().filter(|refusal| is_drafted(refusal) || !known.contains(&refusal.word()));
    let mut told = weigh(told.collect(), &folder.overrides).refusals;
    // What is decided first, then what that would do to others.
    told.sort_by_key(|refusal| !is_drafted(refusal));
    told
}
