//! Makes of an upstream's message the form that is kept and passed on.
//!
//! What was asked for is passed on whole and unread (RFC 3597); what was not asked for is dropped, so that no record is ever used
//! for another question: answers off the question's alias chain, records of another class, signatures of the transport.

use super::chain::{Astray, Chain, Owned};
use super::leads::Leads;
use super::packed::Parts;
use super::rewrite::{Rewritten, rewrite};
use super::{Bailiwick, HEADER, Malformed, Message, Name, Question, Rcode, RecordType, Relayed, Section, opt};

/// No record is kept longer, in seconds.
///
/// One day is what RFC 8767 section 4 names as a sensible order, and resolvers in use cap at it by default.
pub const MOST_TTL: u32 = 86_400;

/// Absence is kept no longer, in seconds: RFC 2308 section 5 found one to three hours to work well.
pub const MOST_NEGATIVE_TTL: u32 = 10_800;

/// How many extended errors of an upstream are passed on.
const MOST_ERRORS: usize = 4;

/// Why an upstream's message is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untidy {
    /// It is no message.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It repeats no question.
    #[error("no question")]
    NoQuestion,
    /// Its aliases lead in a circle.
    #[error("the aliases lead in a circle")]
    Loop,
    /// It goes through more than [`super::MOST_ALIASES`] aliases.
    #[error("more aliases than anyone needs")]
    LongChain,
    /// Without compression pointers that could not be kept it is longer than 65,535 octets.
    #[error("too long once its names are written out")]
    TooLong,
}

impl From<Astray> for Untidy {
    fn from(astray: Astray) -> Self {
        match astray {
            Astray::Loop => Self::Loop,
            Astray::TooFar => Self::LongChain,
        }
    }
}

/// Whether the question had DO, so that signatures and proofs of absence belong to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    /// They were asked for.
    Wanted,
    /// They were not, and whoever sends them all the same has them dropped (RFC 4035 section 3.2.1).
    Unasked,
}

/// Makes of a message, already known to answer the question asked, what is kept and passed on.
///
/// # Errors
/// As [`Untidy`] says; another upstream may do better.
pub fn tidy(message: &Message<'_>, signatures: Signatures) -> Result<Relayed, Untidy> {
    tidy_within(message, signatures, &Bailiwick::default())
}

/// As [`tidy`], of a server whose word is taken for the names of `bailiwick` alone: all its other records are dropped, in every
/// section. An alias that leads out of the bailiwick is kept, and what the server says of its target is not.
///
/// # Errors
/// As [`tidy`].
pub fn tidy_within(message: &Message<'_>, signatures: Signatures, bailiwick: &Bailiwick) -> Result<Relayed, Untidy> {
    tidied(message, signatures, bailiwick).map(Parts::pack)
}

