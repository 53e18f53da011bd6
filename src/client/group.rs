//! A group: clients that share a policy. Only what identification needs stands here; what they may see is `policy`'s.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::RateLimit;

/// A group's place among the groups of a configuration, the built-in one at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub u16);

impl GroupId {
    /// Its place in [`super::Clients::groups`].
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

/// Clients that share a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The word that configuration, journal and metrics use.
    pub id: String,
    /// What people read.
    pub name: String,
    /// Where its clients are.
    pub subnets: Vec<Subnet>,
    /// Who asks one of these addresses of ours, or comes in by one of these interfaces, and is in no subnet or has a link-local
    /// address, belongs here.
    pub via: Vec<Via>,
    /// How often each of its clients may ask.
    pub rate_limit: RateLimit,
}

impl Group {
    /// The id of the built-in group of clients that no group claims, where no `default_group` is named.
    ///
    /// No configured group may have it.
    pub const BUILT_IN: &str = "default";
}

/// A way in that tells where a client is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Via {
    /// An address of ours.
    Address(IpAddr),
    /// The name of an interface of ours, as the system gives it.
    Interface(String),
}

impl std::fmt::Display for Via {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Interface(name) => f.write_str(name),
        }
    }
}

/// A prefix as the look-up holds it: no host bits, and IPv4 where it was written as IPv4-mapped IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subnet(IpNet);

impl Subnet {
    /// The prefix.
    pub const fn net(self) -> IpNet {
        self.0
    }

    /// Whether every address in it is link-local: such a prefix identifies nobody, because every link has the same one.
    pub fn is_link_local(self) -> bool {
        is_link_local(self.0.network()) && is_link_local(self.0.broadcast())
    }
}

impl From<IpNet> for Subnet {
    fn from(net: IpNet) -> Self {
        let net = net.trunc();
        // RFC 4291 section 2.5.5.2: ::ffff:0:0/96 holds the IPv4 addresses.
        let mapped = match net {
            IpNet::V6(v6) if v6.prefix_len() >= 96 => v6.network().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96)),
            IpNet::V4(_) | IpNet::V6(_) => None,
        };
        Self(match mapped {
            Some((address, length)) => IpNet::V4(Ipv4Net::new(address, length).expect("at most 128 - 96")),
            None => net,
        })
    }
}

impl std::fmt::Display for Subnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether an address holds on one link only (RFC 3927; RFC 4291 section 2.5.6).
pub(super) const fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}
