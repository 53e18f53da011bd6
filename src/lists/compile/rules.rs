//! The rules of all lists of an owner, in canonical order of their names.
//!
//! # Cost
//! Rules are gathered in chunks that a processor's cache holds, and each full chunk becomes a sorted run. A rule in a chunk is 40
//! octets, the first 24 of its name among them, which is all of most names; keys are written label by label from the top down, so
//! that sorting octets sorts the tree. No name has an allocation of its own.

use std::cmp::Ordering;

use super::order::order;
use super::runs::{LONGEST, Run, Writing, merge};
use crate::dns::{MAX_NAME, Name, RecordType};
use crate::lists::Protection;
use crate::lists::format::{Action, Entry, Scope, TypeSet};
use crate::lists::image::{ColdRule, Labels, TypeSense};

/// Ends a label in a key. Octets 0 and 1 of a label are written as two octets, so that this one stands for nothing else.
pub(super) const END: u8 = 0;
const ESCAPE: u8 = 1;
/// Rules in a chunk.
pub(super) const CHUNK: usize = if cfg!(test) { 64 } else { 256 * 1024 };
/// So many rules are fetched at a time.
const AHEAD: usize = 64;
/// The place of the list that stands for protected names.
const PROTECTING: u16 = u16::MAX;

/// What a rule, or a protected name, says at its name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said {
    Rule(ColdRule),
    Protected(Protection),
}

/// The first octets of a key, and zeros behind its end: in their order keys are in theirs, as far as they go.
pub(super) type Head = [u64; 3];
const HEAD: usize = size_of::<Head>();

/// What a list says at some name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rule {
    pub(super) line: u32,
    pub(super) list: u16,
    pub(super) types: u16,
    pub(super) flags: u8,
}

/// A rule in a chunk, with its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    pub(super) head: Head,
    /// Where what does not fit into the head begins among the tails.
    tail: u32,
    len: u16,
    rule: Rule,
}

/// The rules.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Rules {
    /// Of the rule that is being added.
    key: Key,
    chunk: Vec<Named>,
    /// What does not fit into the heads of the chunk.
    tails: Vec<u8>,
    /// In order, each for itself.
    runs: Vec<Run>,
    /// Where the present source began.
    since: Since,
    types: Vec<TypeSet>,
}

/// Room for the key of any name; behind its end, as far as a head reaches, it holds zeros.
#[derive(Debug, Clone)]
struct Key([u8; LONGEST]);

impl Default for Key {
    fn default() -> Self {
        Self([0; LONGEST])
    }
}

/// A place among the rules as they came.
#[derive(Debug, Clone, Copy, Default)]
struct Since {
    runs: usize,
    chunk: usize,
}

/// More names than fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lists hold more names than one image can: 4 GiB of them")]
pub struct TooManyNames;

const SCOPE: u8 = 0b0011;
const ALLOW: u8 = 0b0100;
const IMPORTANT: u8 = 0b1000;

impl Rules {
    /// Adds an entry of the list at place `list`.
    pub(super) fn add(&mut self, list: u16, entry: &Entry<'_>) {
        let scope = match entry.scope {
            Scope::Exact => 0,
            Scope::Subtree => 1,
            Scope::Below => 2,
        };
        let allow = match entry.action {
            Action::Block => 0,
            Action::Allow => ALLOW,
        };
        let flags = scope | allow | if entry.important { IMPORTANT } else { 0 };
        let types = self.types(entry.types);
        self.push(entry.name, Rule { line: entry.line, list, types, flags });
    }

    /// Adds a protected name.
    pub(super) fn protect(&mut self, name: &Name, protection: Protection) {
        self.push(name, Rule { line: 0, list: PROTECTING, types: 0, flags: protection.bits() });
    }

    fn push(&mut self, name: &Name, rule: Rule) {
        let len = self.key.write(name);
        self.push_key(len, rule);
    }

    /// Adds a rule at the name whose key, of `len` octets, was just written.
    fn push_key(&mut self, len: usize, rule: Rule) {
        if self.chunk.len() == CHUNK {
            self.seal();
        }
        let Key(key) = &self.key;
        let tail = u32::try_from(self.tails.len()).expect("a chunk's names are far from 4 GiB");
        self.tails.extend_from_slice(&key[HEAD.min(len)..len]);
        let len = u16::try_from(len).expect("a key has at most 512 octets");
        self.chunk.push(Named { head: head_of(key), tail, len, rule });
    }

