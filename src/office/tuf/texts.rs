//! Texts by their digests: whole, or step by step by differences from the text that a school has.
//!
//! The rules: a file is what its role signed, octet for octet, before it is unpacked; what comes out of it is bounded, and has the
//! digest of the text; and where differences lead nowhere the text comes whole.

use std::collections::{BTreeMap, BTreeSet};

use super::reading::Reading;
use super::trusted::{FileOf, Holds, Role};
use super::verify::file;
use crate::fetch::{Failure, Reason};
use crate::office::patch::{PatchFault, apply, unpack};
use crate::office::repository::{Kind, Wanted};
use crate::office::{Shelf, hexadecimal};

/// Brings the text that `wanted` names.
///
/// # Errors
/// Where it does not come, is not what was signed, or is larger than it may be.
pub(super) async fn bring(role: &Role, from: &dyn Reading, wanted: &Wanted<'_>) -> Result<Vec<u8>, Failure> {
    let (digest, most) = (wanted.role.digest.as_str(), wanted.most);
    match wanted.kind {
        Kind::Decisions => {
            let found = role.files.iter().find(|(_, file)| file.sha256 == digest && file.holds == Holds::default());
            let (name, signed) = found.ok_or_else(|| nowhere(role, digest))?;
            fits(name, signed, most)?;
            file(from, name, signed.length, &signed.sha256).await
        }
        Kind::Names => {
            if let Some((shelf, before)) = wanted.before
                && let Some(steps) = steps(role, before, digest)
            {
                match by_steps(shelf, before, &steps, from, most).await {
                    Ok(text) if hexadecimal(&text) == digest => return Ok(text),
                    Ok(_) => tracing::warn!(role = role.name, "differences lead to another text; it is fetched whole"),
                    Err(failure) => {
                        tracing::warn!(role = role.name, %failure, "a difference is of no use; the text is fetched whole");
                    }
                }
            }
            let (name, signed) = whole(role, digest).ok_or_else(|| nowhere(role, digest))?;
            fits(name, signed, most)?;
            let packed = file(from, name, signed.length, &signed.sha256).await?;
            let shown = name.clone();
            checked(digest, blocking(move || unpack(&packed, most).map_err(|fault| refused(&shown, &fault))).await?)
        }
    }
}

/// A text, where it has the digest.
fn checked(digest: &str, text: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if hexadecimal(&text) == digest {
        return Ok(text);
    }
    Err(Failure::new(Reason::Unverified, format!("a text is not the one that the publication names ({digest})")))
}

fn refused(name: &str, fault: &PatchFault) -> Failure {
    let reason = match fault {
        PatchFault::TooLarge(_) => Reason::TooLarge,
        PatchFault::Damaged(_) => Reason::Unpack,
    };
    Failure::new(reason, format!("{name}: {fault}"))
}

fn nowhere(role: &Role, digest: &str) -> Failure {
    Failure::new(Reason::Unverified, format!("role {} signed no text with the digest {digest}", role.name))
}

/// A packed text is no longer than what comes out of it, but for a frame's few octets.
fn fits(name: &str, signed: &FileOf, most: u64) -> Result<(), Failure> {
    if signed.length <= most.saturating_add(1 << 16) {
        return Ok(());
    }
    Err(Failure::new(Reason::TooLarge, format!("{name} has {} octets, and may have {most}", signed.length)))
}

fn whole<'r>(role: &'r Role, digest: &str) -> Option<(&'r String, &'r FileOf)> {
    role.files.iter().find(|(_, file)| file.holds.from.is_none() && file.holds.text.as_deref() == Some(digest))
}

/// One step: the difference's name, its file, and the digest of the text that it leads to.
type Step<'r> = (&'r String, &'r FileOf, &'r str);

/// The fewest octets of differences that lead from one text to another; none where the whole text is no more.
fn steps<'r>(role: &'r Role, before: &str, digest: &str) -> Option<Vec<Step<'r>>> {
    let mut open: BTreeSet<(u64, String)> = BTreeSet::from([(0, before.to_owned())]);
    let mut reached: BTreeMap<String, (u64, Vec<Step<'r>>)> = BTreeMap::from([(before.to_owned(), (0, Vec::new()))]);
    let bound = whole(role, digest).map_or(u64::MAX, |(_, file)| file.length);
    while let Some((cost, at)) = open.pop_first() {
        let way = reached.get(&at)?.1.clone();
        if at == digest {
            return (!way.is_empty()).then_some(way);
        }
        for (name, file) in &role.files {
            let Holds { text: Some(text), from: Some(from) } = &file.holds else { continue };
            let total = cost.saturating_add(file.length);
            if *from != at || total >= bound || reached.get(text).is_some_and(|(known, _)| *known <= total) {
                continue;
            }
            let mut longer = way.clone();
            longer.push((name, file, text));
            reached.insert(text.clone(), (total, longer));
            open.insert((total, text.clone()));
        }
    }
    None
}

async fn by_steps(shelf: &Shelf, before: &str, steps: &[Step<'_>], from: &dyn Reading, most: u64) -> Result<Vec<u8>, Failure> {
    let (shelf, digest) = (shelf.clone(), before.to_owned());
    let read = move || shelf.read_text(&digest, most).map_err(|error| Failure::local("the text in force", &error));
    let mut text = blocking(read).await?;
    for (name, signed, digest) in steps {
        fits(name, signed, most)?;
        let difference = file(from, name, signed.length, &signed.sha256).await?;
        let shown = (*name).clone();
        text = blocking(move || apply(&text, &difference, most).map_err(|fault| refused(&shown, &fault))).await?;
        text = checked(digest, text)?;
    }
    Ok(text)
}

/// Does something on a thread that may wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Failure::new(Reason::Local, format!("a thread of this program ended early: {error}"))))
}
