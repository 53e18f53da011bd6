//! The one block of memory that an upstream's answer lies in, with all that is known of it.
//!
//! The rule: whoever makes or changes an answer does so on its [`Parts`]; packed, it is only read.
//!
//! # Cost
//! An answer is one allocation, and what renders it finds everything in lines of memory that lie side by side. Reading a field is
//! reading two octets of the head.

use std::sync::Arc;

use super::leads::{Leads, PLACE};
use super::{Rcode, Relayed};

/// What is known of an answer before it is packed.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) bytes: Vec<u8>,
    pub(super) question_end: usize,
    /// Where the additional section begins.
    pub(super) additional: usize,
    pub(super) ttl_offsets: Vec<u16>,
    pub(super) rcode: Rcode,
    pub(super) authentic_data: bool,
    /// The last alias leads to a name that its server does not speak for.
    pub(super) leaves: bool,
    pub(super) truncated: bool,
    pub(super) leads: Leads,
    pub(super) lifetime: u32,
    /// The extended errors as options in wire form.
    pub(super) errors: Vec<u8>,
}

/// The octets before the message: the fields of [`Head`], in its order.
const HEAD: usize = 20;

/// Where the flags stand in the head.
const FLAGS: usize = 18;

/// What stands before the message: the response code, where its parts begin and how long they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) lifetime: u32,
    /// The message's length, and places in it.
    pub(super) message: u16,
    pub(super) question_end: u16,
    pub(super) additional: u16,
    /// How many TTLs it has, and how many leads.
    ttls: u16,
    places: u16,
    /// The octets of the names that a DNAME makes.
    made: u16,
    pub(super) rcode: Rcode,
    pub(super) flags: u8,
    pub(super) chain: u8,
}

/// The answer's flags, a bit each.
pub(super) const AUTHENTIC_DATA: u8 = 1;
pub(super) const AUTHORITATIVE: u8 = 1 << 1;
pub(super) const LEAVES: u8 = 1 << 2;
pub(super) const TRUNCATED: u8 = 1 << 3;

impl Parts {
    /// Packs it; the message has at most 65,535 octets.
    pub(super) fn pack(self) -> Relayed {
        let short = |count: usize| u16::try_from(count).expect("a message has at most 65,535 octets").to_ne_bytes();
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let (places, made) = (self.leads.places(), self.leads.made());
        let room = HEAD + self.bytes.len() + 2 * self.ttl_offsets.len() + places.len() + made.len() + self.errors.len();
        let mut packed = Vec::with_capacity(room);
        packed.extend(self.lifetime.to_ne_bytes());
        for count in [self.bytes.len(), self.question_end, self.additional, self.ttl_offsets.len()] {
            packed.extend(short(count));
        }
        for count in [places.len() / PLACE, made.len()] {
            packed.extend(short(count));
        }
        packed.extend(self.rcode.0.to_ne_bytes());
        packed.push(flag(self.authentic_data, AUTHENTIC_DATA) | flag(self.leaves, LEAVES) | flag(self.truncated, TRUNCATED));
        packed.push(self.leads.chain());
        packed.extend_from_slice(&self.bytes);
        packed.extend(self.ttl_offsets.iter().flat_map(|offset| offset.to_ne_bytes()));
        packed.extend_from_slice(places);
        packed.extend_from_slice(made);
        packed.extend_from_slice(&self.errors);
        Relayed { packed: packed.into() }
    }
}

impl Relayed {
    pub(super) fn head(&self) -> Head {
        let head: &[u8; HEAD] = self.packed.first_chunk().expect("packed behind a head");
        let word = |at: usize| u16::from_ne_bytes([head[at], head[at + 1]]);
        Head {
            lifetime: u32::from_ne_bytes([head[0], head[1], head[2], head[3]]),
            message: word(4),
            question_end: word(6),
            additional: word(8),
            ttls: word(10),
            places: word(12),
            made: word(14),
            rcode: Rcode(word(16)),
            flags: head[FLAGS],
            chain: head[FLAGS + 1],
        }
    }

    /// The message, its header empty but for the counts.
    pub(super) fn message(&self) -> &[u8] {
        &self.packed[HEAD..HEAD + usize::from(self.head().message)]
    }

    /// The places of its TTLs.
    pub(super) fn ttl_offsets(&self) -> impl Iterator<Item = usize> + '_ {
        let offsets = &self.packed[self.head().ttls()];
        offsets.chunks_exact(2).map(|offset| usize::from(u16::from_ne_bytes([offset[0], offset[1]])))
    }

    /// The places of its leads, and the names that stand nowhere in the message.
    pub(super) fn lead_parts(&self) -> (&[u8], &[u8]) {
        let head = self.head();
        (&self.packed[head.places()], &self.packed[head.made()])
    }

    /// The extended errors as options in wire form.
    pub(super) fn errors(&self) -> &[u8] {
        &self.packed[self.head().made().end..]
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.packed[FLAGS] & flag != 0
    }

    /// The same but for a flag; where nobody else holds the answer it is changed in its place.
    pub(super) fn with(mut self, flag: u8, set: bool) -> Self {
        let flags = &mut Arc::make_mut(&mut self.packed)[FLAGS];
        if set {
            *flags |= flag
        } else {
            *flags &= !flag
        }
        self
    }
}

impl Head {
    /// The parts behind the message, each after the other.
    fn ttls(&self) -> std::ops::Range<usize> {
        let start = HEAD + usize::from(self.message);
        start..start + 2 * usize::from(self.ttls)
    }

    fn places(&self) -> std::ops::Range<usize> {
        let start = self.ttls().end;
        start..start + PLACE * usize::from(self.places)
    }

    fn made(&self) -> std::ops::Range<usize> {
        let start = self.places().end;
        start..start + usize::from(self.made)
    }
}
