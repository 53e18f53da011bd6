//! Networks in an image: for each stretch of addresses the effective sets, and for "why" each rule with its list and line.
//!
//! # Cost
//! The compiler cuts all networks of an owner into stretches without overlap, so that a look-up is one binary search among their
//! first addresses, sixteen steps for sixty thousand networks, and allocates nothing (`benches/index.rs`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::layout::ImageFault;
use crate::lists::CategorySet;

/// What the lists of an owner say of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(in crate::lists) struct NetSets {
    /// The categories.
    pub(in crate::lists) categories: CategorySet,
    /// The places of observing lists that name it.
    pub(in crate::lists) observed: u64,
}

/// A network of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::lists) struct NetRule {
    pub(in crate::lists) network: IpNet,
    /// The list, by its place in the image.
    pub(in crate::lists) list: u16,
    pub(in crate::lists) line: u32,
}

/// The stretches of one address family: where each begins, and what holds from there to the next; before the first nothing does.
pub(in crate::lists) type Stretches<A> = Vec<(A, NetSets)>;

/// The two parts of an image that are about networks.
#[derive(Debug, Clone, Default)]
pub(in crate::lists) struct NetParts {
    /// Hot: the stretches.
    pub(in crate::lists) stretches: Vec<u8>,
    /// Cold: the rules.
    pub(in crate::lists) rules: Vec<u8>,
}

/// Octets of a first address, of the place of its sets, and of sets.
const V4: usize = 4;
const V6: usize = 16;
const PLACE: usize = 4;
const SETS: usize = 16;
/// Octets of a rule: address, length of the prefix, family, list, line.
const RULE: usize = 24;
/// The counts in front of the stretches: of IPv4, of IPv6, of sets.
const COUNTS: usize = 12;

impl NetParts {
    /// The octets of stretches and rules.
    pub(in crate::lists) fn new(v4: &Stretches<Ipv4Addr>, v6: &Stretches<Ipv6Addr>, rules: &[NetRule]) -> Self {
        let mut sets: Vec<NetSets> = Vec::new();
        let mut known = std::collections::HashMap::new();
        let mut place = |of: &NetSets| {
            let next = sets.len();
            let place = *known.entry(*of).or_insert(next);
            if place == next {
                sets.push(*of);
            }
            u32::try_from(place).expect("no more sets than stretches, of which an image has fewer")
        };
        let places: Vec<u32> = v4.iter().map(|(_, sets)| sets).chain(v6.iter().map(|(_, sets)| sets)).map(&mut place).collect();
        let mut stretches = Vec::new();
        for count in [v4.len(), v6.len(), sets.len()] {
            stretches.extend(u32::try_from(count).expect("an image holds fewer networks").to_le_bytes());
        }
        v4.iter().for_each(|(first, _)| stretches.extend(u32::from(*first).to_le_bytes()));
        v6.iter().for_each(|(first, _)| stretches.extend(u128::from(*first).to_le_bytes()));
        places.iter().for_each(|place| stretches.extend(place.to_le_bytes()));
        for NetSets { categories, observed } in sets {
            stretches.extend(categories.bits().to_le_bytes());
            stretches.extend(observed.to_le_bytes());
        }
        Self { stretches, rules: rules.iter().flat_map(|rule| rule.to_bytes()).collect() }
    }
}

impl NetRule {
    fn to_bytes(self) -> [u8; RULE] {
        let mut bytes = [0; RULE];
        match self.network {
            IpNet::V4(network) => bytes[..V4].copy_from_slice(&network.network().octets()),
            IpNet::V6(network) => bytes[..V6].copy_from_slice(&network.network().octets()),
        }
        bytes[16] = self.network.prefix_len();
        bytes[17] = u8::from(matches!(self.network, IpNet::V6(_)));
        bytes[18..20].copy_from_slice(&self.list.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.line.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; RULE]) -> Option<Self> {
        let [prefix, family] = [bytes[16], bytes[17]];
        let network = match family {
            0 => Ipv4Net::new(Ipv4Addr::from(*bytes.first_chunk()?), prefix).ok()?.into(),
            1 => Ipv6Net::new(Ipv6Addr::from(*bytes.first_chunk()?), prefix).ok()?.into(),
            _ => return None,
        };
        let list = u16::from_le_bytes([bytes[18], bytes[19]]);
        Some(Self { network, list, line: u32::from_le_bytes([bytes[20], bytes[21], bytes[22], bytes[23]]) })
    }
}

