//! Notes on their way to the writer, one behind the other in octets.
//!
//! The rule: what tells repeats from one another stands in one run of octets, so that it is hashed as it lies there, and only a first
//! one is ever made an [`Entry`].
//!
//! # Cost
//! A note takes some 60 octets and those of its name; words that notes share are held once. Room is kept from one filling to the
//! next, so that noting allocates nothing (`benches/journal.rs`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use jiff::Timestamp;

use super::{Entry, Note};
use crate::dns::{Lead, Name, Rcode, RecordType, Transport};
use crate::policy::{Outcome, Reason};

/// Notes, the earliest first.
#[derive(Debug, Default)]
pub(super) struct Sheaf {
    octets: Vec<u8>,
    entries: usize,
    contexts: Vec<Context>,
    leads: Vec<Box<Lead>>,
}

/// The words that notes mostly share.
#[derive(Debug)]
struct Context {
    group: Arc<str>,
    tier: Arc<str>,
    category: Option<Arc<str>>,
}

/// So many of the contexts noted last are looked through for the next note's; one that is not found is noted again.
const LOOKED_THROUGH: usize = 8;

/// The octets before those that tell repeats apart: length, time, snapshot, duration, context, lead, rcode, reason, transport.
const HEAD: usize = 2 + 8 + 8 + 4 + 4 + 4 + 2 + 1 + 1;

/// Client (with its family), type and outcome, before the name.
const KEY_HEAD: usize = 1 + 16 + 2 + 1;

/// No lead.
const NO_LEAD: u32 = u32::MAX;

/// A note as it lies in a sheaf.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'s> {
    sheaf: &'s Sheaf,
    octets: &'s [u8],
}

impl Sheaf {
    /// How many notes there are.
    pub(super) const fn len(&self) -> usize {
        self.entries
    }

    /// Lays a note down.
    pub(super) fn lay(&mut self, note: &Note<'_>) {
        let context = self.context(note);
        let lead = match note.by_alias {
            None => NO_LEAD,
            Some(lead) => {
                self.leads.push(Box::new(lead.clone()));
                u32::try_from(self.leads.len() - 1).unwrap_or(NO_LEAD)
            }
        };
        let name = note.name.as_wire();
        // A name has at most 255 octets.
        let length = (HEAD + KEY_HEAD + name.len()) as u16;
        let (family, client) = match note.client {
            IpAddr::V4(client) => (4, client.to_ipv6_mapped().octets()),
            IpAddr::V6(client) => (6, client.octets()),
        };
        let mut head = [0; HEAD + KEY_HEAD];
        let mut at = 0;
        let mut put = |octets: &[u8]| {
            head[at..at + octets.len()].copy_from_slice(octets);
            at += octets.len();
        };
        put(&length.to_le_bytes());
        put(&note.time.as_microsecond().to_le_bytes());
        put(&note.snapshot.to_le_bytes());
        put(&note.micros.to_le_bytes());
        put(&context.to_le_bytes());
        put(&lead.to_le_bytes());
        put(&note.rcode.0.to_le_bytes());
        put(&[note.reason as u8, note.transport as u8, family]);
        put(&client);
        put(&note.record_type.0.to_le_bytes());
        put(&[note.outcome as u8]);
        self.octets.extend_from_slice(&head);
        self.octets.extend_from_slice(name);
        self.entries += 1;
    }

    /// Whether all notes lie before the octet `from`.
    pub(super) const fn ends_at(&self, from: usize) -> bool {
        from >= self.octets.len()
    }

    /// Forgets all; the room stays.
    pub(super) fn clear(&mut self) {
        let Self { octets, entries, contexts, leads } = self;
        octets.clear();
        contexts.clear();
        leads.clear();
        *entries = 0;
    }

    /// The notes in their order, from the octet `from` on, at which one begins.
    pub(super) fn records(&self, from: usize) -> impl Iterator<Item = Record<'_>> {
        let mut rest = self.octets.get(from..).unwrap_or_default();
        std::iter::from_fn(move || {
            let length = usize::from(u16::from_le_bytes(*rest.first_chunk()?));
            let (octets, behind) = rest.split_at_checked(length)?;
            rest = behind;
            Some(Record { sheaf: self, octets })
        })
    }

    fn context(&mut self, note: &Note<'_>) -> u32 {
        let same = |context: &Context| {
            let category = match (&context.category, note.category) {
                (Some(own), Some(noted)) => Arc::ptr_eq(own, noted),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            category && Arc::ptr_eq(&context.group, note.group) && Arc::ptr_eq(&context.tier, note.tier)
        };
        let known = self.contexts.iter().enumerate().rev().take(LOOKED_THROUGH).find(|(_, context)| same(context));
        let place = match known {
            Some((place, _)) => place,
            None => {
                let (group, tier, category) = (Arc::clone(note.group), Arc::clone(note.tier), note.category.cloned());
                self.contexts.push(Context { group, tier, category });
                self.contexts.len() - 1
            }
        };
        u32::try_from(place).expect("a sheaf is too small for so many")
    }
}

impl<'s> Record<'s> {
    /// What tells repeats from one another: client, type, outcome and name.
    pub(super) fn key(self) -> &'s [u8] {
        &self.octets[HEAD..]
    }

    /// How many octets it takes in its sheaf.
    pub(super) const fn size(self) -> usize {
        self.octets.len()
    }

    /// When the query was answered, in microseconds since 1970.
    pub(super) fn time(self) -> i64 {
        i64::from_le_bytes(self.part(2))
    }

    /// The note as an entry of its own.
    pub(super) fn entry(self) -> Entry {
        let Context { group, tier, category } = &self.sheaf.contexts[u32::from_le_bytes(self.part(22)) as usize];
        let [reason, transport, family] = self.part(32);
        let key = &self.octets[HEAD..];
        let client = Ipv6Addr::from(self.part::<16>(HEAD + 1));
        let lead = u32::from_le_bytes(self.part(26));
        Entry {
            time: Timestamp::from_microsecond(self.time()).expect("it was a time when it was noted"),
            client: match (family, client.to_ipv4_mapped()) {
                (4, Some(client)) => IpAddr::V4(client),
                (4, None) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                (_, _) => IpAddr::V6(client),
            },
            group: Arc::clone(group),
            tier: Arc::clone(tier),
            name: Name::from_wire(&key[KEY_HEAD..]).expect("it was a name when it was noted"),
            record_type: RecordType(u16::from_le_bytes(self.part(HEAD + 17))),
            transport: if transport == Transport::Udp as u8 { Transport::Udp } else { Transport::Tcp },
            outcome: Outcome::ALL[usize::from(key[KEY_HEAD - 1])],
            reason: Reason::ALL[usize::from(reason)],
            category: category.clone(),
            rcode: Rcode(u16::from_le_bytes(self.part(30))),
            micros: u32::from_le_bytes(self.part(18)),
            snapshot: u64::from_le_bytes(self.part(10)),
            by_alias: (lead != NO_LEAD).then(|| self.sheaf.leads[lead as usize].clone()),
        }
    }

    fn part<const N: usize>(self, at: usize) -> [u8; N] {
        *self.octets[at..].first_chunk().expect("a note has its head")
    }
}

#[cfg(test)]
mod tests;
