//! `khien office add`, `guarantee`, `allow` and `remove`: what people decide of single names.
//!
//! The rule: all that is typed is written, or nothing; what the gate would refuse later is said before anything is written.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use jiff::civil::Date;

use super::desk::{Desk, tell, today, whoever};
use crate::cli::progress::while_doing;
use crate::cli::{AT_FAULT, FAILED, FINE};
use crate::fault::Fault;
use crate::lists::Registry;
use crate::office::build::Looked;
use crate::office::changes::{self, Language};
use crate::office::content::NotBuilt;
use crate::office::decisions::{self, Decision, Fallback, Kind, Setting};
use crate::office::edit::{Draft, Outcome, Removal, Said, Slip, name};
use crate::office::folder::{Folder, Role, add_override};
use crate::office::gate::{self, May, Reason, Refusal};
use crate::office::publication::Override;

/// What all three kinds of decisions have.
#[derive(Debug, Args)]
pub(in crate::cli) struct Decide {
    /// The names, each with everything below it
    #[arg(value_name = "NAME", required_unless_present = "from")]
    names: Vec<String>,
    /// Why: it is published, and schools read it
    #[arg(long, value_name = "TEXT", env = "KHIEN_REASON", required_unless_present = "from")]
    reason: Option<String>,
    /// The last day on which it holds, as in 2027-05-31 or 31/05/2027; without it there is no end
    #[arg(long, value_name = "DATE", env = "KHIEN_UNTIL", conflicts_with = "from")]
    until: Option<String>,
    /// Who decides; else git's user.name, else the account
    #[arg(long, value_name = "PERSON", env = "KHIEN_BY")]
    by: Option<String>,
    /// Whose decision it is, where the folder has several roles
    #[arg(long, value_name = "ROLE", env = "KHIEN_ROLE")]
    role: Option<String>,
    /// A spreadsheet saved as CSV, with headings: tên miền, lý do, người quyết định, ngày, … or name, reason, by, made, …
    #[arg(long, value_name = "FILE.csv", conflicts_with = "names")]
    from: Option<PathBuf>,
    #[command(flatten)]
    desk: Desk,
}

/// A lock.
#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    #[command(flatten)]
    decide: Decide,
    /// What the names are about: a category's id, or its name
    #[arg(long, value_name = "CATEGORY", env = "KHIEN_CATEGORY", required_unless_present = "from")]
    category: Option<String>,
    /// Lock the names although the gate refuses it; --by says who answers for that, and --reason why
    #[arg(long = "override", requires = "by")]
    overrides: bool,
}

/// A guarantee.
#[derive(Debug, Args)]
pub(in crate::cli) struct Guarantee {
    #[command(flatten)]
    decide: Decide,
    /// Keep the names open in exams too
    #[arg(long, conflicts_with = "from")]
    exam: bool,
}

/// An allow.
#[derive(Debug, Args)]
pub(in crate::cli) struct Allow {
    #[command(flatten)]
    decide: Decide,
}

/// What to take back.
#[derive(Debug, Args)]
pub(in crate::cli) struct Remove {
    /// The names that are no longer decided on
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// Whose decision it was, where several roles have one
    #[arg(long, value_name = "ROLE", env = "KHIEN_ROLE")]
    role: Option<String>,
    #[command(flatten)]
    desk: Desk,
}

/// How a decision is meant.
struct Meant {
    kind: Kind,
    category: Option<String>,
    exam: bool,
    overrides: bool,
}

impl Add {
    pub(super) fn run(self) -> Result<u8> {
        let Self { decide, category, overrides } = self;
        decide.run(Meant { kind: Kind::Lock, category, exam: false, overrides })
    }
}

impl Guarantee {
    pub(super) fn run(self) -> Result<u8> {
        self.decide.run(Meant { kind: Kind::Guarantee, category: None, exam: self.exam, overrides: false })
    }
}

impl Allow {
    pub(super) fn run(self) -> Result<u8> {
        self.decide.run(Meant { kind: Kind::Allow, category: None, exam: false, overrides: false })
    }
}

