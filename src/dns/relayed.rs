//! An upstream's answer in the form that is kept, and its rendering to one client.
//!
//! # Cost
//! A cached answer is one copy of its octets and a few patches; rendering allocates nothing once the buffer has grown. Guarded
//! by `benches/query.rs`.

use std::net::IpAddr;
use std::sync::Arc;

use super::leads::{self, Lead};
use super::opt::{self, Errors};
use super::packed::{AUTHENTIC_DATA, AUTHORITATIVE, Head, LEAVES, TRUNCATED};
use super::reply::{AA, AD, QR, RA, TC, echoed};
use super::{Ede, HEADER, Name, Query, Rcode, RecordType, Reply};

/// A message of an upstream, tidied: what it says for every client that asks the same question. Cheap to share.
///
/// Its octets have an empty header, no OPT record, one TTL per RRset, and nothing off the question's alias chain in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relayed {
    pub(super) packed: Arc<[u8]>,
}

impl Relayed {
    /// The response code.
    pub fn rcode(&self) -> Rcode {
        self.head().rcode
    }

    /// Whether the upstream found all signatures in order.
    pub fn authentic_data(&self) -> bool {
        self.has(AUTHENTIC_DATA)
    }

    /// The same message of an upstream whose AD is not believed (RFC 6840 section 5.8: only over a trusted channel).
    #[must_use]
    pub fn without_authentic_data(self) -> Self {
        self.with(AUTHENTIC_DATA, false)
    }

    /// The same message as the word of the school's own zone (AA, RFC 1035 section 4.1.1).
    #[must_use]
    pub fn with_authority(self) -> Self {
        self.with(AUTHORITATIVE, true)
    }

    /// Whether its last alias leads to a name that its server does not speak for: somebody else has to be asked for that one.
    pub fn leaves(&self) -> bool {
        self.has(LEAVES)
    }

    /// Whether the upstream cut it short; it has no records then, and lives 0 seconds.
    pub fn truncated(&self) -> bool {
        self.has(TRUNCATED)
    }

    /// The names and addresses that it leads to, the alias chain first, in its order; read in place, without allocating.
    pub fn leads(&self) -> impl Iterator<Item = Lead> + '_ {
        let (places, made) = self.lead_parts();
        leads::iter(self.message(), places, made)
    }

    /// The name that its last alias leads to.
    pub fn chain_end(&self) -> Option<Name> {
        match self.leads().nth(usize::from(self.head().chain).checked_sub(1)?)? {
            Lead::Name(name) => Some(name),
            Lead::Address(_) => None,
        }
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
        let message = self.message();
        let word = |place: usize| u16::from_be_bytes([message[place], message[place + 1]]);
        // The records stand in the order of their TTLs, those of the answer first; type and class stand before a TTL (RFC 1035
        // section 4.1.3), length and data behind it.
        self.ttl_offsets().take(usize::from(word(6))).filter_map(move |ttl| {
            let rdata = &message[ttl + 6..ttl + 6 + usize::from(word(ttl + 4))];
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
    pub fn lifetime(&self) -> u32 {
        self.head().lifetime
    }

    /// The octets that it takes in memory, for a cache that is bounded by them.
    pub fn size(&self) -> usize {
        // The counts of those who share it stand before it.
        self.packed.len() + 2 * size_of::<usize>()
    }

    /// The message as [`Relayed::read`] reads it back, where one can hold it: a whole one, with its extended errors.
    pub fn to_message(&self) -> Option<Vec<u8>> {
        let (mut out, rcode, errors) = (self.message().to_vec(), self.rcode(), self.errors());
        let authentic = if self.authentic_data() { AD } else { 0 };
        let truncated = if self.truncated() { TC } else { 0 };
        out[2..4].copy_from_slice(&(QR | RA | authentic | truncated | rcode.0 & 0x0f).to_be_bytes());
        opt::start(&mut out, rcode, 0);
        let end = out.len();
        out[end - 2..].copy_from_slice(&u16::try_from(errors.len()).ok()?.to_be_bytes());
        out.extend_from_slice(errors);
        (out.len() <= usize::from(u16::MAX)).then_some(out)
    }

    /// Whether it is about `name`, be it for another type or class.
    pub fn is_about(&self, name: &Name) -> bool {
        self.spelling().eq_ignore_ascii_case(name.as_wire())
    }

    /// Whether it answers `query`: same name, type and class.
    pub fn answers(&self, query: &Query) -> bool {
        let end = usize::from(self.head().question_end);
        let [high, low] = query.record_type.0.to_be_bytes();
        let [class_high, class_low] = query.class.0.to_be_bytes();
        self.spelling().eq_ignore_ascii_case(query.spelling())
            && self.message()[end - 4..end] == [high, low, class_high, class_low]
    }

    /// The name of its question, in the letters that it came in.
    fn spelling(&self) -> &[u8] {
        &self.message()[HEADER..usize::from(self.head().question_end) - 4]
    }

    /// Writes the reply to `query` into `out`, `age` seconds after the upstream answered, with no TTL above `ttl_cap` seconds;
    /// `ede` stands in place of the upstream's own extended errors.
    ///
    /// The client's id, RD, CD and spelling are repeated, AD is set where the client can tell what it means (RFC 6840 section
    /// 5.7). Over the client's limit the extended errors go, then the additional section, then all records: TC is set. A query
    /// that this message does not answer gets SERVFAIL.
    pub fn render(&self, query: &Query, age: u32, ttl_cap: u32, ede: Option<(Ede, &str)>, out: &mut Vec<u8>) -> Rcode {
        let Head { rcode, flags, question_end, additional, .. } = self.head();
        let (question_end, additional) = (usize::from(question_end), usize::from(additional));
        // Upper bits of a response code need an OPT record.
        let untold = rcode.0 > 0x0f && query.edns.is_none();
        if untold || !self.answers(query) {
            return Reply::new(query, out).rcode(Rcode::SERVFAIL).finish();
        }
        out.clear();
        out.extend_from_slice(self.message());
        let bit = |flag: u8, bit: u16| if flags & flag == 0 { 0 } else { bit };
        let authentic = if query.wants_authentic_data() { bit(AUTHENTIC_DATA, AD) } else { 0 };
        let said = bit(AUTHORITATIVE, AA) | authentic | bit(TRUNCATED, TC);
        let flags = QR | RA | said | echoed(query) | rcode.0 & 0x0f;
        out[..2].copy_from_slice(&query.id.to_be_bytes());
        out[2..4].copy_from_slice(&flags.to_be_bytes());
        // The same letters in the client's own case: as long as before, so pointers to them stay true.
        out[HEADER..question_end - 4].copy_from_slice(query.spelling());
        for place in self.ttl_offsets() {
            let kept = u32::from_be_bytes(out[place..place + 4].try_into().expect("four octets"));
            out[place..place + 4].copy_from_slice(&kept.saturating_sub(age).min(ttl_cap).to_be_bytes());
        }

        let errors = match ede {
            Some((code, text)) => Errors::Ours(code, text),
            None if self.errors().is_empty() => Errors::Without,
            None => Errors::Passed(self.errors()),
        };
        if opt::append(out, query, rcode, errors) {
            return rcode;
        }
        // Pointers go backwards, so the front of a message stands without its end.
        out.truncate(additional);
        out[10..12].fill(0);
        if !opt::append(out, query, rcode, errors) {
            out.truncate(question_end);
            out[6..12].fill(0);
            out[2..4].copy_from_slice(&(flags | TC).to_be_bytes());
            opt::append(out, query, rcode, errors);
        }
        rcode
    }
}
