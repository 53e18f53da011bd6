//! From an address to the group it belongs to: the longest prefix wins, and every client has a group.
//!
//! # Cost
//! Runs on every query and allocates nothing, whatever the number of subnets. Guarded by `benches/policy.rs`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::joint::JointPrefixMap;

use super::group::is_link_local;
use super::{Group, GroupId, Interfaces, RateLimit, Subnet, Via};
use crate::dns::{Behalf, Query, Source};

/// Who may ask at all, besides the subnets of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Everyone: an open resolver.
    Any,
    /// The addresses in these prefixes.
    Subnets(Vec<Subnet>),
}

impl Allowed {
    /// What `"private"` stands for: RFC 1918, unique-local (RFC 4193), link-local and loopback addresses.
    ///
    /// 100.64.0.0/10 (RFC 6598) belongs to providers, not to a school, and is left out.
    pub fn private() -> Vec<Subnet> {
        let v4 = |a, b, length| IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, 0, 0), length));
        let v6 = |first, last, length| IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last), length));
        [
            v4(10, 0, 8),
            v4(172, 16, 12),
            v4(192, 168, 16),
            v4(169, 254, 16),
            v4(127, 0, 8),
            v6(0xfc00, 0, 7),
            v6(0xfe80, 0, 10),
            v6(0, 1, 128),
        ]
        .map(Subnet::from)
        .into()
    }
}

/// What led to a client's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    /// The longest prefix that holds the address.
    Subnet(Subnet),
    /// The address of ours that was asked.
    Via(IpAddr),
    /// The interface that the query came in by: its place among [`Clients::interfaces`].
    Interface(usize),
    /// No group claims the client.
    Default,
}

/// Whose query it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identified {
    /// The group, the default one where none claims the client.
    pub group: GroupId,
    /// What led there.
    pub how: How,
    /// Whether this client may ask at all.
    pub allowed: bool,
}

/// The same prefix stands in two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the subnet {subnet} is in two groups")]
pub struct SamePrefix {
    /// The prefix.
    pub subnet: Subnet,
    /// The group that names it first.
    pub first: GroupId,
    /// The group that names it again.
    pub second: GroupId,
}

/// All groups and who belongs to them.
#[derive(Debug, Clone)]
pub struct Clients {
    groups: Vec<Group>,
    subnets: JointPrefixMap<IpNet, GroupId>,
    via: Vec<(IpAddr, GroupId)>,
    interfaces: Interfaces,
    /// Who may say for whom they ask.
    forwarders: JointPrefixMap<IpNet, ()>,
    default: GroupId,
    built_in: Option<GroupId>,
    /// `None` where everyone is allowed.
    allowed: Option<JointPrefixMap<IpNet, ()>>,
}

impl Clients {
    /// The groups in the file's order; where no `default_group` is named, a built-in one with `built_in_limit` joins at the
    /// end, so that every client has a group.
    ///
    /// # Errors
    /// Every prefix that stands in two groups.
    pub fn new(
        mut groups: Vec<Group>,
        default_group: Option<GroupId>,
        built_in_limit: RateLimit,
        allowed: Allowed,
    ) -> Result<Self, Vec<SamePrefix>> {
        let built_in = default_group.is_none().then(|| {
            groups.push(Group {
                id: Group::BUILT_IN.to_owned(),
                name: Group::BUILT_IN.to_owned(),
                subnets: Vec::new(),
                via: Vec::new(),
                rate_limit: built_in_limit,
            });
            group_id(groups.len() - 1)
        });
        let mut twice = Vec::new();
        let mut subnets = JointPrefixMap::new();
        for (place, group) in groups.iter().enumerate() {
            let second = group_id(place);
            for &subnet in &group.subnets {
                match subnets.get(&subnet.net()) {
                    Some(&first) if first != second => twice.push(SamePrefix { subnet, first, second }),
                    Some(_) => {}
                    None => {
                        subnets.insert(subnet.net(), second);
                    }
                }
            }
        }
        if !twice.is_empty() {
            return Err(twice);
        }
        let (mut via, mut interfaces) = (Vec::new(), Vec::new());
        for (place, group) in groups.iter().enumerate() {
            for way in &group.via {
                match way {
                    Via::Address(address) => via.push((*address, group_id(place))),
                    Via::Interface(name) => interfaces.push((name.clone(), group_id(place))),
                }
            }
        }
        let allowed = match allowed {
            Allowed::Any => None,
            Allowed::Subnets(list) => {
                let own = groups.iter().flat_map(|group| &group.subnets);
                Some(list.iter().chain(own).map(|subnet| (subnet.net(), ())).collect())
            }
        };
        let default = default_group.or(built_in).expect("one of the two is there");
        let (interfaces, forwarders) = (Interfaces::new(interfaces), JointPrefixMap::new());
        Ok(Self { groups, subnets, via, interfaces, forwarders, default, built_in, allowed })
    }