impl Decide {
    fn run(self, meant: Meant) -> Result<u8> {
        let (root, language, today) = (self.desk.root()?, self.desk.language(), today());
        let folder = match Folder::read(&root) {
            Ok(folder) => folder,
            Err(faults) => return Ok(tell(&faults)),
        };
        let role = match folder.speaking(self.role.as_deref()) {
            Ok(role) => role,
            Err(slip) => return Ok(slips(&[slip])),
        };
        let by = self.by.clone().unwrap_or_else(|| whoever(&root));
        let decisions = match &self.from {
            Some(from) => match sheet(from, &self, &meant, &by, &folder, &role, today)? {
                Ok(decisions) => decisions,
                Err(faults) => return Ok(tell(&faults)),
            },
            None => {
                let (names, category) = (self.names.clone(), meant.category.clone());
                let reason = self.reason.clone().unwrap_or_default();
                let said = Said { kind: meant.kind, names, category, reason, by, until: self.until.clone(), exam: meant.exam };
                match said.understand(&folder, &role, today) {
                    Ok(decisions) => decisions,
                    Err(found) => return Ok(slips(&found)),
                }
            }
        };
        let draft = match Draft::of(&folder, &role, &decisions) {
            Ok(draft) => draft,
            Err(faults) => {
                let code = tell(&faults);
                eprintln!("{}", unwritten(language));
                return Ok(code);
            }
        };
        let lists = match lists(&folder, &decisions) {
            Ok(lists) => lists,
            Err(NotBuilt::Faults(faults)) => return Ok(tell(&faults)),
            Err(NotBuilt::Failed(said)) => anyhow::bail!("{said}"),
            Err(NotBuilt::Refused(_)) => unreachable!("only what is built whole is refused"),
        };
        let refused = gate::ahead(&folder, &draft, &lists, today);
        if refused.iter().any(|refusal| !meant.overrides || refusal.may() == May::Never) {
            say_refused(&refused, &draft, &folder, language);
            return Ok(AT_FAULT);
        }
        // The decision first: should this end between the two, the gate refuses it, and the command says so when typed again.
        if let Err(fault) = draft.write() {
            return Ok(tell(&[fault]));
        }
        for refusal in &refused {
            let Some((decision, _)) = draft.outcomes.iter().find(|(own, _)| own.name.to_string() == refusal.what) else {
                continue;
            };
            let said = Override { what: refusal.word(), by: decision.by.clone(), reason: decision.reason.clone() };
            if let Err(fault) = add_override(&root, &said, today) {
                return Ok(tell(&[fault]));
            }
        }
        say_written(&draft, &refused, &folder, language);
        Ok(FINE)
    }
}

/// The decisions of a spreadsheet, each as its row says it; what a row leaves out is as the command says.
fn sheet(
    from: &Path,
    said: &Decide,
    meant: &Meant,
    by: &str,
    folder: &Folder,
    role: &Role,
    today: Date,
) -> Result<Result<Vec<Decision>, Vec<Fault>>> {
    let bytes = std::fs::read(from).with_context(|| format!("{} cannot be read", from.display()))?;
    let registry = &folder.understood.registry;
    let category = match meant.category.as_deref() {
        Some(word) => Some(decisions::find_category(registry, word).with_context(|| format!("there is no category `{word}`"))?),
        None => None,
    };
    let fallback = Fallback { by: by.to_owned(), made: today, reason: said.reason.clone(), kind: Some(meant.kind), category };
    let setting = Setting { file: from, owner: &role.id, registry, fallback: Some(&fallback) };
    let (placed, mut faults) = decisions::csv::read(&bytes, &setting);
    for row in placed.iter().filter(|row| !row.decision.holds(today)) {
        let what = format!("`{}` is decided until {}, which is past", row.decision.name, row.decision.until.unwrap_or(today));
        faults.push(Fault::error(from, Some(row.line), what, "leave the row out, or give it a later end"));
    }
    if placed.is_empty() && faults.is_empty() {
        faults.push(Fault::error(from, None, "no row has a name", "write a name a row below the headings"));
    }
    faults.sort_by_key(|fault| fault.line);
    Ok(if faults.is_empty() { Ok(placed.into_iter().map(|row| row.decision).collect()) } else { Err(faults) })
}

