//! How `khien journal` is typed.

use std::net::IpAddr;
use std::path::Path;

use anyhow::{Result, bail};
use clap::Args;
use jiff::Timestamp;

use super::{Arguments, account, run};
use crate::cli::FINE;
use crate::config;
use crate::journal::Form;

/// Read the journal of blocked queries.
#[derive(Debug, Args)]
pub(in crate::cli) struct Journal {
    /// From this time on: a date, a time, or how long ago (2h, 3d)
    #[arg(long, value_name = "TIME", env = "KHIEN_SINCE")]
    since: Option<String>,
    /// Until this time
    #[arg(long, value_name = "TIME", env = "KHIEN_UNTIL")]
    until: Option<String>,
    /// One client's entries; needs --reason, and both stand in the audit trail
    #[arg(long, value_name = "ADDR", env = "KHIEN_CLIENT")]
    client: Option<IpAddr>,
    /// Why a client's entries are read
    #[arg(long, value_name = "TEXT", env = "KHIEN_REASON")]
    reason: Option<String>,
    /// One group's entries
    #[arg(long, value_name = "ID", env = "KHIEN_GROUP")]
    group: Option<String>,
    /// The entries of a name and of those below it
    #[arg(long, value_name = "NAME", env = "KHIEN_NAME")]
    name: Option<String>,
    /// Only the newest so many
    #[arg(long, value_name = "COUNT", env = "KHIEN_LIMIT")]
    limit: Option<usize>,
    /// Print JSON, an object a line
    #[arg(long, env = "KHIEN_JSON", conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values for a spreadsheet
    #[arg(long, env = "KHIEN_CSV")]
    csv: bool,
}

impl Journal {
    pub(in crate::cli) fn run(self, file: Option<&Path>) -> Result<u8> {
        let Self { since, until, client, reason, group, name, limit, json, csv } = self;
        let program = match config::load(file) {
            Ok((program, _)) => program,
            Err(faults) => bail!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
        };
        let form = match (json, csv) {
            (true, _) => Form::Json,
            (false, true) => Form::Csv,
            (false, false) => Form::Table,
        };
        let (directory, written) = (program.state, program.journal.client);
        let arguments =
            Arguments { since, until, client, reason, group, name, limit, form, directory, written, actor: account() };
        let now = Timestamp::now().to_zoned_datetime(program.calendar.zone().clone());
        let shown = run(&arguments, &now, &mut std::io::stdout().lock())?;
        if shown == 0 && form == Form::Table {
            eprintln!("no entries");
        }
        Ok(FINE)
    }
}
