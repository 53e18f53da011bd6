//! Decisions as TOML: `[[lock]]`, `[[guarantee]]` and `[[allow]]`, each with its name, who, why, when and until when.

use toml_edit::{Document, Item, Table, Value};

use super::{Placed, Setting, Written, day};
use crate::fault::{Fault, Shown as _, nearest::nearest};
use crate::office::decisions::{Decision, Kind};

/// The keys of a decision.
const KEYS: [&str; 7] = ["name", "category", "reason", "by", "made", "until", "exam"];

/// Reads the decisions of a text, and notes every fault of it.
pub fn read(text: &str, setting: &Setting<'_>, faults: &mut Vec<Fault>) -> Vec<Placed> {
    let line_at = |at: usize| u32::try_from(text[..at.min(text.len())].matches('\n').count() + 1).unwrap_or(u32::MAX);
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let line = error.span().map(|span| line_at(span.start));
            let what = format!("this is no TOML: {}", error.message().lines().next().unwrap_or_default());
            let hint = "a decision is `[[lock]]`, `[[guarantee]]` or `[[allow]]` with lines `key = \"value\"` below it";
            faults.push(Fault::error(setting.file, line, what, hint));
            return Vec::new();
        }
    };
    let mut placed = Vec::new();
    for (key, item) in document.iter() {
        let line = line_at(item.span().map_or(0, |span| span.start));
        let kind = Kind::ALL.into_iter().find(|kind| kind.text() == key);
        let (Some(kind), Some(tables)) = (kind, item.as_array_of_tables()) else {
            let near = nearest(key, Kind::ALL.into_iter().map(Kind::text)).unwrap_or("lock");
            let hint = format!("write `[[{near}]]`; the three are lock, guarantee and allow");
            faults.push(Fault::error(setting.file, Some(line), format!("{} is no kind of decision", key.quoted()), hint));
            continue;
        };
        for table in tables {
            let line = line_at(table.span().map_or(0, |span| span.start));
            let before = faults.len();
            let written = row(table, Written { line, kind: Some(kind), ..Written::default() }, setting, &line_at, faults);
            placed.extend(setting.understand_after(written, before, faults));
        }
    }
    placed.sort_by_key(|placed| placed.line);
    placed
}

fn row(
    table: &Table,
    mut written: Written,
    setting: &Setting<'_>,
    line_at: &impl Fn(usize) -> u32,
    faults: &mut Vec<Fault>,
) -> Written {
    for (key, item) in table {
        let line = line_at(item.span().map_or(0, |span| span.start));
        let mut fault = |what: String, hint: &str| faults.push(Fault::error(setting.file, Some(line), what, hint));
        let slot = match key {
            "name" => &mut written.name,
            "category" => &mut written.category,
            "reason" => &mut written.reason,
            "by" => &mut written.by,
            "made" | "until" => {
                let date = date(item);
                if date.is_none() {
                    fault(format!("`{key}` is no day"), "write the day as 2026-11-26, or \"26/11/2026\"");
                }
                if key == "made" {
                    written.made = date;
                } else {
                    written.until = date;
                }
                continue;
            }
            "exam" => {
                match item.as_bool() {
                    Some(exam) => written.exam = exam,
                    None => fault("`exam` is neither true nor false".to_owned(), "write `exam = true`, without quotes"),
                }
                continue;
            }
            unknown => {
                let near = nearest(unknown, KEYS.into_iter()).map(|near| format!("did you mean `{near}`?"));
                let hint = near.unwrap_or_else(|| format!("the keys are {}", KEYS.join(", ")));
                fault(format!("a decision has no {}", unknown.quoted()), &hint);
                continue;
            }
        };
        match item.as_str() {
            Some(text) => *slot = Some(text.to_owned()),
            None => fault(format!("`{key}` is no text"), "text stands in quotes"),
        }
    }
    written
}

fn date(item: &Item) -> Option<jiff::civil::Date> {
    match item.as_value()? {
        Value::String(text) => day(text.value()),
        Value::Datetime(moment) => day(&moment.value().date?.to_string()),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Array(_) | Value::InlineTable(_) => None,
    }
}

/// One decision, as it is added to a file.
pub fn write(decision: &Decision) -> String {
    let Decision { kind, name, category, owner: _, by, reason, made, until, exam } = decision;
    // A string of the format itself, so that quotes and line breaks in a reason stay what they are.
    let quoted = |text: &str| Value::from(text).to_string().trim().to_owned();
    let mut text = format!("[[{}]]\nname = {}\n", kind.text(), quoted(&name.to_string()));
    if let Some(category) = category {
        text.push_str(&format!("category = {}\n", quoted(category)));
    }
    text.push_str(&format!("reason = {}\nby = {}\nmade = {made}\n", quoted(reason), quoted(by)));
    if let Some(until) = until {
        text.push_str(&format!("until = {until}\n"));
    }
    if *exam {
        text.push_str("exam = true\n");
    }
    text
}
