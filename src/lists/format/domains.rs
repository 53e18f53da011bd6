//! Lists of names, one a line: `name`, `.name`, `*.name`, each for the name and all below it.
//!
//! Whoever means the names alone says so with `match = "exact"`. A `*` inside a name makes a pattern.

use super::pattern::{self, End, Start};
use super::reader::{Effect, Out};
use super::{IssueKind, Scope};

/// Reads one line.
pub(super) fn line(text: &str, out: &mut Out<'_>) {
    let first = if text.bytes().fold(false, |any, octet| any | octet.is_ascii_whitespace()) {
        let mut words = without_comment(text).split_ascii_whitespace();
        let Some(first) = words.next() else { return };
        if words.next().is_some() {
            return out.issue(IssueKind::SecondWord, text.as_bytes());
        }
        first
    } else {
        text
    };
    let name = first.strip_prefix("*.").or_else(|| first.strip_prefix('.')).unwrap_or(first);
    if name.contains('*') {
        let regex = pattern::wildcard(name, Start::Label, End::Name);
        return out.pattern(regex, text, Effect::BLOCK);
    }
    out.name(name, text, Scope::Subtree, Effect::BLOCK);
}

/// The line without a comment that blanks set off.
pub(super) fn without_comment(text: &str) -> &str {
    let comment = text.as_bytes().windows(2).position(|pair| pair[0].is_ascii_whitespace() && pair[1] == b'#');
    comment.map_or(text, |at| text[..at].trim_ascii_end())
}

#[cfg(test)]
mod tests;
