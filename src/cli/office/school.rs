//! The office at a school: asked of the running server, else read from its state.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use hyper::{Method, StatusCode};

use crate::cli::progress::while_doing;
use crate::cli::{AT_FAULT, FAILED, FINE, control, status};
use crate::config::{self, Program};
use crate::server;
use crate::web::{OfficeStatus, Status};

/// How long the server may take to say how it stands.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long compiling may take until the command stops waiting; the server goes on all the same.
const LONG: Duration = Duration::from_secs(600);

/// Exit code 1 where nothing of the office was ever loaded.
pub(super) fn status(file: Option<&Path>, json: bool) -> Result<u8> {
    let state = status::state_directory(file)?;
    let live = control::is_there(&state);
    let office = if live {
        let reply = control::ask(&state, Method::GET, "/api/v1/status", PATIENCE)?;
        let status: Status = serde_json::from_value(reply.body).context("the server speaks another version")?;
        status.office
    } else {
        server::office_status(&program(file)?)
    };
    let Some(office) = office else {
        bail!(
            "this school follows no office\n\
             hint: [office] in the configuration names one; an office's own folder is named with --folder DIR"
        )
    };
    if json {
        println!("{}", serde_json::to_string_pretty(&office)?);
    } else {
        if !live {
            println!("(no server runs: from what is kept)");
        }
        print!("{}", lines(&office).into_iter().map(|line| line + "\n").collect::<String>());
    }
    Ok(if office.serial.is_some() { FINE } else { FAILED })
}

/// How the office stands, in some lines.
pub(in crate::cli) fn lines(office: &OfficeStatus) -> Vec<String> {
    let or_never = |time: &Option<String>| time.clone().unwrap_or_else(|| "never".to_owned());
    let mut lines = vec![match (office.serial, office.decisions_serial) {
        (Some(lists), Some(decisions)) => format!(
            "office     {} (ring {}): lists of publication {lists}, decisions of publication {decisions}, since {}",
            office.url,
            office.ring,
            or_never(&office.since)
        ),
        (_, _) => format!("office     {} (ring {}): NEVER LOADED", office.url, office.ring),
    }];
    let newest = office.newest.map(|newest| format!("newest {newest}, ")).unwrap_or_default();
    lines.push(format!(
        "           {newest}confirmed {}, signed until {}",
        or_never(&office.confirmed),
        or_never(&office.expires)
    ));
    if let Some(held) = &office.held {
        let serial = |serial: Option<u64>, what: &str| serial.map(|serial| format!("{what} of publication {serial}"));
        let what: Vec<String> =
            [serial(held.lists, "lists"), serial(held.decisions, "decisions")].into_iter().flatten().collect();
        lines.push(format!("           WENT BACK from {} at {}: {}", what.join(" and "), held.since, held.why));
        lines.push("           what is in force stays until the office publishes anew".to_owned());
    }
    if let Some(failure) = &office.failure {
        let failure = failure.replace('\n', "; ");
        lines.push(format!("           ASKING FAILS, {} times in a row: {failure}", office.failures));
    }
    if let Some(remark) = &office.remark {
        lines.push(format!("           NOTE: {remark}"));
    }
    for role in &office.roles {
        lines.push(format!("           {}: {} entries, {} decisions", role.role, role.entries, role.decisions));
        if !role.cut.is_empty() {
            let cut: Vec<String> = role.cut.iter().take(5).map(|(category, count)| format!("{count} {category}")).collect();
            lines.push(format!(
                "             not taken, for it may not speak for them or they are not known here: {}",
                cut.join(", ")
            ));
        }
        if let Some(fault) = &role.fault {
            lines.push(format!("             FAULT, what was before is in force: {fault}"));
        }
        if role.lapsed {
            lines.push("             its signature has expired: its last content stays, nothing new of it comes".to_owned());
        }
    }
    lines
}

/// Goes back to the publication before.
pub(super) fn rollback(file: Option<&Path>) -> Result<u8> {
    let state = status::state_directory(file)?;
    if control::is_there(&state) {
        let reply = while_doing("going back", || control::ask(&state, Method::POST, "/api/v1/office/rollback", LONG))?;
        return told(&reply);
    }
    said(server::office_back(&program(file)?))
}

/// Takes a publication from a folder or a tar.
pub(super) fn import(file: Option<&Path>, from: &Path) -> Result<u8> {
    let program = program(file)?;
    if program.office.is_none() {
        bail!(
            "this school follows no office, so there is nothing to verify a publication by\nhint: [office] in the configuration names one"
        );
    }
    // Staged in the state directory, because a server does not see every place that a person does.
    let staged = while_doing("copying", || server::stage_import(&program.state, from))
        .map_err(|error| anyhow::anyhow!("{} cannot be taken: {error}", from.display()))?;
    let outcome = if control::is_there(&program.state) {
        let reply = while_doing("verifying", || control::ask(&program.state, Method::POST, "/api/v1/office/import", LONG));
        reply.and_then(|reply| told(&reply))
    } else {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        said(while_doing("verifying", || runtime.block_on(server::office_import(&program, &*super::repository()))))
    };
    drop(staged);
    outcome
}

fn program(file: Option<&Path>) -> Result<Program> {
    match config::load(file) {
        Ok((program, _)) => Ok(program),
        Err(faults) => bail!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

fn told(reply: &control::Reply) -> Result<u8> {
    let message = reply.body["message"].as_str().unwrap_or("the server's answer has no message").to_owned();
    said(if reply.status == StatusCode::OK { Ok(message) } else { Err(message) })
}

fn said(outcome: Result<String, String>) -> Result<u8> {
    match outcome {
        Ok(message) => {
            println!("{message}");
            Ok(FINE)
        }
        Err(message) => {
            eprintln!("{message}");
            Ok(AT_FAULT)
        }
    }
}
