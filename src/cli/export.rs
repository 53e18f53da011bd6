//! `khien lists export`: what a tier blocks, as a file for another resolver.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::{AT_FAULT, FINE};
use crate::clock::Clock;
use crate::config::Program;
use crate::export::{self, Format, Said, Wanted};
use crate::lists::store::write_aside;
use crate::office::Shelf;
use crate::policy::SchoolTime;
use crate::server::{self, Compiler};
use crate::snapshot::Snapshot;

/// How long an export takes before it says how far it is.
const QUIET: Duration = Duration::from_secs(1);

/// So many names pass between two looks at the time.
const GLANCE: u64 = 4096;

/// How the formats are typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Word {
    /// A response policy zone: BIND, Unbound and others
    Rpz,
    /// A hosts file, which blocks names alone
    Hosts,
    /// A name a line, each with all below it
    Domains,
    /// `local-zone` lines for Unbound
    Unbound,
    /// `address=` and `server=` lines for dnsmasq
    Dnsmasq,
}

impl Word {
    const fn format(self) -> Format {
        match self {
            Self::Rpz => Format::Rpz,
            Self::Hosts => Format::Hosts,
            Self::Domains => Format::Domains,
            Self::Unbound => Format::Unbound,
            Self::Dnsmasq => Format::Dnsmasq,
        }
    }
}

/// Write what a tier blocks as a file for another resolver.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// What reads the file
    #[arg(long, value_name = "FORMAT", env = "KHIEN_FORMAT")]
    format: Word,
    /// The tier whose blocks are written
    #[arg(long, value_name = "ID", env = "KHIEN_TIER")]
    tier: String,
    /// The file, replaced whole; without it, standard output
    #[arg(short = 'o', long, value_name = "FILE", env = "KHIEN_OUTPUT")]
    output: Option<PathBuf>,
    /// The serial of a policy zone; without it, when lists, configuration or the office's decisions last changed
    #[arg(long, value_name = "NUMBER", env = "KHIEN_SERIAL")]
    serial: Option<u32>,
}

impl Export {
    /// Exit code 2 where a list was never loaded.
    pub(super) fn run(self, program: &Program) -> Result<u8> {
        let tiers = &program.shared.tiers;
        let Some(tier) = tiers.find(&self.tier) else {
            let known: Vec<&str> = tiers.all().iter().map(|tier| tier.id.as_str()).collect();
            bail!("there is no tier `{}`\nhint: those that are: {}", self.tier, known.join(", "));
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let snapshot = runtime.block_on(async { anyhow::Ok(server::offline(program, Compiler::this_program()?)?) })?;
        if !snapshot.missing_lists.is_empty() {
            let missing = snapshot.missing_lists.join(", ");
            eprintln!("khien: these lists are not compiled, and nothing is exported without them: {missing}");
            eprintln!("hint: `khien lists fetch` and `khien lists compile` say what stands in the way");
            return Ok(AT_FAULT);
        }
        let at = snapshot.school_time(Clock::system().wall());
        let serial = self.serial.unwrap_or_else(|| serial(changed(program, &snapshot, &at)));
        let wanted = Wanted { snapshot: &snapshot, tier, at, format: self.format.format(), serial };
        let said = match &self.output {
            Some(path) => to_file(&wanted, path).with_context(|| format!("cannot write {}", path.display()))?,
            None => {
                let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
                let said = export::export(&wanted, &mut out, &mut progress(export::length(&wanted)))?;
                out.flush()?;
                said
            }
        };
        eprintln!("{} lines for the tier {}", said.lines, self.tier);
        for (count, what) in said.unsaid() {
            eprintln!("not said in this format: {count} {what}");
        }
        Ok(FINE)
    }
}

/// Writes aside, so that what reads the file finds the old one or the new one.
fn to_file(wanted: &Wanted<'_>, path: &Path) -> Result<Said> {
    let mut outcome = None;
    write_aside(path, |to| {
        match export::export(wanted, to, &mut progress(export::length(wanted))) {
            Ok(said) => outcome = Some(said),
            Err(export::ExportError::Io(error)) => return Err(error),
            Err(other @ export::ExportError::Image(_)) => return Err(std::io::Error::other(other)),
        }
        Ok(())
    })?;
    outcome.context("nothing was written")
}

/// When what a zone says changed last: lists were compiled, the file was changed, the office's publication came in force, or an
/// exception or a decision of the office ended.
fn changed(program: &Program, snapshot: &Snapshot, at: &SchoolTime) -> Timestamp {
    let file = program.file.as_ref().and_then(|file| std::fs::metadata(file).ok()?.modified().ok()?.try_into().ok());
    let office = program.office.as_ref().and_then(|_| Some(Shelf::below(&program.state).adopted().in_force()?.since));
    let ends = [snapshot.shared.exceptions.last_days(), snapshot.shared.office.last_days()];
    let over = ends.iter().filter_map(|days| days.last_before(at.date)).max();
    let over = over.and_then(|day| snapshot.calendar.zone().to_timestamp(day.tomorrow().ok()?.at(0, 0, 0, 0)).ok());
    [file, office, over].into_iter().flatten().fold(snapshot.images_made, Timestamp::max)
}

/// The second of `changed`: what has not changed makes the same zone, and a later zone has a greater serial (RFC 1982).
fn serial(changed: Timestamp) -> u32 {
    // Serial numbers go round, as they are meant to.
    (u64::try_from(changed.as_second()).unwrap_or(0) & u64::from(u32::MAX)) as u32
}

/// Shows how far it is on standard error, if that is a terminal and it takes its time.
fn progress(length: u64) -> impl FnMut(u64) {
    let begun = Instant::now();
    let mut bar: Option<Cleared> = None;
    move |passed| {
        if passed % GLANCE == 0 && begun.elapsed() >= QUIET {
            let bar = bar.get_or_insert_with(|| {
                let style = ProgressStyle::with_template("exporting {wide_bar} {percent} %").expect("the template is tested");
                Cleared(ProgressBar::new(length).with_style(style))
            });
            bar.0.set_position(passed);
        }
    }
}

/// Taken off the terminal at the end.
struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    //! The serial of a zone, and the progress bar.

