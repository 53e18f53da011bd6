//! The automata of an image's patterns: as few as their size allows, bounded in size and in the work of building them.

use regex_automata::MatchKind;
use regex_automata::dfa::{StartKind, dense};
use regex_automata::nfa::thompson;

use crate::lists::format::pattern_syntax;
use crate::lists::image::PatternRow;

/// The most octets of one automaton.
const LARGEST: usize = 4 << 20;
/// The most octets of all automata of an image.
const ALL: usize = 16 << 20;
/// The most attempts at building one: each takes some tens of milliseconds at the size above.
const ATTEMPTS: usize = 200;
/// The most automata: a query goes through each.
const AUTOMATA: usize = 8;

/// The automata, each with its length in front, the patterns of each, and those that found no room.
#[derive(Debug, Default)]
pub(super) struct Automata {
    pub(super) bytes: Vec<u8>,
    pub(super) rows: Vec<Vec<PatternRow>>,
    pub(super) left_out: Vec<PatternRow>,
}

/// Builds automata for the patterns, in their order.
pub(super) fn build(patterns: Vec<PatternRow>) -> Automata {
    let mut automata = Automata::default();
    let mut attempts = ATTEMPTS;
    // What is left to do, the first at the end.
    let mut parts = if patterns.is_empty() { Vec::new() } else { vec![patterns] };
    while let Some(mut part) = parts.pop() {
        if attempts == 0 || automata.rows.len() == AUTOMATA {
            automata.left_out.append(&mut part);
            continue;
        }
        attempts -= 1;
        let built = automaton(&part).filter(|bytes| automata.bytes.len() + 4 + bytes.len() <= ALL);
        match built {
            Some(bytes) => {
                let len = u32::try_from(bytes.len()).expect("an automaton has at most 4 MiB");
                automata.bytes.extend_from_slice(&len.to_le_bytes());
                automata.bytes.extend_from_slice(&bytes);
                automata.rows.push(part);
            }
            None if part.len() == 1 => automata.left_out.append(&mut part),
            None => {
                let second = part.split_off(part.len() / 2);
                parts.push(second);
                parts.push(part);
            }
        }
    }
    automata
}

fn automaton(patterns: &[PatternRow]) -> Option<Vec<u8>> {
    let config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(StartKind::Unanchored)
        .dfa_size_limit(Some(LARGEST))
        .determinize_size_limit(Some(2 * LARGEST));
    let expressions: Vec<&str> = patterns.iter().map(|row| row.regex.as_str()).collect();
    let automaton = dense::Builder::new()
        .syntax(pattern_syntax())
        .thompson(thompson::Config::new().utf8(false))
        .configure(config)
        .build_many(&expressions)
        .ok()?;
    let (bytes, padding) = automaton.to_bytes_little_endian();
    Some(bytes[padding..].to_vec())
}