/// The lists of all roles, where something is opened that one of them may lock.
fn lists(folder: &Folder, decisions: &[Decision]) -> Result<Vec<(String, Looked)>, NotBuilt> {
    if decisions.iter().all(|decision| decision.kind == Kind::Lock) {
        return Ok(Vec::new());
    }
    while_doing("reading lists", || folder.lists())
}

fn slips(slips: &[Slip]) -> u8 {
    for slip in slips {
        eprintln!("khien: {slip}");
    }
    FAILED
}

const fn unwritten(language: Language) -> &'static str {
    language.word("Chưa ghi gì cả.", "Nothing was written.")
}

/// What the gate refuses, and what to do; nothing is written.
fn say_refused(refused: &[Refusal], draft: &Draft, folder: &Folder, language: Language) {
    let is_drafted = |refusal: &Refusal| draft.outcomes.iter().any(|(own, _)| own.name.to_string() == refusal.what);
    for refusal in refused {
        eprintln!("{}: {}", refusal.what, gate::why(refusal, language, &folder.understood.registry));
        if let Reason::OpensLocked(_) = refusal.reason
            && is_drafted(refusal)
        {
            eprintln!("    → {}", gate::instead(refusal, language));
        }
    }
    eprintln!("{}", unwritten(language));
    let mut never: Vec<&str> = refused
        .iter()
        .filter(|refusal| is_drafted(refusal) && refusal.may() == May::Never)
        .map(|refusal| refusal.what.as_str())
        .collect();
    never.dedup();
    let closed: Vec<&str> = refused.iter().filter(|refusal| !is_drafted(refusal)).map(|refusal| refusal.what.as_str()).collect();
    let is_open = refused.iter().all(|refusal| refusal.may() == May::Override);
    let hint = match (never.as_slice(), language) {
        ([], Language::Vietnamese) if !is_open => {
            format!("gỡ quyết định đang mở tên đó trước: khien office remove {}", closed.join(" "))
        }
        ([], Language::English) if !is_open => {
            format!("take back first what is decided there: khien office remove {}", closed.join(" "))
        }
        ([], Language::Vietnamese) => {
            "chọn tên hẹp hơn; nếu đúng là cần, gõ lại kèm --override --by \"HỌ TÊN\": tên và lý do được công bố".to_owned()
        }
        ([], Language::English) => {
            "choose a narrower name; where it is meant, repeat it with --override --by \"NAME\": name and reason are published"
                .to_owned()
        }
        (never, Language::Vietnamese) => format!("không ai vượt được điều này ({}): không trường nào làm theo", never.join(", ")),
        (never, Language::English) => format!("nobody overrides this ({}): no school would obey", never.join(", ")),
    };
    eprintln!("{}: {hint}", language.word("gợi ý", "hint"));
}

