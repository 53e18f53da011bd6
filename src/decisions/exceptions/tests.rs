//! An exception holds to the end of its last day, for its name and all below.

use super::*;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

fn exceptions(entries: &[(&str, &str)]) -> Exceptions {
    let exception = |until| Exception { reason: "a test".to_owned(), until: day(until) };
    entries.iter().map(|(text, until)| (name(text), exception(until))).collect()
}

#[test]
fn it_covers_names_below_through_its_last_day() {
    let exceptions = exceptions(&[("example.org", "2026-12-31")]);
    let labels = |text, on| exceptions.covering(&name(text), day(on)).map(|(labels, _)| labels);
    assert_eq!(labels("www.example.org", "2026-12-31"), Some(2));
    assert_eq!(labels("example.org", "2027-01-01"), None);
    assert_eq!(labels("org", "2026-12-31"), None);
    let last = exceptions.last_days();
    assert!(last.has(day("2026-12-31")) && !last.has(day("2026-12-30")));
    assert_eq!(last.last_before(day("2026-12-31")), None);
    assert_eq!(last.last_before(day("2027-01-01")), Some(day("2026-12-31")));
    assert!(exceptions.has_below(&name("org")) && !exceptions.has_below(&name("example.org")));
}

#[test]
fn an_ended_one_does_not_hide_a_wider_one() {
    let exceptions = exceptions(&[("a.example.org", "2026-01-01"), ("org", "2026-12-31"), ("example.org", "2026-02-02")]);
    let labels = |on| exceptions.covering(&name("x.a.example.org"), day(on)).map(|(labels, _)| labels);
    assert_eq!([labels("2026-01-01"), labels("2026-02-01"), labels("2026-06-01")], [Some(3), Some(2), Some(1)]);
}

#[test]
fn of_two_for_one_name_the_later_end_holds() {
    for entries in [[("a.org", "2026-01-01"), ("a.org", "2026-12-31")], [("a.org", "2026-12-31"), ("a.org", "2026-01-01")]] {
        assert!(exceptions(&entries).covering(&name("a.org"), day("2026-06-01")).is_some());
    }
}
