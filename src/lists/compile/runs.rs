//! Rules in canonical order of their names, written close together: sorted runs, and the merge that reads them as one.
//!
//! # Cost
//! A rule takes what its name does not share with the one before, and some six octets; a million names come to 17 MB. Writing and
//! merging go through memory from front to back, so that neither waits for it.

use std::cmp::Ordering;

use super::rules::{Head, Rule, head_of};

/// The source of a rule is that of the rule before it: its list, flags and record types.
const SAME_SOURCE: u8 = 0b01;
/// Its name is that of the rule before it.
const SAME_NAME: u8 = 0b10;
/// Above these two the first octet holds how much the name shares with the one before, or this, and the rest of it follows.
const MUCH: usize = 63;

/// What a rule mostly comes to.
const USUAL: usize = 20;

/// The longest key of a name: each of 253 octets escaped, and the ends of labels.
pub(super) const LONGEST: usize = 512;

/// Rules in order.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Run {
    octets: Vec<u8>,
}

/// A run that is being written.
pub(super) struct Writing {
    octets: Vec<u8>,
    key: Vec<u8>,
    last: Option<Rule>,
}

impl Writing {
    /// The beginning of a run of so many rules.
    pub(super) fn of(rules: usize) -> Self {
        Self { octets: Vec::with_capacity(rules * USUAL), key: Vec::new(), last: None }
    }

    /// Writes the next rule in order, and its key.
    pub(super) fn push(&mut self, key: &[u8], rule: Rule) {
        let shared = common(&self.key, key);
        let same_name = self.last.is_some() && shared == key.len() && shared == self.key.len();
        let same_source = self.last.is_some_and(|last| last.source() == rule.source());
        let marks = if same_name { SAME_NAME } else { 0 } | if same_source { SAME_SOURCE } else { 0 };
        self.octets.push((shared.min(MUCH) as u8) << 2 | marks);
        if !same_name {
            if shared >= MUCH {
                write_number(shared - MUCH, &mut self.octets);
            }
            write_number(key.len() - shared, &mut self.octets);
            self.octets.extend_from_slice(&key[shared..]);
            self.key.truncate(shared);
            self.key.extend_from_slice(&key[shared..]);
        }
        if !same_source {
            self.octets.extend_from_slice(&rule.list.to_le_bytes());
            self.octets.extend_from_slice(&rule.types.to_le_bytes());
            self.octets.push(rule.flags);
        }
        write_number(rule.line as usize, &mut self.octets);
        self.last = Some(rule);
    }

    /// The run.
    pub(super) fn done(mut self) -> Run {
        self.octets.shrink_to_fit();
        Run { octets: self.octets }
    }
}

impl Run {
    /// Calls `each` with every rule and its key.
    pub(super) fn each(&self, mut each: impl FnMut(&[u8], Rule)) {
        let mut cursor = Cursor::at_start(self);
        while !cursor.is_over {
            each(cursor.key(), cursor.rule);
            cursor.advance();
        }
    }
}

/// Calls `each` with each name's key and its rules, in canonical order, and among those of one name by list, then line.
pub(super) fn merge(runs: &[Run], mut each: impl FnMut(&[u8], &[Rule])) {
    let mut tree = Tournament::of(runs.iter().map(Cursor::at_start).collect());
    let (mut key, mut group): (Vec<u8>, Vec<Rule>) = (Vec::new(), Vec::new());
    let mut hand_over = |key: &[u8], group: &mut Vec<Rule>| {
        if group.len() > 1 {
            group.sort_unstable_by_key(Rule::said);
            group.dedup_by_key(|rule| rule.said());
        }
        if !group.is_empty() {
            each(key, group);
        }
        group.clear();
    };
    while let Some(first) = tree.first() {
        if group.is_empty() || first.key() != key {
            hand_over(&key, &mut group);
            key.clear();
            key.extend_from_slice(first.key());
        }
        group.push(first.rule);
        tree.advance();
    }
    hand_over(&key, &mut group);
}

/// A run that is being read.
struct Cursor<'r> {
    rest: &'r [u8],
    key: [u8; LONGEST],
    len: usize,
    head: Head,
    rule: Rule,
    is_over: bool,
}

