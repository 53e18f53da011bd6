//! The tables that hold at a school: those that the office published, or those of the program.
//!
//! The rules: whatever is published, what the program ships is known, what it ships locked is locked, and its help and system names are
//! protected; so neither an office that slips nor one whose program is older opens or darkens a school. A publication that takes away
//! what the one before it had of that is refused whole: somebody meant it.

use std::sync::{Arc, LazyLock};

use super::registry::{LARGEST, RegistryFault, Tables, Understood};
use super::{Part, Shelf};
use crate::lists::tables::{CategoryRow, TableFault};
use crate::lists::{Protected, ProtectedNames};

/// The tables that hold.
#[derive(Debug)]
pub struct Here {
    /// The digest of the published text; none where the program's own hold.
    pub digest: Option<String>,
    /// As they were published.
    published: Option<Tables>,
    /// What they mean, completed by what is shipped.
    pub known: Understood,
}

impl Here {
    /// The program's own.
    pub fn shipped() -> Arc<Self> {
        static SHIPPED: LazyLock<Arc<Here>> = LazyLock::new(|| {
            let known = Tables::shipped().understand().expect("the embedded tables are tested");
            Arc::new(Here { digest: None, published: None, known })
        });
        Arc::clone(&SHIPPED)
    }

    /// Those of the text with the digest `digest`.
    ///
    /// # Errors
    /// Where they cannot be read, or do not hold together with what is shipped.
    pub fn of(digest: &str, text: &[u8]) -> Result<Self, RegistryFault> {
        if text.len() as u64 > LARGEST {
            return Err(TableFault("it is larger than 4 MiB".to_owned()).into());
        }
        let published: Tables = serde_json::from_slice(text).map_err(RegistryFault::Shape)?;
        let known = completed(published.clone()).understand()?;
        Ok(Self { digest: Some(digest.to_owned()), published: Some(published), known })
    }

    /// Those that `digest` names, as they are kept; where it names none, the program's own.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn kept(shelf: &Shelf, digest: Option<&str>) -> Result<Arc<Self>, String> {
        let Some(digest) = digest else { return Ok(Self::shipped()) };
        let text = shelf.read_text(digest, LARGEST).map_err(|error| format!("the office's tables cannot be read: {error}"))?;
        Self::of(digest, &text).map(Arc::new).map_err(|fault| format!("the office's tables are refused: {fault}"))
    }

    /// Those in force by what `shelf` keeps. Where they are damaged, those of the edition before, and at last the program's own; then
    /// the fault is told too.
    pub fn in_force(shelf: &Shelf) -> (Arc<Self>, Option<String>) {
        let mut fault = None;
        for edition in &shelf.adopted().editions {
            match Self::kept(shelf, edition.lists.tables.as_deref()) {
                Ok(here) => return (here, fault),
                Err(said) => fault = fault.or(Some(said)),
            }
        }
        (Self::shipped(), fault)
    }

    /// Whether these are those that `part` came with.
    pub fn is_of(&self, part: &Part) -> bool {
        self.digest == part.tables
    }

    /// Refuses what takes away what `before` had of the law's locks, of help and system names, and of restricted forms.
    ///
    /// # Errors
    /// The first thing that is taken away.
    pub fn follows(&self, before: &Self) -> Result<(), TableFault> {
        let (Some(own), Some(old)) = (&self.published, &before.published) else { return Ok(()) };
        let shipped = Tables::shipped();
        let holds = |tables: &Tables, id: &str, what: fn(&CategoryRow) -> bool| {
            tables.category.iter().any(|row| row.id == id && what(row))
        };
        for row in &shipped.category {
            let kept = |what: fn(&CategoryRow) -> bool| !what(row) || !holds(old, &row.id, what) || holds(own, &row.id, what);
            if !kept(|row| row.locked) {
                return Err(TableFault(format!("category `{}` is locked by law, and they drop or unlock it", row.id)));
            }
            if !kept(|row| row.threat) {
                return Err(TableFault(format!("category `{}` is a danger, and they no longer say so", row.id)));
            }
        }
        let names = |tables: &Tables| ProtectedNames::of_rows(&tables.protected);
        let (own_names, old_names) = (names(own)?, names(old)?);
        for kind in [Protected::Help, Protected::System] {
            let ours = Here::shipped();
            let mut shipped = ours.known.protected.of_kind(kind);
            let is_gone = |name: &&crate::dns::Name| old_names.kinds(name).has(kind) && !own_names.kinds(name).has(kind);
            if let Some(name) = shipped.find(is_gone) {
                return Err(TableFault(format!("`{name}` is protected ({}), and they drop it", kind.text())));
            }
        }
        for twin in before.known.twins.all() {
            let is_gone = |host: &&crate::dns::Name| self.known.twins.of(host, |switch| switch == twin.switch).is_none();
            if let Some(host) = twin.hosts.iter().find(is_gone) {
                return Err(TableFault(format!("`{host}` has a restricted form, and they drop it")));
            }
        }
        Ok(())
    }
}

/// The published tables with what is shipped and they do not know: an office whose program is older than a school's takes nothing away.
fn completed(mut tables: Tables) -> Tables {
    let shipped = Tables::shipped();
    for row in shipped.category {
        match tables.category.iter_mut().find(|known| known.id == row.id) {
            Some(known) => (known.locked, known.threat) = (known.locked || row.locked, known.threat || row.threat),
            None => {
                let blocking = shipped.tier.iter().filter(|tier| tier.blocks.contains(&row.id));
                for tier in blocking {
                    let same = tables.tier.iter_mut().find(|known| known.id == tier.id);
                    same.into_iter().for_each(|known| known.blocks.push(row.id.clone()));
                }
                // What is locked is grave.
                let place = if row.locked { 0 } else { tables.category.len() };
                tables.category.insert(place, row);
            }
        }
    }
    let is_new = |row: &crate::lists::tables::ServiceRow| !tables.service.iter().any(|known| known.id == row.id);
    let services: Vec<_> = shipped.service.into_iter().filter(is_new).collect();
    tables.service.extend(services);
    let is_new = |row: &crate::lists::tables::TwinRow| !tables.twin.iter().any(|known| known.id == row.id);
    let twins: Vec<_> = shipped.twin.into_iter().filter(is_new).collect();
    tables.twin.extend(twins);
    tables.protected.help.extend(shipped.protected.help);
    tables.protected.system.extend(shipped.protected.system);
    tables
}

#[cfg(test)]
mod tests;
