//! Sources that grew or shrank beyond bounds since they were published last.

use super::{Reason, Refusal};
use crate::office::desk::folder::{Folder, Role};
use crate::office::desk::publication::RoleFacts;

/// The refusals of a role's sources by their sizes.
pub(super) fn refusals(folder: &Folder, role: &Role, before: Option<&RoleFacts>) -> Vec<Refusal> {
    let Some(before) = before else { return Vec::new() };
    let now = Folder::counts(role);
    let bounds = folder.settings.bounds;
    let mut all = Vec::new();
    for (source, old) in &before.sources {
        let new = now.get(source).copied().unwrap_or(0);
        if (*old).max(new) < bounds.least {
            continue;
        }
        // Counts are far below 2^53.
        let (was, is) = (*old as f64, new as f64);
        if is > was * bounds.growth {
            all.push(Refusal::new(Reason::Grew(*old, new), &role.id, source.clone(), None));
        } else if is < was * (1.0 - bounds.shrink) {
            all.push(Refusal::new(Reason::Shrank(*old, new), &role.id, source.clone(), None));
        }
    }
    all
}
