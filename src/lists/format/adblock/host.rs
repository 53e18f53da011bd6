//! What a rule's pattern says of host names: one name with its reach, or a pattern.
//!
//! A rule on more than the host (a path, a port, a query) is refused: its host alone was never meant.

use super::super::pattern::{self, End, Start};
use super::super::{IssueKind, Scope};
use crate::lists::text::{self, NotAName};

/// The names that a pattern means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host<'a> {
    /// One name, and its reach.
    Name(&'a str, Scope),
    /// Those in which this expression is found.
    Pattern(String),
}

impl<'a> Host<'a> {
    /// Reads a rule's pattern.
    pub(super) fn of(pattern: &'a str) -> Result<Self, IssueKind> {
        if let Some(regex) = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|regex| !regex.is_empty()) {
            return pattern::regular(regex).map(Self::Pattern);
        }
        let (start, rest) = match (pattern.strip_prefix("||"), pattern.strip_prefix('|')) {
            (Some(rest), _) => (Start::Label, rest),
            (None, Some(rest)) => (Start::Name, rest),
            (None, None) => (Start::Anywhere, pattern),
        };
        let (body, end) = ending(rest)?;
        match text::normalise(body) {
            Err(NotAName::Address) => return Err(IssueKind::Address),
            Err(NotAName::Network) => return Err(IssueKind::Network),
            Ok(_) | Err(_) => {}
        }
        if body.contains(['/', ':', '?', '=', '&', '%', '^', '|']) {
            return Err(IssueKind::UrlRule);
        }
        let above = body.strip_prefix("*.").or_else(|| body.strip_prefix('.'));
        if let Some(name) = above.filter(|name| !name.contains('*') && (end == End::Name || has_known_suffix(name))) {
            return Ok(Self::Name(name, Scope::Subtree));
        }
        if body.contains('*') || body.starts_with(['-', '.']) {
            return wild(body, start, end);
        }
        match (start, end) {
            (Start::Label, End::Name) => Ok(Self::Name(body, Scope::Subtree)),
            (Start::Name, End::Name) => Ok(Self::Name(body, Scope::Exact)),
            (Start::Anywhere, End::Name) => Ok(Self::Name(body, Scope::Subtree)),
            (Start::Label, End::Anywhere) if has_known_suffix(body) => Ok(Self::Name(body, Scope::Subtree)),
            (Start::Name, End::Anywhere) if has_known_suffix(body) => Ok(Self::Name(body, Scope::Exact)),
            (Start::Label | Start::Name, End::Anywhere) => wild(body, start, end),
            (Start::Anywhere, End::Anywhere) => plain(body),
        }
    }
}

/// Cuts off `^`, `|` and `^|`, which end the name. A `^` before anything else ends it too, and what follows is of the URL.
fn ending(rest: &str) -> Result<(&str, End), IssueKind> {
    match rest.split_once('^') {
        Some((body, "" | "|")) => Ok((body, End::Name)),
        Some(_) => Err(IssueKind::UrlRule),
        None => Ok(rest.strip_suffix('|').map_or((rest, End::Anywhere), |body| (body, End::Name))),
    }
}

/// Text without any anchor: a name as it stands, or part of one.
fn plain(body: &str) -> Result<Host<'_>, IssueKind> {
    if body.ends_with(['-', '.']) && text::normalise(body).is_ok_and(|name| name.label_count() == 1) || body.ends_with('-') {
        return wild(body, Start::Anywhere, End::Anywhere);
    }
    match text::normalise(body) {
        // `popunder.js` is the end of a path, in a list for browsers.
        Ok(name) if name.label_count() > 1 && !has_known_suffix(body) => Err(IssueKind::UrlRule),
        Ok(_) => Ok(Host::Name(body, Scope::Subtree)),
        Err(fault) => Err(fault.into()),
    }
}

fn wild(body: &str, start: Start, end: End) -> Result<Host<'_>, IssueKind> {
    let trimmed = body.trim_end_matches('*');
    let end = if trimmed.len() < body.len() { End::Anywhere } else { end };
    pattern::wildcard(trimmed, start, end).map(Host::Pattern)
}

/// Whether text is a name of two labels or more that ends in a public suffix in use.
fn has_known_suffix(body: &str) -> bool {
    let Ok(name) = text::normalise(body) else { return false };
    let ascii = name.to_string();
    !body.ends_with('.')
        && psl::suffix(ascii.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix.as_bytes().len() < ascii.len())
}
