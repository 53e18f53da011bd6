//! Where an answer leads: the names and addresses in a tidied message that a client would go on to.
//!
//! The rule: whatever a client may follow is here. CNAME and DNAME targets, the targets of SVCB and HTTPS records in either mode,
//! addresses, and address hints (RFC 9460 section 7.3), in the answer and in what is handed along with it.
//!
//! # Cost
//! A lead is its place in the message, three octets; it is read where it stands, and nothing is allocated (`benches/cache.rs`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::chain::Chain;
use super::labels::Spelt;
use super::{Name, RecordType};

/// One name or address that an answer leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "one at a time is read onto the stack, for which a box would have to be allocated")]
pub enum Lead {
    /// The target of an alias, or the name behind an SVCB or HTTPS record.
    Name(Name),
    /// The address of a record, or a hint.
    Address(IpAddr),
}

impl Lead {
    /// The address, where it is one.
    pub const fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::Address(address) => Some(*address),
        }
    }
}

impl std::fmt::Display for Lead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// The leads of one message, as they were read.
#[derive(Debug, Clone, Default)]
pub(super) struct Leads {
    /// The chain's targets in its order, then the others as they stand; [`PLACE`] octets each.
    places: Vec<u8>,
    /// How many targets the chain has.
    chain: u8,
    /// Names that a DNAME makes and that stand nowhere in the message, one behind the other in wire form.
    made: Vec<u8>,
}

/// The octets of a place: its kind and its number.
pub(super) const PLACE: usize = 3;

/// Where a lead stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    kind: Kind,
    at: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A name in the message.
    Name,
    /// A name that is not in the message.
    Made,
    V4,
    V6,
}

impl Place {
    const fn packed(self) -> [u8; PLACE] {
        let [low, high] = self.at.to_ne_bytes();
        [self.kind as u8, low, high]
    }

    fn unpacked(packed: &[u8]) -> Option<Self> {
        let [kind, low, high] = *packed.first_chunk()?;
        let kind = [Kind::Name, Kind::Made, Kind::V4, Kind::V6].into_iter().find(|known| *known as u8 == kind)?;
        Some(Self { kind, at: u16::from_ne_bytes([low, high]) })
    }
}

/// RFC 9460 section 14.3.2: the keys of address hints.
const IPV4_HINT: u16 = 4;
const IPV6_HINT: u16 = 6;

/// Gathers places, record after record.
struct Gathering<'a> {
    bytes: &'a [u8],
    places: Vec<Place>,
}

impl Leads {
    /// Reads the leads of a tidied message: its records begin at `question_end`, their TTLs stand at `ttl_offsets`, and the additional
    /// section begins at `additional`.
    pub(super) fn read(bytes: &[u8], question_end: usize, additional: usize, ttl_offsets: &[u16], chain: &Chain) -> Self {
        let mut gathering = Gathering { bytes, places: Vec::new() };
        let mut standing: Vec<(Name, Place)> = Vec::new();
        let mut start = question_end;
        // The authority section says who answers for a zone; nobody goes there for a page.
        let answers = bytes.get(6..8).map_or(0, |count| usize::from(u16::from_be_bytes([count[0], count[1]])));
        for (place, ttl_offset) in ttl_offsets.iter().map(|offset| usize::from(*offset)).enumerate() {
            let word = |at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
            let record_type = RecordType(word(ttl_offset - 4) as u16);
            let data = ttl_offset + 6..ttl_offset + 6 + word(ttl_offset + 4);
            let owner = start;
            start = data.end;
            if place >= answers && owner < additional {
                continue;
            }
            match record_type {
                RecordType::CNAME => match gathering.name(data.start) {
                    Some(name) if place < answers => standing.extend(gathering.places.pop().map(|place| (name, place))),
                    Some(_) | None => {}
                },
                RecordType::A => gathering.push(Kind::V4, data.start),
                RecordType::AAAA => gathering.push(Kind::V6, data.start),
                RecordType::SVCB | RecordType::HTTPS => gathering.service(data),
                _ => {}
            }
        }
        // What a DNAME leads to is the name made by it, which mostly stands in a CNAME too (RFC 6672 section 3.1).
        let mut made = Vec::new();
        let mut places: Vec<Place> = Vec::with_capacity(chain.targets().len() + gathering.places.len());
        for name in chain.targets() {
            places.push(match standing.iter().find(|(target, _)| target == name) {
                Some((_, place)) => *place,
                None => {
                    let at = u16::try_from(made.len()).expect("a chain has at most 16 names of 255 octets");
                    made.extend_from_slice(name.as_wire());
                    Place { kind: Kind::Made, at }
                }
            });
        }
        let targets = u8::try_from(places.len()).expect("a chain has at most 16 names");
        places.append(&mut gathering.places);
        let places = places.into_iter().flat_map(Place::packed).collect();
        Self { places, chain: targets, made }
    }

