//! `khien office`: at a school, what of the office is in force, going back, and publications that come by hand; at the office's
//! desk, what people decide and what would be published.

mod check;
mod decide;
mod desk;
pub(super) mod school;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use clap::Subcommand;

use crate::office::repository::Repository;
use crate::office::tuf::trust::Tuf;

/// The education office.
#[derive(Debug, Subcommand)]
pub(super) enum Office {
    /// Show which publication of the office is in force at this school
    Status {
        /// Print JSON, as the API gives it
        #[arg(long, env = "KHIEN_JSON")]
        json: bool,
    },
    /// Go back to the publication before, until the office publishes anew
    Rollback,
    /// Take a publication from a stick: a folder with the office's repository, or a tar of it
    Import {
        /// The folder, or the tar (plain or packed by zstd)
        from: PathBuf,
    },
    /// At the office: lock names, so that they are closed to everyone
    Add(decide::Add),
    /// At the office: guarantee names, so that no deny and no tier closes them
    Guarantee(decide::Guarantee),
    /// At the office: allow names, so that tiers' blocks and schools' own locks are lifted
    Allow(decide::Allow),
    /// At the office: take back what was decided of names
    Remove(decide::Remove),
    /// At the office: say what would be published: faults, what the gate refuses, what changes
    Check(check::Check),
    /// At the office: say by name and with a reason that one refusal of the gate is meant
    Override(check::Overriding),
}

impl Office {
    pub(super) fn run(self, file: Option<&Path>) -> Result<u8> {
        match self {
            Self::Status { json } => school::status(file, json),
            Self::Rollback => school::rollback(file),
            Self::Import { from } => school::import(file, &from),
            Self::Add(add) => add.run(),
            Self::Guarantee(guarantee) => guarantee.run(),
            Self::Allow(allow) => allow.run(),
            Self::Remove(remove) => remove.run(),
            Self::Check(check) => check.run(),
            Self::Override(overriding) => overriding.run(),
        }
    }
}

/// Who verifies what an office publishes.
pub(super) fn repository() -> Arc<dyn Repository> {
    Arc::new(Tuf::default())
}
