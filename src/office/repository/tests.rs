//! What is due for which ring, and when.

use std::time::Duration;

use jiff::Timestamp;

use super::{Offered, Published, Urgent};
use crate::office::Part;

const HOUR: Duration = Duration::from_secs(3600);

fn at(hours: u64) -> Timestamp {
    "2026-11-26T00:00:00Z".parse::<Timestamp>().expect("a time") + Duration::from_secs(hours * 3600)
}

fn offered(publications: &[(u64, u64, Urgent)]) -> Offered {
    let part = |serial| Part { serial, roles: Vec::new() };
    let published = |(serial, hours, urgent): &(u64, u64, Urgent)| Published {
        serial: *serial,
        made: at(*hours),
        urgent: *urgent,
        lists: part(*serial),
        decisions: part(*serial),
    };
    Offered {
        origin: String::new(),
        expires: None,
        published: publications.iter().map(published).collect(),
        rings: [(2, 24 * HOUR), (3, 72 * HOUR)].into(),
        lapsed: Vec::new(),
    }
}

fn due(offered: &Offered, ring: u8, hours: u64) -> (u64, u64) {
    let due = offered.due(ring, at(hours)).expect("there is a publication");
    (due.lists.serial, due.decisions.serial)
}

#[test]
fn each_ring_gets_a_publication_when_its_time_has_come() {
    let offered = offered(&[(2, 100, Urgent::No), (1, 10, Urgent::No)]);
    assert_eq!(due(&offered, 1, 100), (2, 2), "the first ring at once");
    assert_eq!([123, 124].map(|hours| due(&offered, 2, hours)), [(1, 1), (2, 2)]);
    assert_eq!([171, 172].map(|hours| due(&offered, 3, hours)), [(1, 1), (2, 2)]);
    assert_eq!([171, 172].map(|hours| due(&offered, 7, hours)), [(1, 1), (2, 2)], "a ring that the office does not name");
}

#[test]
fn what_is_urgent_waits_for_no_ring() {
    let decisions = offered(&[(2, 100, Urgent::Decisions), (1, 10, Urgent::No)]);
    assert_eq!(due(&decisions, 3, 100), (1, 2));
    let all = offered(&[(3, 101, Urgent::No), (2, 100, Urgent::All), (1, 10, Urgent::No)]);
    assert_eq!(due(&all, 3, 101), (2, 2), "what came after it waits");
}

#[test]
fn a_school_begins_with_the_oldest_where_nothing_has_come_yet() {
    let fresh = offered(&[(9, 100, Urgent::No), (8, 99, Urgent::No)]);
    assert_eq!(due(&fresh, 3, 100), (8, 8));
    assert_eq!(due(&fresh, 1, 0), (8, 8), "a clock before all of it");
    assert_eq!(offered(&[]).due(1, at(0)), None);
}
