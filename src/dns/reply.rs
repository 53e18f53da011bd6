//! A reply of our own to a query: blocked, local, refused or failed.
//!
//! Never AD, never authoritative; an OPT record exactly where the query had one.
//!
//! # Cost
//! Renders straight into the caller's buffer and allocates nothing once that has grown. Guarded by `benches/query.rs`.

use std::net::IpAddr;
use std::time::Duration;

use super::opt::{self, Errors};
use super::{Class, Ede, HEADER, Name, Opcode, Query, Rcode, RecordType};

pub(super) const QR: u16 = 0x8000;
pub(super) const AA: u16 = 0x0400;
pub(super) const TC: u16 = 0x0200;
const RD: u16 = 0x0100;
pub(super) const RA: u16 = 0x0080;
pub(super) const AD: u16 = 0x0020;
const CD: u16 = 0x0010;

/// A pointer to the question's name, which begins right behind the header.
const TO_QUESTION: u16 = 0xc000 | HEADER as u16;

/// The mailbox of the SOA records that we make up: `nobody.invalid` (RFC 6303 section 3).
const NOBODY: &[u8] = b"\x06nobody\x07invalid\x00";

/// A reply under way. Records stand in the order in which they are added: answers first, then at most one SOA.
#[derive(Debug)]
#[must_use = "a reply is written by `finish`"]
pub struct Reply<'q> {
    query: &'q Query,
    out: &'q mut Vec<u8>,
    rcode: Rcode,
    /// The owner of the next answer: the question, or where the last alias led.
    owner: u16,
    answers: u16,
    authorities: u16,
    ede: Option<(Ede, &'q str)>,
    truncated: u16,
}

impl<'q> Reply<'q> {
    /// An empty NOERROR reply to `query`; `out` is emptied and written to.
    pub fn new(query: &'q Query, out: &'q mut Vec<u8>) -> Self {
        out.clear();
        out.extend_from_slice(&[0; HEADER]);
        out.extend_from_slice(query.spelling());
        out.extend(query.record_type.0.to_be_bytes());
        out.extend(query.class.0.to_be_bytes());
        Self { query, out, rcode: Rcode::NOERROR, owner: TO_QUESTION, answers: 0, authorities: 0, ede: None, truncated: 0 }
    }

    /// Sets the response code.
    pub const fn rcode(mut self, rcode: Rcode) -> Self {
        self.rcode = rcode;
        self
    }

