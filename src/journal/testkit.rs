//! What the journal's tests are made of: entries, moments, a school's addresses.

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::{AllowedForm, ClientForm, Entry, Filter, Journal, Line, Moment, Note, Provenance, Settings, read};
use crate::dns::{Name, Rcode, RecordType, Transport};
use crate::policy::{Outcome, Reason};

/// Monday of week 48, 09:30 in Viet Nam.
pub(super) const START: &str = "2026-11-23T02:30:00Z";

pub(super) fn start() -> Timestamp {
    START.parse().expect("a time")
}

/// The moment `after` the start, by both clocks.
pub(super) fn moment(after: Duration) -> Moment {
    let wall = start().checked_add(after).expect("in this century");
    Moment { wall, uptime: after }
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
        by_alias: None,
    }
}

pub(super) fn settings(directory: &Path) -> Settings {
    Settings {
        keep: Settings::KEEP,
        client: ClientForm::Pseudonym,
        allowed: AllowedForm::Count,
        json: None,
        directory: directory.to_owned(),
    }
}

/// Knows no list.
pub(super) fn no_source() -> Provenance {
    Box::new(|_| None)
}

/// All that the store in `directory` holds, the oldest first.
pub(super) fn lines(directory: &Path) -> Vec<Line> {
    let mut lines = Vec::new();
    let take = |line| {
        lines.push(line);
        Ok(ControlFlow::Continue(()))
    };
    read(directory, &Filter::default(), take).expect("a store that can be read");
    lines
}

/// The note that `entry` is made of.
pub(super) fn as_note(entry: &Entry) -> Note<'_> {
    Note {
        time: entry.time,
        client: entry.client,
        group: &entry.group,
        tier: &entry.tier,
        name: &entry.name,
        record_type: entry.record_type,
        transport: entry.transport,
        outcome: entry.outcome,
        reason: entry.reason,
        category: entry.category.as_ref(),
        rcode: entry.rcode,
        micros: entry.micros,
        snapshot: entry.snapshot,
        help: false,
        by_alias: entry.by_alias.as_deref(),
    }
}

/// Notes what will be `entry`.
pub(super) fn note(journal: &Journal, entry: Entry) {
    journal.note(&as_note(&entry));
}

/// Notes a query for a name of kind `help`.
pub(super) fn note_help(journal: &Journal, entry: Entry) {
    journal.note(&Note { help: true, ..as_note(&entry) });
}
