//! Tells a list's format by its first lines, and lists by what is none: a page, a program, a file for another purpose.
//!
//! The content counts and never the file's name: a hosts.deny is called `hosts` and a list of names `hostfile`.

use super::lines::{self, Line};
use super::{Fault, Format, names, networks};
use crate::dns::RecordType;
use crate::lists::text;
use crate::lists::text::NotAName;

/// The format of the list that starts with these bytes (some kilobytes are enough; a last line that is cut off does no harm).
///
/// # Errors
/// A [`Fault`] where this is no list that can be read: empty, binary, a web page, hosts.deny, v2fly, uBlacklist.
pub fn detect(head: &[u8]) -> Result<Format, Fault> {
    look(head).map(|look| look.format())
}

/// How many lines of each kind the head has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Look {
    telling: u32,
    names: u32,
    hosts: u32,
    wildcard: u32,
    adblock: u32,
    adblock_titles: u32,
    dnsmasq: u32,
    unbound: u32,
    rpz: u32,
    hosts_deny: u32,
    v2fly: u32,
    ublacklist: u32,
    networks: u32,
    is_names: bool,
}

impl Look {
    /// The format that most lines have; lists of names where no line is of any.
    pub(super) fn format(&self) -> Format {
        if self.is_names {
            return Format::Names;
        }
        // Lists for ad blockers have lines of all kinds between their own.
        if self.adblock_titles > 0 || (self.adblock > 0 && self.adblock * 10 >= self.telling) {
            return Format::Adblock;
        }
        // Addresses stand between the names of many lists; hardly ever names between addresses.
        if self.networks > 0 && u64::from(self.networks) * 10 >= u64::from(self.telling) * 9 {
            return Format::Networks;
        }
        let votes = [
            (self.names, Format::Domains),
            (self.wildcard, Format::Wildcard),
            (self.hosts, Format::Hosts),
            (self.dnsmasq, Format::Dnsmasq),
            (self.unbound, Format::Unbound),
            (self.rpz, Format::Rpz),
        ];
        let mut best = (0, Format::Domains);
        for vote in votes {
            if vote.0 > best.0 {
                best = vote;
            }
        }
        best.1
    }
}

/// Looks at the head of a list.
pub(super) fn look(head: &[u8]) -> Result<Look, Fault> {
    let bare = lines::bare(head);
    if bare.is_empty() {
        return Err(Fault::Empty);
    }
    if is_binary(head) {
        return Err(Fault::Binary);
    }
    if bare.starts_with(b"<") {
        return Err(Fault::WebPage);
    }
    let mut look = Look { is_names: is_names(head), ..Look::default() };
    lines::each(head, |line| look.count(line))?;
    if look.hosts_deny * 2 > look.telling {
        return Err(Fault::HostsDeny);
    }
    if look.ublacklist * 2 > look.telling {
        return Err(Fault::Ublacklist);
    }
    // Most lines of such a file are plain names; a few of its own say that it is one.
    if look.v2fly > 0 && look.v2fly * 100 >= look.telling {
        return Err(Fault::V2fly);
    }
    Ok(look)
}

/// Whether the first line says that this is a list of the office.
fn is_names(head: &[u8]) -> bool {
    head.strip_prefix(names::HEAD.as_bytes()).is_some_and(|rest| rest.starts_with(b"\n"))
}

/// Whether at least a quarter of the bytes belong to no text.
fn is_binary(head: &[u8]) -> bool {
    let mut junk = 0;
    for chunk in head.utf8_chunks() {
        junk += chunk.invalid().len();
        junk += chunk.valid().bytes().filter(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace()).count();
    }
    junk * 4 >= head.len()
}

impl Look {
    fn count(&mut self, line: Line<'_>) {
        let Ok(text) = std::str::from_utf8(line.bytes) else {
            self.telling += 1;
            return;
        };
        if is_adblock_title(text) {
            self.adblock_titles += 1;
            return;
        }
        if text.is_empty() || text.starts_with(['#', '!', ';']) || text.starts_with("//") {
            return;
        }
        self.telling += 1;
        if let Some(votes) = self.of(text) {
            *votes += 1;
        }
    }

