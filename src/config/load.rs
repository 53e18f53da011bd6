//! Finding and reading the file. Nothing but the file, the lists it names, what is kept of the office's tables and a few variables of the
//! environment is looked at, and nothing is changed.

use super::fault::Shown;
use super::{By, Conflict, Fault, Program, Severity, build, check, file};
use crate::office::here::Here;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest file that is read: names by the thousand belong into lists.
const MOST: u64 = 4 << 20;

/// What of the process's surroundings a configuration depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// Where state is kept where the file does not say it.
    pub state: PathBuf,
    /// The time, by which an exception has expired or not.
    pub now: jiff::Timestamp,
}

impl Surroundings {
    /// Those of this process. State is kept where systemd says (`STATE_DIRECTORY`), else in the user's own state directory
    /// (XDG base directories), else in `/var/lib/khien`.
    pub fn of_process() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let user = || {
            let own = variable("XDG_STATE_HOME").filter(|path| path.is_absolute());
            own.or_else(|| variable("HOME").map(|home| home.join(".local/state"))).map(|state| state.join("khien"))
        };
        let state = variable("STATE_DIRECTORY").or_else(user).unwrap_or_else(|| PathBuf::from("/var/lib/khien"));
        Self { state, now: jiff::Timestamp::now() }
    }
}

/// Reads the configuration that `path` holds, or the embedded default, for this process.
///
/// # Errors
/// Every fault of the file, warnings among them, in the file's order.
pub fn load(path: Option<&Path>) -> Result<(Program, Vec<Fault>), Vec<Fault>> {
    load_in(path, &Surroundings::of_process())
}

/// As [`load`], in the given surroundings.
///
/// # Errors
/// Every fault of the file, warnings among them, in the file's order.
pub fn load_in(path: Option<&Path>, surroundings: &Surroundings) -> Result<(Program, Vec<Fault>), Vec<Fault>> {
    load_by(path, surroundings, Conflict::Warning)
}

/// As [`load_in`], where somebody waits for what is said: what the file says against the office's word is a fault.
///
/// # Errors
/// Every fault of the file, warnings among them, in the file's order.
pub fn load_anew(path: Option<&Path>, surroundings: &Surroundings) -> Result<(Program, Vec<Fault>), Vec<Fault>> {
    load_by(path, surroundings, Conflict::Fault)
}

fn load_by(path: Option<&Path>, surroundings: &Surroundings, conflict: Conflict) -> Result<(Program, Vec<Fault>), Vec<Fault>> {
    let text = path.map_or_else(|| Ok(String::new()), text_of).map_err(|fault| vec![fault])?;
    let (mut program, mut faults) = make(&text, path, surroundings, &By::Kept, conflict);
    faults.extend(check::zones(&mut program));
    judged(program, faults)
}

/// The program that the text of `program` means by other tables of the office. Neither the file nor those of zones are read again.
///
/// # Errors
/// Every fault of the text, warnings among them, in the text's order.
pub fn again(program: &Program, tables: Arc<Here>, conflict: Conflict) -> Result<(Program, Vec<Fault>), Vec<Fault>> {
    let source = &program.source;
    let (mut made, faults) = make(&source.text, program.file.as_deref(), &source.surroundings, &By::These(tables), conflict);
    made.own_zones.clone_from(&program.own_zones);
    check::divide(&mut made);
    judged(made, faults)
}

/// Reads `text` as the configuration that `path` holds: list files are looked for beside it. The files of zones are not read.
///
/// # Errors
/// Every fault of the text, warnings among them, in the text's order.
pub fn read(text: &str, path: Option<&Path>, surroundings: &Surroundings) -> Result<(Program, Vec<Fault>), Vec<Fault>> {
    let (program, faults) = make(text, path, surroundings, &By::Kept, Conflict::Warning);
    judged(program, faults)
}

/// The program, where no fault keeps it from being used.
fn judged(program: Program, faults: Vec<Fault>) -> Result<(Program, Vec<Fault>), Vec<Fault>> {
    match faults.iter().any(|fault| fault.severity == Severity::Error) {
        true => Err(faults),
        false => Ok((program, faults)),
    }
}

/// Where the server keeps state that runs on the configuration that `path` holds. Faults that were written into the file since
/// then do not matter, so that such a server can still be asked and told.
///
/// # Errors
/// Every fault of the file, where it cannot be read so far.
pub fn state_directory(path: Option<&Path>) -> Result<PathBuf, Vec<Fault>> {
    let text = path.map_or_else(|| Ok(String::new()), text_of).map_err(|fault| vec![fault])?;
    let surroundings = Surroundings::of_process();
    let (program, faults) = make(&text, path, &surroundings, &By::Kept, Conflict::Warning);
    // Where a fault may have hidden the key, the default would be another server's directory.
    let hidden = program.state == surroundings.state && text.lines().any(|line| line.trim_start().starts_with("[state"));
    if hidden && faults.iter().any(|fault| fault.severity == Severity::Error) { Err(faults) } else { Ok(program.state) }
}

/// Reads the configuration for a look at its faults: beside them what can be made of it, so that its lists are looked at too.
///
/// # Errors
/// The fault that keeps the file from being read at all.
pub fn examine(path: Option<&Path>) -> Result<(Program, Vec<Fault>), Fault> {
    let text = path.map_or_else(|| Ok(String::new()), text_of)?;
    let (mut program, mut faults) = make(&text, path, &Surroundings::of_process(), &By::Kept, Conflict::Fault);
    faults.extend(check::zones(&mut program));
    Ok((program, faults))
}

/// What can be made of a configuration, and its faults in the text's order.
fn make(text: &str, path: Option<&Path>, surroundings: &Surroundings, by: &By, conflict: Conflict) -> (Program, Vec<Fault>) {
    let (file, mut faults) = file::read(text, path.unwrap_or(Path::new("")));
    let (program, disagreements) = build::program(file, text, path, surroundings, (by, conflict));
    faults.extend(disagreements);
    faults.sort_by_key(|fault| fault.line);
    (program, faults)
}

/// The text of the file.
fn text_of(path: &Path) -> Result<String, Fault> {
    let fault = |what: String, hint: &str| Fault::error(path, None, what, hint);
    let unreadable = |error: std::io::Error| {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => "name the file with `-c FILE`, or leave `-c` out for the embedded default",
            std::io::ErrorKind::PermissionDenied => "the user that runs khien needs leave to read it",
            std::io::ErrorKind::IsADirectory => "name the file in it",
            _ => "name a file that can be read",
        };
        fault(format!("the configuration cannot be read: {error}"), hint)
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MOST {
        let hint = "a configuration has at most 4 MiB; write long lists of names to a file and name it in a [[list]]";
        return Err(fault("the configuration is too large".to_owned(), hint));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = &error.as_bytes()[..good];
        let line = u32::try_from(1 + before.iter().filter(|byte| **byte == b'\n').count()).ok();
        let after = String::from_utf8_lossy(before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default());
        let what = if after.trim().is_empty() {
            "text is not UTF-8".to_owned()
        } else {
            format!("text is not UTF-8 after {}", after.quoted())
        };
        Fault::error(path, line, what, "save the file as UTF-8")
    })
}

#[cfg(test)]
mod tests;
