//! An entry as it is written: the fields and spellings of the JSON line, which are those of the store's columns, too.
//!
//! The rule: whatever a client put into a name, a line is one line, it parses, and it holds visible ASCII only.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::{Entry, Source};

/// What is written where there is no category, tier or group to name.
pub(super) const NONE: &str = "none";

/// One entry, ready to be written or read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// When the first query was answered.
    #[serde(serialize_with = "write_time")]
    pub time: Timestamp,
    /// Who asked, in the form of [`super::ClientForm`]; empty for none.
    #[serde(serialize_with = "write_shared")]
    pub client: Arc<str>,
    /// The group's id.
    #[serde(serialize_with = "write_shared")]
    pub group: Arc<str>,
    /// The tier's id.
    #[serde(serialize_with = "write_shared")]
    pub tier: Arc<str>,
    /// The name asked for, lower case, without the final dot.
    pub name: String,
    /// The type asked for: mnemonic, or `TYPE123`.
    #[serde(rename = "type")]
    pub record_type: String,
    /// How the query came in.
    pub transport: Cow<'static, str>,
    /// What became of it.
    pub verdict: Cow<'static, str>,
    /// The rule that decided.
    pub reason: Cow<'static, str>,
    /// The deciding category, or `none`.
    #[serde(serialize_with = "write_shared")]
    pub category: Arc<str>,
    /// Ids of the lists that brought the verdict.
    pub lists: Vec<String>,
    /// The name in them that matched; empty where none did.
    pub rule: String,
    /// The answer's rcode.
    pub rcode: Cow<'static, str>,
    /// Microseconds from the query to its answer.
    pub micros: u32,
    /// The serial of lists and configuration.
    pub snapshot: u64,
    /// How many more queries of the same client for the same name and type, with the same verdict, came within ten seconds.
    pub repeats: u64,
}

impl Line {
    /// The line of `entry`, in which `client` stands for its client and `source` says where the verdict came from.
    pub(super) fn new(entry: &Entry, client: Arc<str>, source: Source) -> Self {
        Self {
            time: to_millis(entry.time),
            client,
            group: Arc::clone(&entry.group),
            tier: Arc::clone(&entry.tier),
            name: entry.name.to_string(),
            record_type: entry.record_type.to_string(),
            transport: Cow::Borrowed(entry.transport.text()),
            verdict: Cow::Borrowed(entry.outcome.text()),
            reason: Cow::Borrowed(entry.reason.text()),
            category: entry.category.clone().unwrap_or_else(|| Arc::from(NONE)),
            lists: source.lists,
            rule: source.rule.unwrap_or_default(),
            rcode: Cow::Borrowed(entry.rcode.text()),
            micros: entry.micros,
            snapshot: entry.snapshot,
            repeats: 0,
        }
    }

    /// Writes the JSON line, its end included.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        self.serialize(&mut Serializer::with_formatter(&mut *out, Ascii)).map_err(io::Error::from)?;
        out.write_all(b"\n")
    }
}

/// The time as entries have it: whole milliseconds.
pub(super) fn to_millis(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// RFC 3339 in UTC, always with three digits of the second's fraction, so that times sort as text.
pub(super) fn time_text(time: Timestamp) -> String {
    format!("{time:.3}")
}

fn write_time<S: serde::Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time_text(*time))
}

fn write_shared<S: serde::Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// JSON in which every character outside visible ASCII is escaped (RFC 8259 section 7).
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !matches!(c, ' '..='~')) {
            let (plain, from) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let character = from.chars().next().expect("found above");
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &from[character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests;
