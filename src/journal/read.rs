//! Reading the journal, while the server writes it or without one.
//!
//! It changes nothing and holds one entry at a time, so that a year's entries need no more memory than a day's.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Row, params_from_iter};

use super::store::FILE;
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
    let (conditions, values) = conditions(directory, filter)?;
    let order = if filter.limit.is_some() { "DESC" } else { "ASC" };
    let mut statement = connection.prepare(&format!(
        r#"SELECT time, client, "group", tier, name, type, transport, verdict, reason, category, lists, rule, rcode, micros,
           snapshot, repeats FROM entries {conditions} ORDER BY time {order}, id {order}"#
    ))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut newest = VecDeque::new();
    let mut shown = 0;
    while let Some(row) = rows.next()? {
        let line = line(row)?;
        if !is_wanted(&line.name, filter.name.as_ref()) {
            continue;
        }
        match filter.limit {
            Some(limit) if newest.len() >= limit => break,
            Some(_) => newest.push_front(line),
            None => {
                shown += 1;
                if show(line)?.is_break() {
                    return Ok(shown);
                }
            }
        }
    }
    for line in newest {
        shown += 1;
        if show(line)?.is_break() {
            break;
        }
    }
    Ok(shown)
}

/// The conditions that the database can judge.
fn conditions(directory: &Path, filter: &Filter) -> io::Result<(String, Vec<Value>)> {
    let mut conditions = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    if let Some(since) = filter.since {
        conditions.push("time >= ?".to_owned());
        values.push(since.as_millisecond().into());
    }
    if let Some(until) = filter.until {
        conditions.push("time < ?".to_owned());
        values.push(until.as_millisecond().into());
    }
    if let Some(client) = filter.client {
        let mut forms = Pseudonyms::read(directory)?.all(client);
        forms.push(client.to_canonical().to_string());
        conditions.push(format!("client IN ({})", vec!["?"; forms.len()].join(", ")));
        values.extend(forms.into_iter().map(Value::from));
    }
    if let Some(group) = &filter.group {
        conditions.push(r#""group" = ?"#.to_owned());
        values.push(group.clone().into());
    }
    if let Some(name) = filter.name.as_ref().filter(|name| !name.is_root()) {
        // Coarse: `is_wanted` looks at the labels.
        let text = name.to_string();
        conditions.push("substr(name, -?) = ?".to_owned());
        values.push(i64::try_from(text.len()).unwrap_or(i64::MAX).into());
        values.push(text.into());
    }
    let conditions = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    Ok((conditions, values))
}

/// Whether the written `name` is `above` or stands below it.
fn is_wanted(name: &str, above: Option<&Name>) -> bool {
    above.is_none_or(|above| Name::parse(name).is_ok_and(|name| name.is_at_or_below(above)))
}

fn line(row: &Row<'_>) -> Result<Line, rusqlite::Error> {
    let text = |column: usize| row.get::<_, String>(column);
    let count = |column: usize| Ok::<_, rusqlite::Error>(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0));
    Ok(Line {
        time: Timestamp::from_millisecond(row.get(0)?).unwrap_or(Timestamp::UNIX_EPOCH),
        client: text(1)?.into(),
        group: text(2)?.into(),
        tier: text(3)?.into(),
        name: text(4)?,
        record_type: text(5)?,
        transport: Cow::Owned(text(6)?),
        verdict: Cow::Owned(text(7)?),
        reason: Cow::Owned(text(8)?),
        category: text(9)?.into(),
        lists: serde_json::from_str(&text(10)?).unwrap_or_default(),
        rule: text(11)?,
        rcode: Cow::Owned(text(12)?),
        micros: u32::try_from(row.get::<_, i64>(13)?).unwrap_or(u32::MAX),
        snapshot: count(14)?,
        repeats: count(15)?,
    })
}

#[cfg(test)]
mod tests;
