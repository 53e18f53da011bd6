//! `khien office verify DIR`: a published folder looked at as a school does, and to its last file.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use jiff::Timestamp;

use super::repository;
use crate::cli::progress::while_doing;
use crate::cli::{FAILED, FINE};
use crate::fetch::Failure;
use crate::office::decisions;
use crate::office::here::Here;
use crate::office::names::{self, NameList};
use crate::office::registry;
use crate::office::repository::{Kind, Offered, Wanted, Way};
use crate::office::{RolePart, hexadecimal};

/// The most octets of a role's decisions.
const DECISIONS: u64 = 16 << 20;

/// What to verify.
#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// The published folder
    folder: PathBuf,
    /// The root file that schools have installed; else the folder's own first one
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
}

impl Verify {
    pub(super) fn run(self) -> Result<u8> {
        let is_own = self.root.is_none();
        let root = self.root.unwrap_or_else(|| self.folder.join("1.root.json"));
        let digest = hexadecimal(&std::fs::read(&root).with_context(|| root.display().to_string())?);
        let state = tempfile::tempdir().context("no room for what is verified")?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let way = Way::Folder(self.folder.clone());
        let verified = while_doing("verifying", || {
            runtime.block_on(async {
                let offered = repository().ask(state.path(), &root, &way, Timestamp::now()).await?;
                let texts = texts(state.path(), &way, &offered).await?;
                Ok::<_, Failure>((offered, texts))
            })
        });
        match verified {
            Ok((offered, texts)) => {
                println!("publication {} of {} is whole and signed", offered.newest(), offered.publication.made);
                texts.iter().for_each(|line| println!("  {line}"));
                if let Some(expires) = offered.expires {
                    println!("  signed until {expires}");
                }
                if is_own {
                    println!("  by its own root file, whose SHA-256 is {digest}: compare it with the one that schools have");
                }
                Ok(FINE)
            }
            Err(failure) => {
                eprintln!("{}: schools would refuse it: {failure}", self.folder.display());
                Ok(FAILED)
            }
        }
    }
}

/// Every text of every publication that is remembered, read as a school reads it; a line for each role's newest.
async fn texts(state: &std::path::Path, way: &Way, offered: &Offered) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for (serial, .., published) in offered.publication.all() {
        if let Some(digest) = offered.publication.tables_of(serial) {
            let text = repository().tables(state, way, digest, registry::LARGEST).await?;
            let unusable =
                |fault| Failure::new(crate::fetch::Reason::Unparsable, format!("the tables of publication {serial}: {fault}"));
            Here::of(digest, &text).map_err(unusable)?;
        }
        for (role, speaks_for) in &offered.roles {
            let Some(part) = published.get(role) else { continue };
            let wanted =
                |digest: &String| RolePart { role: role.clone(), speaks_for: speaks_for.clone(), digest: digest.clone() };
            let names_of = wanted(&part.names.sha256);
            let text = repository()
                .text(state, way, &Wanted { kind: Kind::Names, role: &names_of, before: None, most: names::LARGEST })
                .await?;
            let list = NameList::parse(&text).map_err(|fault| unreadable(role, &fault))?;
            let decided_of = wanted(&part.decisions.sha256);
            let text = repository()
                .text(state, way, &Wanted { kind: Kind::Decisions, role: &decided_of, before: None, most: DECISIONS })
                .await?;
            let decided = decisions::read(&text).map_err(|fault| unreadable(role, &fault))?;
            if serial == offered.newest() {
                lines.push(format!("{role}: {} names, {} decisions", list.len(), decided.len()));
            }
        }
    }
    Ok(lines)
}

fn unreadable(role: &str, fault: &dyn std::fmt::Display) -> Failure {
    Failure::new(crate::fetch::Reason::Unparsable, format!("role {role}: {fault}"))
}
