//! Metadata as its signer reads it: what a signature would say, in a few lines.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::keys::Keys;
use crate::office::published::Last;
use crate::office::tuf::sign::{Staged, delegations_of, root_ids, root_keys_of, tables_of, times_of};

/// What whoever signs `staged` says by it.
pub fn described(staged: &Staged, keys: &Keys) -> String {
    let names = |ids: &[String]| ids.iter().map(|id| keys.name_of(id)).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    // Writing into a text never fails.
    let _ = match staged {
        Staged::Root(signed) => {
            let (people, threshold) = root_ids(&signed.signed);
            let (snapshot, timestamp) = root_keys_of(&signed.signed);
            writeln!(
                text,
                "root {}: {threshold} of {} sign roots, tables and who may speak for what;\n  {} signs snapshots, {} timestamps; \
                 until {}",
                signed.signed.version,
                names(&people),
                names(&snapshot),
                names(&timestamp),
                signed.signed.expires
            )
        }
        Staged::Targets(signed) => {
            let tables = tables_of(signed);
            let delegations = delegations_of(signed);
            let mut written = match &tables {
                Some(digest) => {
                    writeln!(text, "targets {}: tables {digest}; until {}", signed.signed.version, signed.signed.expires)
                }
                None => writeln!(text, "a role's part, version {}; until {}", signed.signed.version, signed.signed.expires),
            };
            for (role, ids, threshold, speaks_for) in delegations {
                written =
                    written.and_then(|()| writeln!(text, "  {role}: {threshold} of {} sign, for {speaks_for}", names(&ids)));
            }
            written
        }
        Staged::Snapshot(signed) => writeln!(text, "snapshot {}; until {}", signed.signed.version, signed.signed.expires),
        Staged::Timestamp(signed) => writeln!(text, "timestamp {}; until {}", signed.signed.version, signed.signed.expires),
    };
    text
}

/// Until when each part of what is published holds, the first to expire first.
pub fn standing(last: &Last) -> Vec<(String, Timestamp)> {
    let mut times = last.current.as_ref().map(times_of).unwrap_or_default();
    times.sort_by_key(|(_, until)| *until);
    times
}
