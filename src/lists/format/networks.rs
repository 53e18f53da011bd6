//! Lists of networks, one a line: `192.0.2.0/24`, `2001:db8::/32`, or a single address.
//!
//! They say nothing of names: what is judged by them are the addresses in answers.

use std::net::IpAddr;

use ipnet::IpNet;

use super::IssueKind;
use super::reader::Out;

/// Reads one line. Behind the network a comment may stand, set off by `#` or `;`.
pub(super) fn line(text: &str, out: &mut Out<'_>) {
    let rule = text.split(['#', ';']).next().unwrap_or_default();
    let mut words = rule.split_ascii_whitespace();
    let Some(first) = words.next() else { return };
    if words.next().is_some() {
        return out.issue(IssueKind::SecondWord, text.as_bytes());
    }
    match network(first) {
        Ok(network) => out.network(network),
        Err(kind) => out.issue(kind, text.as_bytes()),
    }
}

/// Whether a word is an address or a network, sound or not.
pub(super) fn is_like(word: &str) -> bool {
    matches!(network(word), Ok(_) | Err(IssueKind::HostBits))
}

/// Reads a network. One of IPv4-mapped addresses is the IPv4 network (RFC 4291 section 2.5.5.2).
fn network(word: &str) -> Result<IpNet, IssueKind> {
    let network = match word.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => word.parse::<IpNet>().map_err(|_| IssueKind::NotANetwork)?,
    };
    if network.addr() != network.network() {
        return Err(IssueKind::HostBits);
    }
    let mapped = match network {
        IpNet::V6(v6) => v6.network().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96)),
        IpNet::V4(_) => None,
    };
    Ok(mapped.and_then(|(address, prefix)| IpNet::new(address.into(), prefix).ok()).unwrap_or(network))
}

#[cfg(test)]
mod tests;
