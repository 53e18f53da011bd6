//! `khien lists export`: what a tier blocks, as a file for another resolver.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::{AT_FAULT, FINE};
use crate::clock::Clock;
use crate::config::Program;
use crate::export::{self, Format, Said, Wanted};
use crate::lists::store::write_aside;
use crate::server::{self, Compiler};

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
    /// The serial of a policy zone; without it, when lists or configuration last changed
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
        let serial = self.serial.unwrap_or_else(|| serial(snapshot.images_made, program.file.as_deref()));
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

/// The second in which the lists were compiled or the file was changed, whichever is later: the same lists and the same file give
/// the same zone, and a later zone has a greater serial (RFC 1982).
fn serial(made: jiff::Timestamp, file: Option<&Path>) -> u32 {
    let changed = file.and_then(|file| std::fs::metadata(file).ok()?.modified().ok());
    let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_secs());
    let made = u64::try_from(made.as_second()).unwrap_or(0);
    // Serial numbers go round, as they are meant to.
    (made.max(changed) & u64::from(u32::MAX)) as u32
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

    #[test]
    fn a_serial_is_when_lists_or_file_changed_last() {
        let made: jiff::Timestamp = "2026-11-23T02:00:00Z".parse().expect("a time");
        assert_eq!(serial(made, None), 1_795_399_200);
        let file = tempfile::NamedTempFile::new().expect("a file");
        let time = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        file.as_file().set_modified(time).expect("set");
        assert_eq!(serial(made, Some(file.path())), 1_800_000_000);
        assert_eq!(serial("1969-12-31T00:00:00Z".parse().expect("a time"), None), 0);
    }

    #[test]
    fn progress_is_shown_after_a_while_and_at_once_is_nothing() {
        let mut tell = progress(10);
        tell(GLANCE);
        ProgressStyle::with_template("exporting {wide_bar} {percent} %").expect("a template");
    }
}
