//! A whole message as an upstream sent it, read once and checked from end to end, then looked at without copying.
//!
//! Every owner, every record's length, every count and every name in the data of the known types is sound, so nothing that
//! reads it later can fail. Records of a truncated message are not read: it is only a reason to ask again by TCP
//! (RFC 2181 section 9).

use std::ops::Range;

use super::labels::{LabelStarts, Spelt};
use super::{Class, Ede, HEADER, Name, Query, Rcode, RecordType, rdata};

/// Why some bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Shorter than a header, or longer than 65,535 octets.
    #[error("a message has between 12 and 65,535 octets")]
    Length,
    /// More than one question.
    #[error("more than one question")]
    Questions,
    /// The bytes end inside the question or inside a record.
    #[error("the message is cut off")]
    Truncated,
    /// A name leaves the message, is too long, or points forwards.
    #[error("a name cannot be read")]
    Name,
    /// A record's data have not the shape that their type has.
    #[error("a record's data do not have their type's shape")]
    Rdata,
    /// Two OPT records, one outside the additional section, below a name, or with options that do not add up.
    #[error("the OPT record is malformed")]
    Edns,
}

/// The sections behind the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    /// What was asked for, and the aliases on the way.
    Answer,
    /// Who says so: SOA and proofs of absence, or name servers.
    Authority,
    /// What may be of use; EDNS too.
    Additional,
}

/// The question that a message repeats.
#[derive(Debug, Clone)]
pub struct Question {
    /// The name, folded.
    pub name: Name,
    /// The type.
    pub record_type: RecordType,
    /// The class.
    pub class: Class,
}

/// Where a record stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    section: Section,
    start: usize,
    /// The end of its owner: type, class, TTL and length stand here.
    fixed: usize,
    end: usize,
}

/// A checked view of a message.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    bytes: &'a [u8],
    question: Option<Question>,
    places: Vec<Place>,
    /// The OPT record's position in `places`.
    edns: Option<usize>,
    stray_pointers: bool,
}

const QR: u8 = 0x80;
const AA: u8 = 0x04;
const TC: u8 = 0x02;
const RD: u8 = 0x01;
const RA: u8 = 0x80;
const AD: u8 = 0x20;
const CD: u8 = 0x10;

