//! Names whose absence tells a device to keep to the network's own resolver: encrypted DNS and relays are switched off by it.
//!
//! They do not exist for tiers that block ways round the filter, whatever the block mode: a null address would not be understood.

use std::sync::LazyLock;
use std::time::Duration;

use crate::dns::{Name, Query, Rcode, Reply};

/// How long clients remember it: short, because the tier of a group changes with the hour.
const TTL: Duration = Duration::from_secs(30);

/// The names, each with all below it.
const NAMES: [&str; 7] = [
    // Firefox keeps DNS over HTTPS off where this does not exist (Mozilla, "Canary domain - use-application-dns.net").
    "use-application-dns.net",
    // iCloud Private Relay: Apple, "Prepare your network or web server for iCloud Private Relay", names the first two; the
    // others are what its clients were seen to ask beside them.
    "mask.icloud.com",
    "mask-h2.icloud.com",
    "mask-canary.icloud.com",
    "mask-api.icloud.com",
    "mask.apple-dns.net",
    // The resolver that Apple's devices use for the relay's own names.
    "doh.dns.apple.com",
];

static PARSED: LazyLock<Vec<Name>> =
    LazyLock::new(|| NAMES.iter().map(|text| Name::parse(text).expect("the constants are names")).collect());

/// The names, each with all below it.
pub fn names() -> &'static [Name] {
    &PARSED
}

/// Answers `query` into `out` with NXDOMAIN where its name is one of these; clients may remember it for `most`, which is asked for
/// where it is one.
pub fn answer(query: &Query, most: impl FnOnce() -> Duration, out: &mut Vec<u8>) -> Option<Rcode> {
    let owner = PARSED.iter().find(|name| query.name.is_at_or_below(name))?;
    Some(Reply::new(query, out).rcode(Rcode::NXDOMAIN).soa(owner, TTL.min(most())).finish())
}

#[cfg(test)]
mod tests;
