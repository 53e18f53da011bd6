//! The rules of all lists of an owner, in canonical order of their names.
//!
//! # Cost
//! Names lie in one arena, label by label from the top down, so that sorting octets sorts the tree; a rule is 32 octets, its
//! first 16 octets of name among them, which decide nearly every comparison. No name has an allocation of its own.

use std::cmp::Ordering;

use crate::dns::{MAX_NAME, Name, RecordType};
use crate::lists::Protection;
use crate::lists::format::{Action, Entry, Scope, TypeSet};
use crate::lists::image::{ColdRule, Labels, TypeSense};

/// Ends a label in a key. Octets 0 and 1 of a label are written as two octets, so that this one stands for nothing else.
pub(super) const END: u8 = 0;
const ESCAPE: u8 = 1;
/// The most octets of a key: each of 253 octets escaped, and the ends of labels.
const LONGEST: usize = 512;
/// So many names are fetched at a time.
const AHEAD: usize = 64;
/// The place of the list that stands for protected names.
const PROTECTING: u16 = u16::MAX;

/// What a rule, or a protected name, says at its name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said {
    Rule(ColdRule),
    Protected(Protection),
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    head: [u64; 2],
    at: u32,
    line: u32,
    len: u16,
    list: u16,
    types: u16,
    flags: u8,
}

/// The rules.
#[derive(Debug, Default)]
pub(super) struct Rules {
    keys: Vec<u8>,
    rules: Vec<Rule>,
    types: Vec<TypeSet>,
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
    pub(super) fn add(&mut self, list: u16, entry: &Entry<'_>) -> Result<(), TooManyNames> {
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
        self.push(entry.name, entry.line, list, types, flags)
    }

    /// Adds a protected name.
    pub(super) fn protect(&mut self, name: &Name, protection: Protection) -> Result<(), TooManyNames> {
        self.push(name, 0, PROTECTING, 0, protection.bits())
    }

    fn push(&mut self, name: &Name, line: u32, list: u16, types: u16, flags: u8) -> Result<(), TooManyNames> {
        let at = u32::try_from(self.keys.len()).map_err(|_| TooManyNames)?;
        let mut key = [0; LONGEST];
        let len = key_of(name, &mut key);
        self.keys.extend_from_slice(&key[..len]);
        let half = |at: usize| u64::from_be_bytes(key[at..at + 8].try_into().expect("eight octets"));
        let len = u16::try_from(len).expect("a key has at most 512 octets");
        self.rules.push(Rule { head: [half(0), half(8)], at, line, len, list, types, flags });
        Ok(())
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

    /// How many rules there are by now.
    pub(super) fn len(&self) -> usize {
        self.rules.len()
    }

    /// Turns exceptions into blocks, in the rules from `first` on.
    pub(super) fn turn_exceptions(&mut self, first: usize) {
        for rule in &mut self.rules[first..] {
            rule.flags &= !ALLOW;
        }
    }

    /// Forgets the rules from `first` on.
    pub(super) fn forget(&mut self, first: usize) {
        self.rules.truncate(first);
    }

    /// Forgets the rules of one list from `first` on.
    pub(super) fn forget_list(&mut self, first: usize, list: u16) {
        let mut place = 0;
        self.rules.retain(|rule| {
            place += 1;
            place <= first || rule.list != list
        });
    }

    /// Puts the rules in order: by name, then list, then line.
    pub(super) fn sort(&mut self) {
        let keys = &self.keys;
        self.rules.sort_unstable_by(|left, right| {
            left.head
                .cmp(&right.head)
                .then_with(|| rest(keys, left).cmp(rest(keys, right)))
                .then_with(|| left.said().cmp(&right.said()))
        });
        self.rules.dedup_by(|left, right| left.same(right, keys) == Ordering::Equal && left.said() == right.said());
    }

    /// Calls `each` with each name's key and what is said there, in canonical order; [`Rules::sort`] comes before.
    pub(super) fn walk(&self, mut each: impl FnMut(&[u8], &mut dyn Iterator<Item = Said>)) {
        let (mut left, mut fetched) = (self.rules.as_slice(), 0_usize);
        while let Some(first) = left.first() {
            if fetched == 0 {
                fetched = self.fetch(left);
            }
            let alike = 1 + left[1..].iter().take_while(|rule| rule.same(first, &self.keys) == Ordering::Equal).count();
            let (group, behind) = left.split_at(alike);
            each(self.key(first), &mut group.iter().map(Rule::read));
            (left, fetched) = (behind, fetched.saturating_sub(alike));
        }
    }

    /// Reads both ends of each of the next names, and says of how many: they lie anywhere in the arena, and memory answers that many
    /// questions at once in little more than the time of one.
    fn fetch(&self, next: &[Rule]) -> usize {
        let next = &next[..next.len().min(AHEAD)];
        for key in next.iter().map(|rule| self.key(rule)) {
            std::hint::black_box((key.first().copied(), key.last().copied()));
        }
        next.len()
    }

    fn key(&self, rule: &Rule) -> &[u8] {
        &self.keys[rule.at as usize..][..usize::from(rule.len)]
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

impl Rule {
    fn said(&self) -> (u16, u32, u8, u16) {
        (self.list, self.line, self.flags, self.types)
    }

    fn same(&self, other: &Self, keys: &[u8]) -> Ordering {
        self.head.cmp(&other.head).then_with(|| rest(keys, self).cmp(rest(keys, other)))
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

/// What of a rule's key is not in its head.
fn rest<'k>(keys: &'k [u8], rule: &Rule) -> &'k [u8] {
    let (at, len) = (rule.at as usize, usize::from(rule.len));
    &keys[at + len.min(16)..at + len]
}

fn key_of(name: &Name, to: &mut [u8; LONGEST]) -> usize {
    let labels = Labels::of(name);
    let mut at = 0;
    for depth in 1..=labels.count() {
        for &octet in labels.at(depth) {
            if octet <= ESCAPE {
                to[at] = ESCAPE;
                at += 1;
            }
            to[at] = octet + u8::from(octet <= ESCAPE);
            at += 1;
        }
        to[at] = END;
        at += 1;
    }
    at
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
