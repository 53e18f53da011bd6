//! Which addresses a list may be fetched from: the Internet's, and on the operator's word those of the school's own networks.
//!
//! The rule: what is in no registry of usable addresses is never connected to, whatever a name, a page or a configuration says; so a
//! list's address is no way into this machine, its neighbours or a cloud's metadata.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far away an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// On the Internet.
    Public,
    /// In a network of the school, or this machine.
    Private,
    /// Nothing that a list could be fetched from.
    Never,
}

/// How far away `address` is, by the IANA registries of special-purpose addresses (RFC 6890).
pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(v4) => reach_v4(v4),
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => reach_v4(v4),
            None => reach_v6(v6),
        },
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        // RFC 1918, loopback, and what providers share (RFC 6598).
        [10 | 127, ..] | [192, 168, ..] | [172, 16..=31, ..] | [100, 64..=127, ..] => Reach::Private,
        // This network (RFC 1122), link-local with the metadata of clouds (RFC 3927), protocol assignments (RFC 6890), the relay of 6to4
        // (RFC 7526), benchmarks (RFC 2544).
        [0, ..] | [169, 254, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] => Reach::Never,
        // Documentation (RFC 5737), multicast, reserved and broadcast (RFC 1112).
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [224..=255, ..] => Reach::Never,
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] | [0xfc00..=0xfdff, ..] => Reach::Private,
        // Protocol assignments with Teredo (RFC 2928, 4380), documentation (RFC 3849, 9637).
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Reach::Never,
        // All that has been given out to networks (RFC 4291 section 2.4).
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Never,
    }
}

/// The IPv4 address that is reached through an IPv6 one: mapped (RFC 4291 section 2.5.5.2), translated (RFC 6052, 8215) or
/// tunnelled (RFC 3056). The compatible form (`::1.2.3.4`) reaches nothing any more.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (high, low) = match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..] => (high, low),
        _ => return None,
    };
    Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
}

#[cfg(test)]
mod tests;
