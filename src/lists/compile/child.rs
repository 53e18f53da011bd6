//! The compiler as a process of its own: what it allocates is gone when it ends, and what it does wrong harms no answer.
//!
//! The job goes to its standard input, the report comes from its standard output, both as JSON.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::{CompileFailure, Job, Report, run};

/// The hidden command of the program that runs [`main`].
pub const COMMAND: &str = "compile-image";

/// The most of a child's last words that is kept, in octets.
const LAST_WORDS: usize = 2000;

/// Compiles in a child process and waits for it: for a thread that may wait.
///
/// The child may have `memory_limit` octets of address space.
///
/// # Errors
/// [`CompileFailure`], the child's own among them.
pub fn spawn(job: &Job, memory_limit: u64) -> Result<Report, CompileFailure> {
    let program = std::env::current_exe().map_err(CompileFailure::Spawn)?;
    spawn_program(&program, job, memory_limit)
}

/// As [`spawn`], with another program than this one: for tests, which are another.
///
/// # Errors
/// As [`spawn`].
pub fn spawn_program(program: &Path, job: &Job, memory_limit: u64) -> Result<Report, CompileFailure> {
    let text = serde_json::to_vec(job).map_err(|fault| CompileFailure::Job(fault.to_string()))?;
    let mut child = Command::new(program)
        .arg(COMMAND)
        .arg(memory_limit.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(CompileFailure::Spawn)?;
    // The child reads the whole job before it writes, so neither waits for the other; one that dies first shows in its status.
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(&text);
    }
    let out = child.wait_with_output().map_err(CompileFailure::Spawn)?;
    let outcome: Result<Result<Report, String>, _> = serde_json::from_slice(&out.stdout);
    match outcome {
        Ok(Ok(report)) if out.status.success() => Ok(report),
        Ok(Err(said)) => Err(CompileFailure::Child { status: out.status.to_string(), said }),
        Ok(Ok(_)) | Err(_) => {
            let said = String::from_utf8_lossy(&out.stderr[out.stderr.len().saturating_sub(LAST_WORDS)..]).trim().to_owned();
            Err(CompileFailure::Child { status: out.status.to_string(), said })
        }
    }
}

/// What the child process does: reads the job from `from`, bounds its own memory, compiles, and writes the report to `to`.
///
/// # Errors
/// Where the job cannot be read or the report not be written. A failure to compile is part of the report.
pub fn main(memory_limit: u64, mut from: impl Read, mut to: impl Write) -> Result<(), CompileFailure> {
    let bound = Rlimit { current: Some(memory_limit), maximum: Some(memory_limit) };
    setrlimit(Resource::As, bound).map_err(|fault| CompileFailure::Spawn(fault.into()))?;
    let mut text = Vec::new();
    from.read_to_end(&mut text).map_err(CompileFailure::Spawn)?;
    let job: Job = serde_json::from_slice(&text).map_err(|fault| CompileFailure::Job(fault.to_string()))?;
    let outcome: Result<Report, String> = run(&job).map_err(|failure| failure.to_string());
    let text = serde_json::to_vec(&outcome).map_err(|fault| CompileFailure::Job(fault.to_string()))?;
    to.write_all(&text).and_then(|()| to.flush()).map_err(CompileFailure::Spawn)
}
