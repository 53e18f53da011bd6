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

/// The text with `decisions` added at the end of their kinds; comments and order stay.
///
/// # Errors
/// Where the text is no TOML.
pub fn add(text: &str, file: &Path, decisions: &[Decision]) -> Result<String, Fault> {
    decisions.iter().try_fold(text.to_owned(), |text, decision| {
        let mut table = toml_edit::Table::new();
        let mut put = |key: &str, value: Value| drop(table.insert(key, Item::Value(value)));
        put("name", decision.name.to_string().into());
        if let Some(category) = &decision.category {
            put("category", category.as_str().into());
        }
        put("reason", decision.reason.as_str().into());
        put("by", decision.by.as_str().into());
        put("made", date(decision.made));
        if let Some(until) = decision.until {
            put("until", date(until));
        }
        if decision.exam {
            put("exam", true.into());
        }
        add_section(&text, file, decision.kind.text(), table)
    })
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
        let is_meant = |table: &toml_edit::Table| {
            let text = table.get("name").and_then(Item::as_str);
            text.and_then(|text| normalise(text.trim()).ok()).is_some_and(|written| written == *name)
        };
        let before = tables.len();
        tables.retain(|table| !is_meant(table));
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
