//! Masks hold every older tier's, and what cannot stand together is named, all at once.

use crate::policy::kit::{GAMES, VIDEO, name, registry, set, spec, tiers};
use crate::policy::{Bypass, Restricted, Settings, TierFault, TierId, TierSpec, Tiers, YouTube};

fn restricting(id: &str, blocks: &[&str], services: &[&str]) -> TierSpec {
    let service = |service: &&str| Restricted {
        service: (*service).to_owned(),
        names: vec![name("youtube.example"), name("ytimg.example")],
        categories: set(&[VIDEO]),
    };
    TierSpec { restricted: services.iter().map(service).collect(), ..spec(id, blocks) }
}

#[test]
fn a_mask_holds_its_own_every_older_tiers_and_what_is_locked() {
    let tiers = tiers();
    let mask = |id| tiers.tier(tiers.find(id).expect("a shipped tier")).mask;
    let locked = ["csam", "malware", "phishing", "adult"];
    assert_eq!(mask("staff"), set(&locked));
    assert_eq!(mask("upper-secondary"), set(&locked).union(set(&["bypass"])));
    assert_eq!(mask("lower-secondary"), set(&locked).union(set(&["bypass", GAMES])));
    assert_eq!(mask("preschool"), set(&locked).union(set(&["bypass", GAMES, "social", VIDEO])));
}

#[test]
fn an_older_tier_that_blocks_ways_round_closes_them_for_the_younger() {
    let open = Settings { safe_search: false, youtube: YouTube::Off, bypass: Bypass::Allow };
    let specs = vec![TierSpec { settings: open, ..spec("young", &[]) }, spec("old", &[])];
    let tiers = Tiers::new(specs, &registry()).expect("two sound tiers");
    assert!(tiers.tier(TierId::YOUNGEST).mask.contains_all(set(&["bypass"])));
}

#[test]
fn every_fault_is_told() {
    assert_eq!(Tiers::new(Vec::new(), &registry()).expect_err("no tier"), [TierFault::NoTier]);
    let specs = vec![restricting("a", &[], &["youtube"]), spec("b", &[VIDEO]), spec("b", &[])];
    let blocks = TierFault::BlocksRestricted { service: "youtube".to_owned(), younger: "a".to_owned(), older: "b".to_owned() };
    assert_eq!(Tiers::new(specs, &registry()).expect_err("two faults"), [blocks, TierFault::Twice("b".to_owned())]);
    let many = (0..257).map(|id| spec(&id.to_string(), &[])).collect();
    assert_eq!(Tiers::new(many, &registry()).expect_err("one too many"), [TierFault::TooMany]);
}

#[test]
fn what_a_tier_restricts_an_older_one_may_restrict_or_allow() {
    let specs = vec![restricting("a", &[VIDEO], &["youtube"]), restricting("b", &[VIDEO], &["youtube"]), spec("c", &[GAMES])];
    let tiers = Tiers::new(specs, &registry()).expect("restricted, restricted, open");
    assert!(tiers.all()[0].restricted.covering(&name("i.ytimg.example")).is_some());
    assert!(tiers.all()[2].restricted.is_empty());
    assert_eq!(tiers.all()[1].services, ["youtube"]);
}

#[test]
fn two_hundred_and_fifty_six_tiers_are_all_found() {
    let specs = (0..256).map(|id| spec(&id.to_string(), &[])).collect();
    let tiers = Tiers::new(specs, &registry()).expect("as many as there may be");
    assert_eq!(tiers.find("255").map(TierId::place), Some(255));
}
