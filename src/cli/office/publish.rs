//! `khien office build`, `publish` and `rollback SERIAL`: from the folder to what schools read.
//!
//! The rule: nothing goes out that the gate refuses, and what goes out is said before and after, in a few lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::check::asked;
use super::desk::{Desk as At, passphrase, tell, today};
use crate::cli::progress::while_doing;
use crate::cli::{AT_FAULT, FAILED, FINE};
use crate::office::changes::Language;
use crate::office::checked::Checked;
use crate::office::content::{Content, NotBuilt, Wanted};
use crate::office::desk::{Desk, Keys, Made, Prepared, STAGED, Waiting, lines, mirror, standing, take_back};
use crate::office::folder::Folder;
use crate::office::gate::{Shown, refusal_lines};
use crate::office::publication::Urgent;
use crate::office::published::{Last, PUBLISHED};
use crate::office::replay::replay;
use crate::office::tuf::LEAP;
use crate::office::tuf::sign::SignFault;

/// What does not wait for rings, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AtOnce {
    Decisions,
    All,
}

/// Build.
#[derive(Debug, Args)]
pub(in crate::cli) struct Build {
    /// What was asked for, as for `khien office check`: tells what each tier would block or open
    #[arg(long, value_name = "FILE", env = "KHIEN_REPLAY")]
    replay: Option<PathBuf>,
    #[command(flatten)]
    at: At,
}

/// Publish.
#[derive(Debug, Args)]
pub(in crate::cli) struct Publish {
    /// Where schools read it: the folder of a web server, or a stick
    #[arg(long, value_name = "DIR", env = "KHIEN_TO")]
    to: Option<PathBuf>,
    /// What reaches all schools at once, whatever their ring: decisions (where nothing is said), or all, lists too
    #[arg(long, value_name = "decisions|all", num_args = 0..=1, default_missing_value = "decisions", hide_possible_values = true)]
    urgent: Option<AtOnce>,
    /// The publication's serial, where it must be greater than the next: somebody who stole a key used the numbers between
    #[arg(long, value_name = "N")]
    serial: Option<u64>,
    #[command(flatten)]
    at: At,
}

/// Take back, at the desk.
#[derive(Debug)]
pub(super) struct TakeBack {
    pub(super) serial: u64,
    pub(super) to: Option<PathBuf>,
    pub(super) at: At,
}

impl Build {
    pub(super) fn run(self) -> Result<u8> {
        at_desk(&self.at, |desk, language| {
            let content = match content(desk, Urgent::No, language)? {
                Ok(content) => content,
                Err(code) => return Ok(code),
            };
            let asked = self.replay.as_deref().map(asked).transpose().map_err(|error| Failed(format!("{error:#}")))?;
            let replayed = asked.map(|asked| {
                while_doing("replaying", || replay(desk.folder, &content.findings, &desk.last.decided, &asked, today()))
            });
            let checked =
                Checked { folder: desk.folder, last: &desk.last, findings: &content.findings, replay: replayed.as_ref() };
            checked.lines(language).iter().for_each(|line| println!("{line}"));
            let made = Made { publication: content.publication.clone(), targets: &content.targets };
            let next = if desk.publishes_here() {
                let prepared = while_doing("signing", || desk.prepare(made))?;
                if !prepared.is_news {
                    let said =
                        language.word("không có gì mới so với lần công bố trước", "nothing is new since the last publication");
                    println!("{said}");
                }
                tell_waiting(&prepared.waiting, &prepared.stays_back, language);
                language.word("công bố: khien office publish --to DIR", "to publish: khien office publish --to DIR")
            } else {
                let (parts, waiting) = while_doing("signing", || desk.carry(&made))?;
                for part in &parts {
                    part.keep(&desk.folder.root.join(STAGED))?;
                    println!("{STAGED}/part-{}: {}", part.role, language.word("phần đã ký", "the signed part"));
                }
                tell_waiting(&waiting, &[], language);
                match parts.is_empty() {
                    true => language.word("không có phần nào mới để mang đi", "there is no new part to carry"),
                    false => language.word(
                        "mang phần đã ký đến máy công bố, rồi ở đó: khien office merge part-ROLE",
                        "carry the signed part to the machine that publishes, and there: khien office merge part-ROLE",
                    ),
                }
            };
            println!("{next}");
            Ok(FINE)
        })
    }
}

impl Publish {
    pub(super) fn run(self) -> Result<u8> {
        let urgent = match self.urgent {
            None => Urgent::No,
            Some(AtOnce::Decisions) => Urgent::Decisions,
            Some(AtOnce::All) => Urgent::All,
        };
        at_desk(&self.at, |desk, language| {
            let content = match content(desk, urgent, language)? {
                Ok(content) => content,
                Err(code) => return Ok(code),
            };
            let mut made = Made { publication: content.publication.clone(), targets: &content.targets };
            if let Some(serial) = self.serial {
                reachable(serial, desk)?;
                made.publication.serial = made.publication.serial.max(serial);
            }
            let prepared = while_doing("signing", || desk.prepare(made))?;
            if prepared.is_news {
                println!("{}", language.of(&prepared.publication.note).trim_end());
            }
            send(desk, &prepared, self.to.as_deref(), language)
        })
    }
}

