//! Rules of ad blockers, of which those on whole hosts are taken, as DNS filters of that family read them.
//!
//! A rule is obeyed in full or skipped: one with a modifier that a DNS filter cannot obey never blocks the whole host.

mod host;
mod modifiers;

use std::collections::HashSet;
use std::io::{BufRead, Read as _};

use self::host::Host;
use self::modifiers::Modifiers;
use super::detect::has_cosmetic_mark;
use super::domains::without_comment;
use super::hosts::{self, Target};
use super::lines;
use super::reader::{Effect, Out};
use super::{Action, Fault, IssueKind, Scope};

/// The largest adblock list that is read, in octets: it is held in memory, because its last line may take back its first.
///
/// The largest public ones have 30 MB.
const LARGEST: u64 = 256 << 20;

/// Reads a whole list.
pub(super) fn read(mut source: impl BufRead, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut text = Vec::new();
    source.by_ref().take(LARGEST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(Fault::TooLarge(LARGEST));
    }
    let mut cancelled = HashSet::new();
    lines::each(&text[..], |line| {
        if let Some(rule) = std::str::from_utf8(line.bytes).ok().and_then(cancels) {
            cancelled.insert(rule);
        }
    })?;
    out.walk(&text[..], |line, out| rule(line, &cancelled, out))
}

/// Whether a line says nothing: a remark, a title, a ruler. Preprocessor lines are not among them: they are counted.
pub(super) fn is_comment(line: &[u8]) -> bool {
    match line {
        [b'!', b'#', letter, ..] => !letter.is_ascii_alphabetic(),
        [b'!', ..] | [b'[', .., b']'] => true,
        [b'#', ..] => !std::str::from_utf8(line).is_ok_and(has_cosmetic_mark),
        _ => false,
    }
}

fn rule(line: &str, cancelled: &HashSet<String>, out: &mut Out<'_>) {
    if line.starts_with("!#") {
        return out.issue(IssueKind::Preprocessor, line.as_bytes());
    }
    if has_cosmetic_mark(line) {
        return out.issue(IssueKind::Cosmetic, line.as_bytes());
    }
    let text = without_comment(line);
    if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        // Lists of this family may have lines of hosts files among their own.
        let first = text.split_ascii_whitespace().next().unwrap_or_default();
        if Target::of(first).is_some() {
            return hosts::line(line, out);
        }
        return out.issue(IssueKind::Unreadable, line.as_bytes());
    }
    let rule = Rule::of(text);
    if rule.modifiers.is_none() && cancelled.is_empty() {
        return take(&rule, &Modifiers::default(), line, out);
    }
    match Modifiers::of(rule.modifiers, rule.action) {
        // What takes rules back was read before all others.
        Some(modifiers) if modifiers.cancels => {}
        _ if cancelled.contains(&rule.canonical()) => out.cancelled(),
        Some(modifiers) => take(&rule, &modifiers, line, out),
        None => out.issue(IssueKind::Modifier, line.as_bytes()),
    }
}

/// Takes a rule whose modifiers are all obeyed, and after it the exceptions that they name.
fn take(rule: &Rule<'_>, modifiers: &Modifiers, line: &str, out: &mut Out<'_>) {
    let effect = Effect { action: rule.action, types: modifiers.types, important: modifiers.important };
    let taken = out.taken();
    match Host::of(rule.pattern) {
        Ok(Host::Name(name, scope)) => out.name(name, line, scope, effect),
        Ok(Host::Pattern(regex)) => out.pattern(Ok(regex), line, effect),
        Err(kind) => out.issue(kind, line.as_bytes()),
    }
    if out.taken() > taken {
        for name in &modifiers.except {
            out.entry(name, line, Scope::Subtree, Effect { action: Action::Allow, ..effect });
        }
    }
}

/// A rule, cut into its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rule<'a> {
    action: Action,
    pattern: &'a str,
    modifiers: Option<&'a str>,
}

impl<'a> Rule<'a> {
    fn of(text: &'a str) -> Self {
        let (action, rest) = text.strip_prefix("@@").map_or((Action::Block, text), |rest| (Action::Allow, rest));
        let (pattern, modifiers) = match modifiers_start(rest) {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        Self { action, pattern, modifiers }
    }

    /// The rule's text with its modifiers in order and without `badfilter`: equal for the rules that one of them takes back.
    fn canonical(&self) -> String {
        let mut modifiers: Vec<&str> = self.modifiers.unwrap_or_default().split(',').collect();
        modifiers.retain(|modifier| !modifier.is_empty() && *modifier != "badfilter");
        modifiers.sort_unstable();
        let mark = match self.action {
            Action::Block => "",
            Action::Allow => "@@",
        };
        format!("{mark}{}${}", self.pattern, modifiers.join(","))
    }
}

/// Where the `$` before the modifiers stands: the last one that is not escaped and not part of a regular expression.
fn modifiers_start(rule: &str) -> Option<usize> {
    let bytes = rule.as_bytes();
    let unescaped = |at: &usize| bytes[*at] == b'$' && (*at == 0 || bytes[at - 1] != b'\\');
    if rule.starts_with('/') {
        let end = (1..bytes.len()).rev().find(|at| bytes[*at] == b'/' && bytes.get(at + 1).is_none_or(|next| *next == b'$'));
        if let Some(end) = end.filter(|end| *end > 1) {
            return (end + 1 < bytes.len()).then_some(end + 1);
        }
    }
    (0..bytes.len()).rev().find(unescaped)
}

/// The rule that a line takes back, if it does.
fn cancels(line: &str) -> Option<String> {
    let rule = Rule::of(without_comment(line));
    let cancels = rule.modifiers?.split(',').any(|modifier| modifier == "badfilter") && !is_comment(line.as_bytes());
    cancels.then(|| rule.canonical())
}

#[cfg(test)]
mod tests;
