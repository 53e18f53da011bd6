//! Reading the journal, while the server writes it or without one.
//!
//! It changes nothing and holds the entries of one or a few blocks at a time, so that a year's need no more memory than a day's.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::store::{FILE, read_block};
use super::{Line, Pseudonyms};
use crate::dns::Name;

/// Which entries are wanted; what is not named is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// From this time on.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Of this client: its pseudonyms under every live key, and its address where that was written.
    pub client: Option<std::net::IpAddr>,
    /// Of the group with this id.
    pub group: Option<String>,
    /// Of this name and all names below it.
    pub name: Option<Name>,
    /// Only the newest so many.
    pub limit: Option<usize>,
}

/// Why nothing can be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no journal in the directory.
    #[error("there is no journal in {0}")]
    Missing(std::path::PathBuf),
    /// The database cannot be read.
    #[error("the journal cannot be read: {0}")]
    Database(#[from] rusqlite::Error),
    /// All others were given.
    #[error("{0} of the journal's blocks are damaged and were left out: the disk has lost something")]
    Damaged(u64),
    /// The keys cannot be read, or what was read cannot be shown.
    #[error("{0}")]
    File(#[from] io::Error),
}

/// Gives the entries that `filter` wants to `show`, the oldest first, until it breaks off; returns how many it gave.
///
/// # Errors
/// [`ReadError`]; also what `show` gives.
pub fn read(
    directory: &Path,
    filter: &Filter,
    mut show: impl FnMut(Line) -> io::Result<ControlFlow<()>>,
) -> Result<u64, ReadError> {
    let path = directory.join(FILE);
    if !path.exists() {
        return Err(ReadError::Missing(directory.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let wanted = Wanted::of(directory, filter)?;
    let order = if filter.limit.is_some() { "last DESC, id DESC" } else { "first, id" };
    let mut statement = connection
        .prepare(&format!("SELECT id, first, last, octets FROM blocks WHERE last >= ?1 AND first < ?2 ORDER BY {order}"))?;
    let mut blocks = statement.query([wanted.since, wanted.until])?;
    let mut damaged = 0;
    let mut shown = 0;
    // Blocks overlap a little, so an entry is given when no block that is still to come can hold one before it.
    let mut waiting: BTreeMap<Place, Line> = BTreeMap::new();
    while let Some(row) = blocks.next()? {
        let (id, first, last): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        match filter.limit {
            None => {
                let later = waiting.split_off(&(first, i64::MIN, 0));
                for line in std::mem::replace(&mut waiting, later).into_values() {
                    shown += 1;
                    if show(line)?.is_break() {
                        return Ok(shown);
                    }
                }
            }
            // None that is still to come is newer than the oldest of those that are wanted.
            Some(limit) if waiting.len() >= limit && waiting.first_key_value().is_none_or(|(place, _)| place.0 > last) => break,
            Some(_) => {}
        }
        let octets = row.get_ref(3)?.as_blob().unwrap_or_default();
        let Ok(lines) = read_block(&connection, id, octets)? else {
            damaged += 1;
            continue;
        };
        let places = lines.into_iter().zip(0_usize..).filter(|(line, _)| wanted.is(line));
        waiting.extend(places.map(|(line, at)| ((line.time.as_millisecond(), id, at), line)));
        while filter.limit.is_some_and(|limit| waiting.len() > limit) {
            waiting.pop_first();
        }
    }
    for line in waiting.into_values() {
        shown += 1;
        if show(line)?.is_break() {
            return Ok(shown);
        }
    }
    if damaged > 0 { Err(ReadError::Damaged(damaged)) } else { Ok(shown) }
}

/// An entry's time, its block and its place there: the order in which entries are given.
type Place = (i64, i64, usize);

/// A filter, made ready for comparing.
struct Wanted<'a> {
    since: i64,
    until: i64,
    /// Every form in which the client may be written; none where any client is wanted.
    clients: Option<Vec<String>>,
    filter: &'a Filter,
}

impl<'a> Wanted<'a> {
    fn of(directory: &Path, filter: &'a Filter) -> io::Result<Self> {
        let clients = match filter.client {
            Some(client) => {
                let mut forms = Pseudonyms::read(directory)?.all(client);
                forms.push(client.to_canonical().to_string());
                Some(forms)
            }
            None => None,
        };
        let since = filter.since.map_or(i64::MIN, Timestamp::as_millisecond);
        let until = filter.until.map_or(i64::MAX, Timestamp::as_millisecond);
        Ok(Self { since, until, clients, filter })
    }

    fn is(&self, line: &Line) -> bool {
        let time = line.time.as_millisecond();
        time >= self.since
            && time < self.until
            && self.clients.as_ref().is_none_or(|forms| forms.iter().any(|form| **form == *line.client))
            && self.filter.group.as_ref().is_none_or(|group| **group == *line.group)
            && is_wanted(&line.name, self.filter.name.as_ref())
    }
}

/// Whether the written `name` is `above` or stands below it.
fn is_wanted(name: &str, above: Option<&Name>) -> bool {
    above.is_none_or(|above| Name::parse(name).is_ok_and(|name| name.is_at_or_below(above)))
}

#[cfg(test)]
mod tests;
