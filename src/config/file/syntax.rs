//! What the TOML parser says of a line that it cannot read, in the operator's words.

/// What is wrong with the line, and what to do about it, from the parser's own message.
pub(super) fn explain(message: &str) -> (String, String) {
    let message = message.lines().next().unwrap_or(message).trim_end_matches('.');
    let hint = HINTS.iter().find(|(part, _)| message.contains(part)).map_or(GENERAL, |(_, hint)| *hint);
    (format!("this is no TOML: {message}"), hint.to_owned())
}

/// A part of the parser's message, and the hint that helps.
const HINTS: [(&str, &str); 6] = [
    ("duplicate key", "a key stands once in its section, and a section once: join both, or remove one"),
    ("missing comma", "an array ends with `]`, and commas stand between its items"),
    ("unclosed", "close what this line opens"),
    ("invalid float", QUOTES),
    ("must be quoted", QUOTES),
    ("invalid boolean", QUOTES),
];

const QUOTES: &str = "text stands in quotes, such as \"info\"; only numbers, true and false stand without";

const GENERAL: &str = "a line is `key = value`, `[section]` or `# comment`; text stands in quotes, lists in brackets";
