//! What the commands of the office's desk have in common: where the folder is, who speaks, in which language, how faults are told.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::cli::{AT_FAULT, journal};
use crate::fault::Fault;
use crate::office::changes::Language;
use crate::office::folder::OFFICE;

/// Where, and in which language.
#[derive(Debug, Args, Clone)]
pub(in crate::cli) struct Desk {
    /// The office's folder; the current directory, or the nearest above it that has office.toml
    #[arg(long, value_name = "DIR", env = "KHIEN_FOLDER")]
    folder: Option<PathBuf>,
    /// The language of what is told; as the system is set, else English
    #[arg(long, value_name = "vi|en", env = "KHIEN_LANGUAGE", hide_possible_values = true)]
    language: Option<Word>,
}

/// A language as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Word {
    Vi,
    En,
}

impl Desk {
    /// The working folder's root.
    pub(super) fn root(&self) -> Result<PathBuf> {
        if let Some(folder) = &self.folder {
            return Ok(folder.clone());
        }
        let here = std::env::current_dir()?;
        for (up, directory) in here.ancestors().enumerate() {
            if directory.join(OFFICE).is_file() {
                // As people would write it, so that messages stay short.
                return Ok(if up == 0 { PathBuf::from(".") } else { std::iter::repeat_n("..", up).collect() });
            }
        }
        bail!("no {OFFICE} here, nor in a directory above\nhint: name the office's folder with --folder DIR, or go there first")
    }

    /// The language.
    pub(super) fn language(&self) -> Language {
        let set = || ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|variable| std::env::var(variable).ok());
        match self.language {
            Some(Word::Vi) => Language::Vietnamese,
            Some(Word::En) => Language::English,
            None => set().and_then(|locale| Language::of_locale(&locale)).unwrap_or(Language::English),
        }
    }
}

/// The passphrase of a key: what the environment says, else a person at the terminal.
pub(super) fn passphrase(key: &Path) -> Option<String> {
    let said = std::env::var("KHIEN_PASSPHRASE").ok();
    said.or_else(|| rpassword::prompt_password(format!("passphrase of {}: ", key.display())).ok())
}

/// A new passphrase: what the environment says, else a person at the terminal, twice.
pub(super) fn new_passphrase(of: &str) -> Result<String> {
    if let Ok(said) = std::env::var("KHIEN_PASSPHRASE") {
        return Ok(said);
    }
    let once = rpassword::prompt_password(format!("new passphrase of {of}: "))?;
    let twice = rpassword::prompt_password("once more: ")?;
    if once.is_empty() || once != twice {
        bail!("these are not the same, or nothing\nhint: type the same passphrase twice");
    }
    Ok(once)
}

/// The day at the office, which is where this runs.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::system()).date()
}

/// Who decides, where nobody is named: whom git knows here, else the account.
pub(super) fn whoever(root: &Path) -> String {
    let git = Command::new("git")
        .args(["config", "--get", "user.name"])
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let named = git.ok().filter(|output| output.status.success()).and_then(|output| String::from_utf8(output.stdout).ok());
    named.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| {
        // A name is published, the number of an account says nothing to schools.
        let account = journal::account();
        account.split(" (uid ").next().unwrap_or_default().to_owned()
    })
}

/// Tells faults; the exit code.
pub(super) fn tell(faults: &[Fault]) -> u8 {
    for fault in faults {
        // Files of the folder at hand are named as people would.
        let said = fault.to_string();
        eprintln!("{}", said.strip_prefix("./").unwrap_or(&said));
    }
    AT_FAULT
}