    /// Adds an A or AAAA record; it belongs to the question's name, or to the target of the alias added last.
    pub fn address(mut self, ttl: Duration, address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => self.answer(RecordType::A, ttl, &v4.octets()),
            IpAddr::V6(v6) => self.answer(RecordType::AAAA, ttl, &v6.octets()),
        };
        self
    }

    /// Adds a CNAME record; what is added next belongs to its target.
    pub fn cname(mut self, ttl: Duration, target: &Name) -> Self {
        let place = self.answer(RecordType::CNAME, ttl, target.as_wire());
        // A pointer has 14 bits; only a message of many aliases, which we never make, comes that far.
        if let Some(place) = u16::try_from(place).ok().filter(|place| *place < 0xc000 >> 2) {
            self.owner = 0xc000 | place;
        }
        self
    }

    /// Adds the HINFO record that says that ANY is not answered (RFC 8482 section 4.2).
    pub fn host_info(mut self, ttl: Duration) -> Self {
        self.answer(RecordType::HINFO, ttl, b"\x07RFC8482\x00");
        self
    }

    /// Adds a PTR record.
    pub fn pointer(mut self, ttl: Duration, target: &Name) -> Self {
        self.answer(RecordType::PTR, ttl, target.as_wire());
        self
    }

    /// Adds the SOA record of a negative answer (RFC 2308 section 5): of the zone or rule `owner`, to be remembered for `ttl`.
    ///
    /// Its fields are those that RFC 6303 section 3 gives made-up zones.
    pub fn soa(mut self, owner: &Name, ttl: Duration) -> Self {
        self.push_name(owner);
        self.push_fixed(RecordType::SOA, ttl);
        let length = self.out.len();
        self.out.extend([0; 2]);
        self.push_name(owner);
        self.out.extend_from_slice(NOBODY);
        for number in [1, 3600, 1200, 604_800, seconds(ttl)] {
            self.out.extend(u32::to_be_bytes(number));
        }
        let octets = u16::try_from(self.out.len() - length - 2).expect("an SOA record of ours is short");
        self.out[length..length + 2].copy_from_slice(&octets.to_be_bytes());
        self.authorities += 1;
        self
    }

    /// Says why (RFC 8914), to a client that sent EDNS; of `text` at most 120 octets, cut at a character.
    pub const fn ede(mut self, code: Ede, text: &'q str) -> Self {
        self.ede = Some((code, text));
        self
    }

    /// Sets TC, so that the client asks again by TCP.
    pub const fn truncated(mut self) -> Self {
        self.truncated = TC;
        self
    }

    /// Writes header and OPT record, and returns the response code.
    ///
    /// A reply over the client's limit loses the text of its extended error, then that error, then all its records: TC is set.
    pub fn finish(mut self) -> Rcode {
        // Upper bits of a response code need an OPT record.
        if self.rcode.0 > 0x0f && self.query.edns.is_none() {
            self.rcode = Rcode::SERVFAIL;
        }
        self.head();
        let errors = self.ede.map_or(Errors::Without, |(code, text)| Errors::Ours(code, text));
        let end = self.out.len();
        if !opt::append(self.out, self.query, self.rcode, errors) {
            self.out.truncate(end.min(HEADER + self.query.spelling().len() + 4));
            (self.answers, self.authorities, self.truncated) = (0, 0, TC);
            self.head();
            opt::append(self.out, self.query, self.rcode, errors);
        }
        self.rcode
    }

    fn head(&mut self) {
        let flags = QR | RA | self.truncated | echoed(self.query) | self.rcode.0 & 0x0f;
        let words = [self.query.id, flags, 1, self.answers, self.authorities, 0];
        for (place, word) in self.out.chunks_exact_mut(2).zip(words) {
            place.copy_from_slice(&word.to_be_bytes());
        }
    }

    /// Adds an answer record and returns the place of its data.
    fn answer(&mut self, record_type: RecordType, ttl: Duration, rdata: &[u8]) -> usize {
        self.out.extend(self.owner.to_be_bytes());
        self.push_fixed(record_type, ttl);
        let length = u16::try_from(rdata.len()).expect("an address or a name is short");
        self.out.extend(length.to_be_bytes());
        let place = self.out.len();
        self.out.extend_from_slice(rdata);
        self.answers += 1;
        place
    }

    fn push_fixed(&mut self, record_type: RecordType, ttl: Duration) {
        self.out.extend(record_type.0.to_be_bytes());
        self.out.extend(Class::IN.0.to_be_bytes());
        self.out.extend(seconds(ttl).to_be_bytes());
    }

    /// Writes a name: as a pointer into the question where it is that name or one above it.
    fn push_name(&mut self, name: &Name) {
        let asked = self.query.name.as_wire();
        if !name.is_root() && self.query.name.is_at_or_below(name) {
            let place = HEADER + asked.len() - name.as_wire().len();
            let place = u16::try_from(place).expect("a question ends before octet 300");
            self.out.extend((0xc000 | place).to_be_bytes());
        } else {
            self.out.extend_from_slice(name.as_wire());
        }
    }
}

/// The flags that every reply repeats from its query: RD and CD (RFC 1035 section 4.1.1, RFC 4035 section 3.2.2).
pub(super) fn echoed(query: &Query) -> u16 {
    let bit = |set: bool, mask: u16| if set { mask } else { 0 };
    bit(query.recursion_desired(), RD) | bit(query.checking_disabled(), CD)
}

/// A TTL in whole seconds, below the 2^31 of RFC 2181 section 8.
fn seconds(ttl: Duration) -> u32 {
    u32::try_from(ttl.as_secs()).unwrap_or(u32::MAX).min(i32::MAX.unsigned_abs())
}

/// Writes the reply to what was no query: a header alone, with an OPT record where the response code needs one (BADVERS,
/// RFC 6891 section 6.1.3).
pub fn reply_unparsed(id: u16, opcode: Opcode, recursion_desired: bool, rcode: Rcode, out: &mut Vec<u8>) {
    let opcode_bits = u16::from(opcode.0 & 0x0f) << 11;
    let flags = QR | RA | opcode_bits | if recursion_desired { RD } else { 0 } | rcode.0 & 0x0f;
    out.clear();
    for word in [id, flags, 0, 0, 0, 0] {
        out.extend(word.to_be_bytes());
    }
    if rcode.0 > 0x0f {
        opt::start(out, rcode, 0);
    }
}

#[cfg(test)]
mod tests;
