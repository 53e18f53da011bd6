//! The JSON output: one line an entry, to standard output or to a file of mode 0600 with a new one every day.
//!
//! An entry is written at once, and once more when its ten seconds are over and it was repeated: of lines that agree in all but
//! `repeats`, the last counts. Whole lines only: what a full disk cut off is taken back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, tz::TimeZone};

use super::line::time_text;
use super::store::beside;
use super::{JsonSink, Line};

/// Where the lines go.
#[derive(Debug)]
pub(super) enum Output {
    Stdout,
    File(Daily),
}

/// A file of lines; those of earlier days stand beside it, as `<file>.<day>`.
#[derive(Debug)]
pub(super) struct Daily {
    path: PathBuf,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// The day (UTC) of the lines in it.
    day: String,
    /// As far as it holds whole lines.
    len: u64,
    id: (u64, u64),
}

impl Output {
    pub(super) fn new(sink: &JsonSink) -> Self {
        match sink {
            JsonSink::Stdout => Self::Stdout,
            JsonSink::File(path) => Self::File(Daily { path: path.clone(), open: None }),
        }
    }

    /// Writes `lines`, all or none of them.
    pub(super) fn write(&mut self, lines: &[Line], now: Timestamp) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut text = Vec::with_capacity(lines.len() * 320);
        for line in lines {
            line.write_json(&mut text)?;
        }
        match self {
            Self::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(&text)?;
                out.flush()
            }
            Self::File(daily) => daily.write(&text, now),
        }
    }

    /// Takes every line from before `cutoff` out of the file and out of those of earlier days.
    pub(super) fn forget(&mut self, cutoff: Timestamp) -> io::Result<()> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(daily) => daily.forget(cutoff),
        }
    }
}

impl Daily {
    fn write(&mut self, text: &[u8], now: Timestamp) -> io::Result<()> {
        let day = day_of(now);
        let at = fs::metadata(&self.path).ok().map(|meta| (meta.dev(), meta.ino()));
        match &self.open {
            Some(open) if at != Some(open.id) => self.open = None,
            Some(open) if open.day != day => self.set_off()?,
            Some(_) | None => {}
        }
        if self.open.is_none() {
            self.open = Some(self.opened(&day)?);
        }
        let open = self.open.as_mut().expect("opened above");
        let written = open.file.write_all(text).and_then(|()| open.file.sync_data());
        match written {
            Ok(()) => open.len += text.len() as u64,
            Err(_) => {
                // What is left of a line would spoil the next one. Opening looks for such remains again.
                let _ = open.file.set_len(open.len);
                self.open = None;
            }
        }
        written
    }

    /// Opens the file to append to it; a line that a crash cut off is taken out, the file of an earlier day set off.
    fn opened(&mut self, day: &str) -> io::Result<Open> {
        if let Some(parent) = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent)?;
        }
        for _ in 0..2 {
            let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path)?;
            let meta = file.metadata()?;
            if meta.permissions().mode() & 0o777 != 0o600 {
                fs::set_permissions(&self.path, fs::Permissions::from_mode(0o600))?;
            }
            let len = whole_lines(&mut file, meta.len())?;
            if len < meta.len() {
                file.set_len(len)?;
            }
            let written = first_day(&mut file)?;
            if written.as_deref().is_none_or(|written| written == day) {
                return Ok(Open { file, day: day.to_owned(), len, id: (meta.dev(), meta.ino()) });
            }
            self.open = Some(Open { file, day: written.unwrap_or_default(), len, id: (meta.dev(), meta.ino()) });
            self.set_off()?;
        }
        Err(io::Error::other("the file of an earlier day came back"))
    }

    /// Gives the open file the name of its day; where that name is taken, the lines are added there.
    fn set_off(&mut self) -> io::Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let target = beside(&self.path, &format!(".{}", open.day));
        if target.exists() {
            let mut into = OpenOptions::new().append(true).open(&target)?;
            io::copy(&mut File::open(&self.path)?, &mut into)?;
            into.sync_data()?;
            return fs::remove_file(&self.path);
        }
        fs::rename(&self.path, &target)
    }

    fn forget(&mut self, cutoff: Timestamp) -> io::Result<()> {
        self.open = None;
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let Some(own) = self.path.file_name().and_then(|name| name.to_str()) else { return Ok(()) };
        let entries = match fs::read_dir(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(own)) else { continue };
            if rest.is_empty() || is_day(rest) {
                forget_lines(&entry.path(), cutoff)?;
            } else if rest == ".new" {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Takes the lines from before `cutoff` out of the file at `path`, and the file away where none is left.
fn forget_lines(path: &Path, cutoff: Timestamp) -> io::Result<()> {
    let cutoff = time_text(cutoff);
    let expired = |line: &[u8]| time_of(line).is_none_or(|time| time < cutoff.as_bytes());
    let mut file = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    file.read_until(b'\n', &mut line)?;
    if line.is_empty() || !expired(&line) {
        return Ok(());
    }
    let aside = beside(path, ".new");
    let mut kept = BufWriter::new(OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?);
    let mut any = false;
    while !line.is_empty() {
        if !expired(&line) {
            kept.write_all(&line)?;
            any = true;
        }
        line.clear();
        file.read_until(b'\n', &mut line)?;
    }
    if !any {
        fs::remove_file(&aside)?;
        return fs::remove_file(path);
    }
    kept.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&aside, path)
}

/// The time of a line as it stands there, which sorts as times do.
fn time_of(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"{\"time\":\"")?;
    rest.get(..rest.iter().position(|byte| *byte == b'"')?)
}

/// How much of the file's `len` octets is whole lines.
fn whole_lines(file: &mut File, len: u64) -> io::Result<u64> {
    // No line is longer than this: a name has at most 1,016 octets when every one of it is escaped, and there are two of them.
    let from = len.saturating_sub(64 * 1024);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    Ok(tail.iter().rposition(|byte| *byte == b'\n').map_or(from, |at| from + at as u64 + 1))
}

/// The day of the file's first line.
fn first_day(file: &mut File) -> io::Result<Option<String>> {
    file.seek(SeekFrom::Start(0))?;
    let mut head = [0; 64];
    let read = file.read(&mut head)?;
    Ok(time_of(&head[..read]).and_then(|time| std::str::from_utf8(time.get(..10)?).ok()).map(str::to_owned))
}

fn day_of(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::UTC).date().to_string()
}

/// Whether `suffix` is a dot and a day.
fn is_day(suffix: &str) -> bool {
    suffix.strip_prefix('.').is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok())
}

#[cfg(test)]
mod tests;
