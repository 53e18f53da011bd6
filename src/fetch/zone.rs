//! A zone as it comes by transfer (RFC 5936, RFC 1995): message by message to the text of a response policy zone, or to what has changed.
//!
//! The rule: every record is one of the zone, between two SOA records of one serial; what is said otherwise, or beyond the end, makes the
//! whole transfer worth nothing. Of signed transfers nothing counts before the end is signed.

use std::collections::{BTreeSet, HashSet};
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Failure, Reason, Version};
use crate::dns::{Class, Message, Name, Rcode, Record, RecordType, Section, Soa, TsigStream, is_later};

/// The most records of one transfer: a name takes two, and thirty million fill more than a list may have.
pub const MOST_RECORDS: u64 = 30_000_000;

/// How far a transfer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// More is to come.
    More,
    /// The version that is held is still the newest.
    Unchanged,
    /// The whole zone came, in this version.
    Whole(Soa),
    /// What has changed until this version came.
    Changes(Soa),
}

/// What is known of the zone by the records that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing came yet.
    Start,
    /// The newest SOA record came, in answer to a question for changes.
    Newest(Soa),
    /// The zone itself comes.
    Whole(Soa),
    /// What was taken away comes; the newest version.
    Deleted(Soa),
    /// What was added comes; the newest version, and that which the additions lead to.
    Added(Soa, u32),
    /// Nothing more may come.
    Done(Came),
}

/// A transfer on its way.
#[derive(Debug)]
pub struct Incoming {
    zone: Name,
    id: u16,
    /// The version that is held, where changes since were asked for.
    held: Option<u32>,
    signatures: Option<TsigStream>,
    state: State,
    is_first: bool,
    records: u64,
    changes: Changes,
    /// Room for one line.
    line: Vec<u8>,
}

/// Lines that are gone and lines that are new, between two versions of a zone.
#[derive(Debug, Default)]
pub struct Changes {
    gone: HashSet<Vec<u8>>,
    new: BTreeSet<Vec<u8>>,
    /// About how many octets they take.
    weight: u64,
}

/// What a line takes besides its octets: its place in a set, and what the allocator keeps with it.
const BESIDE: usize = 64;

const fn weight(line: &[u8]) -> u64 {
    (BESIDE + line.len()) as u64
}

impl Changes {
    fn delete(&mut self, line: &[u8]) {
        if self.new.remove(line) {
            self.weight -= weight(line);
        } else if self.gone.insert(line.to_vec()) {
            self.weight += weight(line);
        }
    }

    fn add(&mut self, line: &[u8]) {
        if self.gone.remove(line) {
            self.weight -= weight(line);
        } else if self.new.insert(line.to_vec()) {
            self.weight += weight(line);
        }
    }

    /// Whether a line of the version before stays.
    pub(super) fn keeps(&mut self, line: &[u8]) -> bool {
        !self.gone.remove(line) && !self.new.contains(line)
    }

    /// The new lines, in order, once every line of the version before was asked for; none where one was to go that was not there.
    pub(super) fn into_new(self) -> Option<BTreeSet<Vec<u8>>> {
        self.gone.is_empty().then_some(self.new)
    }
}

impl From<Soa> for Version {
    fn from(soa: Soa) -> Self {
        Self { serial: soa.serial, refresh: soa.refresh, retry: soa.retry }
    }
}

/// The lines that stand before a zone's own.
pub(super) fn head(zone: &Name, soa: &Soa) -> String {
    let Soa { serial, refresh, retry, expire, minimum } = soa;
    format!("; {zone}, as its primary gives it\n@ SOA . . {serial} {refresh} {retry} {expire} {minimum}\n")
}

/// How many they are.
pub(super) const HEAD_LINES: usize = 2;

impl Incoming {
    /// The answer to the question with `id` for `zone`, for changes since the version `held` or for all of it.
    pub fn new(zone: Name, id: u16, held: Option<u32>, signatures: Option<TsigStream>) -> Self {
        let (changes, line) = (Changes::default(), Vec::new());
        Self { zone, id, held, signatures, state: State::Start, is_first: true, records: 0, changes, line }
    }

