//! An upstream's answer in the form that is kept, and its rendering to one client.
//!
//! # Cost
//! A cached answer is one copy of its octets and a few patches; rendering allocates nothing once the buffer has grown. Guarded
//! by `benches/query.rs`.

use super::leads::{Lead, Leads};
use super::offsets::Offsets;
use super::opt::{self, Errors};
use super::reply::{AA, AD, QR, RA, TC, echoed};
use super::{Ede, HEADER, Name, Query, Rcode, RecordType, Reply};
use std::net::IpAddr;

/// A message of an upstream, tidied: what it says for every client that asks the same question.
///
/// Its octets have an empty header, no OPT record, one TTL per RRset, and nothing off the question's alias chain in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relayed {
    pub(super) bytes: Box<[u8]>,
    pub(super) question_end: usize,
    /// Where the additional section begins: what may be left out without a word (RFC 2181 section 9).
    pub(super) additional: usize,
    pub(super) ttl_offsets: Offsets,
    pub(super) rcode: Rcode,
    pub(super) authentic_data: bool,
    /// The program's own zones say it.
    pub(super) authoritative: bool,
    /// The last alias leads to a name that its server does not speak for.
    pub(super) leaves: bool,
    pub(super) truncated: bool,
    pub(super) leads: Leads,
    pub(super) lifetime: u32,
    /// The extended errors as options in wire form.
    pub(super) errors: Box<[u8]>,
}

impl Relayed {
    /// The response code.
    pub const fn rcode(&self) -> Rcode {
        self.rcode
    }

    /// Whether the upstream found all signatures in order.
    pub const fn authentic_data(&self) -> bool {
        self.authentic_data
    }

    /// The same message of an upstream whose AD is not believed (RFC 6840 section 5.8: only over a trusted channel).
    #[must_use]
    pub const fn without_authentic_data(mut self) -> Self {
        self.authentic_data = false;
        self
    }

    /// The same message as the word of the school's own zone (AA, RFC 1035 section 4.1.1).
    #[must_use]
    pub const fn with_authority(mut self) -> Self {
        self.authoritative = true;
        self
    }

    /// Whether its last alias leads to a name that its server does not speak for: somebody else has to be asked for that one.
    pub const fn leaves(&self) -> bool {
        self.leaves
    }

    /// Whether the upstream cut it short; it has no records then, and lives 0 seconds.
    pub const fn truncated(&self) -> bool {
        self.truncated
    }

