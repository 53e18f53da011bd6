//! What people type: one file per command; data goes to standard output, faults and progress to standard error.

mod check;
mod control;
mod explain;
mod export;
mod fetch;
pub mod journal;
mod lists;
mod office;
mod progress;
mod reload;
mod serve;
mod status;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Everything went well.
const FINE: u8 = 0;
/// The command could not do its work.
const FAILED: u8 = 1;
/// The configuration or a list is at fault; the service manager does not restart on it.
const AT_FAULT: u8 = 2;

/// A DNS filtering proxy for schools.
///
/// Without a command it runs like `khien serve`; without a file it serves 127.0.0.1:5300 with the starter lists.
#[derive(Debug, Parser)]
#[command(name = "khien", version, propagate_version = true, max_term_width = 100)]
struct Khien {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    file: File,
}

#[derive(Debug, Args, Clone)]
struct File {
    /// The configuration; /etc/khien/khien.toml where that exists, else what is built in
    #[arg(short = 'c', long = "config", value_name = "FILE", env = "KHIEN_CONFIG", global = true)]
    config: Option<PathBuf>,
}

impl File {
    /// The named file, else the usual one where it exists.
    fn path(self) -> Option<PathBuf> {
        self.config.or_else(|| Some(PathBuf::from("/etc/khien/khien.toml")).filter(|path| path.exists()))
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the resolver; SIGHUP or `khien reload` reloads, SIGTERM drains and stops
    Serve,
    /// Find every fault of the configuration and its lists
    Check,
    /// Say why a name is blocked or open
    Explain(explain::Explain),
    /// Work with lists
    #[command(subcommand)]
    Lists(lists::Lists),
    /// Follow the education office, or be one
    #[command(subcommand)]
    Office(office::Office),
    /// Read the journal of blocked queries
    Journal(journal::Journal),
    /// Make the running server read its configuration and lists again
    Reload,
    /// Show what the running server does
    Status(status::Status),
    /// Compile one image; the server runs this as a child
    #[command(hide = true)]
    CompileImage {
        /// Octets of address space that it may have
        memory_limit: u64,
    },
}

/// What the server's child does: a job from standard input, a report to standard output.
fn compile_image(memory_limit: u64) -> anyhow::Result<u8> {
    crate::lists::compile::child::main(memory_limit, std::io::stdin().lock(), std::io::stdout().lock())?;
    Ok(FINE)
}

/// Reads the command line, does what it says, and gives the exit code.
pub fn run() -> ExitCode {
    let khien = Khien::parse();
    let file = khien.file.path();
    let file = file.as_deref();
    let code = match khien.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(file),
        Command::Check => check::run(file),
        Command::Explain(explain) => explain.run(file),
        Command::Lists(lists) => lists.run(file),
        Command::Office(office) => office.run(file),
        Command::Journal(journal) => journal.run(file),
        Command::Reload => reload::run(file),
        Command::Status(status) => status.run(file),
        Command::CompileImage { memory_limit } => compile_image(memory_limit),
    };
    ExitCode::from(code.unwrap_or_else(|error| {
        eprintln!("khien: {error:#}");
        FAILED
    }))
}
