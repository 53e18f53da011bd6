//! What is asked of an upstream, and whether a reply fits it.
//!
//! The rule: a reply that does not fit is as if it had never come (draft-li-dnsop-response-preprocessing): whoever
//! sends it, it must not end the wait for the true one.

use crate::answer::{CacheKey, Route};
use crate::dns::{
    Ask, Class, HEADER, Malformed, Message, Name, Query, Rcode, RecordType, Relayed, Signatures, compose_question, tidy,
};

/// So many octets follow the name: type, class and the OPT record.
const BEHIND_NAME: usize = 15;

/// A question to upstreams; equal ones are asked once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) name: Name,
    pub(super) record_type: RecordType,
    pub(super) class: Class,
    pub(super) ask: Ask,
}

/// In which letters the name is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// In random case, which the reply must repeat (0x20, draft-vixie-dnsext-dns0x20).
    Random,
    /// In lower case, to an upstream that does not keep the case; its reply may spell the name as it likes.
    Folded,
}

/// Whether a question announces EDNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announced {
    /// With an OPT record.
    Edns,
    /// Without: for a server that knows none (RFC 6891 section 7).
    Plain,
}

/// One sending of a question, which its reply must repeat.
#[derive(Debug, Clone)]
pub(super) struct Sending {
    /// As it is sent: id, flags, the name as spelt, and what follows it.
    bytes: Vec<u8>,
    /// How many octets the name has.
    name: usize,
    spelling: Spelling,
    record_type: RecordType,
    signatures: Signatures,
}

/// What a reply is to its question.
#[derive(Debug)]
pub(super) enum Fit {
    /// Its answer.
    Answer(Relayed),
    /// Its answer, cut short: to be asked again by TCP.
    Truncated,
    /// Its answer but for the letters' case.
    OtherCase,
    /// An error without a question, as servers of old send: the id fits, no more can.
    Bare(Rcode),
    /// Its answer, but of no use: aliases in a circle, or endless.
    Useless,
    /// To another question, or with another id: late or forged.
    Mismatch,
    /// Not readable.
    Malformed,
}

impl Question {
    pub(super) fn of(query: &Query) -> Self {
        Self { name: query.name.clone(), record_type: query.record_type, class: query.class, ask: Ask::of(query) }
    }

    /// Under what its answer is kept, where it is put to the upstreams of `route`.
    pub(super) const fn key(&self, route: Route) -> CacheKey<'_> {
        CacheKey::asked(&self.name, self.record_type, self.class, self.ask, route)
    }

    /// Writes the question with `id`.
    pub(super) fn send(&self, id: u16, spelling: Spelling, announced: Announced) -> Sending {
        let wire = self.name.as_wire();
        let mut bytes = Vec::with_capacity(HEADER + wire.len() + BEHIND_NAME);
        compose_question(id, wire, self.record_type, self.ask, &mut bytes);
        if spelling == Spelling::Random {
            flip(&mut bytes[HEADER..HEADER + wire.len()]);
        }
        if announced == Announced::Plain {
            crate::dns::leave_out_edns(&mut bytes);
        }
        let signatures = if self.ask.dnssec_ok { Signatures::Wanted } else { Signatures::Unasked };
        Sending { bytes, name: wire.len(), spelling, record_type: self.record_type, signatures }
    }
}

/// Makes each letter a capital or not, as a coin falls.
fn flip(wire: &mut [u8]) {
    for chunk in wire.chunks_mut(64) {
        let mut coins = rand::random::<u64>();
        for octet in chunk {
            // A label's length is below 64 and so no letter: only letters change.
            if coins & 1 == 1 {
                octet.make_ascii_uppercase();
            }
            coins >>= 1;
        }
    }
}

impl Sending {
    /// The message.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its id.
    pub(super) fn id(&self) -> u16 {
        u16::from_be_bytes([self.bytes[0], self.bytes[1]])
    }

    /// The name in the letters that were sent.
    fn spelt(&self) -> &[u8] {
        &self.bytes[HEADER..HEADER + self.name]
    }

    /// Judges a reply.
    pub(super) fn judge(&self, reply: &[u8]) -> Fit {
        let message = match Message::parse(reply) {
            Ok(message) => message,
            Err(
                Malformed::Length
                | Malformed::Questions
                | Malformed::Truncated
                | Malformed::Name
                | Malformed::Rdata
                | Malformed::Edns,
            ) => return Fit::Malformed,
        };
        if message.id() != self.id() || !message.is_response() {
            return Fit::Mismatch;
        }
        if message.question().is_none() {
            return match message.rcode() {
                Rcode::NOERROR | Rcode::NXDOMAIN => Fit::Mismatch,
                error => Fit::Bare(error),
            };
        }
        let repeated = reply.get(HEADER..HEADER + self.name).unwrap_or_default();
        // Opcode, type and class; the name in whatever letters it came.
        let alike = message.question_matches(self.id(), repeated, self.record_type, Class::IN);
        if !alike || !repeated.eq_ignore_ascii_case(self.spelt()) {
            return Fit::Mismatch;
        }
        if self.spelling == Spelling::Random && repeated != self.spelt() {
            return Fit::OtherCase;
        }
        if message.truncated() {
            return Fit::Truncated;
        }
        match tidy(&message, self.signatures) {
            Ok(relayed) => Fit::Answer(relayed),
            Err(_) => Fit::Useless,
        }
    }
}

#[cfg(test)]
mod tests;
