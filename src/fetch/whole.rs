//! A page as one piece in memory: for files of a known and modest size, whose digest or signature the caller checks.
//!
//! The rule: what comes is bounded as a list is, in octets and in time, and it is taken as the file's own octets.

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::connect::Trust;
use super::download::{Answer, Limits, Packing, Piece, ask};
use super::{Bootstrap, Failure, Marks, Page, Reason};

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// What the marks stand for is still the newest.
    Unchanged,
    /// There is no such page; the failure says it as to a person who expects one.
    Absent(Failure),
    /// The page, and what it can be asked for by later.
    Octets(Vec<u8>, Marks),
}

/// Pieces that wait to be put together.
const WAITING: usize = 4;

/// Reads `page` whole; nothing comes where `marks` still hold.
///
/// # Errors
/// A [`Failure`] with the bound that was passed, or what else was in the way.
pub async fn whole(page: &Page, marks: &Marks, bootstrap: &Bootstrap, trust: &Trust, limits: &Limits) -> Result<Reply, Failure> {
    match timeout(limits.total, read(page, marks, bootstrap, trust, limits)).await {
        Ok(read) => read,
        Err(_) => Err(Failure::new(Reason::Timeout, format!("{page}: not done within {:?}", limits.total))),
    }
}

async fn read(page: &Page, marks: &Marks, bootstrap: &Bootstrap, trust: &Trust, limits: &Limits) -> Result<Reply, Failure> {
    let arriving = match ask(page, marks, Packing::None, (bootstrap, trust), limits).await? {
        Answer::Unchanged => return Ok(Reply::Unchanged),
        Answer::Absent(failure) => return Ok(Reply::Absent(failure)),
        Answer::List(arriving) => *arriving,
    };
    let marks = arriving.marks.clone();
    let (sender, mut receiver) = mpsc::channel::<Piece>(WAITING);
    let together = async {
        let mut octets = Vec::new();
        while let Some(piece) = receiver.recv().await {
            match piece {
                Piece::Octets(piece) => octets.extend_from_slice(&piece),
                Piece::End => return octets,
            }
        }
        octets
    };
    let (received, octets) = tokio::join!(arriving.receive(page, limits, sender, &|_| {}), together);
    received?;
    Ok(Reply::Octets(octets, marks))
}
