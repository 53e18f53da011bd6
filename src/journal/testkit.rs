//! What the journal's tests are made of: entries, moments, a school's addresses.

use std::net::IpAddr;

use jiff::Timestamp;

use super::Entry;
use crate::dns::{Name, Rcode, RecordType, Transport};
use crate::policy::{Outcome, Reason};

/// Monday of week 48, 09:30 in Viet Nam.
pub(super) const START: &str = "2026-11-23T02:30:00Z";

pub(super) fn start() -> Timestamp {
    START.parse().expect("a time")
}

pub(super) fn client(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// A blocked query of a pupil's at the start.
pub(super) fn entry(name: &str) -> Entry {
    Entry {
        time: start(),
        client: client("10.20.1.7"),
        group: "lab-1".into(),
        tier: "primary".into(),
        name: Name::parse(name).expect("a name"),
        record_type: RecordType::A,
        transport: Transport::Udp,
        outcome: Outcome::Blocked,
        reason: Reason::Tier,
        category: Some("games".into()),
        rcode: Rcode::NOERROR,
        micros: 42,
        snapshot: 7,
        help: false,
        by_alias: None,
    }
}
