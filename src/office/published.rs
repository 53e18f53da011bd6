//! What the desk published last, read from `published/`: what the next build is held against.
//!
//! The rule: it is the office's own copy, so it is read and not verified; what schools take they verify for themselves.

use std::collections::BTreeMap;
use std::path::Path;

use super::decisions::{self, Decision};
use super::publication::Publication;
use super::tuf::sign::{Current, SignFault};

/// Where a working folder keeps what was published of it.
pub const PUBLISHED: &str = "published";

/// The last publication, with its decisions.
#[derive(Debug, Clone, Default)]
pub struct Last {
    /// What was published, with its signatures; none before the first.
    pub current: Option<Current>,
    /// The publication.
    pub publication: Option<Publication>,
    /// The decisions of each role.
    pub decided: BTreeMap<String, Vec<Decision>>,
}

impl Last {
    /// The newest publication of the working folder at `root`.
    ///
    /// # Errors
    /// Where a file of it is missing or damaged.
    pub fn of(root: &Path) -> Result<Self, SignFault> {
        let Some(current) = Current::read(&root.join(PUBLISHED))? else { return Ok(Self::default()) };
        let publication = current.publication()?;
        let mut decided = BTreeMap::new();
        for (role, part) in &publication.roles {
            let text = current.decisions(role, &part.decisions.sha256)?;
            let read = decisions::read(&text).map_err(|fault| SignFault::Metadata(format!("role {role}: {fault}")))?;
            decided.insert(role.clone(), read);
        }
        Ok(Self { current: Some(current), publication: Some(publication), decided })
    }
}

#[cfg(test)]
mod tests;