    pub(super) fn places(&self) -> &[u8] {
        &self.places
    }

    pub(super) const fn chain(&self) -> u8 {
        self.chain
    }

    pub(super) fn made(&self) -> &[u8] {
        &self.made
    }
}

/// The leads of a message at these places, some of them in names that it `made`.
pub(super) fn iter<'a>(message: &'a [u8], places: &'a [u8], made: &'a [u8]) -> impl Iterator<Item = Lead> + 'a {
    places.chunks_exact(PLACE).filter_map(move |place| {
        let Place { kind, at } = Place::unpacked(place)?;
        let at = usize::from(at);
        let rest = message.get(at..);
        match kind {
            Kind::Name => Spelt::read(message, at).ok().map(|spelt| Lead::Name(spelt.name())),
            Kind::Made => Name::from_wire(made.get(at..)?).ok().map(Lead::Name),
            Kind::V4 => rest?.first_chunk::<4>().map(|octets| Lead::Address(Ipv4Addr::from(*octets).into())),
            Kind::V6 => rest?.first_chunk::<16>().map(|octets| Lead::Address(Ipv6Addr::from(*octets).into())),
        }
    })
}

impl Gathering<'_> {
    fn push(&mut self, kind: Kind, at: usize) {
        let at = u16::try_from(at).expect("the message has at most 65,535 octets");
        self.places.push(Place { kind, at });
    }

    /// Takes the name at `at`; the root is nobody's target (RFC 9460 section 2.5: the owner itself, or no service at all).
    fn name(&mut self, at: usize) -> Option<Name> {
        let name = Spelt::read(self.bytes, at).ok().map(|spelt| spelt.name()).filter(|name| !name.is_root())?;
        self.push(Kind::Name, at);
        Some(name)
    }

    /// Takes the target and the hints of an SVCB or HTTPS record (RFC 9460 section 2.2), as far as they can be read.
    ///
    /// The target is never to be compressed; a client that reads such a one all the same is led to where it is read here.
    fn service(&mut self, data: std::ops::Range<usize>) {
        let target = data.start + 2;
        let Some(spelt) = Spelt::read(self.bytes, target).ok().filter(|spelt| spelt.end <= data.end) else { return };
        self.name(target);
        let mut at = spelt.end;
        while let Some([key_high, key_low, high, low]) = self.bytes.get(at..data.end).and_then(|rest| rest.first_chunk()) {
            let value = at + 4..at + 4 + usize::from(u16::from_be_bytes([*high, *low]));
            if value.end > data.end {
                return;
            }
            let hints = match u16::from_be_bytes([*key_high, *key_low]) {
                IPV4_HINT => Some((Kind::V4, 4)),
                IPV6_HINT => Some((Kind::V6, 16)),
                _ => None,
            };
            if let Some((kind, len)) = hints {
                for place in value.clone().step_by(len).filter(|place| place + len <= value.end) {
                    self.push(kind, place);
                }
            }
            at = value.end;
        }
    }
}

#[cfg(test)]
mod tests;
