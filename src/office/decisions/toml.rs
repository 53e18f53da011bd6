//! Decisions as TOML: `[[lock]]`, `[[guarantee]]` and `[[allow]]`, read with every fault, edited with what people wrote kept.

use std::path::Path;

use jiff::civil::Date;
use toml_edit::{Item, Value};

use super::{Decision, Kind, Placed, Setting, Written};
use crate::dns::Name;
use crate::fault::Fault;
use crate::lists::text::normalise;
use crate::office::written::{Document, add_section, edited};

/// The keys of a decision; which of them a kind has, understanding says.
const KEYS: [&str; 7] = ["name", "category", "reason", "by", "made", "until", "exam"];

/// Reads decisions; what is faulty is left out, and said.
pub fn read(text: &str, setting: &Setting<'_>) -> (Vec<Placed>, Vec<Fault>) {
    let (placed, faults) = Document::read(setting.file, text, |document, top| {
        document.known(top, &["lock", "guarantee", "allow"]);
        let mut placed = Vec::new();
        for kind in Kind::ALL {
            for table in document.tables(top, kind.text(), heading(kind)) {
                document.known(table, &KEYS);
                let mut text = |key| document.text(table, key).map(|(text, _)| text);
                let (name, category, by, reason) = (text("name"), text("category"), text("by"), text("reason"));
                let mut day = |key| document.day(table, key).map(|(day, _)| day);
                let (made, until) = (day("made"), day("until"));
                // A value of the wrong type was told of already, and is not told to be lacking.
                let is_told = [("made", made), ("until", until)].iter().any(|(key, day)| table.has(key) && day.is_none());
                let exam = document.flag(table, "exam").is_some_and(|(exam, _)| exam);
                if is_told {
                    continue;
                }
                let written = Written { line: table.line, kind: Some(kind), name, category, by, reason, made, until, exam };
                placed.extend(setting.understand(written, document.faults()));
            }
        }
        placed.sort_by_key(|placed: &Placed| placed.line);
        placed
    });
    (placed.unwrap_or_default(), faults)
}

/// How a decision of a kind begins.
const fn heading(kind: Kind) -> &'static str {
    match kind {
        Kind::Lock => "[[lock]]",
        Kind::Guarantee => "[[guarantee]]",
        Kind::Allow => "[[allow]]",
    }
}

/// The text with `decisions` put into it: where one of the same kind and name stands, that one says the new words; the others are
/// added at the end of their kinds. Comments and order stay.
///
/// # Errors
/// Where the text is no TOML.
pub fn put(text: &str, file: &Path, decisions: &[Decision]) -> Result<String, Fault> {
    decisions.iter().try_fold(text.to_owned(), |text, decision| {
        let mut document = edited(&text, file)?;
        let tables = document.get_mut(decision.kind.text()).and_then(Item::as_array_of_tables_mut);
        if let Some(known) = tables.and_then(|tables| tables.iter_mut().find(|table| is_for(table, &decision.name))) {
            say(known, decision);
            return Ok(document.to_string());
        }
        let mut table = toml_edit::Table::new();
        table.insert("name", Item::Value(decision.name.to_string().into()));
        say(&mut table, decision);
        add_section(&text, file, decision.kind.text(), table)
    })
}

/// Writes all but the name of a decision; what stands there already keeps its place and the comment behind it.
fn say(table: &mut toml_edit::Table, decision: &Decision) {
    let Decision { kind: _, name: _, category, owner: _, by, reason, made, until, exam } = decision;
    let mut put = |key: &str, value: Option<Value>| match (table.get_mut(key).and_then(Item::as_value_mut), value) {
        (Some(known), Some(mut value)) => {
            *value.decor_mut() = known.decor().clone();
            *known = value;
        }
        (None, Some(value)) => drop(table.insert(key, Item::Value(value))),
        (_, None) => drop(table.remove(key)),
    };
    put("category", category.as_deref().map(Value::from));
    put("reason", Some(reason.as_str().into()));
    put("by", Some(by.as_str().into()));
    put("made", Some(date(*made)));
    put("until", until.map(date));
    put("exam", exam.then(|| true.into()));
}

/// Whether a decision is for `name`, however that is written.
fn is_for(table: &toml_edit::Table, name: &Name) -> bool {
    let text = table.get("name").and_then(Item::as_str);
    text.and_then(|text| normalise(text.trim()).ok()).is_some_and(|written| written == *name)
}

/// The text without the decisions for `name`, and which kinds they were.
///
/// # Errors
/// Where the text is no TOML.
pub fn remove(text: &str, file: &Path, name: &Name) -> Result<(String, Vec<Kind>), Fault> {
    let mut document = edited(text, file)?;
    let mut removed = Vec::new();
    for kind in Kind::ALL {
        let Some(tables) = document.get_mut(kind.text()).and_then(Item::as_array_of_tables_mut) else { continue };
        let before = tables.len();
        tables.retain(|table| !is_for(table, name));
        removed.extend(std::iter::repeat_n(kind, before - tables.len()));
        if tables.is_empty() {
            document.remove(kind.text());
        }
    }
    Ok((document.to_string(), removed))
}

fn date(day: Date) -> Value {
    day.to_string().parse().expect("a day is a value of TOML")
}
