//! `khien check`: every fault of the configuration and its lists, in one run.

use std::path::Path;

use anyhow::Result;

use super::progress::while_doing;
use super::{AT_FAULT, FINE};
use crate::config::{self, Fault, Severity};
use crate::server;

/// Exit code 2 where anything is wrong; warnings alone are fine.
pub(super) fn run(file: Option<&Path>) -> Result<u8> {
    let (program, mut faults) = match config::examine(file) {
        Ok(examined) => examined,
        Err(fault) => return Ok(say(&[fault])),
    };
    let listed = while_doing("reading lists", || server::check_lists(&program));
    faults.extend(listed.map_err(anyhow::Error::msg)?);
    // By place, so that a person mends one file after the other from top to bottom.
    faults.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
    faults.dedup();
    let code = say(&faults);
    if code == FINE {
        let what = file.map_or_else(|| "the built-in configuration".to_owned(), |file| file.display().to_string());
        println!("{what}: fine");
    }
    Ok(code)
}

fn say(faults: &[Fault]) -> u8 {
    for fault in faults {
        eprintln!("{fault}");
    }
    if faults.iter().any(|fault| fault.severity == Severity::Error) { AT_FAULT } else { FINE }
}