fn tidied(message: &Message<'_>, signatures: Signatures, bailiwick: &Bailiwick) -> Result<Parts, Untidy> {
    let question = message.question().ok_or(Untidy::NoQuestion)?;
    let sent = message.all_records().count();
    let owned = message.all_records().map(|record| (record.clone(), record.owner()));
    let records: Vec<Owned<'_>> = owned.filter(|(_, owner)| bailiwick.holds(owner)).collect();
    // An alias of another class leads nowhere: it is not passed on either.
    let leads = |(record, _): &&Owned<'_>| record.section == Section::Answer && record.class == question.class;
    let answers: Vec<&Owned<'_>> = records.iter().filter(leads).collect();
    let chain = Chain::follow(&question.name, &answers)?;
    let leaves = !bailiwick.holds(chain.last());
    // What is said behind an alias that leads away is about its target, the rcode too (RFC 6604 section 3).
    let rcode = if leaves && message.rcode() == Rcode::NXDOMAIN { Rcode::NOERROR } else { message.rcode() };
    let stays = |(record, _): &&Owned<'_>| !leaves || record.section == Section::Answer;
    let kept: Vec<&Owned<'_>> =
        records.iter().filter(|owned| is_kept(owned, question, &chain, signatures)).filter(stays).collect();

    let negative = if leaves { Negative::No } else { Negative::of(rcode, question, &kept) };
    let ttls = ttls(&kept, negative);
    let untouched = kept.len() == sent && message.opt_is_last() && !message.stray_pointers();
    let Rewritten { mut bytes, ttl_offsets, additional } = if untouched {
        copied(message, question, &kept)
    } else {
        rewrite(message, &question.name, kept.iter().map(|(record, owner)| (record, owner)))
    };
    if bytes.len() > usize::from(u16::MAX) {
        return Err(Untidy::TooLong);
    }
    write_head(&mut bytes, &kept);
    for (offset, ttl) in ttl_offsets.iter().zip(&ttls) {
        bytes[*offset..*offset + 4].copy_from_slice(&ttl.to_be_bytes());
    }

    let mut errors = Vec::new();
    for (code, text) in message.ede().take(MOST_ERRORS) {
        opt::push_error(&mut errors, code, opt::cut_text(text));
    }
    // The header's counts and the records are as they will be passed on.
    let question_end = HEADER + question.name.as_wire().len() + 4;
    let short = |place: usize| u16::try_from(place).expect("the message has at most 65,535 octets");
    let ttl_offsets: Vec<u16> = ttl_offsets.into_iter().map(short).collect();
    let leads = Leads::read(&bytes, question_end, additional, &ttl_offsets, &chain);
    Ok(Parts {
        question_end,
        additional,
        ttl_offsets,
        rcode,
        // Signatures of what was dropped vouch for nothing that is left.
        authentic_data: message.authentic_data() && records.len() == sent,
        leaves,
        truncated: message.truncated(),
        leads,
        lifetime: lifetime(message, negative, &kept, &ttls),
        errors,
        bytes,
    })
}

/// Whether a record is passed on.
fn is_kept((record, owner): &Owned<'_>, question: &Question, chain: &Chain, signatures: Signatures) -> bool {
    // TSIG, and SIG that covers nothing (RFC 2931), sign the message between two hops; they end here.
    let hop = record.record_type == RecordType::TSIG || record.record_type.0 == 24 && owner.is_root();
    let proves = [RecordType::RRSIG, RecordType::NSEC, RecordType::NSEC3].contains(&record.record_type);
    let unasked =
        signatures == Signatures::Unasked && proves && ![record.record_type, RecordType::ANY].contains(&question.record_type);
    record.class == question.class && !hop && !unasked && (record.section != Section::Answer || chain.holds(record, owner))
}

/// Whether an answer says that something does not exist, and how long that may be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Negative {
    /// It holds what was asked for.
    No,
    /// NXDOMAIN or NODATA with an SOA record: so many seconds (RFC 2308 section 5).
    For(u32),
    /// Without an SOA record it is not remembered at all.
    NotKept,
}

