//! `khien office check` and `override`: what would be published, before it is; and a person's word that one refusal is meant.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use jiff::Timestamp;

use super::desk::{Desk, tell, today};
use crate::cli::progress::while_doing;
use crate::cli::{AT_FAULT, FAILED, FINE};
use crate::fault::Fault;
use crate::office::asked::Asked;
use crate::office::changes::Language;
use crate::office::checked::{Checked, faults_json};
use crate::office::content::{Findings, NotBuilt, Wanted};
use crate::office::folder::{Folder, add_override};
use crate::office::gate::{self, May, Shown, refusal_lines};
use crate::office::publication::{Override, Urgent};
use crate::office::published::Last;
use crate::office::replay::replay;

/// The largest file that is replayed: a school's month as JSON.
const LARGEST: u64 = 4 << 30;

/// What to look at.
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// What was asked for: a journal as `khien journal --json` or `--csv` writes it (with `[journal] allowed = "log"`, else it has
    /// only what was blocked), or names with counts; tells what each tier would block or open
    #[arg(long, value_name = "FILE", env = "KHIEN_REPLAY")]
    replay: Option<PathBuf>,
    /// Print JSON
    #[arg(long, env = "KHIEN_JSON")]
    json: bool,
    #[command(flatten)]
    desk: Desk,
}

/// What is meant all the same.
#[derive(Debug, Args)]
pub(in crate::cli) struct Overriding {
    /// What is refused: the name or source, or where several refusals have it, the word that the refusal is told with
    #[arg(value_name = "WHAT")]
    what: String,
    /// Who answers for it
    #[arg(long, value_name = "PERSON", env = "KHIEN_BY")]
    by: String,
    /// Why: it is published with the lists
    #[arg(long, value_name = "TEXT", env = "KHIEN_REASON")]
    reason: String,
    #[command(flatten)]
    desk: Desk,
}

/// Either, or the faults of the folder.
type Sound<T> = std::result::Result<T, Vec<Fault>>;

impl Check {
    /// Exit code 2 where the folder is at fault or something is refused.
    pub(super) fn run(self) -> Result<u8> {
        let (root, language) = (self.desk.root()?, self.desk.language());
        let (folder, last, findings) = match examined(&root)? {
            Ok(found) => found,
            Err(faults) if self.json => {
                println!("{}", serde_json::to_string_pretty(&faults_json(&faults, &root))?);
                return Ok(AT_FAULT);
            }
            Err(faults) => return Ok(tell(&faults)),
        };
        let replayed = match &self.replay {
            Some(file) => {
                let asked = asked(file)?;
                Some(while_doing("replaying", || replay(&folder, &findings, &last.decided, &asked, today())))
            }
            None => None,
        };
        let checked = Checked { folder: &folder, last: &last, findings: &findings, replay: replayed.as_ref() };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&checked.json())?);
        } else {
            for line in checked.lines(language) {
                println!("{line}");
            }
        }
        Ok(if checked.is_fine() { FINE } else { AT_FAULT })
    }
}

impl Overriding {
    pub(super) fn run(self) -> Result<u8> {
        let (root, language) = (self.desk.root()?, self.desk.language());
        let (by, reason) = (self.by.trim(), self.reason.trim());
        if by.is_empty() || reason.is_empty() {
            bail!("an override needs a person and a reason\nhint: --by \"NAME\" --reason \"WHY\"; both are published");
        }
        let (folder, _, findings) = match examined(&root)? {
            Ok(found) => found,
            Err(faults) => return Ok(tell(&faults)),
        };
        if let Some(known) = findings.weighed.overridden.iter().find(|known| known.what == self.what) {
            match language {
                Language::Vietnamese => println!("Đã vượt kiểm tra từ trước: {} — {}: {}", known.what, known.by, known.reason),
                Language::English => println!("Overridden already: {} — {}: {}", known.what, known.by, known.reason),
            }
            return Ok(FINE);
        }
        let refusals = &findings.weighed.refusals;
        let refusal = match gate::meant(refusals, self.what.trim()) {
            Ok(refusal) => refusal,
            Err(several) => {
                match (several.is_empty(), language) {
                    (true, Language::Vietnamese) => eprintln!("{}: không bị từ chối", self.what),
                    (true, Language::English) => eprintln!("{}: nothing of that is refused", self.what),
                    (false, Language::Vietnamese) => eprintln!("{}: bị từ chối vì nhiều điều; chọn một:", self.what),
                    (false, Language::English) => eprintln!("{}: several refusals are called so; say which one:", self.what),
                }
                for refusal in several {
                    eprintln!("  {}: {}", refusal.word(), gate::why(refusal, language, &folder.understood.registry));
                }
                let hint = language.word("khien office check kể tất cả", "`khien office check` tells all of them");
                eprintln!("{}: {hint}", language.word("gợi ý", "hint"));
                return Ok(FAILED);
            }
        };
        if refusal.may() == May::Never {
            for line in refusal_lines(std::slice::from_ref(refusal), Shown { folder: &folder, language }) {
                eprintln!("{line}");
            }
            eprintln!(
                "{}",
                language.word(
                    "Điều này không ai vượt được: không trường nào làm theo.",
                    "Nobody overrides this: no school would obey."
                )
            );
            return Ok(AT_FAULT);
        }
        let said = Override { what: refusal.word(), by: by.to_owned(), reason: reason.to_owned() };
        if let Err(fault) = add_override(&root, &said, today()) {
            return Ok(tell(&[fault]));
        }
        println!("{} {} — {by}: {reason}", language.word("Vượt kiểm tra:", "Overridden check:"), said.what);
        let rest = language.number(refusals.len() as u64 - 1);
        match language {
            Language::Vietnamese => println!("Đã ghi overrides.toml. Còn {rest} điều bị từ chối. Xem lại: khien office check"),
            Language::English => {
                println!("Written: overrides.toml. Refusals that are left: {rest}. Look again: khien office check")
            }
        }
        Ok(FINE)
    }
}

/// The folder, what was published last, and what would be now.
fn examined(root: &Path) -> Result<Sound<(Folder, Last, Findings)>> {
    let folder = match Folder::read(root) {
        Ok(folder) => folder,
        Err(faults) => return Ok(Err(faults)),
    };
    let last = Last::of(root).with_context(|| format!("{} cannot be read", root.join("published").display()))?;
    let wanted = Wanted { now: Timestamp::now(), today: today(), urgent: Urgent::No, overrides: &[], decided: &last.decided };
    match while_doing("reading lists", || folder.examine(last.publication.as_ref(), &wanted)) {
        Ok(findings) => Ok(Ok((folder, last, findings))),
        Err(NotBuilt::Faults(faults)) => Ok(Err(faults)),
        Err(NotBuilt::Failed(said)) => bail!("{said}"),
        Err(NotBuilt::Refused(_)) => unreachable!("looking refuses nothing"),
    }
}

/// What a file says was asked for.
pub(super) fn asked(file: &Path) -> Result<Asked> {
    let length = std::fs::metadata(file).with_context(|| format!("{} cannot be read", file.display()))?.len();
    if length > LARGEST {
        bail!("{} is larger than {} GiB\nhint: export a shorter time", file.display(), LARGEST >> 30);
    }
    let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Asked::read(&bytes).with_context(|| format!("{} cannot be replayed", file.display()))
}
