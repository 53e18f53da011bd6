//! Whose name is whose.

use std::sync::Arc;

use super::{Division, Speaker, Zone};
use crate::dns::Name;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn own(origin: &str, text: &str) -> Arc<Zone> {
    Arc::new(Zone::read(&name(origin), text).0.expect("a zone"))
}

#[test]
fn the_longest_zone_wins_and_at_equality_the_own_one() {
    let own = [own("truong.edu.vn", "sub NS ns.else.\nlent NS ns.else.\n"), own("both.lan", "www A 10.0.0.1\n")];
    let division = Division::of(&own, &["edu.vn", "lent.truong.edu.vn", "both.lan", "deep.both.lan"].map(name));
    let speaker = |text: &str| division.speaker(&name(text)).1;
    assert_eq!(speaker("www.truong.edu.vn"), Speaker::Own(0));
    assert_eq!(speaker("moet.edu.vn"), Speaker::Forwarded(0));
    assert_eq!(speaker("x.lent.truong.edu.vn"), Speaker::Forwarded(1));
    assert_eq!(speaker("x.sub.truong.edu.vn"), Speaker::Forwarded(0), "delegated: as if the own zone were not there");
    assert_eq!(speaker("www.both.lan"), Speaker::Own(1));
    assert_eq!(speaker("x.deep.both.lan"), Speaker::Forwarded(3));
    assert_eq!(speaker("vn"), Speaker::Upstreams);
    assert_eq!(division.speaker(&name("www.both.lan")).0, 2);
}

#[test]
fn each_is_believed_for_its_names_alone() {
    let own = [own("truong.edu.vn", "sub NS ns.else.\n")];
    let division = Division::of(&own, &["edu.vn", "lan"].map(name));
    for asked in ["vn", "edu.vn", "www.edu.vn", "truong.edu.vn", "a.truong.edu.vn", "a.sub.truong.edu.vn", "lan", "x.lan", "com"]
    {
        let speaker = division.speaker(&name(asked)).1;
        for other in [Speaker::Upstreams, Speaker::Own(0), Speaker::Forwarded(0), Speaker::Forwarded(1)] {
            assert_eq!(division.bailiwick(other).holds(&name(asked)), other == speaker, "{asked} by {other:?}");
        }
    }
    assert_ne!(division.bailiwick(Speaker::Forwarded(0)).texts(), division.bailiwick(Speaker::Forwarded(1)).texts());
}
