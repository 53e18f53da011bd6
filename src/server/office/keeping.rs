//! Texts on their way to the shelf and from it, on threads that may wait.

use jiff::Timestamp;

use super::repository::{Verified, Way};
use crate::fetch::{Failure, Reason};
use crate::office::{Adopted, Edition, Part, RolePart, Shelf, hexadecimal};

/// The most octets of one role's names, unpacked: what a compilation reads of one list at most.
pub(super) const LARGEST: u64 = 2 << 30;

/// A text that is in force.
#[derive(Debug)]
pub(super) struct Before {
    /// Its digest.
    pub(super) digest: String,
    /// The text.
    pub(super) text: Vec<u8>,
}

/// Brings the decisions of a publication to the shelf, as far as they are not there.
pub(super) async fn decisions(shelf: &Shelf, verified: &Verified, way: &Way, part: &Part) -> Result<(), Failure> {
    for role in part.roles.iter().filter(|role| !shelf.has(&role.digest)) {
        let text = verified.decisions(way, role).await?;
        keep(shelf, role, text).await?;
    }
    Ok(())
}

/// Brings the lists of a publication to the shelf, as far as they are not there: as differences from those in force where that goes.
pub(super) async fn lists(
    shelf: &Shelf,
    verified: &Verified,
    way: &Way,
    part: &Part,
    in_force: Option<&Part>,
) -> Result<(), Failure> {
    for role in part.roles.iter().filter(|role| !shelf.has(&role.digest)) {
        let known = in_force.and_then(|part| part.roles.iter().find(|known| known.role == role.role));
        let before = match known {
            Some(known) => before(shelf, known.digest.clone()).await,
            None => None,
        };
        let text = verified.names(way, role, before).await?;
        keep(shelf, role, text).await?;
    }
    Ok(())
}

/// Brings what is due of a publication to the shelf and makes it what is in force there, without compiling anything. None where it
/// holds nothing that is newer.
pub(super) async fn bring(
    shelf: &Shelf,
    mut adopted: Adopted,
    verified: &Verified,
    way: &Way,
    ring: u8,
    now: Timestamp,
) -> Result<Option<Adopted>, Failure> {
    let Some(offer) = verified.offer(ring, now) else { return Ok(None) };
    if adopted.origin != verified.origin() {
        // Another root's publications are nothing to go back to, and their serials say nothing.
        adopted = Adopted { origin: verified.origin().to_owned(), ..Adopted::default() };
    }
    let current = adopted.in_force().cloned();
    let first = current.is_none();
    let (takes_lists, takes_decisions) =
        (first || adopted.takes_lists(offer.lists.serial), first || adopted.takes_decisions(offer.decisions.serial));
    if !takes_lists && !takes_decisions {
        return Ok(None);
    }
    if takes_lists {
        lists(shelf, verified, way, &offer.lists, current.as_ref().map(|edition| &edition.lists)).await?;
    }
    if takes_decisions {
        decisions(shelf, verified, way, &offer.decisions).await?;
    }
    let lists = current.as_ref().filter(|_| !takes_lists).map_or(offer.lists, |edition| edition.lists.clone());
    let decisions = current.as_ref().filter(|_| !takes_decisions).map_or(offer.decisions, |edition| edition.decisions.clone());
    let adopted = adopted.with(Edition { lists, decisions, since: now });
    shelf.adopt(&adopted, None).map_err(|error| Failure::local("the state directory cannot be written", &error))?;
    Ok(Some(adopted))
}

/// Keeps a role's text, where it is what the publication says.
async fn keep(shelf: &Shelf, role: &RolePart, text: Vec<u8>) -> Result<(), Failure> {
    let (shelf, role) = (shelf.clone(), role.clone());
    let kept = tokio::task::spawn_blocking(move || {
        if hexadecimal(&text) != role.digest {
            let said = format!("the text of role {} is not the one that the publication names", role.role);
            return Err(Failure::new(Reason::Unparsable, said));
        }
        shelf.keep(&role.digest, &text).map_err(|error| Failure::local("the state directory cannot be written", &error))
    });
    kept.await.unwrap_or_else(|error| Err(Failure::new(Reason::Local, error.to_string())))
}

/// The text in force with this digest; none where it is damaged, and the whole new one is fetched.
async fn before(shelf: &Shelf, digest: String) -> Option<Before> {
    let shelf = shelf.clone();
    let read = tokio::task::spawn_blocking(move || {
        let text = shelf.read_text(&digest, LARGEST).ok()?;
        Some(Before { digest, text })
    });
    read.await.ok().flatten()
}
