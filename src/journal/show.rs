//! How entries are shown: a table for people, JSON lines and CSV for programs.
//!
//! The rule: nothing that a client put into a name acts on a terminal or a spreadsheet.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use unicode_normalization::char::is_combining_mark;

use super::Line;
use super::line::time_text;

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// Columns, times in the school's time zone.
    #[default]
    Table,
    /// The JSON line of the interface.
    Json,
    /// Comma-separated values with a line of heads (RFC 4180).
    Csv,
}

/// The heads of the CSV: the fields of the JSON line, in its order.
const FIELDS: [&str; 16] = [
    "time",
    "client",
    "group",
    "tier",
    "name",
    "type",
    "transport",
    "verdict",
    "reason",
    "category",
    "lists",
    "rule",
    "rcode",
    "micros",
    "snapshot",
    "repeats",
];

/// The table's columns and how wide each is at least; the last is as wide as it comes out.
const COLUMNS: [(&str, usize); 9] = [
    ("TIME", 19),
    ("CLIENT", 24),
    ("GROUP", 12),
    ("VERDICT", 9),
    ("REASON", 12),
    ("CATEGORY", 12),
    ("TYPE", 6),
    ("TIMES", 5),
    ("NAME", 0),
];

/// Shows entries one by one.
#[derive(Debug)]
pub struct Show<W> {
    out: W,
    form: Form,
    zone: TimeZone,
}

impl<W: Write> Show<W> {
    /// Starts the output: CSV and table have heads.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn start(mut out: W, form: Form, zone: TimeZone) -> io::Result<Self> {
        match form {
            Form::Table => row(&mut out, COLUMNS.map(|(head, _)| head.to_owned()))?,
            Form::Json => {}
            Form::Csv => write!(out, "{}\r\n", FIELDS.join(","))?,
        }
        Ok(Self { out, form, zone })
    }

    /// Shows one entry.
    ///
    /// # Errors
    /// Those of the output.
    pub fn entry(&mut self, line: &Line) -> io::Result<()> {
        match self.form {
            Form::Json => line.write_json(&mut self.out),
            Form::Csv => self.csv(line),
            Form::Table => {
                let time = line.time.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
                let cells = [
                    time,
                    visible(&line.client),
                    visible(&line.group),
                    visible(&line.verdict),
                    visible(&line.reason),
                    visible(&line.category),
                    visible(&line.record_type),
                    (line.repeats + 1).to_string(),
                    visible(&line.name),
                ];
                row(&mut self.out, cells)
            }
        }
    }

    fn csv(&mut self, line: &Line) -> io::Result<()> {
        let time = time_text(line.time);
        let lists = line.lists.join(" ");
        let (micros, snapshot, repeats) = (line.micros.to_string(), line.snapshot.to_string(), line.repeats.to_string());
        let cells: [&str; FIELDS.len()] = [
            &time,
            &line.client,
            &line.group,
            &line.tier,
            &line.name,
            &line.record_type,
            &line.transport,
            &line.verdict,
            &line.reason,
            &line.category,
            &lists,
            &line.rule,
            &line.rcode,
            &micros,
            &snapshot,
            &repeats,
        ];
        write!(self.out, "{}\r\n", cells.map(cell).join(","))
    }

    /// Flushes the output.
    ///
    /// # Errors
    /// Those of the output.
    pub fn end(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes the cells of a row of the table, each padded to its column.
fn row(out: &mut impl Write, cells: [String; COLUMNS.len()]) -> io::Result<()> {
    let mut text = String::new();
    for (cell, (_, width)) in cells.iter().zip(COLUMNS) {
        text.push_str(cell);
        let pad = width.saturating_sub(columns(cell)) + 2;
        text.extend(std::iter::repeat_n(' ', pad));
    }
    writeln!(out, "{}", text.trim_end())
}

/// How many columns of a terminal `text` takes: a mark that combines with the letter before it takes none.
fn columns(text: &str) -> usize {
    text.chars().filter(|character| !is_combining_mark(*character)).count()
}

/// `text` with everything escaped that a terminal would obey or that reorders or hides what is read.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unseen(character) { out.extend(character.escape_unicode()) } else { out.push(character) }
    }
    out
}

/// Control characters (C0, C1), and those that change direction, take no room, or end a line (Unicode 16, general categories
/// Cf, Zl and Zp as far as they occur in names).
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A CSV cell that no spreadsheet takes for a formula: what starts like one gets an apostrophe.
fn cell(text: &str) -> String {
    let mark = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
    let text = format!("{mark}{}", visible(text));
    if text.contains([',', '"', ' ', ';']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests;
