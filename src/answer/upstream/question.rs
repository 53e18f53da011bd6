//! What is asked of an upstream, and whether a reply fits it.
//!
//! The rule: a reply that does not fit is as if it had never come (draft-li-dnsop-response-preprocessing): whoever
//! sends it, it must not end the wait for the true one.

use crate::answer::{CacheKey, Route};
use crate::dns::{
    Ask, Class, HEADER, Malformed, Message, Name, Query, Rcode, RecordType, Relayed, Signatures, compose_question, tidy,
};

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

/// One sending of a question: its bytes, and what the reply must repeat.
#[derive(Debug, Clone)]
pub(super) struct Sending {
    pub(super) bytes: Vec<u8>,
    expected: Expected,
}

/// What a reply must repeat.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    id: u16,
    name: Name,
    spelt: Box<[u8]>,
    spelling: Spelling,
    record_type: RecordType,
    class: Class,
    signatures: Signatures,
}

/// What a reply is to its question.
#[derive(Debug)]
pub(super) enum Fit {
    /// Its answer.
    Answer(Box<Relayed>),
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
        let mut spelt: Box<[u8]> = self.name.as_wire().into();
        if spelling == Spelling::Random {
            let coins = rand::random_iter::<bool>();
            // A label's length is below 64 and so no letter: only letters change.
            for (octet, upper) in spelt.iter_mut().zip(coins) {
                if upper {
                    octet.make_ascii_uppercase();
                }
            }
        }
        let mut bytes = Vec::with_capacity(spelt.len() + 32);
        compose_question(id, &spelt, self.record_type, self.ask, &mut bytes);
        if announced == Announced::Plain {
            crate::dns::leave_out_edns(&mut bytes);
        }
        let (record_type, class) = (self.record_type, self.class);
        let signatures = if self.ask.dnssec_ok { Signatures::Wanted } else { Signatures::Unasked };
        Sending { bytes, expected: Expected { id, name: self.name.clone(), spelt, spelling, record_type, class, signatures } }
    }
}

impl Sending {
    /// Its bytes, and what the reply must repeat.
    pub(super) fn into_parts(self) -> (Vec<u8>, Expected) {
        (self.bytes, self.expected)
    }
}

impl Expected {
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
        if message.id() != self.id || !message.is_response() {
            return Fit::Mismatch;
        }
        let Some(question) = message.question() else {
            return match message.rcode() {
                Rcode::NOERROR | Rcode::NXDOMAIN => Fit::Mismatch,
                error => Fit::Bare(error),
            };
        };
        let spelt = reply.get(HEADER..HEADER + self.spelt.len()).unwrap_or_default();
        // Id, opcode, type and class; the name in whatever letters it came.
        let alike = message.question_matches(self.id, spelt, self.record_type, self.class);
        if !alike || question.name != self.name {
            return Fit::Mismatch;
        }
        if spelt != &*self.spelt && self.spelling == Spelling::Random {
            return Fit::OtherCase;
        }
        if message.truncated() {
            return Fit::Truncated;
        }
        match tidy(&message, self.signatures) {
            Ok(relayed) => Fit::Answer(Box::new(relayed)),
            Err(_) => Fit::Useless,
        }
    }
}

#[cfg(test)]
mod tests;
