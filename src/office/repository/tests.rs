//! What is due becomes texts of roles that somebody vouches for, in the office's own order.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Offered;
use crate::office::SpeaksFor;
use crate::office::publication::{DecisionsPart, NamesPart, Past, Publication, Ring, RolePart, Urgent};

fn roles(serial: u64, roles: &[&str]) -> BTreeMap<String, RolePart> {
    let part = |role: &&str| {
        let digest = |kind: &str| format!("{kind} {role} {serial}");
        let names = NamesPart { sha256: digest("names"), length: 1, count: 1 };
        (
            (*role).to_owned(),
            RolePart { names, decisions: DecisionsPart { sha256: digest("decisions") }, sources: BTreeMap::new() },
        )
    };
    roles.iter().map(part).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[test]
fn each_part_has_its_serial_and_the_roles_in_the_order_of_their_delegations() {
    let second = Ring::new(2).expect("it is not 0");
    let publication = Publication {
        serial: 2,
        made: at("2026-11-26T00:00:00Z"),
        urgent: Urgent::Decisions,
        rings: [(second, 86_400)].into(),
        note: Default::default(),
        overrides: Vec::new(),
        taken_back: Default::default(),
        tables: "tables 2".to_owned(),
        roles: roles(2, &["district-1", "gone", "ministry"]),
        history: vec![Past {
            serial: 1,
            made: at("2026-11-20T00:00:00Z"),
            urgent: Urgent::No,
            tables: "tables 1".to_owned(),
            roles: roles(1, &["district-1", "ministry"]),
        }],
    };
    let delegated = vec![
        ("ministry".to_owned(), SpeaksFor::All),
        ("district-1".to_owned(), SpeaksFor::Only(["games".to_owned()].into())),
        ("district-2".to_owned(), SpeaksFor::All),
    ];
    let offered = Offered { origin: "root".to_owned(), expires: None, publication, roles: delegated, lapsed: Vec::new() };
    let due = offered.due(second, at("2026-11-26T01:00:00Z")).expect("both are remembered");
    let shown = |part: &crate::office::Part| {
        let roles = part.roles.iter().map(|role| format!("{} {}", role.digest, role.speaks_for.has("malware")));
        (part.serial, roles.collect::<Vec<_>>())
    };
    assert_eq!(shown(&due.lists), (1, vec!["names ministry 1 true".to_owned(), "names district-1 1 false".to_owned()]));
    assert_eq!(
        shown(&due.decisions),
        (2, vec!["decisions ministry 2 true".to_owned(), "decisions district-1 2 false".to_owned()])
    );
    assert_eq!(offered.newest(), 2);
}
