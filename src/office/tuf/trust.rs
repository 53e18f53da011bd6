//! The school's side: asked for news, what is verified kept, and texts handed out by their digests.
//!
//! The rule: nothing is believed before all of it was verified; whatever is refused changes nothing of what was believed before, but for
//! a newer root, which says whose keys are revoked.

use std::path::Path;

use jiff::Timestamp;
use tokio::time::timeout;

use super::reading::{Reading, by};
use super::texts;
use super::transport::FIRST;
use super::trusted::{self, Trusted};
use super::verify::{Given, ROUND, TIMESTAMP, file, not_expired, verify};
use crate::fetch::{Failure, Reason, Reply, Trust as Authorities};
use crate::office::hexadecimal;
use crate::office::repository::{Answer, Offered, Repository, Wanted, Way};

/// The most octets of a root file.
const ROOT: u64 = 1 << 20;

/// Repositories that are verified by their installed root files.
#[derive(Debug, Clone, Default)]
pub struct Tuf {
    /// Who vouches for servers.
    pub authorities: Authorities,
}

impl Repository for Tuf {
    fn kept<'r>(&'r self, state: &'r Path, root: &'r Path, now: Timestamp) -> Answer<'r, Option<Offered>> {
        Box::pin(async move {
            let root = installed(root)?;
            let trusted = trusted::read(state, Some(&hexadecimal(&root)));
            Ok(trusted.and_then(|trusted| offered(&trusted, now)))
        })
    }

    fn ask<'r>(&'r self, state: &'r Path, root: &'r Path, way: &'r Way, now: Timestamp) -> Answer<'r, Offered> {
        Box::pin(async move {
            let from = match way {
                Way::Pages(page, _) => page.to_string(),
                Way::Folder(_) => String::new(),
            };
            ask(state, &installed(root)?, &|| by(way, &self.authorities), from, now).await
        })
    }

    fn text<'r>(&'r self, state: &'r Path, way: &'r Way, wanted: &'r Wanted<'r>) -> Answer<'r, Vec<u8>> {
        Box::pin(async move { text(state, by(way, &self.authorities).as_ref(), wanted).await })
    }

    fn tables<'r>(&'r self, state: &'r Path, way: &'r Way, digest: &'r str, most: u64) -> Answer<'r, Vec<u8>> {
        Box::pin(async move { tables(state, by(way, &self.authorities).as_ref(), digest, most).await })
    }
}

fn installed(root: &Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read as _;
    let mut octets = Vec::new();
    std::fs::File::open(root)
        .and_then(|file| file.take(ROOT).read_to_end(&mut octets))
        .map_err(|error| Failure::local(format!("the office's root file {}", root.display()), &error))?;
    Ok(octets)
}

/// Asks for news where `way` opens a way each time. `from` says where that leads; empty where nothing can be asked for by marks.
pub(super) async fn ask(
    state: &Path,
    root: &[u8],
    way: &(dyn Fn() -> Box<dyn Reading> + Sync),
    from: String,
    now: Timestamp,
) -> Result<Offered, Failure> {
    let before = trusted::read(state, Some(&hexadecimal(root)));
    let verified = before.as_ref().and_then(|before| before.verified.as_ref());
    let marks = verified.filter(|verified| verified.from == from && !from.is_empty()).map(|verified| verified.marks.clone());
    let reading = way();
    let marks = marks.unwrap_or_default();
    let too_late = || Failure::new(Reason::Timeout, format!("{FIRST} did not come within {ROUND:?}"));
    let first = timeout(ROUND, reading.read(FIRST, TIMESTAMP, &marks)).await.unwrap_or_else(|_| Err(too_late()))?;
    let (timestamp, marks) = match first {
        Reply::Absent(failure) => return Err(failure),
        Reply::Unchanged => return unchanged(before.as_ref(), now),
        Reply::Octets(octets, _) if verified.is_some_and(|verified| verified.first == hexadecimal(&octets)) => {
            return unchanged(before.as_ref(), now);
        }
        Reply::Octets(octets, marks) => (octets, marks),
    };
    let given = Given { state, root, before: before.as_ref(), timestamp: (timestamp, marks, from), now };
    let (believed, outcome) = verify(given, way(), reading.as_ref()).await;
    // What it worked with is of no more use; the next round removes what cannot be removed now.
    let _ = std::fs::remove_dir_all(trusted::scratch(state));
    if let Some(believed) = &believed {
        let written = trusted::write(state, believed);
        written.map_err(|error| Failure::local("the state directory cannot be written", &error))?;
    }
    outcome?;
    believed.as_ref().and_then(|believed| offered(believed, now)).ok_or_else(nothing)
}

fn nothing() -> Failure {
    Failure::new(Reason::Local, "nothing of the office was ever verified here")
}

/// Nothing is newer: what is believed, unless it expired, for then there should be something newer.
fn unchanged(before: Option<&Trusted>, now: Timestamp) -> Result<Offered, Failure> {
    let before = before.ok_or_else(nothing)?;
    let verified = before.verified.as_ref().ok_or_else(nothing)?;
    not_expired(&verified.expires_first, verified.expires, now)?;
    offered(before, now).ok_or_else(nothing)
}

/// The text that `wanted` names, of the repository that was verified last.
pub(super) async fn text(state: &Path, from: &dyn Reading, wanted: &Wanted<'_>) -> Result<Vec<u8>, Failure> {
    let verified = trusted::read(state, None).and_then(|trusted| trusted.verified).ok_or_else(nothing)?;
    let role = verified.roles.iter().find(|role| role.name == wanted.role.role);
    let role = role.ok_or_else(|| Failure::new(Reason::Unverified, format!("there is no role {}", wanted.role.role)))?;
    texts::bring(role, from, wanted).await
}

/// The tables with the digest `digest`, of the repository that was verified last.
pub(super) async fn tables(state: &Path, from: &dyn Reading, digest: &str, most: u64) -> Result<Vec<u8>, Failure> {
    let verified = trusted::read(state, None).and_then(|trusted| trusted.verified).ok_or_else(nothing)?;
    let found = verified.tables.iter().find(|(_, file)| file.sha256 == digest);
    let (name, signed) =
        found.ok_or_else(|| Failure::new(Reason::Unverified, format!("the top signed no tables with the digest {digest}")))?;
    if signed.length > most {
        let said = format!("{name} has {} octets, and may have {most}", signed.length);
        return Err(Failure::new(Reason::TooLarge, said));
    }
    file(from, name, signed.length, &signed.sha256).await
}

/// What is believed, as a school looks at it.
fn offered(trusted: &Trusted, now: Timestamp) -> Option<Offered> {
    let verified = trusted.verified.as_ref()?;
    let mut publication = verified.publication.clone();
    for role in &verified.roles {
        let Some(stays) = &role.stays else { continue };
        // Its last content stands for all that is published, so that no ring of schools waits for what it cannot have.
        publication.roles.insert(role.name.clone(), stays.clone());
        for past in &mut publication.history {
            past.roles.insert(role.name.clone(), stays.clone());
        }
    }
    Some(Offered {
        origin: trusted.origin.clone(),
        expires: Some(verified.expires),
        publication,
        // The order of the delegations: who delegates comes before those that it delegates to.
        roles: verified.roles.iter().map(|role| (role.name.clone(), role.speaks_for.clone())).collect(),
        lapsed: verified.roles.iter().filter(|role| role.expires <= now).map(|role| role.name.clone()).collect(),
    })
}
