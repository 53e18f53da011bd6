//! What is wrong with something that people wrote (a configuration, a list, the office's folder), where, and what to do about it.
//! Every fault has a hint.

pub mod lines;
pub mod nearest;

use std::fmt;
use std::path::{Path, PathBuf};

/// One fault of a file that people write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file that says it.
    pub file: PathBuf,
    /// The line, the first being 1; none where the file as a whole is meant.
    pub line: Option<u32>,
    /// What is wrong: one sentence without a full stop, free of control characters.
    pub what: String,
    /// What to do about it.
    pub hint: String,
    /// Whether what the file says may be used all the same.
    pub severity: Severity,
}

/// Whether a fault keeps what a file says from being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It cannot be used.
    Error,
    /// It can, but says something that its writer hardly meant.
    Warning,
}

impl Fault {
    /// A fault that keeps what the file says from being used.
    pub fn error(file: &Path, line: Option<u32>, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into(), hint: hint.into(), severity: Severity::Error }
    }

    /// A fault that does not.
    pub fn warning(file: &Path, line: Option<u32>, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(file, line, what, hint) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display().to_string().escaped())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        match self.severity {
            Severity::Error => write!(f, " {}", self.what)?,
            Severity::Warning => write!(f, " warning: {}", self.what)?,
        }
        write!(f, "\nhint: {}", self.hint)
    }
}

/// Text from a file as messages show it: control characters escaped, so that no terminal obeys them.
pub(crate) trait Shown {
    /// The text with its control characters escaped.
    fn escaped(&self) -> String;

    /// The same between backticks, and cut where it is longer than a message bears.
    fn quoted(&self) -> String;
}

impl Shown for str {
    fn escaped(&self) -> String {
        self.chars().map(|c| if is_obeyed(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
    }

    fn quoted(&self) -> String {
        // The longest name that is worth repeating: a domain name has at most 253 characters, an excerpt of 80 is recognised.
        const MOST: usize = 80;
        match self.char_indices().nth(MOST) {
            Some((cut, _)) => format!("`{}…`", self[..cut].escaped()),
            None => format!("`{}`", self.escaped()),
        }
    }
}

/// Control characters, and the marks that turn the direction of what follows.
fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;
