//! What no list may take along: names that a school cannot do without, whole countries and platforms.
//!
//! The guard judges one name for one list; the compiler asks it for each name, and reports what it refused.

use ipnet::IpNet;
use psl::{List, Psl as _};

use super::image::Labels;
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
    let labels = Labels::of(name);
    suffix_kind_of((1..=labels.count()).map(|depth| labels.at(depth)))
}

/// As [`suffix_kind`], of the name with these labels, the topmost first.
pub(super) fn suffix_kind_of<'l>(labels: impl Iterator<Item = &'l [u8]> + Clone) -> SuffixKind {
    let (count, octets) = labels.clone().fold((0, 0), |(count, octets), label| (count + 1, octets + label.len()));
    if count < 2 {
        return SuffixKind::Registry;
    }
    let len = octets + count - 1;
    // An unlikely label in front shows a wildcard of the list (`*.kobe.jp`) right below the name.
    const BELOW: &[u8] = b"0";
    let mut suffix = listed(&mut labels.clone().chain(std::iter::once(BELOW)));
    let has_wildcard = suffix.len == len + 1 + BELOW.len();
    if has_wildcard {
        let own = listed(&mut labels.clone());
        suffix.typ = if own.len == len { own.typ } else { suffix.typ };
    }
    if has_wildcard || suffix.len == len {
        return match suffix.typ {
            Some(psl::Type::Icann) => SuffixKind::Registry,
            Some(psl::Type::Private) => SuffixKind::Platform,
            None => SuffixKind::None,
        };
    }
    let is_it = |known: &&str| known.len() == len && known.as_bytes().rsplit(|octet| *octet == b'.').eq(labels.clone());
    if count == 2 && ABOVE_SUFFIXES.iter().any(is_it) { SuffixKind::Registry } else { SuffixKind::None }
}

/// What the list says of the labels, the topmost first. The list is code, which the compiler would write out for each kind of
/// iterator anew, 0.7 MB each.
fn listed(labels: &mut dyn Iterator<Item = &[u8]>) -> psl::Info {
    List.find(labels)
}

#[cfg(test)]
mod tests;
