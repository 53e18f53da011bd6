//! `khien journal`: shows what the journal holds.
//!
//! The rule: whoever wants to read of one client says why, and that stands in the audit trail before anything is shown.

mod options;

use std::io::{self, Write};
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp, ZonedDateTime};

use crate::decisions::audit::{self, Act, AuditError};
use crate::dns::Name;
use crate::journal::{ClientForm, Filter, Form, Line, ReadError, Show, read};

pub(super) use options::Journal;

/// What was typed, and what the configuration says.
#[derive(Debug, Clone)]
pub struct Arguments {
    /// `--since`: a time, a date, or how long ago.
    pub since: Option<String>,
    /// `--until`: likewise.
    pub until: Option<String>,
    /// `--client`: one client's entries.
    pub client: Option<IpAddr>,
    /// `--reason`: why clients are to be read.
    pub reason: Option<String>,
    /// `--group`: one group's entries.
    pub group: Option<String>,
    /// `--name`: a name and those below it.
    pub name: Option<String>,
    /// `--limit`: the newest so many.
    pub limit: Option<usize>,
    /// The form of the output.
    pub form: Form,
    /// The state directory.
    pub directory: PathBuf,
    /// `[journal] client`: where it is `full`, entries name their clients.
    pub written: ClientForm,
    /// Who asks: the account's name.
    pub actor: String,
}

/// Why nothing is shown. The second line, where there is one, is a hint.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A client is asked for and no reason given.
    #[error("entries of one client are shown for a reason only\nhint: add --reason \"…\"; it is kept in the audit trail")]
    NoReason,
    /// Entries name their clients and no reason is given.
    #[error(
        "this journal names its clients (`client = \"full\"`) and is shown for a reason only\nhint: add --reason \"…\"; it is kept in the audit trail"
    )]
    NoReasonFull,
    /// A time that cannot be read.
    #[error(
        "`{0}` is no time\nhint: write 2026-11-23, 2026-11-23T09:30, 2026-11-23T09:30:00+07:00, or how long ago: 30m, 2h, 3d, 1w"
    )]
    BadTime(String),
    /// A name that cannot be read.
    #[error("`{0}` is no domain name\nhint: write it as in example.com")]
    BadName(String),
    /// The audit trail cannot be written.
    #[error("{0}\nhint: nothing is shown that cannot be accounted for; see to the file first")]
    Audit(#[from] AuditError),
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The output cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// Shows the entries that are asked for on `out`; `now` also brings the school's time zone. Returns how many it showed.
///
/// Addresses that an earlier setting left in the journal are hidden unless a reason is given.
///
/// # Errors
/// [`JournalError`].
pub fn run(arguments: &Arguments, now: &ZonedDateTime, out: &mut impl Write) -> Result<u64, JournalError> {
    let filter = filter(arguments, now)?;
    let reason = arguments.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    match (reason, arguments.client, arguments.written) {
        (Some(reason), client, _) => {
            let act = if client.is_some() { "journal-client" } else { "journal-read" };
            audit::append(&arguments.directory, &act_of(arguments, act, reason, now.timestamp()))?;
        }
        (None, Some(_), _) => return Err(JournalError::NoReason),
        (None, None, ClientForm::Full) => return Err(JournalError::NoReasonFull),
        (None, None, ClientForm::Pseudonym | ClientForm::Subnet | ClientForm::None) => {}
    }
    let mut show = Show::start(out, arguments.form, now.time_zone().clone())?;
    let shown = read(&arguments.directory, &filter, |line| {
        let line = if reason.is_some() { line } else { without_address(line) };
        match show.entry(&line) {
            // Whoever reads has seen enough: `khien journal | head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
            shown => shown.map(ControlFlow::Continue),
        }
    })?;
    match show.end() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(shown),
    }
}

fn act_of(arguments: &Arguments, act: &str, reason: &str, time: Timestamp) -> Act {
    Act {
        time,
        actor: arguments.actor.clone(),
        act: act.to_owned(),
        subject: arguments.client.map_or_else(|| "all".to_owned(), |client| client.to_canonical().to_string()),
        reason: reason.to_owned(),
    }
}

/// The entry with its client hidden, where that is an address.
fn without_address(line: Line) -> Line {
    if line.client.parse::<IpAddr>().is_ok() { Line { client: Arc::from("hidden"), ..line } } else { line }
}

fn filter(arguments: &Arguments, now: &ZonedDateTime) -> Result<Filter, JournalError> {
    let time = |text: &Option<String>| text.as_deref().map(|text| time(text, now)).transpose();
    let name = |text: &String| Name::parse(text).map_err(|_| JournalError::BadName(text.clone()));
    Ok(Filter {
        since: time(&arguments.since)?,
        until: time(&arguments.until)?,
        client: arguments.client,
        group: arguments.group.clone(),
        name: arguments.name.as_ref().map(name).transpose()?,
        limit: arguments.limit,
    })
}

/// Reads a point in time: RFC 3339, a date or a date and time of the school's, or how long before `now`.
///
/// # Errors
/// [`JournalError::BadTime`].
pub fn time(text: &str, now: &ZonedDateTime) -> Result<Timestamp, JournalError> {
    let bad = || JournalError::BadTime(text.to_owned());
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let local =
        text.parse::<DateTime>().ok().or_else(|| Some(text.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight())));
    if let Some(local) = local {
        return local.to_zoned_datetime(now.time_zone().clone()).map(|zoned| zoned.timestamp()).map_err(|_| bad());
    }
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(bad)?;
    let number: i64 = number.parse().ok().filter(|number| (0..=100_000).contains(number)).ok_or_else(bad)?;
    let span = match unit {
        "s" => Span::new().seconds(number),
        "m" => Span::new().minutes(number),
        "h" => Span::new().hours(number),
        "d" => Span::new().days(number),
        "w" => Span::new().weeks(number),
        _ => return Err(bad()),
    };
    now.checked_sub(span).map(|then| then.timestamp()).map_err(|_| bad())
}

/// The account that runs the program: its number, and the name that its environment gives it, if any.
pub fn account() -> String {
    let uid = rustix::process::getuid().as_raw();
    let named = ["SUDO_USER", "LOGNAME", "USER"].iter().find_map(|variable| std::env::var(variable).ok());
    match named.filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} (uid {uid})"),
        None => format!("uid {uid}"),
    }
}

#[cfg(test)]
mod tests;
