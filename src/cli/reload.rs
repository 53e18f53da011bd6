//! `khien reload`: the running server reads its configuration and lists again; what is in force stays where that fails.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use hyper::{Method, StatusCode};

use super::progress::while_doing;
use super::{AT_FAULT, FINE, control, status};

/// How long compiling may take until the command stops waiting; the server goes on all the same.
const PATIENCE: Duration = Duration::from_secs(600);

pub(super) fn run(file: Option<&Path>) -> Result<u8> {
    let state = status::state_directory(file)?;
    let reply = while_doing("reloading", || control::ask(&state, Method::POST, "/api/v1/reload", PATIENCE))?;
    let message = reply.body["message"].as_str().unwrap_or("the server's answer has no message");
    if reply.status == StatusCode::OK {
        println!("{message}");
        return Ok(FINE);
    }
    eprintln!("{message}");
    Ok(AT_FAULT)
}
