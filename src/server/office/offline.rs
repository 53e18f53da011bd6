//! The office's commands where no server runs: they hold the state directory, and the next server puts in force what they left.

use jiff::Timestamp;

use super::by_tables;
use super::import::import_directory;
use super::keeping::Bringing;
use super::status;
use crate::config::{Conflict, Program};
use crate::office::Shelf;
use crate::office::repository::{Repository, Way};
use crate::server::State;
use crate::web::OfficeStatus;

/// What no office to follow is said by.
pub(super) const NO_OFFICE: &str = "this school follows no office\nhint: [office] in the configuration names one";

/// How the office stands, as far as what is kept tells; none where the school follows none.
pub fn office_status(program: &Program) -> Option<OfficeStatus> {
    let source = program.office.as_ref()?;
    Some(status::kept(source, &Shelf::below(&program.state).adopted()))
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
    let tables = back.in_force().and_then(|edition| edition.lists.tables.as_deref());
    by_tables(&shelf, program, tables, Conflict::Warning)?;
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
pub async fn office_import(program: &Program, repository: &dyn Repository) -> Result<String, String> {
    let source = program.office.as_ref().ok_or(NO_OFFICE)?;
    let _held = State::take(&program.state).map_err(|error| error.to_string())?;
    let (shelf, way, now) = (Shelf::below(&program.state), Way::Folder(import_directory(&program.state)), Timestamp::now());
    let offered = repository.ask(&program.state, &source.root, &way, now).await.map_err(|failure| failure.to_string())?;
    let bringing = Bringing { shelf: &shelf, repository, state: &program.state, way: &way };
    let brought = bringing.all(shelf.adopted(), &offered, (program, source.ring), now).await;
    let newest = offered.newest();
    let Some(adopted) = brought.map_err(|failure| failure.to_string())? else {
        return Ok(format!("publication {newest} is verified, and holds nothing that is due here and newer than what is kept"));
    };
    let (lists, decisions) = adopted.in_force().map_or((0, 0), |edition| (edition.lists.serial, edition.decisions.serial));
    Ok(format!(
        "publication {newest} is verified; lists of publication {lists} and decisions of publication {decisions} will be in force when \
         a server starts"
    ))
}
