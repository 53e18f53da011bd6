//! Packets octet by octet: queries that no client library would write, and answers that no server should.
//!
//! The rule: what a test does not say is as a plain query has it: RD, one question of class IN, no EDNS, id 0x4b48.

use std::collections::HashMap;

use super::upstream::Asked;

/// The id of a query that shows by its reply that what was sent before it has been met.
pub const SENTINEL: u16 = 0x5e47;

/// That query: it is answered on the spot.
pub fn sentinel() -> Vec<u8> {
    Packet::new("localhost", 1).id(SENTINEL).bytes()
}

/// A name in wire form, of labels of any octets.
pub fn labels(labels: &[&[u8]]) -> Vec<u8> {
    let mut wire: Vec<u8> = Vec::new();
    for label in labels {
        wire.push(u8::try_from(label.len()).expect("a length octet"));
        wire.extend(*label);
    }
    wire.push(0);
    wire
}

/// A name in wire form, in the letters given.
pub fn name(text: &str) -> Vec<u8> {
    let parts: Vec<&[u8]> = text.split('.').filter(|label| !label.is_empty()).map(str::as_bytes).collect();
    labels(&parts)
}

/// An option of EDNS (RFC 6891 section 6.1.2).
pub fn option(code: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("a short option");
    [&code.to_be_bytes()[..], &length.to_be_bytes(), data].concat()
}

/// An OPT record: payload, upper rcode and version, flags, options.
pub fn opt(payload: u16, version: u8, flags: u16, options: &[u8]) -> Vec<u8> {
    let [high, low] = flags.to_be_bytes();
    record(&[0], 41, payload, u32::from_be_bytes([0, version, high, low]), options)
}

/// A record.
pub fn record(owner: &[u8], record_type: u16, class: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("data of a record");
    [owner, &record_type.to_be_bytes(), &class.to_be_bytes(), &ttl.to_be_bytes(), &length.to_be_bytes(), data].concat()
}

/// A record of class IN that belongs to the question's name.
pub fn answer(record_type: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    record(&[0xc0, 12], record_type, 1, ttl, data)
}

/// The SOA record of `owner` with this TTL and minimum.
pub fn soa(owner: &[u8], ttl: u32, minimum: u32) -> Vec<u8> {
    let mut data = [name("ns.example"), name("hostmaster.example")].concat();
    for number in [1, 3600, 1200, 604_800, minimum] {
        data.extend(u32::to_be_bytes(number));
    }
    record(owner, 6, 1, ttl, &data)
}

/// A query under way.
#[derive(Debug, Clone)]
pub struct Packet {
    pub id: u16,
    /// The header's second word.
    pub flags: u16,
    /// As QDCOUNT says; the one question stands in the packet however many these are.
    pub questions: u16,
    pub name: Vec<u8>,
    pub record_type: u16,
    pub class: u16,
    /// The records of the additional section.
    pub additional: Vec<Vec<u8>>,
}

impl Packet {
    /// A query for `text` of the type with this number.
    pub fn new(text: &str, record_type: u16) -> Self {
        Self { id: 0x4b48, flags: 0x0100, questions: 1, name: name(text), record_type, class: 1, additional: Vec::new() }
    }

    /// With an OPT record: payload 1232 and this flag word.
    pub fn edns(self, flags: u16) -> Self {
        self.with(opt(1232, 0, flags, &[]))
    }

    /// With an OPT record that has these options.
    pub fn options(self, options: &[u8]) -> Self {
        self.with(opt(1232, 0, 0, options))
    }

    /// With one record more in the additional section.
    pub fn with(mut self, record: Vec<u8>) -> Self {
        self.additional.push(record);
        self
    }

    /// With these flags.
    pub fn flags(mut self, flags: u16) -> Self {
        self.flags = flags;
        self
    }

    /// With this id.
    pub fn id(mut self, id: u16) -> Self {
        self.id = id;
        self
    }

    /// Its octets.
    pub fn bytes(&self) -> Vec<u8> {
        let additional = u16::try_from(self.additional.len()).expect("few records");
        let mut bytes = Vec::new();
        for word in [self.id, self.flags, self.questions, 0, 0, additional] {
            bytes.extend(word.to_be_bytes());
        }
        bytes.extend(&self.name);
        bytes.extend(self.record_type.to_be_bytes());
        bytes.extend(self.class.to_be_bytes());
        bytes.extend(self.additional.concat());
        bytes
    }
}

impl Asked {
    /// A response with this rcode, these answers and these authorities.
    pub fn respond(&self, rcode: u16, answers: &[Vec<u8>], authorities: &[Vec<u8>]) -> Vec<u8> {
        let mut reply = self.reply(0x8180 | rcode);
        let count = |records: &[Vec<u8>]| u16::try_from(records.len()).expect("few records").to_be_bytes();
        reply[6..8].copy_from_slice(&count(answers));
        reply[8..10].copy_from_slice(&count(authorities));
        reply.extend(answers.concat());
        reply.extend(authorities.concat());
        reply
    }

    /// The flags of its OPT record, DO topmost; none where it has no EDNS.
    pub fn edns_flags(&self) -> Option<u16> {
        let opt = self.opt()?;
        Some(u16::from_be_bytes([opt[7], opt[8]]))
    }

    /// The UDP payload that it announces.
    pub fn payload(&self) -> Option<u16> {
        let opt = self.opt()?;
        Some(u16::from_be_bytes([opt[3], opt[4]]))
    }

    /// Its options by code.
    pub fn options(&self) -> HashMap<u16, Vec<u8>> {
        let mut rest = self.opt().map_or(&[][..], |opt| &opt[11..]);
        let mut options = HashMap::new();
        while let [a, b, c, d, behind @ ..] = rest {
            let (data, next) = behind.split_at(usize::from(u16::from_be_bytes([*c, *d])));
            options.insert(u16::from_be_bytes([*a, *b]), data.to_vec());
            rest = next;
        }
        options
    }

    /// The OPT record, which in a query of ours stands alone behind the question.
    fn opt(&self) -> Option<&[u8]> {
        let behind = &self.bytes[12 + self.spelling().len() + 4..];
        (!behind.is_empty()).then_some(behind)
    }
}
