//! Bounds hold, and what is given back can be had again.

use super::*;
use crate::dns::{Message, Signatures, tidy};

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// What a question comes to that found nothing.
fn nothing() -> Answer {
    Err(super::super::UpstreamFailure { kind: FailureKind::Unreachable, rcode: None })
}

#[test]
fn questions_are_bounded_in_total() {
    let limits = Limits::new(2, 10);
    let (first, second) = (limits.question(&name("a.example")), limits.question(&name("b.example")));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(limits.question(&name("c.example")).expect_err("no room"), FailureKind::Busy);
    assert_eq!(limits.in_flight(), 2);
    drop(first);
    assert!(limits.question(&name("c.example")).is_ok());
    drop(second);
    assert_eq!(limits.in_flight(), 0);
    assert!(limits.questions.zones().is_empty(), "a zone without questions takes no memory");
}

#[test]
fn a_zone_has_a_quarter_and_a_dead_one_a_sixty_fourth() {
    let limits = Limits::new(640, 10);
    let held =
        |what: &str| -> Vec<_> { (0..).map_while(|number| limits.question(&name(&format!("n{number}.{what}"))).ok()).collect() };
    let mut alive = held("torture.com.vn");
    assert_eq!(alive.len(), 160);
    assert_eq!(limits.question(&name("torture.com.vn")).expect_err("no room"), FailureKind::ZoneBusy);
    assert!(limits.question(&name("other.com.vn")).is_ok(), "another registered name");
    // Eight find nothing: no more are taken until nine in ten are through.
    alive.drain(..8).for_each(|permit| permit.ended(&nothing()));
    alive.truncate(10);
    assert_eq!(limits.question(&name("x.torture.com.vn")).expect_err("no room"), FailureKind::ZoneBusy);
    alive.truncate(9);
    let again = held("torture.com.vn");
    assert_eq!(again.len(), 1);
}

#[test]
fn an_answer_makes_a_zone_whole_again() {
    let limits = Limits::new(640, 10);
    let ask = || limits.question(&name("www.school.example")).expect("room");
    let keeper = ask();
    (0..8).map(|_| ask()).collect::<Vec<_>>().into_iter().for_each(|permit| permit.ended(&nothing()));
    assert_eq!((0..20).map_while(|_| limits.question(&name("school.example")).ok()).collect::<Vec<_>>().len(), 9);
    let relayed = tidy(&Message::parse(&ANSWER).expect("a message"), Signatures::Wanted).expect("no aliases");
    ask().ended(&Ok(relayed));
    assert_eq!((0..20).map_while(|_| limits.question(&name("school.example")).ok()).collect::<Vec<_>>().len(), 20);
    drop(keeper);
}

/// "No such name", to a question for the root's address.
const ANSWER: [u8; 17] = [0, 0, 0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1];

#[test]
fn what_is_registered_is_told_by_the_public_suffixes() {
    let registered = |text: &str| registered(&name(text)).to_vec();
    let wire = |text: &str| name(text).as_wire().to_vec();
    assert_eq!(registered("a.b.school.edu.vn"), wire("school.edu.vn"));
    assert_eq!(registered("www.example.com"), wire("example.com"));
    assert_eq!(registered("pages.github.io"), wire("pages.github.io"));
    assert_eq!(registered("edu.vn"), wire("edu.vn"));
    assert_eq!(registered("vn"), wire("vn"));
    assert_eq!(registered("."), wire("."));
    assert_eq!(registered("a.b.host.lan"), wire("host.lan"));
}

#[test]
fn addresses_of_one_ipv6_network_are_one_client() {
    let limits = Limits::new(10, 2);
    let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
    let _held = [limits.client(ip("2001:db8::1")), limits.client(ip("2001:db8::2:3:4"))].map(|permit| permit.expect("room"));
    assert!(limits.client(ip("2001:db8::5")).is_none());
    assert!(limits.client(ip("2001:db8:0:1::5")).is_some());
    let _held = [limits.client(ip("10.0.0.1")), limits.client(ip("::ffff:10.0.0.1"))].map(|permit| permit.expect("room"));
    assert!(limits.client(ip("10.0.0.1")).is_none() && limits.client(ip("10.0.0.2")).is_some());
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
    let counted: usize = limits.clients.parts.iter().map(|part| part.lock().expect("no panic").len()).sum();
    assert_eq!(counted, 0, "a client without waiting queries takes no memory");
}
