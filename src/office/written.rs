//! The walk over the TOML that the office's people write: every value asked for by key and type, every fault noted with its line.

use std::path::Path;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::decisions::day;
use crate::fault::lines::Lines;
use crate::fault::nearest::nearest;
use crate::fault::{Fault, Shown as _};

/// A file being read, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Document<'f> {
    file: &'f Path,
    lines: Lines,
    faults: Vec<Fault>,
}

/// A table of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'t, 'i> {
    /// How messages call it: `[[lock]]`, `the file`.
    pub(super) written: &'static str,
    /// The line that it starts on.
    pub(super) line: u32,
    table: &'t DeTable<'i>,
}

/// What is amiss with a value: what it should be, with an example.
type Wanted = &'static str;

impl<'f> Document<'f> {
    /// Reads `text`, and has `read` walk it from its top where it is TOML. Gives what that makes of it, and all faults.
    pub(super) fn read<T>(
        file: &'f Path,
        text: &str,
        read: impl FnOnce(&mut Self, Table<'_, '_>) -> T,
    ) -> (Option<T>, Vec<Fault>) {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut document = Self { file, lines: Lines::of(text), faults: Vec::new() };
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut last = 0;
        for error in &errors {
            let line = error.span().map_or(1, |span| document.line(span.start));
            // One slip is often told several times.
            if line != last {
                let what = format!("this is no TOML: {}", error.message().lines().next().unwrap_or_default());
                document.fault(line, what, "a line is `key = value`, `[section]` or `# comment`; text stands in quotes");
            }
            last = line;
        }
        if !errors.is_empty() {
            return (None, document.faults);
        }
        let top = Table { written: "the file", line: 1, table: table.get_ref() };
        let read = read(&mut document, top);
        document.faults.sort_by_key(|fault| fault.line);
        (Some(read), document.faults)
    }

    /// The line that the octet at `offset` stands on.
    fn line(&self, offset: usize) -> u32 {
        self.lines.at(offset)
    }

    /// Notes a fault.
    pub(super) fn fault(&mut self, line: u32, what: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault::error(self.file, Some(line), what, hint));
    }

    /// Faults that others found in this file.
    pub(super) fn faults(&mut self) -> &mut Vec<Fault> {
        &mut self.faults
    }

    /// Notes the keys of `table` that are none of `known`.
    pub(super) fn known(&mut self, table: Table<'_, '_>, known: &[&str]) {
        for key in table.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let what = format!("unknown key {} in {}", key.get_ref().quoted(), table.written);
            let hint = match nearest(key.get_ref(), known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{} has {}", table.written, known.join(", ")),
            };
            let line = self.line(key.span().start);
            self.fault(line, what, hint);
        }
    }

    fn wrong(&mut self, value: &Spanned<DeValue<'_>>, key: &str, wanted: Wanted) {
        let line = self.line(value.span().start);
        self.fault(
            line,
            format!("`{key}` is not {}", wanted.split(", such as").next().unwrap_or(wanted)),
            format!("write {wanted}"),
        );
    }

    fn value<'t, T>(
        &mut self,
        table: Table<'t, '_>,
        key: &str,
        wanted: Wanted,
        read: impl FnOnce(&'t DeValue<'_>) -> Option<T>,
    ) -> Option<(T, u32)> {
        let value = table.raw(key)?;
        match read(value.get_ref()) {
            Some(read) => Some((read, self.line(value.span().start))),
            None => {
                self.wrong(value, key, wanted);
                None
            }
        }
    }

    /// A text, and its line.
    pub(super) fn text(&mut self, table: Table<'_, '_>, key: &str) -> Option<(String, u32)> {
        self.value(table, key, "text, such as \"…\"", |value| value.as_str().map(str::to_owned))
    }

    /// A day, and its line.
    pub(super) fn day(&mut self, table: Table<'_, '_>, key: &str) -> Option<(Date, u32)> {
        let read = |value: &DeValue<'_>| match value {
            DeValue::String(text) => day(text.trim()),
            DeValue::Datetime(time) if time.time.is_none() => day(&time.to_string()),
            DeValue::Datetime(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        self.value(table, key, "a day, such as 2026-11-26", read)
    }

    /// Yes or no, and its line.
    pub(super) fn flag(&mut self, table: Table<'_, '_>, key: &str) -> Option<(bool, u32)> {
        self.value(table, key, "true or false", |value| value.as_bool())
    }

    /// A whole number of at least 1, and its line.
    pub(super) fn number(&mut self, table: Table<'_, '_>, key: &str) -> Option<(u64, u32)> {
        let read = |value: &DeValue<'_>| {
            let number = value.as_integer()?;
            number.as_str().parse::<u64>().ok().filter(|number| number.gt(&0))
        };
        self.value(table, key, "a whole number, such as 30", read)
    }

    /// Texts, each with its line; none where the key is left out.
    pub(super) fn texts(&mut self, table: Table<'_, '_>, key: &str) -> Option<Vec<(String, u32)>> {
        const WANTED: Wanted = "texts in brackets, such as [\"a\", \"b\"]";
        let value = table.raw(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, key, WANTED);
            return None;
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            match item.get_ref().as_str() {
                Some(text) => texts.push((text.to_owned(), self.line(item.span().start))),
                None => self.wrong(item, key, WANTED),
            }
        }
        Some(texts)
    }

    /// The table of this name.
    pub(super) fn table<'t, 'i>(&mut self, top: Table<'t, 'i>, key: &str, written: &'static str) -> Option<Table<'t, 'i>> {
        let value = top.raw(key)?;
        let line = self.line(value.span().start);
        match value.get_ref() {
            DeValue::Table(table) => Some(Table { written, line, table }),
            DeValue::Array(_)
            | DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {
                self.fault(
                    line,
                    format!("`{key}` is no section"),
                    format!("write {written} on a line of its own, and its keys below"),
                );
                None
            }
        }
    }

    /// The tables of this name, in the file's order.
    pub(super) fn tables<'t, 'i>(&mut self, top: Table<'t, 'i>, key: &str, written: &'static str) -> Vec<Table<'t, 'i>> {
        let Some(value) = top.raw(key) else { return Vec::new() };
        let items = value.get_ref().as_array();
        let mut tables = Vec::new();
        for item in items.into_iter().flat_map(|items| items.iter()) {
            if let DeValue::Table(table) = item.get_ref() {
                tables.push(Table { written, line: self.line(item.span().start), table });
            }
        }
        if tables.len() != items.map_or(usize::MAX, |items| items.len()) {
            let line = self.line(value.span().start);
            self.fault(line, format!("`{key}` is not written as sections"), format!("write {written} above each"));
        }
        tables
    }
}

