//! Texts on their way to the shelf, on threads that may wait.

use std::path::Path;

use jiff::Timestamp;

use super::{by_tables, decisions};
use crate::config::{Conflict, Program};
use crate::fetch::{Failure, Reason};
use crate::office::here::Here;
use crate::office::publication::Ring;
use crate::office::registry;
use crate::office::repository::{Kind, Offered, Repository, Wanted, Way};
use crate::office::{Adopted, Edition, Part, RolePart, Shelf, hexadecimal};

/// The most octets of one role's names, unpacked: what a compilation reads of one list at most.
const LARGEST: u64 = 2 << 30;

/// What is needed to bring texts here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bringing<'b> {
    pub(super) shelf: &'b Shelf,
    pub(super) repository: &'b dyn Repository,
    pub(super) state: &'b Path,
    pub(super) way: &'b Way,
}

impl Bringing<'_> {
    /// Brings the decisions of a publication to the shelf, as far as they are not there. One role whose text was signed and cannot be
    /// read stops no other: what is given back has in its place the text that is in force.
    pub(super) async fn decisions(&self, part: &Part, in_force: Option<&Part>) -> Result<Part, Failure> {
        let mut readable = Part { serial: part.serial, tables: None, roles: Vec::new() };
        for role in &part.roles {
            self.text(Wanted { kind: Kind::Decisions, role, before: None, most: decisions::LARGEST }).await?;
            match decisions::of_role(self.shelf, role, part.serial) {
                Ok(_) => readable.roles.push(role.clone()),
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    tracing::warn!(role = role.role, "{error}; what this role decided before stays in force");
                    let before = in_force.and_then(|part| part.roles.iter().find(|known| known.role == role.role));
                    readable.roles.extend(before.map(|before| RolePart { digest: before.digest.clone(), ..role.clone() }));
                }
                Err(error) => return Err(Failure::local("the office's decisions", &error)),
            }
        }
        Ok(readable)
    }

    /// Brings the lists of a publication to the shelf, as far as they are not there: as differences from those in force where that
    /// goes. Tables that cannot be used come first, and nothing after them.
    pub(super) async fn lists(&self, part: &Part, in_force: Option<&Part>) -> Result<(), Failure> {
        self.tables(part, in_force).await?;
        for role in &part.roles {
            let known = in_force.and_then(|part| part.roles.iter().find(|known| known.role == role.role));
            let before = known.map(|known| (self.shelf, known.digest.as_str()));
            self.text(Wanted { kind: Kind::Names, role, before, most: LARGEST }).await?;
        }
        Ok(())
    }

    async fn tables(&self, part: &Part, in_force: Option<&Part>) -> Result<(), Failure> {
        let Some(digest) = part.tables.as_deref() else { return Ok(()) };
        // They are small, and a damaged copy is found here.
        let kept = self.shelf.read_text(digest, registry::LARGEST).ok();
        let is_kept = kept.is_some();
        let text = match kept {
            Some(text) => text,
            None => self.repository.tables(self.state, self.way, digest, registry::LARGEST).await?,
        };
        let refused = |why: String| Failure::new(Reason::Unparsable, format!("the tables of publication {}: {why}", part.serial));
        if hexadecimal(&text) != digest {
            return Err(refused("they are not those that the publication names".to_owned()));
        }
        let own = Here::of(digest, &text).map_err(|fault| refused(fault.to_string()))?;
        // What cannot be read of those in force says nothing against newer ones.
        let before = in_force.and_then(|part| Here::kept(self.shelf, part.tables.as_deref()).ok());
        before.map_or(Ok(()), |before| own.follows(&before)).map_err(|fault| refused(fault.to_string()))?;
        if is_kept {
            return Ok(());
        }
        self.shelf.keep(digest, &text).map_err(|error| Failure::local("the state directory cannot be written", &error))
    }

    async fn text(&self, wanted: Wanted<'_>) -> Result<(), Failure> {
        if self.is_kept(&wanted).await {
            return Ok(());
        }
        let text = self.repository.text(self.state, self.way, &wanted).await?;
        keep(self.shelf, wanted.role, text).await
    }

    /// Whether a text is on the shelf, and sound: a damaged one is brought again. A list that is in force has its image.
    async fn is_kept(&self, wanted: &Wanted<'_>) -> bool {
        let (shelf, digest, most) = (self.shelf.clone(), wanted.role.digest.clone(), wanted.most);
        let is_in_force = wanted.before.is_some_and(|(_, before)| before == digest);
        if is_in_force || !shelf.has(&digest) {
            return shelf.has(&digest);
        }
        tokio::task::spawn_blocking(move || shelf.read_text(&digest, most).is_ok()).await.unwrap_or(false)
    }

    /// Brings what is due of a publication to the shelf and makes it what is in force there, without compiling anything. None where it
    /// holds nothing that is newer.
    pub(super) async fn all(
        &self,
        mut adopted: Adopted,
        offered: &Offered,
        program: (&Program, Ring),
        now: Timestamp,
    ) -> Result<Option<Adopted>, Failure> {
        let (program, ring) = program;
        let Some(mut due) = offered.due(ring, now) else { return Ok(None) };
        if adopted.origin != offered.origin {
            // Another root's publications are nothing to go back to, and their serials say nothing.
            adopted = Adopted { origin: offered.origin.clone(), ..Adopted::default() };
        }
        let current = adopted.in_force().cloned();
        let first = current.is_none();
        let takes_lists = first || adopted.takes_lists(due.lists.serial);
        let takes_decisions = first || adopted.takes_decisions(due.decisions.serial);
        if !takes_lists && !takes_decisions {
            return Ok(None);
        }
        if takes_lists {
            self.lists(&due.lists, current.as_ref().map(|edition| &edition.lists)).await?;
            // What the configuration cannot be read by would leave the next server without any.
            by_tables(self.shelf, program, due.lists.tables.as_deref(), Conflict::Warning)
                .map_err(|said| Failure::new(Reason::Local, said))?;
        }
        if takes_decisions {
            due.decisions = self.decisions(&due.decisions, current.as_ref().map(|edition| &edition.decisions)).await?;
        }
        let lists = current.as_ref().filter(|_| !takes_lists).map_or(due.lists, |edition| edition.lists.clone());
        let decisions = current.as_ref().filter(|_| !takes_decisions).map_or(due.decisions, |edition| edition.decisions.clone());
        let adopted = adopted.with(Edition::new(lists, decisions, now));
        self.shelf.adopt(&adopted, None).map_err(|error| Failure::local("the state directory cannot be written", &error))?;
        Ok(Some(adopted))
    }
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
