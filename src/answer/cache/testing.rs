//! What the cache's tests have in common: questions, and what upstreams bring for them.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::{CacheKey, CacheRules, Prefetch};
use crate::answer::Route;
use crate::answer::upstream::scripted::{Asked, By};
use crate::answer::upstream::{Answer, FailureKind, UpstreamFailure};
use crate::dns::{Ask, Class, Name, RecordType, Relayed, compose_question};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// The window of [`outage`].
pub(super) const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

pub(super) fn key(name: &Name) -> CacheKey<'_> {
    CacheKey {
        name,
        record_type: RecordType::A,
        class: Class::IN,
        dnssec_ok: false,
        checking_disabled: false,
        route: Route::DEFAULT,
    }
}

/// Rules for a cache with room for all that a test keeps, stale answers for an hour, and prefetch.
pub(super) const fn outage() -> CacheRules {
    CacheRules { bytes: 1 << 20, serve_stale: HOUR, prefetch: Prefetch::On }
}

/// An upstream's question for the address of `name`, to be answered.
pub(super) fn asked(name: &Name) -> Asked {
    let ask = Ask { recursion_desired: true, authentic_data: true, checking_disabled: false, dnssec_ok: false };
    let mut bytes = Vec::new();
    compose_question(0, name.as_wire(), RecordType::A, ask, &mut bytes);
    Asked { bytes, by: By::Udp, from: ([127, 0, 0, 1], 1).into(), number: 0 }
}

pub(super) fn relayed(bytes: &[u8]) -> Answer {
    Ok(Relayed::read(bytes).expect("a whole message"))
}

pub(super) fn address(name: &Name, number: u32, ttl: u32) -> Answer {
    relayed(&asked(name).answer_for(Ipv4Addr::from(number), ttl))
}

/// NXDOMAIN, to be remembered for so many seconds.
pub(super) fn absent(name: &Name, ttl: u32) -> Answer {
    relayed(&asked(name).negative(3, ttl, ttl))
}

pub(super) fn failure(kind: FailureKind) -> Answer {
    Err(UpstreamFailure { kind, rcode: None })
}
