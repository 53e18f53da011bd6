//! The office's commands where no server runs: they hold the state directory, and the next server puts in force what they left.

use jiff::Timestamp;

use super::import::import_directory;
use super::keeping;
use super::repository::{Repository, Way};
use super::status::written;
use crate::config::Program;
use crate::office::{Adopted, Edition, Shelf};
use crate::server::State;
use crate::web::{HeldStatus, OfficeStatus};

/// What no office to follow is said by.
pub(super) const NO_OFFICE: &str = "this school follows no office\nhint: [office] in the configuration names one";

/// How the office stands, as far as what is kept tells; none where the school follows none.
pub fn office_status(program: &Program) -> Option<OfficeStatus> {
    let source = program.office.as_ref()?;
    let Adopted { editions, held, origin: _ } = Shelf::below(&program.state).adopted();
    let edition = editions.first();
    Some(OfficeStatus {
        url: source.page.to_string(),
        ring: source.ring,
        serial: edition.map(|edition| edition.lists.serial),
        decisions_serial: edition.map(|edition| edition.decisions.serial),
        since: edition.map(|edition| written(edition.since)),
        held: held.map(|held| HeldStatus {
            lists: held.lists,
            decisions: held.decisions,
            why: held.why,
            since: written(held.since),
        }),
        editions: editions.iter().map(|edition| (edition.lists.serial, edition.decisions.serial)).collect(),
        ..OfficeStatus::default()
    })
}

/// Goes back to the publication before.
///
/// # Errors
/// A sentence for people; nothing has changed then.
pub fn office_back(program: &Program) -> Result<String, String> {
    program.office.as_ref().ok_or(NO_OFFICE)?;
    let _held = State::take(&program.state).map_err(|error| error.to_string())?;
    let shelf = Shelf::below(&program.state);
    let back = shelf.adopted().back("a person said so".to_owned(), Timestamp::now());
    let back = back.ok_or("there is no publication before the one in force")?;
    shelf.adopt(&back, None).map_err(|error| format!("the state directory cannot be written: {error}"))?;
    let (lists, decisions) = back.in_force().map_or((0, 0), |edition| (edition.lists.serial, edition.decisions.serial));
    Ok(format!(
        "gone back: lists of publication {lists} and decisions of publication {decisions} will be in force when a server starts, until \
         the office publishes anew"
    ))
}

/// Verifies what lies in the folder that an import filled, and keeps what is due of it for the next server.
///
/// # Errors
/// A sentence for people; nothing has changed then.
pub async fn office_import(program: &Program) -> Result<String, String> {
    let source = program.office.as_ref().ok_or(NO_OFFICE)?;
    let _held = State::take(&program.state).map_err(|error| error.to_string())?;
    let (shelf, way, now) = (Shelf::below(&program.state), Way::folder(import_directory(&program.state)), Timestamp::now());
    let verified = Repository::below(&program.state).ask(source, &way, now).await.map_err(|failure| failure.to_string())?;
    let offer = verified.offer(source.ring, now).ok_or("nothing of it is due for this school yet")?;
    let mut adopted = shelf.adopted();
    if adopted.origin != verified.origin() {
        adopted = Adopted { origin: verified.origin().to_owned(), ..Adopted::default() };
    }
    let current = adopted.in_force().cloned();
    let first = current.is_none();
    let (takes_lists, takes_decisions) =
        (first || adopted.takes_lists(offer.lists.serial), first || adopted.takes_decisions(offer.decisions.serial));
    let said = |failure: crate::fetch::Failure| failure.to_string();
    if takes_lists {
        let in_force = current.as_ref().map(|edition| &edition.lists);
        keeping::lists(&shelf, &verified, &way, &offer.lists, in_force).await.map_err(said)?;
    }
    if takes_decisions {
        keeping::decisions(&shelf, &verified, &way, &offer.decisions).await.map_err(said)?;
    }
    if !takes_lists && !takes_decisions {
        return Ok(format!("publication {} is verified, and holds nothing that is newer than what is kept", verified.newest()));
    }
    let lists = current.as_ref().filter(|_| !takes_lists).map_or(offer.lists, |edition| edition.lists.clone());
    let decisions = current.as_ref().filter(|_| !takes_decisions).map_or(offer.decisions, |edition| edition.decisions.clone());
    let serials = (lists.serial, decisions.serial);
    shelf
        .adopt(&adopted.with(Edition { lists, decisions, since: now }), None)
        .map_err(|error| format!("the state directory cannot be written: {error}"))?;
    Ok(format!(
        "publication {} is verified; lists of publication {} and decisions of publication {} will be in force when a server starts",
        verified.newest(),
        serials.0,
        serials.1
    ))
}
