//! The walk over a TOML document: every value is asked for by key and type, and whatever is amiss is noted and walked past,
//! so that one run finds every fault.

use super::At;
use crate::config::Fault;
use crate::config::fault::Shown;
use crate::config::nearest::nearest;
use crate::fault::lines::Lines;
use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// What is wrong with a value, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// A clause that follows the value: "is no duration".
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

impl Wrong {
    /// A value that is wrong in the way `what` says.
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }

    /// A value that is right, and asks for what this version does not do.
    pub(super) fn not_built() -> Self {
        Self::new("is not built into this version", "leave it out; it comes with a later version")
    }
}

/// What a value of the file can be read as.
pub(super) trait Value: Sized {
    /// The words for it, with an example: `a duration such as "30s"`.
    const WANTED: &'static str;

    /// Reads it; none where it is of another type.
    ///
    /// # Errors
    /// Where the type is right and the value is not.
    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong>;
}

/// A document being read: its lines, and the faults found so far.
pub(super) struct Document {
    file: PathBuf,
    lines: Lines,
    is_whole: bool,
    faults: RefCell<Vec<Fault>>,
    incomplete: RefCell<Vec<&'static str>>,
}

impl Document {
    /// A document of this text, which `file` holds; where it is not whole, for errors of syntax, nothing is missed in it.
    pub(super) fn new(file: &Path, text: &str, is_whole: bool) -> Self {
        Self {
            file: file.to_owned(),
            lines: Lines::of(text),
            is_whole,
            faults: RefCell::default(),
            incomplete: RefCell::default(),
        }
    }

    /// The line that the octet at `offset` stands on.
    pub(super) fn line(&self, offset: usize) -> u32 {
        self.lines.at(offset)
    }

    /// Notes a fault.
    pub(super) fn fault(&self, line: u32, what: impl Into<String>, hint: impl Into<String>) {
        self.faults.borrow_mut().push(Fault::error(&self.file, Some(line), what, hint));
    }

    /// Notes that a faulty `section` was left out.
    pub(super) fn left_out(&self, section: &'static str) {
        self.incomplete.borrow_mut().push(section);
    }

    /// All that was noted.
    pub(super) fn into_parts(self) -> (Vec<Fault>, Vec<&'static str>) {
        (self.faults.into_inner(), self.incomplete.into_inner())
    }
}

/// The keys of one section, as the operator's manual names it: `listen`, `upstream.zone`, or nothing for the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// The section's name.
    pub section: &'static str,
    /// How it is written: `[listen]`, `[[group]]`, `the file`.
    pub written: &'static str,
    /// All keys that may stand in it.
    pub keys: &'static [&'static str],
}

/// One section of the document.
pub(super) struct Section<'a, 'i> {
    document: &'a Document,
    keys: &'static Keys,
    table: Option<&'a DeTable<'i>>,
    line: u32,
}

impl<'a, 'i> Section<'a, 'i> {
    /// The document's top.
    pub(super) fn top(document: &'a Document, keys: &'static Keys, table: &'a DeTable<'i>) -> Self {
        Self::open(document, keys, Some(table), 1)
    }

    fn open(document: &'a Document, keys: &'static Keys, table: Option<&'a DeTable<'i>>, line: u32) -> Self {
        let section = Self { document, keys, table, line };
        for key in table.into_iter().flat_map(|table| table.keys()) {
            let is_known = keys.keys.contains(&key.get_ref().as_ref());
            // Where a section's heading cannot be read its keys seem to stand in the one before.
            let may_be_astray = !document.is_whole && super::is_known_anywhere(key.get_ref());
            if !is_known && !may_be_astray {
                let (what, hint) = super::unknown(key.get_ref(), keys);
                document.fault(document.line(key.span().start), what, hint);
            }
        }
        section
    }

    /// The line that the section starts on.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// Whether the file has this section.
    pub(super) fn is_written(&self) -> bool {
        self.table.is_some()
    }

    /// Notes a fault on `line`.
    pub(super) fn fault(&self, line: u32, what: impl Into<String>, hint: impl Into<String>) {
        self.document.fault(line, what, hint);
    }

