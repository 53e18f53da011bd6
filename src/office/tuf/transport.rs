//! Metadata on its way to `tough`: read whole, bounded in files and octets, and why it did not come.
//!
//! The rule: a file that is not there and one that could not be read are two things; an attacker who cuts a connection must not make
//! a school believe that there is no newer root.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream;
use tough::{Bytes, Transport, TransportError, TransportErrorKind, TransportStream, async_trait};
use url::Url;

use super::reading::Reading;
use crate::fetch::{Failure, Marks, Reason, Reply};

/// The most files of metadata that one round reads: a root for each week of twenty years, and the parts of a large office.
const FILES: u32 = 1500;

/// The most octets of one file of metadata.
pub(super) const LARGEST: u64 = 8 << 20;

/// The most octets of metadata that one round reads.
const OCTETS: u64 = 64 << 20;

/// The file that every round begins with.
pub(super) const FIRST: &str = "timestamp.json";

/// Where `tough` believes the repository to be; it goes by paths below this alone.
pub(super) const BASE: &str = "office:///";

/// One round's way.
#[derive(Clone)]
pub(super) struct Round(Arc<Inner>);

struct Inner {
    from: Box<dyn Reading>,
    timestamp: Bytes,
    left: Mutex<Left>,
}

struct Left {
    files: u32,
    octets: u64,
    failure: Option<Failure>,
}

impl fmt::Debug for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Round").field(&self.0.from).finish()
    }
}

impl Round {
    /// A way that gives `timestamp`, which was read already, and everything else as it is read.
    pub(super) fn new(from: Box<dyn Reading>, timestamp: Vec<u8>) -> Self {
        let left = Mutex::new(Left { files: FILES, octets: OCTETS, failure: None });
        Self(Arc::new(Inner { from, timestamp: timestamp.into(), left }))
    }

    /// Why the last file did not come that did not.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.left(|left| left.failure.take())
    }

    fn left<T>(&self, what: impl FnOnce(&mut Left) -> T) -> T {
        what(&mut self.0.left.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn read(&self, path: &str) -> Result<Reply, Failure> {
        let most = self.left(|left| {
            left.files = left.files.checked_sub(1)?;
            Some(left.octets.min(LARGEST))
        });
        let too_much = || Failure::new(Reason::TooLarge, format!("the repository has more than {FILES} files of metadata"));
        let reply = self.0.from.read(path, most.ok_or_else(too_much)?, &Marks::default()).await?;
        if let Reply::Octets(octets, _) = &reply {
            self.left(|left| {
                left.octets = left.octets.saturating_sub(octets.len() as u64);
                left.failure = None;
            });
        }
        Ok(reply)
    }
}

#[async_trait]
impl Transport for Round {
    async fn fetch(&self, url: Url) -> Result<TransportStream, TransportError> {
        let path = url.path().trim_start_matches('/');
        if path == FIRST {
            return Ok(all(Ok(self.0.timestamp.clone())));
        }
        match self.read(path).await {
            Ok(Reply::Octets(octets, _)) => Ok(all(Ok(octets.into()))),
            Ok(Reply::Unchanged) => Ok(all(Err(TransportError::new(TransportErrorKind::Other, url)))),
            Ok(Reply::Absent(failure)) => {
                self.left(|left| left.failure = Some(failure));
                Err(TransportError::new(TransportErrorKind::FileNotFound, url))
            }
            Err(failure) => {
                self.left(|left| left.failure = Some(failure.clone()));
                // Told by the stream: `tough` takes what is told here for the end of the way from root to root.
                Ok(all(Err(TransportError::new_with_cause(TransportErrorKind::Other, url, failure))))
            }
        }
    }
}

fn all(octets: Result<Bytes, TransportError>) -> TransportStream {
    Box::pin(stream::iter([octets]))
}