impl<'a> Message<'a> {
    /// Reads a message; octets behind its last record are not looked at.
    ///
    /// # Errors
    /// As [`Malformed`] says.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        if bytes.len() < HEADER || bytes.len() > usize::from(u16::MAX) {
            return Err(Malformed::Length);
        }
        let count = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let mut message = Self { bytes, question: None, places: Vec::new(), edns: None, stray_pointers: false };
        let mut starts = LabelStarts::default();
        let mut at = HEADER;
        match count(4) {
            0 => {}
            1 => {
                let spelt = Spelt::read(bytes, HEADER)?;
                starts.note(bytes, HEADER, &spelt);
                let tail = bytes.get(spelt.end..spelt.end + 4).ok_or(Malformed::Truncated)?;
                at = spelt.end + 4;
                let record_type = RecordType(u16::from_be_bytes([tail[0], tail[1]]));
                let class = Class(u16::from_be_bytes([tail[2], tail[3]]));
                message.question = Some(Question { name: spelt.name(), record_type, class });
            }
            _ => return Err(Malformed::Questions),
        }
        if message.truncated() {
            return Ok(message);
        }
        for (section, counted) in [(Section::Answer, 6), (Section::Authority, 8), (Section::Additional, 10)] {
            for _ in 0..count(counted) {
                at = message.read_record(section, at, &mut starts)?;
            }
        }
        message.stray_pointers = starts.stray();
        Ok(message)
    }

    /// Reads the record at `start`, and returns where the next one begins.
    fn read_record(&mut self, section: Section, start: usize, starts: &mut LabelStarts) -> Result<usize, Malformed> {
        let bytes = self.bytes;
        if start >= bytes.len() {
            return Err(Malformed::Truncated);
        }
        let owner = Spelt::read(bytes, start)?;
        starts.note(bytes, start, &owner);
        let fixed = bytes.get(owner.end..owner.end + 10).ok_or(Malformed::Truncated)?;
        let data = owner.end + 10;
        let end = data + usize::from(u16::from_be_bytes([fixed[8], fixed[9]]));
        if end > bytes.len() {
            return Err(Malformed::Truncated);
        }
        let record_type = RecordType(u16::from_be_bytes([fixed[0], fixed[1]]));
        rdata::names(bytes, record_type, data..end, |place, spelt| starts.note(bytes, place, spelt))?;
        if record_type == RecordType::OPT {
            let misplaced = section != Section::Additional || self.edns.is_some() || bytes[start] != 0;
            if misplaced || Options(&bytes[data..end]).any(|option| option.is_err()) {
                return Err(Malformed::Edns);
            }
            self.edns = Some(self.places.len());
        }
        self.places.push(Place { section, start, fixed: owner.end, end });
        Ok(end)
    }

    /// The bytes it was read from.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The message id.
    pub const fn id(&self) -> u16 {
        u16::from_be_bytes([self.bytes[0], self.bytes[1]])
    }

    /// QR: a response and no query.
    pub const fn is_response(&self) -> bool {
        self.bytes[2] & QR != 0
    }

    /// AA: from an authoritative server.
    pub const fn authoritative(&self) -> bool {
        self.bytes[2] & AA != 0
    }

    /// TC: cut short; no record of it is read.
    pub const fn truncated(&self) -> bool {
        self.bytes[2] & TC != 0
    }

    /// RD, repeated from the query.
    pub const fn recursion_desired(&self) -> bool {
        self.bytes[2] & RD != 0
    }

    /// RA: the server resolves for its clients.
    pub const fn recursion_available(&self) -> bool {
        self.bytes[3] & RA != 0
    }

    /// AD: the server found all signatures in order (RFC 6840 section 5.8).
    pub const fn authentic_data(&self) -> bool {
        self.bytes[3] & AD != 0
    }

    /// CD, repeated from the query.
    pub const fn checking_disabled(&self) -> bool {
        self.bytes[3] & CD != 0
    }

    /// The response code, with the upper bits that its OPT record holds.
    pub fn rcode(&self) -> Rcode {
        let low = u16::from(self.bytes[3] & 0x0f);
        let high = self.opt().map_or(0, |opt| u16::from(opt.ttl().to_be_bytes()[0]));
        Rcode(high << 4 | low)
    }

    /// The question it repeats; some servers send none with an error.
    pub const fn question(&self) -> Option<&Question> {
        self.question.as_ref()
    }

    /// Whether this is the response to exactly this question: its id, QR and opcode QUERY, the name in the very spelling that
    /// was sent (0x20 counts), type and class.
    pub fn question_matches(&self, id: u16, spelling: &[u8], record_type: RecordType, class: Class) -> bool {
        let alike = self.question.as_ref().is_some_and(|own| own.record_type == record_type && own.class == class);
        let opcode = self.bytes[2] >> 3 & 0x0f;
        let spelt = self.bytes.get(HEADER..HEADER + spelling.len());
        self.id() == id && self.is_response() && opcode == 0 && alike && spelt == Some(spelling)
    }

    /// All records of a section, the OPT record left out.
    pub fn records(&self, section: Section) -> impl Iterator<Item = Record<'a>> {
        self.all_records().filter(move |record| record.section == section)
    }

    /// All records but OPT, in the order in which they stand.
    pub fn all_records(&self) -> impl Iterator<Item = Record<'a>> {
        let (bytes, edns) = (self.bytes, self.edns);
        self.places
            .iter()
            .enumerate()
            .filter(move |(index, _)| Some(*index) != edns)
            .map(move |(_, place)| Record::at(bytes, place))
    }

    /// Whether OPT is absent or the last record.
    pub(super) fn opt_is_last(&self) -> bool {
        self.edns.is_none_or(|index| index + 1 == self.places.len())
    }

    /// Whether a compression pointer names a place where no label begins, so that changing or moving octets could change it.
    pub(super) const fn stray_pointers(&self) -> bool {
        self.stray_pointers
    }

    fn opt(&self) -> Option<Record<'a>> {
        self.edns.map(|index| Record::at(self.bytes, &self.places[index]))
    }

    /// Whether it carries EDNS.
    pub const fn has_edns(&self) -> bool {
        self.edns.is_some()
    }

    /// The extended errors it carries (RFC 8914), in order; a text that is not UTF-8 counts as absent.
    pub fn ede(&self) -> impl Iterator<Item = (Ede, &'a str)> {
        let options = self.opt().map_or(&[][..], |opt| opt.rdata());
        Options(options).filter_map(|option| {
            let (15, [high, low, text @ ..]) = option.ok()? else { return None };
            Some((Ede(u16::from_be_bytes([*high, *low])), std::str::from_utf8(text).unwrap_or_default()))
        })
    }
}

