//! The walk through one list: each line to its format's grammar, each entry to the caller, everything else to the issues.
//!
//! Entries are handed on as they come and never collected; only an adblock list is held whole, because its last line
//! may take back its first (`$badfilter`).

use std::io::{BufRead, Cursor, Read as _};

use super::detect::{self, Look};
use super::issue::{IssueKind, Issues, Standing};
use super::lines::{self, Indent, Line, Whole};
use super::pattern::{self, MOST_PATTERNS};
use super::{Action, Entry, Fault, Format, Match, Network, Pattern, Scope, SingleLabels, TypeSet};
use super::{adblock, dnsmasq, domains, hosts, names, networks, rpz, unbound};
use crate::dns::Name;
use crate::lists::text;
use ipnet::IpNet;

/// How one list is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Its format; `None`: by its content.
    pub format: Option<Format>,
    /// Which names its entries stand for.
    pub matching: Match,
    /// What to do with entries of one label.
    pub single_labels: SingleLabels,
}

/// What came of reading a list, besides the entries that were handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The format it was read as.
    pub format: Format,
    /// How many lines it has, comments and empty ones included.
    pub lines: u32,
    /// How many entries were handed on, repeated ones each time.
    pub entries: u64,
    /// How many of those are exceptions.
    pub exceptions: u64,
    /// How many rules were taken back by a `$badfilter` of the same list.
    pub cancelled: u32,
    /// The rules that no single name can say.
    pub patterns: Vec<Pattern>,
    /// The networks; they count as entries too.
    pub networks: Vec<Network>,
    /// What was not taken.
    pub issues: Issues,
}

/// The octets at the start of a list by which its format is told.
const HEAD: u64 = 128 * 1024;

/// Reads a list and hands each entry to `sink`, in the list's order.
///
/// # Errors
/// A [`Fault`] where the text is no list of names, or not one in the format it is said to have. Entries may have been
/// handed on by then: who collects them throws them away.
pub fn parse(source: impl BufRead, reading: Reading, sink: &mut dyn FnMut(Entry<'_>)) -> Result<Parsed, Fault> {
    let mut source = source;
    let mut head = Vec::new();
    source.by_ref().take(HEAD).read_to_end(&mut head)?;
    let look = detect::look(&head)?;
    let format = reading.format.unwrap_or(look.format());
    let mut out = Out::new(format, reading, sink);
    let text = Cursor::new(head).chain(source);
    match format {
        Format::Hosts => out.walk(text, hosts::line)?,
        Format::Domains | Format::Wildcard | Format::Ut1 => out.walk(text, domains::line)?,
        Format::Adblock => adblock::read(text, &mut out)?,
        Format::Dnsmasq => out.walk(text, dnsmasq::line)?,
        Format::Rpz => {
            let mut zone = rpz::Zone::default();
            out.walk(text, |line, out| zone.line(line, out))?;
        }
        Format::Networks => out.walk(text, networks::line)?,
        Format::Names => out.walk(text, names::line)?,
        Format::Unbound => {
            let mut zones = unbound::Zones::default();
            out.walk(text, |line, out| zones.line(line, out))?;
            zones.finish(&mut out);
        }
    }
    out.finish(&look)
}

/// What a rule does besides naming names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effect {
    pub(super) action: Action,
    pub(super) types: TypeSet,
    pub(super) important: bool,
}

impl Effect {
    /// A plain block.
    pub(super) const BLOCK: Self = Self { action: Action::Block, types: TypeSet::ALL, important: false };
    /// A plain exception.
    pub(super) const ALLOW: Self = Self { action: Action::Allow, types: TypeSet::ALL, important: false };
}

/// Where a grammar puts what it reads.
pub(super) struct Out<'s> {
    reading: Reading,
    sink: &'s mut dyn FnMut(Entry<'_>),
    parsed: Parsed,
    number: u32,
    indent: Indent,
    /// How many lines say anything: all but comments and empty ones.
    telling: u64,
    /// How many lines cannot be read and gave nothing.
    bad: u64,
    /// Whether something on this line could not be read.
    stumbled: bool,
}

