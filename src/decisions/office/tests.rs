//! One walk finds what is decided of a name: the deepest of each kind that has not ended.

use jiff::civil::{Date, date};

use super::{Decision, Guarantee, OfficeDecisions, Ruling};
use crate::dns::Name;
use crate::lists::Owner;

const TODAY: Date = date(2026, 11, 23);

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn decision(ruling: Ruling, role: &str, until: Option<Date>) -> Decision {
    Decision {
        ruling,
        owner: Owner::Office(role.to_owned()),
        by: "Lan".to_owned(),
        reason: "a test".to_owned(),
        made: date(2026, 11, 20),
        until,
        publication: 7,
    }
}

fn all(entries: &[(&str, Ruling, Option<Date>)]) -> OfficeDecisions {
    entries.iter().map(|(text, ruling, until)| (name(text), decision(*ruling, "ministry", *until))).collect()
}

#[test]
fn without_decisions_nothing_is_said() {
    let none = OfficeDecisions::default();
    assert_eq!(none.word(&name("a.example"), TODAY), Default::default());
    assert!(none.is_empty() && !none.last_days().has(TODAY) && !none.opens_below(&name("example")));
}

#[test]
fn each_kind_is_found_at_its_deepest_name() {
    let decisions = all(&[
        ("example", Ruling::Lock(None), None),
        ("a.example", Ruling::Guarantee(Guarantee::OutsideExams), None),
        ("example", Ruling::Guarantee(Guarantee::InExamsToo), None),
        ("b.a.example", Ruling::Allow, None),
    ]);
    let word = decisions.word(&name("x.b.a.example"), TODAY);
    let labels = |decided: Option<super::Decided<'_>>| decided.map(|decided| decided.labels);
    assert_eq!(labels(word.lock), Some(1));
    assert_eq!(labels(word.guarantee), Some(2));
    assert_eq!(labels(word.in_exams), Some(1));
    assert_eq!(labels(word.allow), Some(3));
    assert_eq!(decisions.word(&name("other.test"), TODAY), Default::default());
}

#[test]
fn a_decision_holds_on_its_last_day_and_not_after() {
    let decisions = all(&[("a.example", Ruling::Allow, Some(TODAY)), ("example", Ruling::Allow, None)]);
    let labels = |day: Date| decisions.word(&name("a.example"), day).allow.map(|decided| decided.labels);
    assert_eq!(labels(TODAY), Some(2));
    assert_eq!(labels(date(2026, 11, 24)), Some(1), "an ended one hides nothing above it");
    assert!(decisions.last_days().has(TODAY) && !decisions.last_days().has(date(2026, 11, 24)));
}

#[test]
fn of_two_roles_the_first_counts_until_its_end() {
    let decisions: OfficeDecisions = [
        (name("a.example"), decision(Ruling::Lock(None), "ministry", Some(TODAY))),
        (name("a.example"), decision(Ruling::Lock(None), "district-1", None)),
    ]
    .into_iter()
    .collect();
    let owner = |day: Date| decisions.word(&name("a.example"), day).lock.map(|decided| decided.decision.owner.text());
    assert_eq!(owner(TODAY).as_deref(), Some("office-ministry"));
    assert_eq!(owner(date(2026, 11, 24)).as_deref(), Some("office-district-1"));
    assert_eq!(decisions.len(), 2);
}

#[test]
fn only_what_opens_counts_below() {
    let decisions = all(&[("a.example", Ruling::Lock(None), None), ("b.test", Ruling::Allow, None)]);
    assert!(!decisions.opens_below(&name("example")));
    assert!(decisions.opens_below(&name("test")));
    assert!(!decisions.opens_below(&name("b.test")), "strictly below");
}