    /// The names and addresses that it leads to, the alias chain first, in its order; read in place, without allocating.
    pub fn leads(&self) -> impl Iterator<Item = Lead> + '_ {
        self.leads.iter(&self.bytes)
    }

    /// The name that its last alias leads to.
    pub fn chain_end(&self) -> Option<Name> {
        self.leads.chain_end(&self.bytes)
    }

    /// The names among its [`leads`](Self::leads).
    pub fn aliases(&self) -> impl Iterator<Item = Name> + '_ {
        self.leads().filter_map(|lead| match lead {
            Lead::Name(name) => Some(name),
            Lead::Address(_) => None,
        })
    }

    /// The addresses in its answer: of the name asked for, or of what its aliases lead to.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let word = |place: usize| u16::from_be_bytes([self.bytes[place], self.bytes[place + 1]]);
        // The records stand in the order of their TTLs, those of the answer first; type and class stand before a TTL (RFC 1035
        // section 4.1.3), length and data behind it.
        self.ttl_offsets.iter().take(usize::from(word(6))).filter_map(move |&ttl| {
            let ttl = usize::from(ttl);
            let rdata = &self.bytes[ttl + 6..ttl + 6 + usize::from(word(ttl + 4))];
            match RecordType(word(ttl - 4)) {
                RecordType::A => <[u8; 4]>::try_from(rdata).ok().map(IpAddr::from),
                RecordType::AAAA => <[u8; 16]>::try_from(rdata).ok().map(IpAddr::from),
                RecordType(_) => None,
            }
        })
    }

    /// For how many seconds it may answer later queries; 0: for none.
    ///
    /// The smallest TTL of answer and authority section, for absence at most what the SOA record allows (RFC 2308 section 5); 0
    /// for absence without SOA, and for response codes other than NOERROR and NXDOMAIN.
    pub const fn lifetime(&self) -> u32 {
        self.lifetime
    }

    /// The octets that it takes in memory, for a cache that is bounded by them.
    pub fn size(&self) -> usize {
        let leads = self.leads.size();
        size_of::<Self>() + self.bytes.len() + self.ttl_offsets.size() + leads + self.errors.len()
    }

    /// The message as [`Relayed::read`] reads it back, where one can hold it: a whole one, with its extended errors.
    pub fn to_message(&self) -> Option<Vec<u8>> {
        let mut out = self.bytes.to_vec();
        let authentic = if self.authentic_data { AD } else { 0 };
        let truncated = if self.truncated { TC } else { 0 };
        out[2..4].copy_from_slice(&(QR | RA | authentic | truncated | self.rcode.0 & 0x0f).to_be_bytes());
        opt::start(&mut out, self.rcode, 0);
        let end = out.len();
        out[end - 2..].copy_from_slice(&u16::try_from(self.errors.len()).ok()?.to_be_bytes());
        out.extend_from_slice(&self.errors);
        (out.len() <= usize::from(u16::MAX)).then_some(out)
    }

    /// Whether it is about `name`, be it for another type or class.
    pub fn is_about(&self, name: &Name) -> bool {
        self.bytes[HEADER..self.question_end - 4].eq_ignore_ascii_case(name.as_wire())
    }

    /// Whether it answers `query`: same name, type and class.
    pub fn answers(&self, query: &Query) -> bool {
        let (own, asked) = (&self.bytes[HEADER..self.question_end - 4], query.spelling());
        let [high, low] = query.record_type.0.to_be_bytes();
        let [class_high, class_low] = query.class.0.to_be_bytes();
        own.eq_ignore_ascii_case(asked)
            && self.bytes[self.question_end - 4..self.question_end] == [high, low, class_high, class_low]
    }

    /// Writes the reply to `query` into `out`, `age` seconds after the upstream answered, with no TTL above `ttl_cap` seconds;
    /// `ede` stands in place of the upstream's own extended errors.
    ///
    /// The client's id, RD, CD and spelling are repeated, AD is set where the client can tell what it means (RFC 6840 section
    /// 5.7). Over the client's limit the extended errors go, then the additional section, then all records: TC is set. A query
    /// that this message does not answer gets SERVFAIL.
    pub fn render(&self, query: &Query, age: u32, ttl_cap: u32, ede: Option<(Ede, &str)>, out: &mut Vec<u8>) -> Rcode {
        // Upper bits of a response code need an OPT record.
        let untold = self.rcode.0 > 0x0f && query.edns.is_none();
        if untold || !self.answers(query) {
            return Reply::new(query, out).rcode(Rcode::SERVFAIL).finish();
        }
        out.clear();
        out.extend_from_slice(&self.bytes);
        let authentic = if self.authentic_data && query.wants_authentic_data() { AD } else { 0 };
        let truncated = if self.truncated { TC } else { 0 };
        let authoritative = if self.authoritative { AA } else { 0 };
        let flags = QR | RA | authoritative | authentic | truncated | echoed(query) | self.rcode.0 & 0x0f;
        out[..2].copy_from_slice(&query.id.to_be_bytes());
        out[2..4].copy_from_slice(&flags.to_be_bytes());
        // The same letters in the client's own case: as long as before, so pointers to them stay true.
        out[HEADER..self.question_end - 4].copy_from_slice(query.spelling());
        for &offset in &*self.ttl_offsets {
            let place = usize::from(offset);
            let kept = u32::from_be_bytes(out[place..place + 4].try_into().expect("four octets"));
            out[place..place + 4].copy_from_slice(&kept.saturating_sub(age).min(ttl_cap).to_be_bytes());
        }

        let errors = match ede {
            Some((code, text)) => Errors::Ours(code, text),
            None if self.errors.is_empty() => Errors::Without,
            None => Errors::Passed(&self.errors),
        };
        if opt::append(out, query, self.rcode, errors) {
            return self.rcode;
        }
        // Pointers go backwards, so the front of a message stands without its end.
        out.truncate(self.additional);
        out[10..12].fill(0);
        if !opt::append(out, query, self.rcode, errors) {
            out.truncate(self.question_end);
            out[6..12].fill(0);
            out[2..4].copy_from_slice(&(flags | TC).to_be_bytes());
            opt::append(out, query, self.rcode, errors);
        }
        self.rcode
    }
}