impl<'s> Out<'s> {
    fn new(format: Format, reading: Reading, sink: &'s mut dyn FnMut(Entry<'_>)) -> Self {
        let parsed = Parsed {
            format,
            lines: 0,
            entries: 0,
            exceptions: 0,
            cancelled: 0,
            patterns: Vec::new(),
            networks: Vec::new(),
            issues: Issues::default(),
        };
        Self { reading, sink, parsed, number: 0, indent: Indent::None, telling: 0, bad: 0, stumbled: false }
    }

    /// Gives each line that is no comment to `grammar`.
    pub(super) fn walk(&mut self, text: impl BufRead, mut grammar: impl FnMut(&str, &mut Self)) -> Result<(), Fault> {
        let lines = lines::each(text, |line| self.line(line, &mut grammar))?;
        self.parsed.lines = lines;
        Ok(())
    }

    fn line(&mut self, line: Line<'_>, grammar: &mut impl FnMut(&str, &mut Self)) {
        if is_comment(self.parsed.format, line.bytes) {
            return;
        }
        self.number = line.number;
        self.indent = line.indent;
        self.telling += 1;
        self.stumbled = false;
        let before = self.parsed.entries;
        match (line.whole, readable(line.bytes)) {
            (Whole::Cut, _) => self.issue(IssueKind::LongLine, line.bytes),
            (Whole::Yes, None) => self.issue(IssueKind::NotUtf8, line.bytes),
            (Whole::Yes, Some(text)) => grammar(text, self),
        }
        if self.stumbled && self.parsed.entries == before {
            self.bad += 1;
        }
    }

    /// The line that is being read, counted from 1.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// How many entries and patterns have been taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.parsed.entries + self.parsed.patterns.len() as u64
    }

    /// Does something on behalf of an earlier line.
    pub(super) fn on_line(&mut self, number: u32, take: impl FnOnce(&mut Self)) {
        let now = std::mem::replace(&mut self.number, number);
        take(self);
        self.number = now;
    }

    /// Whether blanks stood before the line.
    pub(super) fn indent(&self) -> Indent {
        self.indent
    }

    /// Takes the name that `text` writes, or says on behalf of `line` why not.
    pub(super) fn name(&mut self, text: &str, line: &str, scope: Scope, effect: Effect) {
        let mut name = Name::root();
        match text::normalise_into(text, &mut name) {
            Ok(()) => self.entry(&name, line, scope, effect),
            Err(fault) => self.issue(fault.into(), line.as_bytes()),
        }
    }

    /// Hands a name on.
    pub(super) fn entry(&mut self, name: &Name, line: &str, scope: Scope, effect: Effect) {
        if self.reading.single_labels == SingleLabels::Refuse && is_single(name) {
            self.issue(IssueKind::SingleLabel, line.as_bytes());
            return;
        }
        let Effect { action, types, important } = effect;
        self.parsed.entries += 1;
        self.parsed.exceptions += u64::from(action == Action::Allow);
        (self.sink)(Entry { name, scope: self.reading.matching.apply(scope), action, types, important, line: self.number });
    }

    /// Takes a pattern, or says on behalf of `line` why not.
    pub(super) fn pattern(&mut self, regex: Result<String, IssueKind>, line: &str, effect: Effect) {
        let broad = |regex: &String| self.reading.single_labels == SingleLabels::Refuse && pattern::is_broad(regex);
        match regex {
            Err(kind) => self.issue(kind, line.as_bytes()),
            Ok(_) if self.parsed.patterns.len() >= MOST_PATTERNS => self.issue(IssueKind::PatternTooMany, line.as_bytes()),
            Ok(regex) if effect.action == Action::Block && broad(&regex) => self.issue(IssueKind::BroadPattern, line.as_bytes()),
            Ok(regex) => {
                let Effect { action, types, important } = effect;
                self.parsed.patterns.push(Pattern { regex, action, types, important, line: self.number });
            }
        }
    }

    /// Takes a network.
    pub(super) fn network(&mut self, network: IpNet) {
        self.parsed.entries += 1;
        self.parsed.networks.push(Network { network, line: self.number });
    }

    /// Counts a line that is not taken.
    pub(super) fn issue(&mut self, kind: IssueKind, line: &[u8]) {
        let unseen = line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t');
        let kind = if unseen && kind.standing() == Standing::Bad { IssueKind::ControlCharacter } else { kind };
        self.stumbled |= kind.standing() == Standing::Bad;
        self.parsed.issues.note(self.number, kind, line);
    }

    /// Counts a rule that another of the same list takes back.
    pub(super) fn cancelled(&mut self) {
        self.parsed.cancelled += 1;
    }

    /// The result, or what is wrong with the list as a whole.
    fn finish(self, look: &Look) -> Result<Parsed, Fault> {
        let Self { parsed, telling: lines, bad, .. } = self;
        if lines == 0 {
            return Err(Fault::Empty);
        }
        if bad * 2 > lines {
            let format = parsed.format;
            let looks_like = Some(look.format()).filter(|like| *like != format);
            return Err(Fault::MostlyBad { bad, lines, format, looks_like });
        }
        let addresses = parsed.issues.count(IssueKind::Address) + parsed.issues.count(IssueKind::Network);
        if parsed.entries == 0 && u64::from(addresses) * 10 >= lines * 9 {
            return Err(Fault::AddressesOnly);
        }
        let commonest =
            parsed.issues.counts().filter(|(kind, _)| *kind != IssueKind::SingleLabel).max_by_key(|(_, count)| *count);
        if let Some((what, count)) = commonest
            && parsed.entries == 0
            && parsed.patterns.is_empty()
            && parsed.cancelled == 0
            && parsed.issues.count(IssueKind::SingleLabel) == 0
        {
            return Err(Fault::NothingTaken { lines, what, count });
        }
        Ok(parsed)
    }
}

/// Whether a name has one label, or none.
fn is_single(name: &Name) -> bool {
    name.suffixes().nth(2).is_none()
}

/// Whether a line says nothing in this format.
fn is_comment(format: Format, line: &[u8]) -> bool {
    let Some(first) = line.first() else { return true };
    match format {
        Format::Hosts | Format::Domains | Format::Wildcard | Format::Ut1 | Format::Networks => {
            matches!(first, b'#' | b'!' | b';') || line.starts_with(b"//")
        }
        Format::Dnsmasq | Format::Unbound | Format::Names => *first == b'#',
        Format::Rpz => matches!(first, b';' | b'#'),
        Format::Adblock => adblock::is_comment(line),
    }
}

/// The line as text. Where only a comment behind the rule is no UTF-8 (Latin-1, mostly), the rule.
fn readable(line: &[u8]) -> Option<&str> {
    std::str::from_utf8(line).ok().or_else(|| {
        let comment = line.windows(2).position(|pair| pair[0].is_ascii_whitespace() && pair[1] == b'#')?;
        std::str::from_utf8(&line[..comment]).ok()
    })
}

#[cfg(test)]
mod tests;
