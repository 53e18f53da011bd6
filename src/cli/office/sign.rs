//! `khien office sign` and `merge`: a signature made on its owner's machine, and brought where it is waited for.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use super::desk::{Desk as At, passphrase, today};
use super::publish::at_desk;
use crate::cli::{AT_FAULT, FINE};
use crate::office::changes;
use crate::office::desk::{Carried, Keys, Merged, Staging, described, open};
use crate::office::gate::{Shown, refusal_lines};
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
    /// Exit code 2 where the gate refuses a part.
    pub(super) fn run(self) -> Result<u8> {
        let (parts, signatures): (Vec<&PathBuf>, Vec<&PathBuf>) = self.files.iter().partition(|file| file.is_dir());
        let root = self.at.root()?;
        let (staging, keys) = (Staging::below(&root), Keys::below(&root, Box::new(|_| None))?);
        for file in signatures {
            let Merged { name, key } = staging.merge(file)?;
            println!("staged/{name}.json is signed by {}", keys.name_of(&key));
        }
        for part in parts {
            let code = self.part(part, &staging)?;
            if code != FINE {
                return Ok(code);
            }
        }
        println!("then: khien office publish");
        Ok(FINE)
    }

    /// Takes in a role's part, once the gate lets it through.
    fn part(&self, path: &Path, staging: &Staging) -> Result<u8> {
        at_desk(&self.at, |desk, language| {
            let mut part = Carried::read(path)?;
            let weighed = part.weigh(desk.folder, desk.last.publication.as_ref(), today())?;
            if !weighed.refusals.is_empty() {
                let lines = refusal_lines(&weighed.refusals, Shown { folder: desk.folder, language });
                eprintln!("{}", lines.join("\n"));
                let said = language.word(
                    "phần này không được nhận: hãy để nơi làm ra nó sửa lại",
                    "this part is not taken in: let whoever built it mend it",
                );
                eprintln!("{}: {said}", part.role);
                return Ok(AT_FAULT);
            }
            part.overrides = weighed.overridden;
            let changes = [desk.change(&part)?];
            let note = changes::note(&changes, &part.overrides, &desk.folder.rules, &desk.folder.understood.registry);
            println!("{}", language.of(&note));
            part.keep(staging.folder())?;
            println!("staged/part-{role} is the part of {role} that goes out with the next publication", role = part.role);
            Ok(FINE)
        })
    }
}
