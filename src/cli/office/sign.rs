//! `khien office sign` and `merge`: a signature made on its owner's machine, and brought where it is waited for.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::desk::{Desk as At, passphrase};
use crate::cli::FINE;
use crate::office::desk::{Keys, Merged, Staging, described, open};
use crate::office::tuf::sign::{Staged, detach};

/// A signature.
#[derive(Debug, Args)]
pub(in crate::cli) struct Sign {
    /// What waits: files of staged/, brought here by any means
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Your key
    #[arg(long, value_name = "NAME.key", env = "KHIEN_KEY")]
    key: PathBuf,
    #[command(flatten)]
    at: At,
}

/// What came from other machines.
#[derive(Debug, Args)]
pub(in crate::cli) struct Merge {
    /// Signatures (FILE.NAME.sig), and folders of roles' parts (part-ROLE)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    at: At,
}

impl Sign {
    pub(super) fn run(self) -> Result<u8> {
        let name = self.key.file_stem().and_then(|name| name.to_str()).unwrap_or("key").to_owned();
        let key = open(&self.key, &passphrase)?;
        // Names of keys are a help for reading; where there is no folder, their ids are shown.
        let root = self.at.root().unwrap_or_else(|_| PathBuf::from("."));
        let keys = Keys::below(&root, Box::new(|_| None))?;
        for file in &self.files {
            let text = std::fs::read(file).with_context(|| file.display().to_string())?;
            let staged = Staged::read(&text).with_context(|| file.display().to_string())?;
            print!("{}", described(&staged, &keys));
            let signature = serde_json::to_vec_pretty(&detach(&staged, &key)?)?;
            let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("metadata");
            let place = file.with_file_name(format!("{stem}.{name}.sig"));
            std::fs::write(&place, signature).with_context(|| place.display().to_string())?;
            println!("{}: your signature; bring it back, and there: khien office merge {stem}.{name}.sig", place.display());
        }
        Ok(FINE)
    }
}

impl Merge {
    pub(super) fn run(self) -> Result<u8> {
        let root = self.at.root()?;
        let (staging, keys) = (Staging::below(&root), Keys::below(&root, Box::new(|_| None))?);
        for file in &self.files {
            if !file.exists() {
                bail!("{} is not there", file.display());
            }
            match staging.merge(file)? {
                Merged::Signature(what, id) => println!("staged/{what}.json is signed by {}", keys.name_of(&id)),
                Merged::Part(role) => {
                    println!("staged/part-{role} is the part of {role} that goes out with the next publication")
                }
            }
        }
        println!("then: khien office publish");
        Ok(FINE)
    }
}
