//! The patterns of an image: automata that were built when it was compiled, and what each pattern stands for.
//!
//! An image without patterns has no automata, and pays nothing for them.

use regex_automata::dfa::{Automaton, OverlappingState, dense};
use regex_automata::{Input, PatternID};
use serde::{Deserialize, Serialize};

use super::layout::ImageFault;
use crate::lists::format::Action;

/// A pattern, as the image's meaning holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::lists) struct PatternRow {
    /// The list, by its place in the image.
    pub(in crate::lists) list: u16,
    pub(in crate::lists) line: u32,
    pub(in crate::lists) regex: String,
    pub(in crate::lists) allow: bool,
    pub(in crate::lists) important: bool,
    /// The record types it is for, by their place in the image's table; 0 is all.
    pub(in crate::lists) types: u16,
}

impl PatternRow {
    pub(in crate::lists) const fn action(&self) -> Action {
        if self.allow { Action::Allow } else { Action::Block }
    }
}

/// All patterns of an image.
#[derive(Debug, Default)]
pub(in crate::lists) struct Patterns {
    automata: Vec<Part>,
}

/// One automaton and the rows of its patterns, in the order of their ids.
#[derive(Debug)]
struct Part {
    automaton: dense::DFA<Vec<u32>>,
    rows: Vec<PatternRow>,
}

impl Patterns {
    /// Reads the automata in `bytes`: each begins with its length in four octets.
    ///
    /// # Errors
    /// [`ImageFault::Damaged`] where they are none, or are not for as many patterns as `rows` say.
    pub(in crate::lists) fn read(mut bytes: &[u8], rows: Vec<Vec<PatternRow>>) -> Result<Self, ImageFault> {
        const DAMAGED: ImageFault = ImageFault::Damaged("an automaton makes no sense");
        let mut automata = Vec::new();
        for rows in rows {
            let (len, rest) = bytes.split_first_chunk().ok_or(DAMAGED)?;
            let (own, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize).ok_or(DAMAGED)?;
            bytes = rest;
            let aligned = Aligned::copy(own);
            let (automaton, used) = dense::DFA::from_bytes(aligned.as_bytes()).map_err(|_| DAMAGED)?;
            if used != own.len() || automaton.pattern_len() != rows.len() {
                return Err(DAMAGED);
            }
            automata.push(Part { automaton: automaton.to_owned(), rows });
        }
        if bytes.is_empty() { Ok(Self { automata }) } else { Err(DAMAGED) }
    }

    /// Whether there are none.
    #[inline]
    pub(in crate::lists) const fn is_empty(&self) -> bool {
        self.automata.is_empty()
    }

    /// Whether some pattern matches `text`.
    pub(in crate::lists) fn any(&self, text: &[u8]) -> bool {
        // An automaton built for unanchored searches, without bytes that make it quit, cannot fail: were one damaged in spite of
        // its checksum, its patterns match nothing.
        let input = Input::new(text).earliest(true);
        self.automata.iter().any(|part| matches!(part.automaton.try_search_fwd(&input), Ok(Some(_))))
    }

    /// Calls `each` with every pattern that matches `text`; for a pattern that matches in several places, several times.
    pub(in crate::lists) fn matching<'p>(&'p self, text: &[u8], mut each: impl FnMut(&'p PatternRow)) {
        for part in &self.automata {
            let input = Input::new(text);
            let mut state = OverlappingState::start();
            while part.automaton.try_search_overlapping_fwd(&input, &mut state).is_ok() {
                let Some(found) = state.get_match() else { break };
                if let Some(row) = part.rows.get(PatternID::as_usize(&found.pattern())) {
                    each(row);
                }
            }
        }
    }

    /// All of them.
    pub(in crate::lists) fn rows(&self) -> impl Iterator<Item = &PatternRow> {
        self.automata.iter().flat_map(|part| &part.rows)
    }

    /// How many octets the automata take in memory.
    pub(in crate::lists) fn bytes(&self) -> usize {
        self.automata.iter().map(|part| part.automaton.memory_usage()).sum()
    }

    /// How many patterns there are.
    pub(in crate::lists) fn len(&self) -> usize {
        self.automata.iter().map(|part| part.rows.len()).sum()
    }
}

/// A copy of some bytes that begins where a word may.
struct Aligned {
    bytes: Vec<u8>,
    begin: usize,
    len: usize,
}

impl Aligned {
    fn copy(from: &[u8]) -> Self {
        let mut bytes = vec![0; from.len() + align_of::<u32>()];
        let begin = bytes.as_ptr().align_offset(align_of::<u32>()).min(align_of::<u32>());
        bytes[begin..begin + from.len()].copy_from_slice(from);
        Self { bytes, begin, len: from.len() }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.begin..][..self.len]
    }
}
