//! What a role may decide, and what of it is cut.

use jiff::civil::date;

use super::{RoleDecisions, of};
use crate::decisions::{Guarantee, Ruling};
use crate::dns::Name;
use crate::lists::Registry;
use crate::office::SpeaksFor;
use crate::office::decisions::{Decision, Kind};

fn decision(kind: Kind, name: &str, category: Option<&str>, exam: bool) -> Decision {
    Decision {
        kind,
        name: Name::parse(name).expect("a name"),
        category: category.map(str::to_owned),
        owner: "district-1".to_owned(),
        by: "Lan".to_owned(),
        reason: "a test".to_owned(),
        made: date(2026, 11, 20),
        until: None,
        exam,
    }
}

fn role(speaks_for: SpeaksFor, decisions: Vec<Decision>) -> RoleDecisions {
    RoleDecisions { role: "district-1".to_owned(), speaks_for, publication: 7, decisions }
}

#[test]
fn a_lock_counts_only_for_what_its_role_may_speak_for() {
    let locks = vec![
        decision(Kind::Lock, "a.example", Some("games"), false),
        decision(Kind::Lock, "b.example", Some("malware"), false),
        decision(Kind::Lock, "c.example", Some("no-such"), false),
        decision(Kind::Lock, "d.example", None, false),
    ];
    let registry = Registry::shipped();
    let some = SpeaksFor::Only(["games".to_owned(), "no-such".to_owned()].into());
    let (decisions, cut) = of(&[role(some, locks.clone())], &registry);
    let day = date(2026, 11, 23);
    let locked = |name: &str| decisions.locks(&Name::parse(name).expect("a name"), day);
    assert_eq!(["a.example", "b.example", "c.example", "d.example"].map(locked), [true, false, false, false]);
    let cut: Vec<_> = cut["district-1"].iter().map(|(category, count)| (category.as_str(), *count)).collect();
    assert_eq!(cut, [("malware", 1), ("no-such", 1), ("none", 1)]);

    let (decisions, cut) = of(&[role(SpeaksFor::All, locks)], &registry);
    assert_eq!((decisions.len(), cut.len()), (4, 0), "who speaks for all may lock a name for what nobody here knows");
}

#[test]
fn guarantees_and_allows_are_taken_as_they_are() {
    let made = vec![
        decision(Kind::Guarantee, "a.example", None, false),
        decision(Kind::Guarantee, "b.example", None, true),
        decision(Kind::Allow, "c.example", None, false),
    ];
    let (decisions, _) = of(&[role(SpeaksFor::Only(Default::default()), made)], &Registry::shipped());
    let mut rulings: Vec<_> = decisions.iter().map(|(name, decision)| (name.to_string(), decision.ruling)).collect();
    rulings.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        ("a.example", Ruling::Guarantee(Guarantee::OutsideExams)),
        ("b.example", Ruling::Guarantee(Guarantee::InExamsToo)),
        ("c.example", Ruling::Allow),
    ];
    assert_eq!(rulings, expected.map(|(name, ruling)| (name.to_owned(), ruling)));
    let publication = decisions.iter().map(|(_, decision)| decision.publication).max();
    assert_eq!(publication, Some(7));
}
