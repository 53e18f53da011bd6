//! What `[journal]` means: how long, in whose name, and where else entries go.

use std::path::PathBuf;
use std::time::Duration;

/// The journal's part of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long an entry is kept; the first hourly round after that removes it to the bytes.
    pub keep: Duration,
    /// What stands for the client.
    pub client: ClientForm,
    /// Whether allowed queries are written.
    pub allowed: AllowedForm,
    /// Where each entry goes as a JSON line, too.
    pub json: Option<JsonSink>,
    /// The state directory: `journal.db`, the keys of pseudonyms, the audit trail.
    pub directory: PathBuf,
}

impl Settings {
    /// The default of `keep`: 90 days.
    pub const KEEP: Duration = Duration::from_hours(90 * 24);
}

/// What an entry says of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientForm {
    /// A pseudonym under the key of the calendar week.
    #[default]
    Pseudonym,
    /// The address.
    Full,
    /// The subnet: /24 of IPv4, /56 of IPv6.
    Subnet,
    /// Nothing.
    None,
}

impl ClientForm {
    /// All forms.
    pub const ALL: [Self; 4] = [Self::Pseudonym, Self::Full, Self::Subnet, Self::None];

    /// As the configuration writes it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Pseudonym => "pseudonym",
            Self::Full => "full",
            Self::Subnet => "subnet",
            Self::None => "none",
        }
    }

    /// The form that `text` writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.text() == text)
    }
}

/// What becomes of allowed queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AllowedForm {
    /// The metrics count them; the journal does not see them.
    #[default]
    Count,
    /// They are written like the blocked ones.
    Log,
}

impl AllowedForm {
    /// Both forms.
    pub const ALL: [Self; 2] = [Self::Count, Self::Log];

    /// As the configuration writes it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Log => "log",
        }
    }

    /// The form that `text` writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.text() == text)
    }
}

/// Where the JSON lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonSink {
    /// Standard output.
    Stdout,
    /// A file of mode 0600, rotated by day.
    File(PathBuf),
}