fn say_written(draft: &Draft, overridden: &[Refusal], folder: &Folder, language: Language) {
    let registry = &folder.understood.registry;
    for (decision, outcome) in &draft.outcomes {
        let said = changes::decided(language, decision, registry);
        match outcome {
            Outcome::New => println!("{said}"),
            Outcome::Changed(before) => {
                let before = changes::decided(language, before, registry);
                println!(
                    "{} {said}\n    {} {before}",
                    language.word("Đã sửa:", "Changed:"),
                    language.word("trước đó:", "it was:")
                );
            }
            Outcome::Stands(before) => {
                let since = language.day(before.made);
                let before = changes::decided(language, before, registry);
                println!("{} {since}: {before}", language.word("Đã có từ", "Stands since"));
            }
        }
        if decision.kind == Kind::Lock
            && decision.name.labels().next() == Some(b"www")
            && let Some(parent) = decision.name.parent().filter(|parent| parent.label_count() > 1)
        {
            let whole = language
                .word("vẫn mở; muốn khóa cả trang thì khóa tên này", "itself stays open; to close the whole site lock that");
            println!("    {parent} {whole}");
        }
    }
    for refusal in overridden {
        println!("{} {}", language.word("Vượt kiểm tra:", "Overridden check:"), refusal.word());
    }
    let files: Vec<String> = draft.files().map(|file| folder.shown(file)).collect();
    match (files.is_empty(), language) {
        (true, Language::Vietnamese) => println!("Không có gì để ghi."),
        (true, Language::English) => println!("Nothing to write."),
        (false, Language::Vietnamese) => println!("Đã ghi {}. Xem những gì sẽ công bố: khien office check", files.join(", ")),
        (false, Language::English) => println!("Written: {}. What would be published: khien office check", files.join(", ")),
    }
}

impl Remove {
    pub(super) fn run(self) -> Result<u8> {
        let (root, language) = (self.desk.root()?, self.desk.language());
        let (mut names, mut found) = (Vec::new(), Vec::new());
        for text in &self.names {
            match name(text) {
                Ok(name) => names.push(name),
                Err(slip) => found.push(slip),
            }
        }
        if !found.is_empty() {
            return Ok(slips(&found));
        }
        let (mut removals, mut faults) = (Vec::new(), Vec::new());
        for role in roles(&root, self.role.as_deref())? {
            match Removal::of(&root.join("roles").join(&role), &names, &Registry::shipped()) {
                Ok(removal) if removal.removed.is_empty() => {}
                Ok(removal) => removals.push((role, removal)),
                Err(found) => faults.extend(found),
            }
        }
        for name in &names {
            let whose: Vec<&str> = removals
                .iter()
                .filter(|(_, removal)| removal.removed.iter().any(|(known, _)| known == name))
                .map(|(role, _)| role.as_str())
                .collect();
            if let [_, _, ..] = whose.as_slice() {
                let what = format!("several roles decided on {name}");
                return Ok(slips(&[Slip { what, hint: format!("say whose goes with --role: {}", whose.join(", ")) }]));
            }
        }
        for (role, removal) in &removals {
            if let Err(fault) = removal.write() {
                return Ok(tell(&[fault]));
            }
            for (name, kind) in &removal.removed {
                println!("{} {name} ({}, {role})", language.word("Thôi", "Withdrawn:"), changes::kind(language, *kind));
            }
        }
        let is_gone = |name: &&crate::dns::Name| {
            !removals.iter().any(|(_, removal)| removal.removed.iter().any(|(known, _)| known == *name))
        };
        for name in names.iter().filter(is_gone) {
            match language {
                Language::Vietnamese => println!(
                    "{name}: không có quyết định nào, không có gì để gỡ. Tên nằm trong danh sách thì ghi vào roles/…/leave-out.txt."
                ),
                Language::English => println!(
                    "{name}: nothing is decided of it, so nothing is removed. A name of a list is written into roles/…/leave-out.txt."
                ),
            }
        }
        Ok(if faults.is_empty() { FINE } else { tell(&faults) })
    }
}

/// The roles whose directories lie below the folder, or the one that is named.
fn roles(root: &Path, named: Option<&str>) -> Result<Vec<String>> {
    let directory = root.join("roles");
    let entries = std::fs::read_dir(&directory)
        .with_context(|| format!("{} cannot be read\nhint: is this the office's folder?", directory.display()))?;
    let mut roles = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let Some(role) = entry.file_name().to_str().filter(|_| entry.path().is_dir()) {
            roles.push(role.to_owned());
        }
    }
    roles.sort();
    let Some(named) = named else { return Ok(roles) };
    anyhow::ensure!(
        roles.iter().any(|role| role == named),
        "there is no role `{named}` here\nhint: there are: {}",
        roles.join(", ")
    );
    Ok(vec![named.to_owned()])
}