/// The options of an OPT record (RFC 6891 section 6.1.2): code and data each.
struct Options<'a>(&'a [u8]);

impl<'a> Iterator for Options<'a> {
    type Item = Result<(u16, &'a [u8]), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let read = self.0.split_at_checked(4).and_then(|(head, rest)| {
            let (data, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([head[2], head[3]])))?;
            Some(((u16::from_be_bytes([head[0], head[1]]), data), rest))
        });
        let Some((option, rest)) = read else {
            self.0 = &[];
            return Some(Err(Malformed::Edns));
        };
        self.0 = rest;
        Some(Ok(option))
    }
}

/// One record of a [`Message`].
#[derive(Debug, Clone)]
pub struct Record<'a> {
    bytes: &'a [u8],
    /// The section it stands in.
    pub section: Section,
    /// Its first octet's place in the message.
    pub start: usize,
    /// The place right behind it.
    pub end: usize,
    /// Where its TTL stands, four octets.
    pub ttl_offset: usize,
    /// Its type.
    pub record_type: RecordType,
    /// Its class.
    pub class: Class,
}

impl<'a> Record<'a> {
    fn at(bytes: &'a [u8], place: &Place) -> Self {
        let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        Self {
            bytes,
            section: place.section,
            start: place.start,
            end: place.end,
            ttl_offset: place.fixed + 4,
            record_type: RecordType(word(place.fixed)),
            class: Class(word(place.fixed + 2)),
        }
    }

    /// The name it belongs to.
    pub fn owner(&self) -> Name {
        self.spelt_owner().name()
    }

    pub(super) fn spelt_owner(&self) -> Spelt {
        Spelt::read(self.bytes, self.start).expect("Message::parse read it")
    }

    /// Its TTL in seconds, as sent.
    pub fn ttl(&self) -> u32 {
        let octets = &self.bytes[self.ttl_offset..self.ttl_offset + 4];
        u32::from_be_bytes(octets.try_into().expect("four octets"))
    }

    /// The place of its data in the message.
    pub const fn rdata_range(&self) -> Range<usize> {
        self.ttl_offset + 6..self.end
    }

    /// Its data; a name in them may be compressed.
    pub fn rdata(&self) -> &'a [u8] {
        &self.bytes[self.rdata_range()]
    }

    /// The name that a CNAME or DNAME record leads to, or the target of an SVCB or HTTPS record; `None` for other types, and
    /// for an SVCB record whose target cannot be read.
    pub fn target(&self) -> Option<Name> {
        match self.record_type {
            RecordType::CNAME | RecordType::DNAME => {
                Some(Spelt::read(self.bytes, self.rdata_range().start).expect("Message::parse read it").name())
            }
            // RFC 9460 section 2.2: a priority, then a name that is never compressed.
            RecordType::SVCB | RecordType::HTTPS => Name::from_wire(self.rdata().get(2..)?).ok(),
            _ => None,
        }
    }

    /// The type that a signature covers (RFC 4034 section 3.1.1); `None` for other records.
    pub fn type_covered(&self) -> Option<RecordType> {
        match (self.record_type, self.rdata()) {
            (RecordType::RRSIG, [high, low, ..]) => Some(RecordType(u16::from_be_bytes([*high, *low]))),
            _ => None,
        }
    }

    /// An SOA record's last number, in seconds: how long absence may be remembered at most (RFC 2308 section 4).
    pub fn soa_minimum(&self) -> Option<u32> {
        let last = self.rdata().last_chunk::<4>().filter(|_| self.record_type == RecordType::SOA)?;
        Some(u32::from_be_bytes(*last))
    }
}

impl Question {
    /// The question of a client's query.
    pub fn of(query: &Query) -> Self {
        Self { name: query.name.clone(), record_type: query.record_type, class: query.class }
    }
}

#[cfg(test)]
mod tests;