/// Where the parts of the stretches lie in their section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NetLayout {
    v4: Range<usize>,
    v6: Range<usize>,
    places: Range<usize>,
    sets: Range<usize>,
}

impl NetLayout {
    /// Reads and checks the counts, and the places of sets.
    pub(super) fn read(stretches: &[u8], rules: &[u8]) -> Result<Self, ImageFault> {
        const FAULT: ImageFault = ImageFault::Damaged("its networks do not fit together");
        let counts: &[u8; COUNTS] = stretches.first_chunk().ok_or(FAULT)?;
        let count = |at: usize| u32::from_le_bytes(counts[at..at + 4].try_into().expect("four octets")) as usize;
        let mut end = COUNTS;
        let mut part = |count: usize, octets: usize| {
            let begin = end;
            end = count.checked_mul(octets).and_then(|len| begin.checked_add(len)).ok_or(FAULT)?;
            Ok::<_, ImageFault>(begin..end)
        };
        let v4 = part(count(0), V4)?;
        let v6 = part(count(4), V6)?;
        let places = part(count(0) + count(4), PLACE)?;
        let sets = part(count(8), SETS)?;
        if stretches.len() != sets.end || !rules.len().is_multiple_of(RULE) {
            return Err(FAULT);
        }
        let known = count(8);
        let stray =
            stretches[places.clone()].as_chunks::<PLACE>().0.iter().any(|place| u32::from_le_bytes(*place) as usize >= known);
        if stray { Err(FAULT) } else { Ok(Self { v4, v6, places, sets }) }
    }

    /// Octets that queries touch, all of them together.
    pub(super) const fn hot_bytes(&self) -> usize {
        self.sets.end
    }
}

/// The networks of an image.
#[derive(Debug, Clone, Copy)]
pub(in crate::lists) struct Networks<'i> {
    pub(super) layout: &'i NetLayout,
    pub(super) stretches: &'i [u8],
    pub(super) rules: &'i [u8],
}

impl<'i> Networks<'i> {
    /// What the lists say of an address. An IPv4-mapped IPv6 address is its IPv4 address.
    pub(in crate::lists) fn find(&self, address: IpAddr) -> NetSets {
        let (before, first) = match address.to_canonical() {
            IpAddr::V4(address) => {
                let (wanted, starts) = (u32::from(address), self.part(&self.layout.v4).as_chunks::<V4>().0);
                (starts.partition_point(|start| u32::from_le_bytes(*start) <= wanted), 0)
            }
            IpAddr::V6(address) => {
                let (wanted, starts) = (u128::from(address), self.part(&self.layout.v6).as_chunks::<V6>().0);
                let others = self.layout.v4.len() / V4;
                (starts.partition_point(|start| u128::from_le_bytes(*start) <= wanted), others)
            }
        };
        let Some(stretch) = before.checked_sub(1) else { return NetSets::default() };
        self.sets(first + stretch).unwrap_or_default()
    }

    fn sets(&self, stretch: usize) -> Option<NetSets> {
        let place = *self.part(&self.layout.places).as_chunks::<PLACE>().0.get(stretch)?;
        let bytes = self.part(&self.layout.sets).as_chunks::<SETS>().0.get(u32::from_le_bytes(place) as usize)?;
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight octets"));
        Some(NetSets { categories: CategorySet::from_bits(word(0)), observed: word(8) })
    }

    fn part(&self, range: &Range<usize>) -> &'i [u8] {
        // NetLayout::read has seen that every part lies inside.
        self.stretches.get(range.clone()).unwrap_or_default()
    }

    /// Every rule.
    pub(in crate::lists) fn rules(&self) -> impl Iterator<Item = NetRule> + use<'i> {
        self.rules.as_chunks::<RULE>().0.iter().filter_map(NetRule::from_bytes)
    }

    /// Every rule whose network holds the address, by network, list and line.
    pub(in crate::lists) fn rules_for(&self, address: IpAddr) -> impl Iterator<Item = NetRule> + use<'i> {
        let address = address.to_canonical();
        self.rules().filter(move |rule| rule.network.contains(&address))
    }
}
