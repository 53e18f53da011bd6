//! Turns rules with wildcards, and regular expressions, into expressions that the compiler of images understands.
//!
//! What is kept can be built: a rule that cannot be is refused here, with its line, and not when the automaton is made.

use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, NFA};
use regex_automata::util::syntax;

use super::IssueKind;

/// The most patterns that one list may have.
pub const MOST_PATTERNS: usize = 10_000;

/// The most memory that one pattern may take as an automaton without determinism, in octets.
pub const LARGEST_PATTERN: usize = 64 * 1024;

/// The fewest letters and digits of a wildcard pattern: `||a*` names nothing in particular.
const FEWEST_LETTERS: usize = 4;

/// The syntax for which [`Pattern::regex`](super::Pattern::regex) is written: octets, any case.
pub fn pattern_syntax() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false).case_insensitive(true)
}

/// Where in a name a wildcard pattern may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// At any letter.
    Anywhere,
    /// At the name's start.
    Name,
    /// At the start of any label.
    Label,
}

/// Where in a name a wildcard pattern may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// At any letter.
    Anywhere,
    /// At the name's end.
    Name,
}

/// The expression for text in which `*` stands for any letters and dots.
pub(super) fn wildcard(text: &str, start: Start, end: End) -> Result<String, IssueKind> {
    let mut letters = 0;
    let mut regex = String::from(match start {
        Start::Anywhere => "",
        Start::Name => "^",
        Start::Label => r"(?:^|\.)",
    });
    for letter in text.chars() {
        match letter {
            '*' => regex.push_str(".*"),
            '.' => regex.push_str(r"\."),
            '-' | '_' => regex.push(letter),
            _ if letter.is_ascii_alphanumeric() => {
                letters += 1;
                regex.push(letter.to_ascii_lowercase());
            }
            _ => return Err(IssueKind::BadCharacter),
        }
    }
    if letters < FEWEST_LETTERS {
        return Err(IssueKind::BroadPattern);
    }
    if end == End::Name {
        regex.push('$');
    }
    build(&regex).map(|_| regex)
}

/// The expression of a rule that is one: look-around, back-references and what would grow too large are refused.
pub(super) fn regular(text: &str) -> Result<String, IssueKind> {
    // On URLs only: a name has no scheme before it.
    let plain = text.replace(r"\/", "/");
    if plain.contains("://") && !plain.contains("://)?") {
        return Err(IssueKind::UrlRule);
    }
    build(text).map(|_| text.to_owned())
}

fn build(regex: &str) -> Result<NFA, IssueKind> {
    NFA::compiler()
        .syntax(pattern_syntax())
        .configure(thompson::Config::new().utf8(false).nfa_size_limit(Some(LARGEST_PATTERN)))
        .build(regex)
        .map_err(|_| IssueKind::BadPattern)
}

/// Suffixes under which people register names.
const SUFFIXES: [&str; 18] = [
    "com", "net", "org", "info", "io", "me", "top", "xyz", "co", "us", "fr", "cn", "vn", "com.vn", "edu.vn", "gov.vn", "net.vn",
    "org.vn",
];

/// Labels that nobody has: a pattern that finds one of them in a name asks little of it.
const NOBODY: [&str; 2] = ["qxzkvwjh", "xq7zk9vwj2"];

/// Whether a pattern takes names that have nothing in common but a suffix, a first or a last letter.
pub(super) fn is_broad(regex: &str) -> bool {
    let Ok(machine) = build(regex).and_then(|nfa| PikeVM::new_from_nfa(nfa).map_err(|_| IssueKind::BadPattern)) else {
        return true;
    };
    let mut cache = machine.create_cache();
    let mut found = |name: String| machine.is_match(&mut cache, name.as_str());
    let suffix = SUFFIXES
        .iter()
        .any(|suffix| NOBODY.iter().any(|label| found(format!("{label}.{suffix}")) || found(format!("www.{label}.{suffix}"))));
    suffix
        || ('a'..='z')
            .chain('0'..='9')
            .any(|letter| found(format!("{letter}xqzkvwj.com")) || found(format!("xqzkvwj{letter}.com")))
}

#[cfg(test)]
mod tests;
