//! The cold record of a node: its label, the record of the node above, its protection and every rule that stands at its name, with list
//! and line.
//!
//! Read for "why", and for the few names that rules for only some record types, or patterns, bear on. A reader that meets bytes
//! of no sense stops there.

use crate::lists::Protection;
use crate::lists::format::{Action, Scope};

/// A rule as a record holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lists) struct ColdRule {
    /// The list, by its place in the image.
    pub(in crate::lists) list: u16,
    pub(in crate::lists) line: u32,
    pub(in crate::lists) scope: Scope,
    pub(in crate::lists) action: Action,
    pub(in crate::lists) important: bool,
    /// The record types it is for, by their place in the image's table; 0 is all.
    pub(in crate::lists) types: u16,
}

/// The record of one node.
#[derive(Debug, Clone, Copy)]
pub(in crate::lists) struct Record<'i> {
    pub(in crate::lists) label: &'i [u8],
    /// How far before it the record of the node right above begins; 0 where there is none.
    pub(in crate::lists) above: usize,
    /// The kinds of protected name that the node itself is.
    pub(in crate::lists) protection: Protection,
    rules: usize,
    rest: &'i [u8],
}

impl<'i> Record<'i> {
    /// Reads the record at the start of `bytes`.
    pub(in crate::lists) fn read(bytes: &'i [u8]) -> Option<Self> {
        let (len, bytes) = bytes.split_first()?;
        let (label, bytes) = bytes.split_at_checked(usize::from(*len))?;
        let (protection, mut rest) = bytes.split_first()?;
        let above = number(&mut rest)? as usize;
        let rules = number(&mut rest)? as usize;
        Some(Self { label, above, protection: Protection::from_bits(*protection), rules, rest })
    }

    /// The octets behind it; none where its rules make no sense.
    pub(in crate::lists) fn behind(&self) -> Option<&'i [u8]> {
        let mut rest = self.rest;
        for _ in 0..self.rules {
            rule(&mut rest)?;
        }
        Some(rest)
    }

    /// Its rules, by list, then line.
    pub(in crate::lists) fn rules(&self) -> impl Iterator<Item = ColdRule> + use<'i> {
        let mut rest = self.rest;
        (0..self.rules).map_while(move |_| rule(&mut rest))
    }
}

const ALLOW: u8 = 0b0000_0100;
const IMPORTANT: u8 = 0b0000_1000;
const TYPED: u8 = 0b0001_0000;

/// Appends a record.
pub(in crate::lists) fn write(
    label: &[u8],
    above: u32,
    protection: Protection,
    rules: impl ExactSizeIterator<Item = ColdRule>,
    to: &mut Vec<u8>,
) {
    to.push(u8::try_from(label.len()).expect("a label has at most 63 octets"));
    to.extend_from_slice(label);
    to.push(protection.bits());
    write_number(above, to);
    write_number(u32::try_from(rules.len()).expect("a name has fewer rules than there are lines"), to);
    for rule in rules {
        let scope = match rule.scope {
            Scope::Exact => 0,
            Scope::Subtree => 1,
            Scope::Below => 2,
        };
        let allow = match rule.action {
            Action::Block => 0,
            Action::Allow => ALLOW,
        };
        let important = if rule.important { IMPORTANT } else { 0 };
        let typed = if rule.types == 0 { 0 } else { TYPED };
        to.push(scope | allow | important | typed);
        write_number(u32::from(rule.list), to);
        write_number(rule.line, to);
        if rule.types != 0 {
            write_number(u32::from(rule.types), to);
        }
    }
}

fn rule(rest: &mut &[u8]) -> Option<ColdRule> {
    let (flags, after) = rest.split_first()?;
    *rest = after;
    let scope = match flags & 0b11 {
        0 => Scope::Exact,
        1 => Scope::Subtree,
        2 => Scope::Below,
        _ => return None,
    };
    let list = u16::try_from(number(rest)?).ok()?;
    let line = number(rest)?;
    let types = if flags & TYPED == 0 { 0 } else { u16::try_from(number(rest)?).ok()? };
    let action = if flags & ALLOW == 0 { Action::Block } else { Action::Allow };
    Some(ColdRule { list, line, scope, action, important: flags & IMPORTANT != 0, types })
}

/// Seven bits an octet, the lowest first; the high bit says that more follow.
fn write_number(mut number: u32, to: &mut Vec<u8>) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let mut value = 0_u32;
    for shift in [0, 7, 14, 21, 28] {
        let (octet, after) = rest.split_first()?;
        *rest = after;
        value |= u32::from(octet & 0x7f).checked_shl(shift)?;
        if octet & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
