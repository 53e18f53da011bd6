//! `khien office`: at a school, what of the office is in force, going back, and publications that come by hand; at the office's
//! desk, what people decide and what would be published.

mod check;
mod decide;
mod desk;
mod init;
mod keys;
mod publish;
pub(super) mod school;
mod sign;
mod standing;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use clap::Subcommand;

use crate::office::repository::Repository;
use crate::office::tuf::trust::Tuf;

/// The education office.
#[derive(Debug, Subcommand)]
pub(super) enum Office {
    /// Show which publication of the office is in force at this school; in an office's folder, how the desk stands
    Status {
        #[command(flatten)]
        at: desk::Desk,
        /// Print JSON, as the API gives it
        #[arg(long, env = "KHIEN_JSON")]
        json: bool,
    },
    /// Go back to the publication before, until the office publishes anew; at the office, take back all after SERIAL
    Rollback {
        /// The publication that was right: its content goes out again, under a new serial and at once
        serial: Option<u64>,
        /// Where schools read what is published
        #[arg(long, value_name = "DIR", env = "KHIEN_TO", requires = "serial")]
        to: Option<PathBuf>,
        #[command(flatten)]
        at: desk::Desk,
    },
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
    /// At the office: begin a folder, with its keys
    Init(init::Init),
    /// At the office: make keys, and say whose count
    #[command(subcommand)]
    Key(keys::Key),
    /// Sign what waits, on a machine of your own
    Sign(sign::Sign),
    /// At the office: take in signatures, and parts that other machines build
    Merge(sign::Merge),
    /// At the office: make what would be published, have the gate look at it, and stage what has to be signed
    Build(publish::Build),
    /// At the office: build, sign and publish
    Publish(publish::Publish),
    /// Look at a published folder as a school does, to its last file
    Verify(verify::Verify),
    /// At the office: say what would be published: faults, what the gate refuses, what changes
    Check(check::Check),
    /// At the office: say by name and with a reason that one refusal of the gate is meant
    Override(check::Overriding),
}

impl Office {
    pub(super) fn run(self, file: Option<&Path>) -> Result<u8> {
        match self {
            Self::Status { at, json } if file.is_none() && at.root().is_ok() => standing::run(&at, json),
            Self::Status { json, .. } => school::status(file, json),
            Self::Rollback { serial: Some(serial), to, at } => publish::TakeBack { serial, to, at }.run(),
            Self::Rollback { serial: None, .. } => school::rollback(file),
            Self::Import { from } => school::import(file, &from),
            Self::Add(add) => add.run(),
            Self::Guarantee(guarantee) => guarantee.run(),
            Self::Allow(allow) => allow.run(),
            Self::Remove(remove) => remove.run(),
            Self::Init(init) => init.run(),
            Self::Key(key) => key.run(),
            Self::Sign(sign) => sign.run(),
            Self::Merge(merge) => merge.run(),
            Self::Build(build) => build.run(),
            Self::Publish(publish) => publish.run(),
            Self::Verify(verify) => verify.run(),
            Self::Check(check) => check.run(),
            Self::Override(overriding) => overriding.run(),
        }
    }
}

/// Who verifies what an office publishes.
pub(super) fn repository() -> Arc<dyn Repository> {
    Arc::new(Tuf::default())
}
