//! Forgetting: at start and every hour, what is older than `keep` goes, to the bytes, from the store, the JSON files, the keys.
//!
//! It works in parts, so that writing never waits for it long.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::output::Output;
use super::pseudonym::KEYS;
use super::store::{FILE, Store, Swept};
use super::writer::Keys;
use super::{Moment, Settings};

/// From one round to the next.
const EVERY: Duration = Duration::from_hours(1);

/// How soon a round is tried again that could not be ended.
const AGAIN: Duration = Duration::from_mins(1);

/// A clock that says less has not been set yet (2026-01-01T00:00:00Z): by it nothing is forgotten.
const PLAUSIBLE: i64 = 1_767_225_600;

/// When the next round is due, and whether one is going on.
#[derive(Debug, Default)]
pub(super) struct Retention {
    /// By the uptime.
    due: Duration,
    /// What a round that is going on forgets.
    cutoff: Option<Timestamp>,
}

/// What a part of a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// 1 where more is to be done at once.
    pub(super) done: usize,
    /// What failed.
    pub(super) failed: Option<Failed>,
}

/// What failed in forgetting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    /// The store, the keys, or what was set aside.
    Store,
    /// The JSON files.
    Json,
}

const REST: Progress = Progress { done: 0, failed: None };

impl Retention {
    /// Does the next part of a round, where one is due.
    pub(super) fn round(
        &mut self,
        store: &mut Store,
        keys: &mut Keys,
        output: Option<&mut Output>,
        settings: &Settings,
        now: Moment,
    ) -> Progress {
        if now.uptime < self.due || store.is_waiting(now) {
            return REST;
        }
        if now.wall.as_second() < PLAUSIBLE {
            self.due = now.uptime + AGAIN;
            return REST;
        }
        let keep = SignedDuration::try_from(settings.keep).unwrap_or(SignedDuration::MAX);
        let cutoff = *self.cutoff.get_or_insert_with(|| now.wall.checked_sub(keep).unwrap_or(Timestamp::MIN));
        let horizon = now.wall.checked_add(keep).unwrap_or(Timestamp::MAX);
        let swept = match store.forget(cutoff, horizon, now) {
            Ok(Swept::More) => return Progress { done: 1, failed: None },
            Ok(swept) => swept,
            Err(error) => {
                tracing::error!(%error, "the journal's store cannot be cleared of what is past its time; it is tried again");
                return self.end(now, AGAIN, Some(Failed::Store));
            }
        };
        keys.pseudonyms.expire(cutoff);
        let cleared = keys.save().and_then(|()| clear_set_aside(&settings.directory, cutoff));
        let printed = output.map_or(Ok(()), |output| output.forget(cutoff));
        match (swept, cleared, printed) {
            (_, Err(_), _) => self.end(now, AGAIN, Some(Failed::Store)),
            (_, Ok(()), Err(_)) => self.end(now, AGAIN, Some(Failed::Json)),
            (Swept::Busy | Swept::More, Ok(()), Ok(())) => self.end(now, AGAIN, None),
            (Swept::Done, Ok(()), Ok(())) => self.end(now, EVERY, None),
        }
    }

    fn end(&mut self, now: Moment, next: Duration, failed: Option<Failed>) -> Progress {
        self.cutoff = None;
        self.due = now.uptime + next;
        Progress { done: 0, failed }
    }
}

/// Removes what was set aside before `cutoff`: nothing in it is younger.
fn clear_set_aside(directory: &Path, cutoff: Timestamp) -> io::Result<()> {
    let cutoff = cutoff.strftime("%Y%m%dT%H%M%SZ").to_string();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let stamp = [FILE, KEYS].iter().find_map(|file| name.strip_prefix(file)?.strip_prefix(".corrupt-"));
        if stamp.is_some_and(|stamp| stamp < cutoff.as_str()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
