//! Bounds hold, and what is given back can be had again.

use super::*;

#[test]
fn questions_are_bounded_in_total() {
    let limits = Limits::new(2, 10);
    let (first, second) = (limits.question(), limits.question());
    assert!(first.is_some() && second.is_some());
    assert!(limits.question().is_none());
    assert_eq!(limits.in_flight(), 2);
    drop(first);
    assert!(limits.question().is_some());
    drop(second);
    assert_eq!(limits.in_flight(), 0);
}

#[test]
fn one_client_at_its_bound_leaves_room_for_the_next() {
    let limits = Limits::new(10, 2);
    let [pupil, other] = ["10.1.0.1", "2001:db8::1"].map(|text| text.parse::<IpAddr>().expect("an address"));
    let held: Vec<_> = (0..2).map(|_| limits.client(pupil).expect("room for two")).collect();
    assert!(limits.client(pupil).is_none());
    assert!(limits.client(other).is_some());
    drop(held);
    assert!(limits.client(pupil).is_some());
    let counted: usize = limits.clients.iter().map(|part| part.lock().expect("no panic").len()).sum();
    assert_eq!(counted, 0, "a client without waiting queries takes no memory");
}