    /// Makes runs of the chunk: one of what came before the present source, and one of what is its own.
    fn seal(&mut self) {
        let (before, own) = self.chunk.split_at(self.since.chunk);
        let before = sorted(before, &self.tails);
        let own = sorted(own, &self.tails);
        self.runs.extend(before);
        if self.since.chunk > 0 {
            self.since = Since { runs: self.runs.len(), chunk: 0 };
        }
        self.runs.extend(own);
        self.chunk.clear();
        self.tails.clear();
    }

    /// The place of a set of record types, 0 for all of them.
    pub(super) fn types(&mut self, types: TypeSet) -> u16 {
        if types.is_all() {
            return 0;
        }
        let place = self.types.iter().position(|known| *known == types).unwrap_or_else(|| {
            self.types.push(types);
            self.types.len() - 1
        });
        // A set beyond the 65,535th would count as the last: lists name a dozen.
        u16::try_from(place + 1).unwrap_or(u16::MAX)
    }

    /// What is added from now on is of another source than what is there.
    pub(super) fn begin_source(&mut self) {
        self.since = Since { runs: self.runs.len(), chunk: self.chunk.len() };
    }

    /// Turns the present source's exceptions into blocks.
    pub(super) fn turn_exceptions(&mut self) {
        self.change_source(|rule| Some(Rule { flags: rule.flags & !ALLOW, ..rule }));
    }

    /// Forgets the present source's rules.
    pub(super) fn forget(&mut self) {
        self.change_source(|_| None);
    }

    /// Forgets the rules that the present source has for one list.
    pub(super) fn forget_list(&mut self, list: u16) {
        self.change_source(|rule| Some(rule).filter(|rule| rule.list != list));
    }

    /// Has the present source's rules say something else, or nothing.
    fn change_source(&mut self, change: impl Fn(Rule) -> Option<Rule>) {
        let runs = self.runs.split_off(self.since.runs);
        let chunk = self.chunk.split_off(self.since.chunk);
        // Those of the chunk go first: there is room for all of them, and their tails are still there.
        for named in chunk {
            if let Some(rule) = change(named.rule) {
                let len = named.write_key(&self.tails, &mut self.key.0);
                self.push_key(len, rule);
            }
        }
        for run in runs {
            run.each(|key, rule| {
                if let Some(rule) = change(rule) {
                    self.key.0[..key.len()].copy_from_slice(key);
                    self.key.end_at(key.len());
                    self.push_key(key.len(), rule);
                }
            });
        }
    }

    /// Calls `each` with each name's key and what is said there, in canonical order.
    pub(super) fn walk(mut self, mut each: impl FnMut(&[u8], &mut dyn Iterator<Item = Said>)) {
        self.since = Since::default();
        self.seal();
        merge(&self.runs, |key, rules| each(key, &mut rules.iter().map(Rule::read)));
    }

    /// The record types that rules name, for the image's table.
    pub(super) fn type_table(&self) -> Vec<(TypeSense, Vec<u16>)> {
        let row = |set: &TypeSet| {
            let sense = if set.is_only() { TypeSense::Only } else { TypeSense::Except };
            (sense, set.named().map(|RecordType(number)| number).collect())
        };
        self.types.iter().map(row).collect()
    }
}

impl Named {
    /// By name, then list, then line.
    pub(super) fn compare(&self, other: &Self, tails: &[u8]) -> Ordering {
        let by_name = self.head.cmp(&other.head).then_with(|| self.tail(tails).cmp(other.tail(tails)));
        by_name.then_with(|| self.rule.said().cmp(&other.rule.said()))
    }

    fn tail<'t>(&self, tails: &'t [u8]) -> &'t [u8] {
        &tails[self.tail as usize..][..usize::from(self.len).saturating_sub(HEAD)]
    }

    /// Writes the key to the start of `to`, and says how long it is.
    fn write_key(&self, tails: &[u8], to: &mut [u8; LONGEST]) -> usize {
        for (place, word) in self.head.iter().enumerate() {
            to[place * 8..][..8].copy_from_slice(&word.to_be_bytes());
        }
        let tail = self.tail(tails);
        to[HEAD..HEAD + tail.len()].copy_from_slice(tail);
        usize::from(self.len)
    }
}