    /// Takes the next message, at `now` in seconds since 1970, and appends the lines of the zone that it brings to `text`.
    ///
    /// # Errors
    /// [`Failure`]; nothing of the transfer may be used then.
    pub fn take(&mut self, message: &[u8], now: u64, text: &mut Vec<u8>) -> Result<Came, Failure> {
        let message = Message::parse(message).map_err(|fault| self.unsound(&format!("a message cannot be read: {fault}")))?;
        let is_signed = match &mut self.signatures {
            None => true,
            Some(signatures) => signatures.take(&message, now).map_err(|fault| {
                let said =
                    format!("the zone {}: {fault}\nhint: name, algorithm and secret of `tsig` must be the server's", self.zone);
                Failure::new(Reason::Signature, said)
            })?,
        };
        self.judge(&message)?;
        for record in message.records(Section::Answer) {
            self.record(&record, text)?;
        }
        match self.state {
            State::Start => Err(self.unsound("it has no records")),
            State::Done(_) if !is_signed => {
                Err(Failure::new(Reason::Signature, format!("the zone {}: its end is not signed", self.zone)))
            }
            State::Done(came) => Ok(came),
            State::Newest(_) | State::Whole(_) | State::Deleted(_) | State::Added(..) => Ok(Came::More),
        }
    }

    /// What has changed, once that came.
    pub fn into_changes(self) -> Changes {
        self.changes
    }

    fn unsound(&self, what: &str) -> Failure {
        Failure::new(Reason::Unparsable, format!("the zone {}: {what}", self.zone))
    }

    /// Whether a message belongs to this transfer.
    fn judge(&mut self, message: &Message<'_>) -> Result<(), Failure> {
        let opcode = message.as_bytes()[2] >> 3 & 0x0f;
        if message.id() != self.id || !message.is_response() || opcode != 0 || message.truncated() {
            return Err(self.unsound("a message answers another question"));
        }
        let rcode = message.rcode();
        if rcode != Rcode::NOERROR {
            let hint = "hint: the server must allow this machine, or its key, to transfer the zone";
            return Err(Failure::new(Reason::Status, format!("the zone {}: the server answered {rcode}\n{hint}", self.zone)));
        }
        let wanted = if self.held.is_some() { RecordType::IXFR } else { RecordType::AXFR };
        let is_ours = match message.question() {
            Some(question) => question.name == self.zone && question.record_type == wanted && question.class == Class::IN,
            // Later messages need not repeat it (RFC 5936 section 2.2.1).
            None => !self.is_first,
        };
        self.is_first = false;
        if is_ours { Ok(()) } else { Err(self.unsound("a message answers another question")) }
    }

    fn record(&mut self, record: &Record<'_>, text: &mut Vec<u8>) -> Result<(), Failure> {
        // A server without changes to give may send the whole zone behind a version that is here.
        if self.state == State::Done(Came::Unchanged) {
            return Ok(());
        }
        self.records += 1;
        if self.records > MOST_RECORDS {
            return Err(Failure::new(Reason::TooLarge, format!("the zone {} has more than {MOST_RECORDS} records", self.zone)));
        }
        let owner = record.owner();
        if record.class != Class::IN || !owner.is_at_or_below(&self.zone) {
            return Err(self.unsound(&format!("{owner} is no name of the zone")));
        }
        if let Some(soa) = Soa::of(record) {
            if owner != self.zone {
                return Err(self.unsound(&format!("an SOA record stands at {owner}")));
            }
            return self.soa(soa, text);
        }
        self.state = match self.state {
            // What answers a question for changes may be the whole zone.
            State::Newest(newest) => {
                text.extend_from_slice(head(&self.zone, &newest).as_bytes());
                State::Whole(newest)
            }
            State::Start => return Err(self.unsound("its first record is no SOA record")),
            State::Done(_) => return Err(self.unsound("records stand behind its end")),
            state @ (State::Whole(_) | State::Deleted(_) | State::Added(..)) => state,
        };
        self.line.clear();
        if !write_line(record, &owner, &self.zone, &mut self.line) {
            return Ok(());
        }
        match self.state {
            State::Whole(_) => text.extend_from_slice(&self.line),
            State::Deleted(_) => self.changes.delete(&self.line),
            State::Added(..) => self.changes.add(&self.line),
            State::Start | State::Newest(_) | State::Done(_) => {}
        }
        Ok(())
    }