/// Text of TOML with `table` added as the last section of this name; comments and order stay.
///
/// # Errors
/// Where the text is no TOML, or `key` is something else in it.
pub(super) fn add_section(text: &str, file: &Path, key: &str, mut table: toml_edit::Table) -> Result<String, Fault> {
    let mut document = edited(text, file)?;
    let is_first = text.trim().is_empty();
    let item = document.entry(key).or_insert_with(|| toml_edit::Item::ArrayOfTables(toml_edit::ArrayOfTables::new()));
    let Some(tables) = item.as_array_of_tables_mut() else {
        return Err(Fault::error(
            file,
            None,
            format!("`{key}` is not written as sections"),
            format!("write [[{key}]] above each"),
        ));
    };
    if !is_first {
        table.decor_mut().set_prefix("\n");
    }
    tables.push(table);
    Ok(document.to_string())
}

/// Text of TOML, to be edited.
pub(super) fn edited(text: &str, file: &Path) -> Result<toml_edit::DocumentMut, Fault> {
    // A mark that some editors put before text in UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.parse().map_err(|error: toml_edit::TomlError| {
        let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count());
        let what = format!("this is no TOML: {}", error.message().lines().next().unwrap_or_default().escaped());
        Fault::error(file, line.and_then(|line| u32::try_from(line).ok()), what, "mend the line; nothing was changed")
    })
}

impl<'t, 'i> Table<'t, 'i> {
    fn raw(self, key: &str) -> Option<&'t Spanned<DeValue<'i>>> {
        // The map is keyed by spanned text, which nothing but itself borrows.
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// Whether it has `key`.
    pub(super) fn has(self, key: &str) -> bool {
        self.raw(key).is_some()
    }

    /// Whether `key` is a text.
    pub(super) fn is_text(self, key: &str) -> bool {
        self.raw(key).is_some_and(|value| value.get_ref().is_str())
    }

    /// Its keys.
    pub(super) fn keys(self) -> impl Iterator<Item = &'t str> {
        self.table.keys().map(|key| key.get_ref().as_ref())
    }
}
