//! What no list may take along: names that a school cannot do without, whole countries and platforms.
//!
//! The guard judges one name for one list; the compiler asks it for each name, and reports what it refused.

use ipnet::IpNet;

use super::list::{Force, Standing};
use super::{Owner, Protected, Protection};
use crate::dns::Name;

/// Whether a list may take a name that has `protection`.
///
/// Protection covers a name and what is below it against rules at the name or above it. Rules strictly below a protected name
/// stand for themselves, but for [`Protected::Help`], below which nothing may be taken.
pub fn may_take(protection: Protection, standing: Standing, force: Force, owner: &Owner) -> bool {
    Protected::ALL.into_iter().filter(|kind| protection.has(*kind)).all(|kind| match kind {
        Protected::Help => false,
        Protected::System => force.protected,
        Protected::Learning => standing == Standing::Threat || force.protected,
        Protected::Popular => standing == Standing::Content || force.protected || owner.is_office(),
    })
}

/// How far a network reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetKind {
    /// As far as one holder's network does.
    Plain,
    /// Over a part of the Internet that nobody holds alone.
    Wide,
    /// Into networks that are no part of the Internet: this host, the school's own, groups of hosts, addresses kept for later.
    Special,
}

/// The shortest prefixes that registries gave to one holder are /8 and, for IPv6, /16.
const SHORTEST: (u8, u8) = (8, 16);

/// What the registries of special-purpose addresses say (RFC 6890), as far as no host of the Internet is there.
const SPECIAL: [&str; 15] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
    "::/8",
    "64:ff9b::/96",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "64:ff9b:1::/48",
];

/// Looks a network up among those that no list takes along by mistake.
pub fn net_kind(network: IpNet) -> NetKind {
    let shortest = if matches!(network, IpNet::V4(_)) { SHORTEST.0 } else { SHORTEST.1 };
    if network.prefix_len() < shortest {
        return NetKind::Wide;
    }
    let special = SPECIAL.iter().map(|text| text.parse::<IpNet>().expect("the table is tested"));
    let meets = |other: IpNet| other.contains(&network) || network.contains(&other);
    if special.into_iter().any(meets) { NetKind::Special } else { NetKind::Plain }
}

/// What the public suffix list says of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuffixKind {
    /// No public suffix, nor above one.
    None,
    /// Equal to or above a suffix under which a registry sells names (`vn`, `edu.vn`, `kobe.jp`), or a single label.
    Registry,
    /// A suffix under which a platform gives names away (`blogspot.com`, `github.io`).
    Platform,
}

/// Names that are no public suffix, and stand above one of the ICANN part that no wildcard of the list says: the counties of
/// Norway under which municipalities have theirs.
///
/// Found by walking version 2.1.247 of the crate whole; a test holds each against the list.
const ABOVE_SUFFIXES: [&str; 9] = [
    "akershus.no",
    "buskerud.no",
    "hedmark.no",
    "hordaland.no",
    "nordland.no",
    "ostfold.no",
    "telemark.no",
    "vestfold.no",
    "xn--stfold-9xa.no",
];

/// Looks `name` up in the public suffix list.
pub fn suffix_kind(name: &Name) -> SuffixKind {
    let labels = name.label_count();
    if labels < 2 {
        return SuffixKind::Registry;
    }
    let mut text = [0; crate::dns::MAX_NAME + 2];
    // An unlikely label in front shows a wildcard of the list (`*.kobe.jp`) right below the name.
    text[..2].copy_from_slice(b"0.");
    let end = 2 + write_text(name, &mut text[2..]);
    let own = &text[2..end];
    if let Some(suffix) = psl::suffix(own)
        && suffix.as_bytes().len() == own.len()
    {
        return match suffix.typ() {
            Some(psl::Type::Icann) => SuffixKind::Registry,
            Some(psl::Type::Private) => SuffixKind::Platform,
            None => SuffixKind::None,
        };
    }
    if let Some(below) = psl::suffix(&text[..end])
        && below.as_bytes().len() == end
    {
        return match below.typ() {
            Some(psl::Type::Icann) => SuffixKind::Registry,
            Some(psl::Type::Private) => SuffixKind::Platform,
            None => SuffixKind::None,
        };
    }
    let above = labels == 2 && ABOVE_SUFFIXES.iter().any(|known| known.as_bytes() == own);
    if above { SuffixKind::Registry } else { SuffixKind::None }
}

/// Writes the labels with dots between them, octet for octet, and says how many octets they are.
fn write_text(name: &Name, to: &mut [u8]) -> usize {
    let mut at = 0;
    for (position, label) in name.labels().enumerate() {
        if position > 0 {
            to[at] = b'.';
            at += 1;
        }
        to[at..at + label.len()].copy_from_slice(label);
        at += label.len();
    }
    at
}

#[cfg(test)]
mod tests;