impl Negative {
    fn of(rcode: Rcode, question: &Question, kept: &[&Owned<'_>]) -> Self {
        let asked = |record_type| record_type == question.record_type || question.record_type == RecordType::ANY;
        let found = kept.iter().any(|(record, _)| record.section == Section::Answer && asked(record.record_type));
        if rcode != Rcode::NXDOMAIN && found {
            return Self::No;
        }
        let soa = kept.iter().find(|(record, _)| record.section == Section::Authority && record.record_type == RecordType::SOA);
        match soa.and_then(|(record, _)| Some(clamped(record.ttl()).min(clamped(record.soa_minimum()?)).min(MOST_NEGATIVE_TTL))) {
            Some(seconds) => Self::For(seconds),
            None => Self::NotKept,
        }
    }
}

/// RFC 2181 section 8: a TTL with its topmost bit set is 0.
fn clamped(ttl: u32) -> u32 {
    if ttl > i32::MAX.unsigned_abs() { 0 } else { ttl.min(MOST_TTL) }
}

/// The TTL of each record: one for all of an RRset, the smallest (RFC 2181 section 5.2).
fn ttls(kept: &[&Owned<'_>], negative: Negative) -> Vec<u32> {
    let mut ttls: Vec<u32> = kept.iter().map(|(record, _)| clamped(record.ttl())).collect();
    if let Negative::For(seconds) = negative {
        for (ttl, (record, _)) in ttls.iter_mut().zip(kept) {
            if record.section == Section::Authority && record.record_type == RecordType::SOA {
                *ttl = (*ttl).min(seconds);
            }
        }
    }
    let set_of = |index: &usize| {
        let (record, owner) = kept[*index];
        (owner.as_wire(), record.record_type, record.type_covered())
    };
    let mut order: Vec<usize> = (0..kept.len()).collect();
    order.sort_unstable_by(|left, right| set_of(left).cmp(&set_of(right)));
    for set in order.chunk_by(|left, right| set_of(left) == set_of(right)) {
        let smallest = set.iter().map(|index| ttls[*index]).min().expect("a chunk is not empty");
        for index in set {
            ttls[*index] = smallest;
        }
    }
    ttls
}

/// How many seconds the message may answer later queries.
fn lifetime(message: &Message<'_>, negative: Negative, kept: &[&Owned<'_>], ttls: &[u32]) -> u32 {
    if message.truncated() || !matches!(message.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN) {
        return 0;
    }
    let most = match negative {
        Negative::No => MOST_TTL,
        Negative::For(seconds) => seconds,
        Negative::NotKept => return 0,
    };
    let said = kept.iter().zip(ttls).filter(|((record, _), _)| record.section != Section::Additional).map(|(_, ttl)| *ttl);
    said.min().unwrap_or(0).min(most)
}

/// The message as it came, without the OPT record at its end.
fn copied(message: &Message<'_>, question: &Question, kept: &[&Owned<'_>]) -> Rewritten {
    let question_end = HEADER + question.name.as_wire().len() + 4;
    let end = kept.last().map_or(question_end, |(record, _)| record.end);
    let before_additional = kept.iter().rfind(|(record, _)| record.section != Section::Additional);
    Rewritten {
        bytes: message.as_bytes()[..end].to_vec(),
        ttl_offsets: kept.iter().map(|(record, _)| record.ttl_offset).collect(),
        additional: before_additional.map_or(question_end, |(record, _)| record.end),
    }
}

/// Empties the header but for its counts.
fn write_head(bytes: &mut [u8], kept: &[&Owned<'_>]) {
    let count = |section: Section| {
        let records = kept.iter().filter(|(record, _)| record.section == section).count();
        u16::try_from(records).expect("a message's counts are 16 bits wide")
    };
    let words = [0, 0, 1, count(Section::Answer), count(Section::Authority), count(Section::Additional)];
    for (place, word) in bytes.chunks_exact_mut(2).zip(words) {
        place.copy_from_slice(&u16::to_be_bytes(word));
    }
}

impl Parts {
    /// As [`Relayed::read_within`], to be changed before it is packed.
    pub(super) fn read_within(bytes: &[u8], bailiwick: &Bailiwick) -> Result<Self, Untidy> {
        tidied(&Message::parse(bytes)?, Signatures::Wanted, bailiwick)
    }
}

impl Relayed {
    /// Reads, checks and tidies an upstream's message in one go; its question had DO.
    ///
    /// # Errors
    /// As [`Untidy`] says.
    pub fn read(bytes: &[u8]) -> Result<Self, Untidy> {
        tidy(&Message::parse(bytes)?, Signatures::Wanted)
    }

    /// As [`Relayed::read`], of a server that speaks for the names of `bailiwick`.
    ///
    /// # Errors
    /// As [`Untidy`] says.
    pub fn read_within(bytes: &[u8], bailiwick: &Bailiwick) -> Result<Self, Untidy> {
        Parts::read_within(bytes, bailiwick).map(Parts::pack)
    }

    /// The name that the message answers for, folded.
    pub fn name(&self) -> Name {
        Name::from_wire(&self.message()[HEADER..]).expect("tidied from a checked question")
    }
}

#[cfg(test)]
mod tests;