    /// An SOA record says where the transfer stands.
    fn soa(&mut self, soa: Soa, text: &mut Vec<u8>) -> Result<(), Failure> {
        self.state = match (self.state, self.held) {
            (State::Start, None) => {
                text.extend_from_slice(head(&self.zone, &soa).as_bytes());
                State::Whole(soa)
            }
            (State::Start, Some(held)) if is_later(soa.serial, held) => State::Newest(soa),
            (State::Start, Some(_)) => State::Done(Came::Unchanged),
            // A zone of nothing but its SOA record.
            (State::Newest(newest), _) if soa.serial == newest.serial => {
                text.extend_from_slice(head(&self.zone, &newest).as_bytes());
                State::Done(Came::Whole(newest))
            }
            (State::Newest(newest), Some(held)) if soa.serial == held => State::Deleted(newest),
            (State::Whole(newest), _) if soa.serial == newest.serial => State::Done(Came::Whole(newest)),
            (State::Deleted(newest), _) => State::Added(newest, soa.serial),
            (State::Added(newest, reached), _) if reached == soa.serial => {
                if reached == newest.serial {
                    State::Done(Came::Changes(newest))
                } else {
                    State::Deleted(newest)
                }
            }
            (State::Done(_), _) => return Err(self.unsound("records stand behind its end")),
            (State::Newest(_) | State::Whole(_) | State::Added(..), _) => {
                return Err(self.unsound("its SOA records do not fit together"));
            }
        };
        Ok(())
    }

    /// About how many octets the changes take until now: names are written out, so that may be a hundred times what came.
    pub(super) const fn weight(&self) -> u64 {
        self.changes.weight
    }
}

/// Types that are the zone's own business and no policy: its servers, its signatures, its digest (RFC 8976).
const OF_THE_ZONE: [u16; 9] = [2, 46, 47, 48, 50, 51, 59, 60, 63];

/// Writes a record as a line of a policy zone, its owner relative to the zone; nothing for what is no policy.
fn write_line(record: &Record<'_>, owner: &Name, zone: &Name, line: &mut Vec<u8>) -> bool {
    if OF_THE_ZONE.contains(&record.record_type.0) {
        return false;
    }
    let labels = owner.label_count() - zone.label_count();
    if labels == 0 {
        line.push(b'@');
    }
    for (at, label) in owner.labels().take(labels).enumerate() {
        if at > 0 {
            line.push(b'.');
        }
        write_label(label, line);
    }
    let octets = record.rdata();
    let written = match (record.record_type, record.target()) {
        (RecordType::CNAME, Some(target)) => {
            line.extend_from_slice(b" CNAME ");
            for label in target.labels() {
                write_label(label, line);
                line.push(b'.');
            }
            if target.is_root() { line.write_all(b".\n") } else { line.write_all(b"\n") }
        }
        (RecordType::A, _) => match octets.first_chunk::<4>() {
            Some(address) => writeln!(line, " A {}", Ipv4Addr::from(*address)),
            None => return false,
        },
        (RecordType::AAAA, _) => match octets.first_chunk::<16>() {
            Some(address) => writeln!(line, " AAAA {}", Ipv6Addr::from(*address)),
            None => return false,
        },
        // An answer of another kind: that there is one is all that a list is asked for.
        (other, _) => writeln!(line, " {other} -"),
    };
    written.is_ok()
}

/// Writes a label, whatever means something in a master file as its number.
fn write_label(label: &[u8], line: &mut Vec<u8>) {
    for &octet in label {
        match octet {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'*' => line.push(octet),
            other => line.extend_from_slice(format!("\\{other:03}").as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests;
