//! Lists as wholes: the real ones where they are at hand, small ones of our own, and any bytes at all.

mod golden;
mod property;
mod real;

use super::{Action, Entry, Fault, Format, Parsed, Reading, Scope, parse};

/// An entry that owns what it says, to be compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) scope: Scope,
    pub(super) action: Action,
    pub(super) important: bool,
    pub(super) line: u32,
}

impl From<Entry<'_>> for Kept {
    fn from(entry: Entry<'_>) -> Self {
        Self {
            name: entry.name.to_string(),
            scope: entry.scope,
            action: entry.action,
            important: entry.important,
            line: entry.line,
        }
    }
}

/// Reads a whole list into memory.
pub(super) fn read(text: &[u8], reading: Reading) -> Result<(Vec<Kept>, Parsed), Fault> {
    let mut kept = Vec::new();
    let parsed = parse(text, reading, &mut |entry| kept.push(entry.into()))?;
    Ok((kept, parsed))
}

/// Reads a list of one format, which must be one.
pub(super) fn read_as(text: &str, format: Format) -> (Vec<Kept>, Parsed) {
    read(text.as_bytes(), Reading { format: Some(format), ..Reading::default() }).expect("a list")
}

/// One line for each entry: `@@` for an exception, `!` for importance, the name, and its reach.
pub(super) fn shown(text: &str, format: Format) -> Vec<String> {
    let (kept, _) = read_as(text, format);
    kept.iter().map(show).collect()
}

/// See [`shown`].
pub(super) fn show(entry: &Kept) -> String {
    let mark = match entry.action {
        Action::Block => "",
        Action::Allow => "@@",
    };
    let important = if entry.important { "!" } else { "" };
    let reach = match entry.scope {
        Scope::Exact => "only",
        Scope::Subtree => "tree",
        Scope::Below => "below",
    };
    format!("{mark}{important}{} {reach}", entry.name)
}

/// The issues of a list, as kind and count.
pub(super) fn issues(text: &str, format: Format) -> Vec<String> {
    // A good line more than there are bad ones keeps the list from being refused as a whole.
    let mut kinds = Vec::new();
    let (_, parsed) = read_as(text, format);
    for (kind, count) in parsed.issues.counts() {
        kinds.push(format!("{kind:?} {count}"));
    }
    kinds
}