impl TakeBack {
    pub(super) fn run(self) -> Result<u8> {
        at_desk(&self.at, |desk, language| {
            let Some(last) = &desk.last.publication else {
                eprintln!("nothing was published from this folder yet, so there is nothing to take back");
                return Ok(FAILED);
            };
            let publication = match take_back(last, self.serial, Urgent::All, desk.now) {
                Ok(publication) => publication,
                Err(said) => {
                    eprintln!("{said}");
                    return Ok(FAILED);
                }
            };
            let prepared = desk.prepare(Made { publication, targets: &BTreeMap::new() })?;
            let code = send(desk, &prepared, self.to.as_deref(), language)?;
            if code == FINE {
                println!(
                    "{}",
                    language.word(
                        "thư mục vẫn như cũ: danh sách đã thu hồi không ra lại cho đến khi nguồn của nó được sửa",
                        "the folder is as it was: what was taken back stays away until its sources are mended"
                    )
                );
            }
            Ok(code)
        })
    }
}

/// Reads the folder, what was published of it, and its keys.
pub(super) fn at_desk(at: &At, what: impl FnOnce(&Desk<'_>, Language) -> Result<u8, Failed>) -> Result<u8> {
    let (root, language) = (at.root()?, at.language());
    let folder = match Folder::read(&root) {
        Ok(folder) => folder,
        Err(faults) => return Ok(tell(&faults)),
    };
    let desk = Last::of(&root).and_then(|last| {
        let keys = Keys::below(&root, Box::new(passphrase))?;
        Ok(Desk { folder: &folder, last, keys, now: Timestamp::now() })
    });
    match desk.map_err(Failed::from).and_then(|desk| what(&desk, language)) {
        Ok(code) => Ok(code),
        Err(Failed(said)) => {
            eprintln!("{said}");
            Ok(FAILED)
        }
    }
}

/// Why a command did not do its work, for people.
#[derive(Debug)]
pub(super) struct Failed(pub(super) String);

impl From<SignFault> for Failed {
    fn from(fault: SignFault) -> Self {
        Self(fault.to_string())
    }
}

/// What the folder makes; else the exit code, where that was told.
fn content(desk: &Desk<'_>, urgent: Urgent, language: Language) -> Result<Result<Content, u8>, Failed> {
    let wanted = Wanted { now: desk.now, today: today(), urgent, overrides: &[], decided: &desk.last.decided };
    match while_doing("building", || desk.folder.content(desk.last.publication.as_ref(), &wanted)) {
        Ok(content) => Ok(Ok(content)),
        Err(NotBuilt::Faults(faults)) => Ok(Err(tell(&faults))),
        Err(NotBuilt::Failed(said)) => Err(Failed(said)),
        Err(NotBuilt::Refused(findings)) => {
            let shown = Shown { folder: desk.folder, language };
            eprintln!("{}", refusal_lines(&findings.weighed.refusals, shown).join("\n"));
            let said =
                language.word("chưa công bố gì: phải xử lý các mục trên trước", "nothing is published: see to these first");
            eprintln!("{said}");
            Ok(Err(AT_FAULT))
        }
    }
}

/// Refuses a serial that no school would take after the last publication.
fn reachable(serial: u64, desk: &Desk<'_>) -> Result<(), Failed> {
    let known = desk.last.publication.as_ref().map_or(0, |last| last.serial);
    let most = known.saturating_add(LEAP);
    if serial <= known || serial > most {
        return Err(Failed(format!(
            "schools that have publication {known} take none with the serial {serial}\nhint: name one up to {most}"
        )));
    }
    Ok(())
}

/// Publishes, and says what is published and what waits.
fn send(desk: &Desk<'_>, prepared: &Prepared, to: Option<&Path>, language: Language) -> Result<u8, Failed> {
    while_doing("publishing", || desk.publish(prepared))?;
    let published = desk.folder.root.join(PUBLISHED);
    if let Some(to) = to {
        while_doing("copying", || mirror(&published, to))?;
    }
    let place = to.unwrap_or_else(|| published.strip_prefix(".").unwrap_or(&published)).display();
    let serial = prepared.publication.serial;
    let urgent = match prepared.publication.urgent {
        Urgent::No => "",
        Urgent::Decisions => language.word(", quyết định có hiệu lực ngay ở mọi trường", ", decisions at once in every school"),
        Urgent::All => language.word(", có hiệu lực ngay ở mọi trường", ", at once in every school"),
    };
    match (prepared.is_news, language) {
        (true, Language::Vietnamese) => println!("lần công bố số {serial} đã ra: {place}{urgent}"),
        (true, Language::English) => println!("publication {serial} is out: {place}{urgent}"),
        (false, Language::Vietnamese) => println!("không có gì mới; lần công bố số {serial} được ký lại: {place}"),
        (false, Language::English) => println!("nothing is new; publication {serial} is signed anew: {place}"),
    }
    let first = standing(&Last::of(&desk.folder.root)?).into_iter().next();
    if let Some((name, until)) = first {
        let day = until.strftime("%Y-%m-%d");
        match language {
            Language::Vietnamese => println!("chữ ký có hạn đến {day} ({name}): công bố lại trước ngày đó"),
            Language::English => println!("signed until {day} ({name}): publish again before that"),
        }
    }
    tell_waiting(&prepared.waiting, &prepared.stays_back, language);
    Ok(FINE)
}

fn tell_waiting(waiting: &[Waiting], stays_back: &[String], language: Language) {
    for role in stays_back {
        match language {
            Language::Vietnamese => println!("{role}: phần đã thu hồi không ra lại; hãy sửa nguồn"),
            Language::English => println!("{role}: what was taken back stays away; mend its sources"),
        }
    }
    if !waiting.is_empty() {
        println!("{}", language.word("chưa ra, còn chờ chữ ký:", "not out yet, for it waits for signatures:"));
        println!("{}", lines(waiting));
        println!(
            "{}",
            language.word(
                "mỗi người ký trên máy của mình: khien office sign FILE --key KEY; rồi: khien office merge FILE.sig",
                "each signs on a machine of their own: khien office sign FILE --key KEY; then here: khien office merge FILE.sig"
            )
        );
    }
}
