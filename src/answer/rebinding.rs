//! Addresses that no public name has any business with: those of the school's own network, and of the client itself.
//!
//! A page whose name changes to such an address reaches the school's devices through the browser that shows it (DNS rebinding). Names of
//! zones that the school serves itself may have them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::dns::{Name, NameMap};

/// What becomes of private addresses in answers for public names.
#[derive(Debug, Clone, Default)]
pub struct Rebinding {
    /// Whether they are passed on.
    pub mode: RebindingMode,
    /// Names that may have private addresses, with all below them.
    pub private_zones: NameMap<()>,
}

/// What becomes of an answer with a private address for a public name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RebindingMode {
    /// It is passed on.
    Off,
    /// It is passed on, counted and noted in the log.
    #[default]
    Log,
    /// The name is answered as blocked.
    Block,
}

impl Rebinding {
    /// What becomes of a private address in the answer for `name`.
    pub fn mode_for(&self, name: &Name) -> RebindingMode {
        match self.mode {
            RebindingMode::Off => RebindingMode::Off,
            mode @ (RebindingMode::Log | RebindingMode::Block) => {
                if self.private_zones.covering(name).is_some() {
                    RebindingMode::Off
                } else {
                    mode
                }
            }
        }
    }
}

/// Whether an address is of this network, of this host, or of none: RFC 1122 (0/8), 1918, 3927, 4193, 4291, 6598 (100.64/10), loopback,
/// and the IPv6 forms of such an IPv4 address.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => {
            let site_local = v6.segments()[0] & 0xffc0 == 0xfec0;
            let own = v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local() || site_local;
            own || embedded(v6).is_some_and(is_private_v4)
        }
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let shared = first == 100 && second & 0xc0 == 64;
    first == 0 || address.is_private() || address.is_loopback() || address.is_link_local() || shared
}

/// The IPv4 address that an IPv6 one stands for: mapped or compatible (RFC 4291 section 2.5.5), translated (RFC 6052, and with
/// the whole prefix for local use, RFC 8215, in its form of 96 bits), or tunnelled (6to4, RFC 3056 section 2).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (high, low) = match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => (high, low),
        [0x64, 0xff9b, 1, _, _, _, high, low] | [0x2002, high, low, ..] => (high, low),
        _ => return None,
    };
    let [[first, second], [third, fourth]] = [high.to_be_bytes(), low.to_be_bytes()];
    Some(Ipv4Addr::new(first, second, third, fourth))
}

#[cfg(test)]
mod tests;