impl<'r> Cursor<'r> {
    fn at_start(run: &'r Run) -> Self {
        let rule = Rule::default();
        let mut cursor = Self { rest: &run.octets, key: [0; LONGEST], len: 0, head: Head::default(), rule, is_over: false };
        cursor.advance();
        cursor
    }

    fn key(&self) -> &[u8] {
        &self.key[..self.len]
    }

    /// Goes on to the next rule.
    fn advance(&mut self) {
        let Some((first, rest)) = self.rest.split_first() else {
            self.is_over = true;
            return;
        };
        self.rest = rest;
        if first & SAME_NAME == 0 {
            let mut shared = usize::from(first >> 2);
            if shared == MUCH {
                shared += read_number(&mut self.rest);
            }
            let own = read_number(&mut self.rest);
            let (own, rest) = self.rest.split_at(own);
            self.key[shared..shared + own.len()].copy_from_slice(own);
            let len = shared + own.len();
            // What is left of a longer key must not be taken for a part of this one's head.
            let end = self.len.max(len);
            self.key[len..end].fill(0);
            (self.rest, self.len) = (rest, len);
            self.head = head_of(&self.key);
        }
        if first & SAME_SOURCE == 0 {
            let (source, rest) = self.rest.split_first_chunk::<5>().expect("a run holds whole rules");
            self.rule.list = u16::from_le_bytes([source[0], source[1]]);
            self.rule.types = u16::from_le_bytes([source[2], source[3]]);
            self.rule.flags = source[4];
            self.rest = rest;
        }
        self.rule.line = read_number(&mut self.rest) as u32;
    }

    fn is_before(&self, other: &Self) -> bool {
        let by_name = || self.head.cmp(&other.head).then_with(|| self.key().cmp(other.key()));
        self.is_over.cmp(&other.is_over).then_with(by_name) == Ordering::Less
    }
}

/// Which of some cursors is the first, without asking all of them anew each time (Knuth, The Art of Computer Programming, volume 3,
/// section 5.4.1).
struct Tournament<'r> {
    cursors: Vec<Cursor<'r>>,
    /// The winners of each match, the final at 1; those at `n` and behind are the cursors themselves.
    winners: Vec<usize>,
}

impl<'r> Tournament<'r> {
    fn of(cursors: Vec<Cursor<'r>>) -> Self {
        let mut tree = Self { winners: vec![0; cursors.len()], cursors };
        for place in (1..tree.cursors.len()).rev() {
            tree.play(place);
        }
        tree
    }

    fn first(&self) -> Option<&Cursor<'r>> {
        self.cursors.get(self.winner(1)).filter(|first| !first.is_over)
    }

    fn advance(&mut self) {
        let first = self.winner(1);
        self.cursors[first].advance();
        let mut place = (first + self.cursors.len()) / 2;
        while place > 0 {
            self.play(place);
            place /= 2;
        }
    }

    fn play(&mut self, place: usize) {
        let (left, right) = (self.winner(place * 2), self.winner(place * 2 + 1));
        self.winners[place] = if self.cursors[right].is_before(&self.cursors[left]) { right } else { left };
    }

    fn winner(&self, place: usize) -> usize {
        place.checked_sub(self.cursors.len()).unwrap_or_else(|| self.winners[place])
    }
}

/// How many octets two keys share from their start.
pub(super) fn common(left: &[u8], right: &[u8]) -> usize {
    let (lefts, rights) = (left.chunks_exact(8), right.chunks_exact(8));
    let mut shared = 0;
    for (left, right) in lefts.zip(rights) {
        let word = |octets: &[u8]| u64::from_le_bytes(octets.try_into().expect("eight octets"));
        let odd = word(left) ^ word(right);
        if odd != 0 {
            return shared + odd.trailing_zeros() as usize / 8;
        }
        shared += 8;
    }
    shared + left[shared..].iter().zip(&right[shared..]).take_while(|(left, right)| left == right).count()
}

/// Seven bits an octet, the lowest first; the high bit says that more follow.
fn write_number(mut number: usize, to: &mut Vec<u8>) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn read_number(rest: &mut &[u8]) -> usize {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (octet, after) = rest.split_first().expect("a run holds whole rules");
        *rest = after;
        number |= usize::from(octet & 0x7f) << shift;
        if octet & 0x80 == 0 {
            return number;
        }
        shift += 7;
    }
}
