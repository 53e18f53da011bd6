//! unbound's `local-zone:` lines, each for its name and all below it, and the `local-data:` that goes with them (unbound.conf(5)).
//!
//! A zone of type `redirect` is a block unless the data of its own name give it a real address.

use super::hosts::Target;
use super::reader::{Effect, Out};
use super::{IssueKind, Scope};

/// A zone of type `redirect` that waits for what the next line says of it.
#[derive(Debug, Default)]
pub(super) struct Zones {
    redirect: Option<Redirect>,
}

#[derive(Debug)]
struct Redirect {
    name: String,
    text: String,
    line: u32,
}

impl Zones {
    /// Reads one line.
    pub(super) fn line(&mut self, text: &str, out: &mut Out<'_>) {
        let rule = without_comment(text);
        let (key, value) = rule.split_once(':').map_or((rule, ""), |(key, value)| (key, value.trim_ascii()));
        match key {
            "local-data" => self.data(value, text, out),
            "local-zone" => {
                self.finish(out);
                self.zone(value, text, out);
            }
            // A clause by itself, `server:`.
            _ if value.is_empty() && rule.ends_with(':') => {}
            _ if rule.contains(':') => out.issue(IssueKind::Directive, text.as_bytes()),
            _ => out.issue(IssueKind::Unreadable, text.as_bytes()),
        }
    }

    /// Takes the zone that still waits.
    pub(super) fn finish(&mut self, out: &mut Out<'_>) {
        if let Some(Redirect { name, text, line }) = self.redirect.take() {
            out.on_line(line, |out| out.name(&name, &text, Scope::Subtree, Effect::BLOCK));
        }
    }

    fn zone(&mut self, value: &str, text: &str, out: &mut Out<'_>) {
        let mut words = value.split_ascii_whitespace().map(|word| word.trim_matches(['"', '\'']));
        let (Some(name), Some(kind), None) = (words.next(), words.next(), words.next()) else {
            return out.issue(IssueKind::Unreadable, text.as_bytes());
        };
        match kind {
            "redirect" => self.redirect = Some(Redirect { name: name.into(), text: text.into(), line: out.number() }),
            "static" | "deny" | "refuse" | "inform_deny" | "always_refuse" | "always_nxdomain" | "always_nodata"
            | "always_null" | "always_deny" => out.name(name, text, Scope::Subtree, Effect::BLOCK),
            "transparent" | "always_transparent" => out.name(name, text, Scope::Subtree, Effect::ALLOW),
            "typetransparent" | "inform" | "inform_redirect" | "nodefault" | "noview" | "ipset" | "block_a" | "truncate" => {
                out.issue(IssueKind::Directive, text.as_bytes());
            }
            _ => out.issue(IssueKind::Unreadable, text.as_bytes()),
        }
    }

    /// `"name [ttl] [IN] A address"`: an answer for this very name, or for the zone that waits for it.
    fn data(&mut self, value: &str, text: &str, out: &mut Out<'_>) {
        let record = value.trim_matches(['"', '\'']);
        let mut words = record.split_ascii_whitespace();
        let Some(name) = words.next() else { return out.issue(IssueKind::Unreadable, text.as_bytes()) };
        let waits = self.redirect.as_ref().is_some_and(|zone| same(&zone.name, name));
        if !waits {
            self.finish(out);
        }
        match words.last().and_then(Target::of) {
            Some(Target::Sink) if waits => {}
            Some(Target::Sink) => out.name(name, text, Scope::Exact, Effect::BLOCK),
            Some(Target::Elsewhere) | None => {
                if waits {
                    self.redirect = None;
                }
                out.issue(IssueKind::Rewrite, text.as_bytes());
            }
        }
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
}

/// The line without a comment, which may not stand inside quotes.
fn without_comment(text: &str) -> &str {
    let mut quoted = false;
    let end = text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'#' && !quoted
    });
    end.map_or(text, |end| text[..end].trim_ascii_end())
}

#[cfg(test)]
mod tests;