    /// Whether the section has `key`, whatever its value.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.raw(key).is_some()
    }

    /// Whether `key` is an array without an item.
    pub(super) fn is_empty_array(&self, key: &'static str) -> bool {
        self.raw(key).and_then(|value| value.get_ref().as_array()).is_some_and(|items| items.is_empty())
    }

    fn raw(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'i>>> {
        debug_assert!(self.keys.keys.contains(&key), "`{key}` is not among the keys of {}", self.keys.written);
        // The map is keyed by spanned text, which nothing but itself borrows.
        self.table?.iter().find(|(name, _)| **name.get_ref() == *key).map(|(_, value)| value)
    }

    /// The line of `key`, or of the section where the key is left out.
    pub(super) fn line_of(&self, key: &'static str) -> u32 {
        self.raw(key).map_or(self.line, |value| self.document.line(value.span().start))
    }

    fn read<T: Value>(&self, key: &'static str, value: &Spanned<DeValue<'i>>) -> Option<At<T>> {
        let line = self.document.line(value.span().start);
        match T::read(value.get_ref()) {
            Ok(Some(value)) => Some(At { value, line }),
            Ok(None) => {
                let what = format!("`{key}` is {}, and not {}", kind(value.get_ref()), kind_wanted(T::WANTED));
                self.document.fault(line, what, format!("write {}", T::WANTED));
                None
            }
            Err(wrong) => {
                let shown = shown(value.get_ref());
                self.document.fault(line, format!("`{key}`: {shown} {}", wrong.what), wrong.hint);
                None
            }
        }
    }

    /// The value of `key`; none where it is left out or faulty.
    pub(super) fn optional<T: Value>(&self, key: &'static str) -> Option<At<T>> {
        self.read(key, self.raw(key)?)
    }

    /// The value of `key`, or the default where it is left out or faulty.
    pub(super) fn or<T: Value>(&self, key: &'static str, default: T) -> At<T> {
        self.optional(key).unwrap_or(At { value: default, line: self.line })
    }

    /// The value of `key` where it lies in `range`, which `words` tells; else the default.
    pub(super) fn within<T: Value + PartialOrd>(
        &self,
        key: &'static str,
        default: T,
        range: RangeInclusive<T>,
        words: &str,
    ) -> At<T> {
        let read = self.or(key, default);
        if !range.contains(&read.value) {
            let shown = self.raw(key).map(|value| shown(value.get_ref())).unwrap_or_default();
            self.document.fault(read.line, format!("`{key}`: {shown} is out of range"), format!("write a value {words}"));
        }
        read
    }

    /// As [`Section::within`], for what DNS counts in whole seconds.
    pub(super) fn whole_seconds(
        &self,
        key: &'static str,
        default: Duration,
        range: RangeInclusive<Duration>,
        words: &str,
    ) -> At<Duration> {
        let read = self.within(key, default, range, words);
        if read.value.subsec_nanos() != 0 {
            self.document.fault(
                read.line,
                format!("`{key}` is no whole number of seconds"),
                "a TTL counts seconds: write \"1s\" or more, or \"0\"",
            );
        }
        read
    }

    /// The value of `key`, which the section cannot do without; none where it is left out or faulty.
    pub(super) fn required<T: Value>(&self, key: &'static str) -> Option<At<T>> {
        if self.raw(key).is_none() && self.document.is_whole {
            let what = format!("{} without `{key}`", self.keys.written);
            self.document.fault(self.line, what, format!("add `{key} = …`: {}", T::WANTED));
        }
        self.optional(key)
    }

    /// The values of the array `key`, without the faulty ones; none where it is left out or no array.
    pub(super) fn array<T: Value>(&self, key: &'static str) -> Option<Vec<At<T>>> {
        let value = self.raw(key)?;
        match value.get_ref() {
            DeValue::Array(array) => Some(array.iter().filter_map(|item| self.read(key, item)).collect()),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Table(_) => {
                let what = format!("`{key}` is {}, and not an array", kind(value.get_ref()));
                let line = self.document.line(value.span().start);
                self.document.fault(line, what, format!("write it in brackets, `{key} = [ … ]`, each item {}", T::WANTED));
                None
            }
        }
    }

    /// Which of `words` the value of `key` is; a word that stands for none is one of a later version.
    pub(super) fn word<T: Copy>(&self, key: &'static str, words: &[(&str, Option<T>)]) -> Option<At<T>> {
        let At { value: text, line } = self.optional::<String>(key)?;
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, Some(meant))) => Some(At { value: *meant, line }),
            Some((_, None)) => {
                let Wrong { what, .. } = Wrong::not_built();
                let built = one_of(words.iter().filter(|(_, meant)| meant.is_some()).map(|(word, _)| *word));
                self.document.fault(line, format!("`{key}`: {} {what}", text.quoted()), format!("write {built}"));
                None
            }
            None => {
                let what = format!("`{key}`: {} is not known", text.quoted());
                let hint = match nearest(&text, words.iter().map(|(word, _)| *word)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("write {}", one_of(words.iter().map(|(word, _)| *word))),
                };
                self.document.fault(line, what, hint);
                None
            }
        }
    }

    /// Which of `words` each item of the array `key` is, without the faulty ones.
    pub(super) fn words<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<Vec<At<T>>> {
        let written = self.array::<String>(key)?;
        let mut meant = Vec::with_capacity(written.len());
        for At { value: text, line } in written {
            match words.iter().find(|(word, _)| *word == text) {
                Some((_, known)) => meant.push(At { value: *known, line }),
                None => {
                    let hint = match nearest(&text, words.iter().map(|(word, _)| *word)) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("write any of {}", one_of(words.iter().map(|(word, _)| *word))),
                    };
                    self.document.fault(line, format!("`{key}`: {} is not known", text.quoted()), hint);
                }
            }
        }
        Some(meant)
    }

    /// Refuses `key` where it says anything but nothing: an empty text, an empty array, `false`, or one of `harmless`.
    pub(super) fn later(&self, key: &'static str, harmless: &[&str]) {
        let Some(value) = self.raw(key) else { return };
        let is_off = match value.get_ref() {
            DeValue::String(text) => text.is_empty() || harmless.contains(&text.as_ref()),
            DeValue::Array(items) => items.is_empty(),
            DeValue::Boolean(on) => !on || harmless.contains(&"true"),
            DeValue::Integer(number) => harmless.contains(&number.as_str()),
            DeValue::Table(table) => table.is_empty(),
            DeValue::Float(_) | DeValue::Datetime(_) => false,
        };
        if !is_off {
            let Wrong { what, hint } = Wrong::not_built();
            self.document.fault(self.document.line(value.span().start), format!("`{key}` in {} {what}", self.keys.written), hint);
        }
    }

    /// The section of this name; one without a key where the file does not have it.
    pub(super) fn section(&self, key: &'static str, keys: &'static Keys) -> Section<'a, 'i> {
        let Some(value) = self.raw(key) else { return Section::open(self.document, keys, None, self.line) };
        let line = self.document.line(value.span().start);
        match value.get_ref() {
            DeValue::Table(table) => Section::open(self.document, keys, Some(table), line),
            DeValue::Array(items) if is_tables(items) => {
                let what = format!("`[[{}]]`: this section stands once", keys.section);
                self.document.fault(line, what, format!("write {} once", keys.written));
                Section::open(self.document, keys, None, line)
            }
            DeValue::Array(_)
            | DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {
                let what = format!("`{key}` is {}, and not a section", kind(value.get_ref()));
                self.document.fault(line, what, format!("write {} on a line of its own, and its keys below", keys.written));
                Section::open(self.document, keys, None, line)
            }
        }
    }

    /// The sections of this name, in the file's order.
    pub(super) fn sections(&self, key: &'static str, keys: &'static Keys) -> Vec<Section<'a, 'i>> {
        let Some(value) = self.raw(key) else { return Vec::new() };
        let line = self.document.line(value.span().start);
        let hint = format!("write {} above each", keys.written);
        match value.get_ref() {
            DeValue::Array(items) => {
                let mut sections = Vec::with_capacity(items.len());
                for item in items.iter() {
                    let line = self.document.line(item.span().start);
                    match item.get_ref() {
                        DeValue::Table(table) => sections.push(Section::open(self.document, keys, Some(table), line)),
                        other => {
                            let what = format!("`{key}` holds {}, and not a section", kind(other));
                            self.document.fault(line, what, hint.clone());
                            self.document.left_out(keys.section);
                        }
                    }
                }
                sections
            }
            DeValue::Table(_) => {
                let what = format!("`[{0}]` can stand several times, and is written `[[{0}]]`", keys.section);
                self.document.fault(line, what, hint);
                self.document.left_out(keys.section);
                Vec::new()
            }
            other => {
                self.document.fault(line, format!("`{key}` is {}, and not a section", kind(other)), hint);
                self.document.left_out(keys.section);
                Vec::new()
            }
        }
    }

    /// The section of free keys of this name: each key and its value, without the faulty ones; none where it is left out.
    pub(super) fn pairs<T: Value>(&self, key: &'static str) -> Option<Vec<(At<String>, At<T>)>> {
        let value = self.raw(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            let what = format!("`{key}` is {}, and not a table", kind(value.get_ref()));
            self.document.fault(self.document.line(value.span().start), what, format!("write `{key} = {{ … = … }}`"));
            return None;
        };
        let pair = |(name, value): (&Spanned<_>, &Spanned<DeValue<'i>>)| {
            let name: &std::borrow::Cow<'_, str> = name.get_ref();
            let line = self.document.line(value.span().start);
            Some((At { value: name.to_string(), line }, self.read(key, value)?))
        };
        Some(table.iter().filter_map(pair).collect())
    }

    /// Notes that this section was faulty and is left out.
    pub(super) fn leave_out(&self) {
        self.document.left_out(self.keys.section);
    }
}

fn is_tables(items: &DeArray<'_>) -> bool {
    !items.is_empty() && items.iter().all(|item| matches!(item.get_ref(), DeValue::Table(_)))
}

/// The type of a value in words.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

/// What is wanted without the example.
fn kind_wanted(wanted: &'static str) -> &'static str {
    wanted.split(", such as").next().unwrap_or(wanted)
}

/// A value as a message repeats it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.quoted(),
        DeValue::Integer(number) => number.to_string().quoted(),
        DeValue::Float(number) => number.to_string().quoted(),
        DeValue::Boolean(on) => on.to_string().quoted(),
        DeValue::Datetime(time) => time.to_string().quoted(),
        DeValue::Array(_) | DeValue::Table(_) => kind(value).to_owned(),
    }
}

/// Words in backticks: "`a`, `b` or `c`".
pub(super) fn one_of<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}