    /// The same, where whoever asks from `forwarders` may say for whom.
    pub fn trusting(self, forwarders: impl IntoIterator<Item = Subnet>) -> Self {
        Self { forwarders: forwarders.into_iter().map(|subnet| (subnet.net(), ())).collect(), ..self }
    }

    /// Whether who asks from `address` may say for whom.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.forwarders.get_lpm(&IpNet::from(address)).is_some()
    }

    /// Puts the client that a trusted forwarder names in the forwarder's place, for all that follows: group, rate, journal.
    ///
    /// From anyone else the option is dropped, so that neither a rule nor the reply knows of it. A forwarder that names nobody, or
    /// a network only, asks for itself: a network may hold several groups, and rates are per client.
    pub fn introduce(&self, query: &mut Query) {
        if query.behalf() == Behalf::Unsaid {
            return;
        }
        if !self.trusts(query.source.client.ip()) {
            query.strip_behalf();
            return;
        }
        if let Behalf::Of(subnet) = query.behalf()
            && let Some(client) = subnet.client()
        {
            query.source.client = SocketAddr::new(client, query.source.client.port());
        }
    }

    /// Whose query came from `source`.
    pub fn identify(&self, source: &Source) -> Identified {
        let client = source.client.ip();
        let (group, how) = self.claim(source);
        // The subnets of groups are allowed all of them.
        let allowed = matches!(how, How::Subnet(_))
            || self.allowed.as_ref().is_none_or(|nets| nets.get_lpm(&IpNet::from(client)).is_some());
        Identified { group, how, allowed }
    }

    /// The group of a client, and why.
    fn claim(&self, source: &Source) -> (GroupId, How) {
        let client = source.client.ip();
        // Every link uses the same link-local prefix, so it says nothing of where the client is.
        if !is_link_local(client)
            && let Some((net, &group)) = self.subnets.get_lpm(&IpNet::from(client))
        {
            return (group, How::Subnet(Subnet::from(net)));
        }
        // A client can ask whichever of our addresses it likes; by which interface it comes in is not its choice.
        if let Some((place, group)) = self.interfaces.claim(source.interface) {
            return (group, How::Interface(place));
        }
        match self.via.iter().find(|(ours, _)| *ours == source.local.ip()) {
            Some(&(ours, group)) => (group, How::Via(ours)),
            None => (self.default, How::Default),
        }
    }

    /// The interfaces that groups name.
    pub const fn interfaces(&self) -> &Interfaces {
        &self.interfaces
    }

    /// Whether any group has its clients by the way in.
    pub fn any_via(&self) -> bool {
        self.groups.iter().any(|group| !group.via.is_empty())
    }

    /// All groups, the built-in one last where there is one.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group with this id, which these clients gave out.
    pub fn group(&self, id: GroupId) -> &Group {
        &self.groups[id.place()]
    }

    /// The group that the file calls `id`.
    pub fn find(&self, id: &str) -> Option<GroupId> {
        self.groups.iter().position(|group| group.id == id).map(group_id)
    }

    /// The group of clients that no group claims.
    pub const fn default_group(&self) -> GroupId {
        self.default
    }

    /// The built-in group, where no `default_group` was named; its tier is the youngest.
    pub const fn built_in(&self) -> Option<GroupId> {
        self.built_in
    }
}

/// The id of the group at `place`.
fn group_id(place: usize) -> GroupId {
    GroupId(u16::try_from(place).expect("configuration refuses more than 65,000 groups"))
}

#[cfg(test)]
mod tests;