    /// The count that a line belongs to, if it tells anything.
    fn of(&mut self, text: &str) -> Option<&mut u32> {
        if text.starts_with("*://") {
            return Some(&mut self.ublacklist);
        }
        if text.starts_with(['|', '/']) || text.starts_with("@@") || has_cosmetic_mark(text) {
            return Some(&mut self.adblock);
        }
        if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("ALL:")) {
            return Some(&mut self.hosts_deny);
        }
        if is_v2fly(text) {
            return Some(&mut self.v2fly);
        }
        if ["local-zone:", "local-data:", "server:"].iter().any(|key| text.starts_with(key)) {
            return Some(&mut self.unbound);
        }
        if ["address=/", "server=/", "local=/"].iter().any(|key| text.starts_with(key)) {
            return Some(&mut self.dnsmasq);
        }
        // Before what looks like a record: in `192.0.2.1 # a host` the comment would.
        let network = text.split(['#', ';']).next().unwrap_or_default().trim_ascii_end();
        if networks::is_like(network) {
            return Some(&mut self.networks);
        }
        if is_zone_line(text) {
            return Some(&mut self.rpz);
        }
        let mut words = text.split_ascii_whitespace();
        let (first, second) = (words.next()?, words.next().filter(|word| !word.starts_with(['#', ';'])));
        if let Some(name) = first.strip_prefix("*.").or_else(|| first.strip_prefix('.')) {
            return (second.is_none() && name.bytes().all(|byte| byte != b'/')).then_some(&mut self.wildcard);
        }
        match (text::normalise(first), second) {
            (Err(NotAName::Address), Some(_)) => Some(&mut self.hosts),
            (Ok(_), None) => Some(&mut self.names),
            (Ok(_), Some(_)) | (Err(_), _) => None,
        }
    }
}

/// `[Adblock Plus 2.0]` and its like.
fn is_adblock_title(text: &str) -> bool {
    text.starts_with('[') && text.to_ascii_lowercase().contains("adblock")
}

/// Whether a rule is about elements of a page, or of its text.
pub(super) fn has_cosmetic_mark(text: &str) -> bool {
    const MARKS: [&str; 9] = ["##", "#@#", "#?#", "#@?#", "#$#", "#@$#", "#$?#", "#%#", "$$"];
    let body = text.trim_start_matches('#');
    match text.len() - body.len() {
        0 => MARKS.iter().any(|mark| text.contains(mark)),
        // `####` rules off a comment, `## ` is one.
        2 | 3 => !body.is_empty() && !body.starts_with(' '),
        1 => MARKS.iter().any(|mark| text.starts_with(mark)),
        _ => false,
    }
}

fn is_v2fly(text: &str) -> bool {
    const KEYS: [&str; 5] = ["domain:", "full:", "keyword:", "regexp:", "include:"];
    let mut words = text.split_ascii_whitespace();
    KEYS.iter().any(|key| text.strip_prefix(key).is_some_and(|rest| !rest.is_empty() && !rest.starts_with([' ', '\t', '/'])))
        || words.nth(1).is_some_and(|word| word.starts_with(['@', '&']) && word.len() > 1)
}

/// A directive of a zone file, or a record: an owner, perhaps a TTL and a class, and a type that such zones have.
fn is_zone_line(text: &str) -> bool {
    if text.starts_with("$TTL") || text.starts_with("$ORIGIN") {
        return true;
    }
    let kinds = [RecordType::CNAME, RecordType::SOA, RecordType::NS, RecordType::A, RecordType::AAAA];
    text.split_ascii_whitespace().skip(1).take(3).any(|word| {
        word.bytes().all(|byte| byte.is_ascii_alphabetic()) && RecordType::parse(word).is_some_and(|kind| kinds.contains(&kind))
    })
}

#[cfg(test)]
mod tests;