    use super::*;
    use crate::config::{self, Surroundings};
    use crate::office::{Edition, Part};

    #[test]
    fn a_serial_is_a_second_and_goes_round() {
        let serial = |time: &str| serial(time.parse().expect("a time"));
        assert_eq!(serial("2026-11-23T02:00:00Z"), 1_795_399_200);
        assert_eq!(serial("2106-02-07T06:28:16Z"), 0);
        assert_eq!(serial("1969-12-31T00:00:00Z"), 0);
    }

    #[test]
    fn an_exception_or_a_publication_changes_a_zone_too() {
        let directory = tempfile::tempdir().expect("a directory");
        let time = |text: &str| text.parse::<Timestamp>().expect("a time");
        let surroundings = Surroundings { state: directory.path().join("state"), now: time("2026-11-23T02:00:00Z") };
        let text = "[[exception]]\nname = \"shop.example\"\nreason = \"a test\"\nuntil = \"2026-11-24\"\n\
                    [office]\nurl = \"https://office.example/\"\nroot = \"root.json\"\n";
        let (program, _) = config::read(text, None, &surroundings).expect("it is sound");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let _inside = runtime.enter();
        let changed = |now: &str| {
            let snapshot = server::offline(&program, Compiler::at("/nonexistent".into())).expect("its upstreams can be used");
            changed(&program, &snapshot, &snapshot.school_time(time(now)))
        };
        let before = changed("2026-11-24T16:59:59Z");
        assert!(before < time("2026-11-24T17:00:00Z"), "{before}");
        // Midnight in Hà Nội.
        assert_eq!(changed("2026-11-24T17:00:00Z"), time("2026-11-24T17:00:00Z"));
        assert_eq!(changed("2027-03-01T00:00:00Z"), time("2026-11-24T17:00:00Z"));
        let (shelf, since) = (Shelf::below(&program.state), time("2026-11-26T01:02:03Z"));
        let part = || Part { serial: 1, tables: None, roles: Vec::new() };
        shelf.adopt(&shelf.adopted().with(Edition::new(part(), part(), since)), None).expect("kept");
        assert_eq!(changed("2027-03-01T00:00:00Z"), since);
    }

    #[test]
    fn progress_is_shown_after_a_while_and_at_once_is_nothing() {
        let mut tell = progress(10);
        tell(GLANCE);
        ProgressStyle::with_template("exporting {wide_bar} {percent} %").expect("a template");
    }
}
