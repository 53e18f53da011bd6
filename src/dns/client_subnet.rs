//! For whom a forwarder asks: the EDNS Client Subnet option of a query (RFC 7871 section 6), and its echo in the reply.
//!
//! What a query says here counts only where `client` trusts who sent it; else it is dropped before anything looks at it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The option's code.
pub(super) const CODE: u16 = 8;

/// Address families (IANA): with 0 the client asks that nothing be said of it (section 7.1.2).
const NONE: u16 = 0;
const IPV4: u16 = 1;
const IPV6: u16 = 2;

/// What a query says of whom it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Behalf {
    /// Nothing.
    #[default]
    Unsaid,
    /// This client, or the network that it is in.
    Of(ClientSubnet),
    /// Something that is no subnet, or more than one: whoever sent it is in error, and is told so (section 7.2.1).
    Garbled,
}

/// The client's address, or as much of it as the forwarder tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientSubnet {
    family: u16,
    source: u8,
    address: [u8; 16],
}

impl Behalf {
    /// Takes in one option's data, which may follow others of its kind.
    pub(super) fn with(self, data: &[u8]) -> Self {
        match (self, ClientSubnet::read(data)) {
            (Self::Unsaid, Some(subnet)) => Self::Of(subnet),
            // Of two subnets one may be a client's own claim, handed on beside the forwarder's word.
            (Self::Unsaid, None) | (Self::Of(_) | Self::Garbled, _) => Self::Garbled,
        }
    }
}

impl ClientSubnet {
    /// The whole address `client`, as a forwarder passes it on.
    pub fn of(client: IpAddr) -> Self {
        let mut address = [0; 16];
        match client {
            IpAddr::V4(v4) => {
                address[..4].copy_from_slice(&v4.octets());
                Self { family: IPV4, source: 32, address }
            }
            IpAddr::V6(v6) => Self { family: IPV6, source: 128, address: v6.octets() },
        }
    }

    /// Reads an option's data: exactly the octets that the prefix needs, no bit behind it, and no scope, which only replies have.
    fn read(data: &[u8]) -> Option<Self> {
        let (&[high, low, source, scope], octets) = data.split_first_chunk::<4>()?;
        let family = u16::from_be_bytes([high, low]);
        let bits = match family {
            NONE => 0,
            IPV4 => 32,
            IPV6 => 128,
            _ => return None,
        };
        if source > bits || scope != 0 || octets.len() != octets_of(source) {
            return None;
        }
        let spare = octets.len() * 8 - usize::from(source);
        if octets.last().is_some_and(|last| last.trailing_zeros() < u32::try_from(spare).expect("under eight bits")) {
            return None;
        }
        let mut address = [0; 16];
        address[..octets.len()].copy_from_slice(octets);
        Some(Self { family, source, address })
    }

    /// The client, where the whole address was told; an IPv4-mapped IPv6 address is the IPv4 address that it is.
    ///
    /// A shorter prefix is a network and names nobody.
    pub fn client(self) -> Option<IpAddr> {
        match (self.family, self.source) {
            (IPV4, 32) => {
                let [a, b, c, d, ..] = self.address;
                Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
            }
            (IPV6, 128) => Some(IpAddr::V6(Ipv6Addr::from(self.address)).to_canonical()),
            _ => None,
        }
    }

    /// The octets of the option that [`ClientSubnet::echo`] writes.
    pub(super) fn echo_len(self) -> usize {
        8 + octets_of(self.source)
    }

    /// Appends the option of the reply: the query's, with the scope as long as the source.
    ///
    /// So every answer is for this client alone, and a forwarder that remembers answers hands one group's to no other (section 7.3.1).
    pub(super) fn echo(self, out: &mut Vec<u8>) {
        let octets = octets_of(self.source);
        let length = u16::try_from(4 + octets).expect("an address is short");
        for word in [CODE, length, self.family] {
            out.extend(word.to_be_bytes());
        }
        out.extend([self.source, self.source]);
        out.extend_from_slice(&self.address[..octets]);
    }
}

/// The octets that hold a prefix of so many bits.
fn octets_of(bits: u8) -> usize {
    usize::from(bits).div_ceil(8)
}

#[cfg(test)]
mod tests;