/// The first octets of a key that zeros follow.
#[inline]
pub(super) fn head_of(key: &[u8; LONGEST]) -> Head {
    std::array::from_fn(|place| u64::from_be_bytes(key[place * 8..][..8].try_into().expect("eight octets")))
}

/// Rules as a run: by name, then list, then line; none of none.
fn sorted(rules: &[Named], tails: &[u8]) -> Option<Run> {
    if rules.is_empty() {
        return None;
    }
    let (mut run, mut key) = (Writing::of(rules.len()), [0; LONGEST]);
    for places in order(rules, tails).chunks(AHEAD) {
        // They lie anywhere in the chunk, and memory answers that many questions at once in little more than the time of one.
        std::hint::black_box(places.iter().fold(0, |all, place| all ^ rules[*place as usize].rule.line));
        for named in places.iter().map(|place| &rules[*place as usize]) {
            let len = named.write_key(tails, &mut key);
            run.push(&key[..len], named.rule);
        }
    }
    Some(run.done())
}

impl Rule {
    /// By which the rules of a name are in order.
    pub(super) fn said(&self) -> (u16, u32, u8, u16) {
        (self.list, self.line, self.flags, self.types)
    }

    /// All but the line.
    pub(super) fn source(&self) -> (u16, u16, u8) {
        (self.list, self.types, self.flags)
    }

    fn read(&self) -> Said {
        if self.list == PROTECTING {
            return Said::Protected(Protection::from_bits(self.flags));
        }
        let scope = match self.flags & SCOPE {
            0 => Scope::Exact,
            1 => Scope::Subtree,
            _ => Scope::Below,
        };
        let action = if self.flags & ALLOW == 0 { Action::Block } else { Action::Allow };
        let important = self.flags & IMPORTANT != 0;
        Said::Rule(ColdRule { list: self.list, line: self.line, scope, action, important, types: self.types })
    }
}

impl Key {
    /// Writes the key of a name, and says how long it is.
    fn write(&mut self, name: &Name) -> usize {
        let Self(to) = self;
        let labels = Labels::of(name);
        let mut at = 0;
        for depth in 1..=labels.count() {
            let label = labels.at(depth);
            if label.iter().all(|octet| *octet > ESCAPE) {
                to[at..at + label.len()].copy_from_slice(label);
                at += label.len();
            } else {
                for &octet in label {
                    if octet <= ESCAPE {
                        to[at] = ESCAPE;
                        at += 1;
                    }
                    to[at] = octet + u8::from(octet <= ESCAPE);
                    at += 1;
                }
            }
            to[at] = END;
            at += 1;
        }
        self.end_at(at);
        at
    }

    fn end_at(&mut self, len: usize) {
        self.0[len..HEAD.max(len)].fill(0);
    }
}

/// The labels of a key as they stand in it, from the top down.
pub(super) fn labels_of(key: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    key[..key.len().saturating_sub(1)].split(|octet| *octet == END)
}

/// The labels of a key with where each ends in it, from the top down; `label` holds the octets of each in turn.
pub(super) fn next_label(key: &[u8], at: usize, label: &mut Vec<u8>) -> usize {
    label.clear();
    let mut end = at;
    while key[end] != END {
        if key[end] == ESCAPE {
            end += 1;
            label.push(key[end] - 1);
        } else {
            label.push(key[end]);
        }
        end += 1;
    }
    end + 1
}

/// The name that a key was made of.
pub(super) fn name_of(key: &[u8]) -> Name {
    // From its end, where the name's first label stands with the last octet of the key ending it.
    let (mut wire, mut len, mut end) = ([0; MAX_NAME], 0, key.len());
    while end > 0 {
        let begin = key[..end - 1].iter().rposition(|octet| *octet == END).map_or(0, |before| before + 1);
        let head = len;
        let mut label = key[begin..end - 1].iter();
        while let Some(&octet) = label.next() {
            len += 1;
            wire[len] = if octet == ESCAPE { label.next().map_or(octet, |escaped| escaped - 1) } else { octet };
        }
        wire[head] = u8::try_from(len - head).expect("a label has at most 63 octets");
        (len, end) = (len + 1, begin);
    }
    Name::from_wire(&wire[..=len]).expect("a key is made of a name")
}
