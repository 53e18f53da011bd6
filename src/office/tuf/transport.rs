//! Metadata on its way to `tough`: read whole, bounded in files and octets, and why it did not come.
//!
//! The rules: a file that is not there and one that could not be read are two things, for an attacker who cuts a connection must not
//! make a school believe that there is no newer root; and `tough` goes down from delegation to delegation on one stack, so that how
//! deep they lead is looked at before it does.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream;
use serde::Deserialize;
use tough::{Bytes, Transport, TransportError, TransportErrorKind, TransportStream, async_trait};
use url::Url;

use super::reading::Reading;
use crate::fetch::{Failure, Marks, Reason, Reply};
use crate::office::publication::{SIGNER, is_role};

/// The most files of metadata that one round reads: a root for each week of twenty years, and the parts of a large office.
const FILES: u32 = 1500;

/// The most octets of one file of metadata.
pub(super) const LARGEST: u64 = 8 << 20;

/// The most octets of metadata that one round reads.
const OCTETS: u64 = 64 << 20;

/// How deep delegations may lead: a ministry, a province, a district, a commune, and as many again.
const DEEPEST: u32 = 8;

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
    /// How deep the roles lie that were delegated to so far.
    depths: BTreeMap<String, u32>,
}

impl fmt::Debug for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Round").field(&self.0.from).finish()
    }
}

impl Round {
    /// A way that gives `timestamp`, which was read already, and everything else as it is read.
    pub(super) fn new(from: Box<dyn Reading>, timestamp: Vec<u8>) -> Self {
        let left = Mutex::new(Left { files: FILES, octets: OCTETS, failure: None, depths: BTreeMap::new() });
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
                left.delegates(path, octets)
            })?;
        }
        Ok(reply)
    }
}

/// As much of a role's metadata as says whom it delegates to.
#[derive(Deserialize)]
struct Delegating {
    signed: Signed,
}

#[derive(Deserialize)]
struct Signed {
    #[serde(default)]
    delegations: Option<Delegations>,
}

#[derive(Deserialize)]
struct Delegations {
    roles: Vec<Delegated>,
}

#[derive(Deserialize)]
struct Delegated {
    name: String,
}

impl Left {
    /// Notes whom the metadata at `path` delegates to. A role that is reached by two ways lies as deep as the longer one says.
    fn delegates(&mut self, path: &str, octets: &[u8]) -> Result<(), Failure> {
        // What cannot be read so, `tough` cannot read either.
        let Ok(Delegating { signed: Signed { delegations: Some(delegations) } }) = serde_json::from_slice(octets) else {
            return Ok(());
        };
        let name = path.strip_suffix(".json").and_then(|rest| rest.split_once('.')).map_or(path, |(_, name)| name);
        let depth = self.depths.get(name).copied().unwrap_or(0) + 1;
        let refused = |why: String| Err(Failure::new(Reason::Unverified, format!("the repository is refused: {why}")));
        for Delegated { name } in delegations.roles {
            if !is_role(&name) && name != SIGNER {
                return refused(format!("it delegates to `{}`, which is no role's id", name.escape_debug()));
            }
            if depth > DEEPEST {
                return refused(format!("it delegates more than {DEEPEST} levels deep, to role {name}"));
            }
            let known = self.depths.entry(name).or_default();
            *known = depth.max(*known);
        }
        Ok(())
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
