//! `khien office`: at a school, what of the office is in force, going back, and publications that come by hand.

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
}

impl Office {
    pub(super) fn run(self, file: Option<&Path>) -> Result<u8> {
        match self {
            Self::Status { json } => school::status(file, json),
            Self::Rollback => school::rollback(file),
            Self::Import { from } => school::import(file, &from),
        }
    }
}

/// Who verifies what an office publishes.
pub(super) fn repository() -> Arc<dyn Repository> {
    Arc::new(Tuf::default())
}
