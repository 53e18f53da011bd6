//! A grant holds from when it was made until right before its end.

use super::*;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn grant(made: i64, until: i64) -> Grant {
    Grant { to: Beneficiary::Group(GroupId(0)), made: second(made), until: second(until) }
}

#[test]
fn the_end_is_exclusive() {
    let held: Vec<bool> = (9..=21).step_by(3).map(|now| grant(12, 21).holds(second(now))).collect();
    assert_eq!(held, [false, true, true, true, false]);
}

#[test]
fn a_wider_grant_holds_where_a_deeper_one_does_not_suit() {
    let grants: Grants =
        [(name("a.test"), grant(0, 10)), (name("test"), grant(0, 20)), (name("test"), grant(0, 30))].into_iter().collect();
    let labels =
        |now| grants.covering(&name("x.a.test"), |grant| grant.holds(second(now))).map(|(labels, grant)| (labels, grant.until));
    assert_eq!(labels(5), Some((2, second(10))));
    assert_eq!(labels(15), Some((1, second(20))));
    assert_eq!(labels(25), Some((1, second(30))));
    assert_eq!(labels(30), None);
}

#[test]
fn every_beginning_and_end_is_an_edge() {
    let grants: Grants = [(name("a.test"), grant(5, 10)), (name("b.test"), grant(5, 20))].into_iter().collect();
    let next = |now| grants.next_edge(second(now));
    assert_eq!([next(0), next(5), next(10), next(20)], [Some(second(5)), Some(second(10)), Some(second(20)), None]);
}
