//! `khien status`: what the running server does, in a screenful.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use hyper::Method;

use super::{FAILED, FINE, control, office};
use crate::config;
use crate::web::FetchStatus;

/// How long the server may take to say it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Show what the running server does.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// Print JSON, as the API gives it
    #[arg(long, env = "KHIEN_JSON")]
    json: bool,
}

impl Status {
    /// Exit code 1 where the server is not ready.
    pub(super) fn run(self, file: Option<&Path>) -> Result<u8> {
        let reply = control::ask(&state_directory(file)?, Method::GET, "/api/v1/status", PATIENCE)?;
        let status: crate::web::Status =
            serde_json::from_value(reply.body.clone()).context("the server speaks another version")?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&reply.body)?);
        } else {
            print!("{}", page(&status));
        }
        Ok(if status.ready { FINE } else { FAILED })
    }
}

/// The state directory that the configuration names.
///
/// # Errors
/// The configuration's faults.
pub(super) fn state_directory(file: Option<&Path>) -> Result<PathBuf> {
    match config::state_directory(file) {
        Ok(state) => Ok(state),
        Err(faults) => {
            let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
            bail!("the configuration has faults, so the server's state directory is not known\n{}", said.join("\n"))
        }
    }
}

/// How fetching a list stands: when its copy came, and why there is none newer.
fn fetching(fetched: &FetchStatus) -> Vec<String> {
    let or_never = |time: &Option<String>| time.clone().unwrap_or_else(|| "never".to_owned());
    let mut lines =
        vec![format!("           fetched {}, still the newest {}", or_never(&fetched.copy_of), or_never(&fetched.confirmed))];
    if let Some(before) = fetched.overridden {
        lines.push(format!("           a person took that copy in place of one with {before} entries"));
    }
    if let Some(failure) = &fetched.failure {
        let failure = failure.replace('\n', "; ");
        lines.push(format!(
            "           FETCHING FAILS, {} times in a row, last {}: {failure}",
            fetched.failures,
            or_never(&fetched.asked)
        ));
    }
    lines
}

fn page(status: &crate::web::Status) -> String {
    let mut lines = Vec::new();
    let hours = status.uptime_seconds / 3600;
    let minutes = status.uptime_seconds / 60 % 60;
    lines.push(match &status.unready {
        None => format!("khien {}: filters, up {hours} h {minutes} min", status.version),
        Some(why) => {
            format!("khien {}: NOT READY ({why}), every name is answered SERVFAIL; up {hours} h {minutes} min", status.version)
        }
    });
    if let Some(failure) = &status.last_reload_failure {
        lines.push(format!("LAST RELOAD FAILED, the configuration before it is in force:\n{failure}"));
    }
    lines.push(format!("config     {}", status.config.as_deref().unwrap_or("built in")));
    lines.push(format!("DNS        {}", status.dns.join(", ")));
    lines.push(format!("pages      {}", status.http.join(", ")));
    let share = (status.blocked * 100).checked_div(status.queries).unwrap_or(0);
    lines.push(format!("queries    {}, blocked {} ({share} %)", status.queries, status.blocked));
    lines.push(format!(
        "index      {} names, {} MiB, snapshot {}",
        status.index_names,
        status.index_bytes >> 20,
        status.snapshot
    ));
    lines.push(format!("cache      {} answers", status.cache_entries));
    let lost = if status.journal_dropped == 0 { String::new() } else { format!(", {} LOST", status.journal_dropped) };
    lines.push(format!("journal    {} entries written{lost}", status.journal_written));
    for upstream in &status.upstreams {
        let state = if upstream.up { "up" } else { "DOWN, set back" };
        lines.push(format!(
            "upstream   {}: {state}, {} questions, {} failures",
            upstream.address, upstream.requests, upstream.failures
        ));
    }
    for group in &status.groups {
        lines.push(format!("group      {} ({}): tier {} now", group.id, group.name, group.tier));
    }
    for list in &status.lists {
        let issues = if list.issues == 0 { String::new() } else { format!(", {} lines not used", list.issues) };
        lines.push(format!("list       {}: {} entries{issues}", list.id, list.entries));
        if let Some(fault) = &list.fault {
            lines.push(format!("           FAULT: {fault}"));
        }
        lines.extend(list.fetched.iter().flat_map(fetching));
        for (what, names) in
            [("protected names left open", &list.protected_names), ("public suffixes refused", &list.public_suffixes)]
        {
            if !names.is_empty() {
                let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
                let more =
                    if names.len() > shown.len() { format!(" and {} more", names.len() - shown.len()) } else { String::new() };
                lines.push(format!("           {what}: {}{more}", shown.join(", ")));
            }
        }
    }
    lines.extend(status.office.iter().flat_map(office::school::lines));
    for warning in &status.warnings {
        lines.push(format!("warning    {warning}"));
    }
    lines.push(String::new());
    lines.join("\n")
}
