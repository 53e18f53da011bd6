//! What the tests of this room share: a small school with five tiers, and cases made in one line.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{
    AliasFindings, Bypass, Calendar, Case, Days, Effect, MinuteOfDay, OnHolidays, Origin, Policy, Readiness, SchoolTime,
    Settings, Shared, TierId, TierSpec, Tiers, Window, YouTube,
};
use crate::client::GroupId;
use crate::decisions::{Decision, OfficeDecisions, Ruling};
use crate::dns::{Name, NameMap};
use crate::lists::{Category, CategoryEntry, CategorySet, Listed, Owner, Registry, Words};

/// A locked category that is no threat.
pub(super) const ADULT: &str = "adult";
/// A locked category that is a threat.
pub(super) const MALWARE: &str = "malware";
/// Blocked for everyone below upper-secondary.
pub(super) const GAMES: &str = "games";
/// Blocked for the youngest only.
pub(super) const VIDEO: &str = "video";

pub(super) fn words(text: &str) -> Words {
    Words { vi: text.to_owned(), en: text.to_owned() }
}

pub(super) fn registry() -> Registry {
    let mut registry = Registry::default();
    let all = ["csam", MALWARE, "phishing", ADULT, "bypass", "search-unsafe", "social", GAMES, VIDEO];
    for id in all {
        let locked = ["csam", MALWARE, "phishing", ADULT].contains(&id);
        let threat = [MALWARE, "phishing"].contains(&id);
        let entry = CategoryEntry { id: id.to_owned(), name: words(id), description: words(id), locked, threat };
        registry.put(entry).expect("there is room");
    }
    registry
}

pub(super) fn category(id: &str) -> Category {
    registry().find(id).expect("the kit's registry has it")
}

pub(super) fn set(ids: &[&str]) -> CategorySet {
    ids.iter().map(|id| category(id)).collect()
}

pub(super) fn spec(id: &str, blocks: &[&str]) -> TierSpec {
    TierSpec { id: id.to_owned(), name: words(id), blocks: set(blocks), settings: Settings::shipped(id), restricted: Vec::new() }
}

pub(super) fn tiers() -> Tiers {
    let specs = vec![
        spec("preschool", &[VIDEO]),
        spec("primary", &["social"]),
        spec("lower-secondary", &[GAMES]),
        spec("upper-secondary", &[]),
        spec("staff", &[]),
    ];
    Tiers::new(specs, &registry()).expect("the kit's tiers are sound")
}

pub(super) fn tier(id: &str) -> TierId {
    tiers().find(id).expect("the kit's tiers have it")
}

pub(super) fn shared() -> Shared {
    Shared::of_tiers(tiers(), registry().threats())
}

pub(super) fn policy(tier_id: &str) -> Policy {
    Policy::of_tier(GroupId(0), tier(tier_id))
}

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

pub(super) fn names(texts: &[&str]) -> NameMap<Origin> {
    texts.iter().map(|text| (name(text), Origin::Written)).collect()
}

/// What the ministry decided of some names, without an end.
pub(super) fn decided(rulings: &[(&str, Ruling)]) -> OfficeDecisions {
    let decision = |ruling| Decision {
        ruling,
        owner: Owner::Office("ministry".to_owned()),
        by: "Lan".to_owned(),
        reason: "a test".to_owned(),
        made: "2026-11-20".parse().expect("a date"),
        until: None,
        publication: 7,
    };
    rulings.iter().map(|(text, ruling)| (name(text), decision(*ruling))).collect()
}

pub(super) fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// The time at a school in Hà Nội, seven hours before UTC all year.
pub(super) fn at(civil: &str) -> SchoolTime {
    let zone = TimeZone::fixed(jiff::tz::offset(7));
    let now = zone.to_timestamp(civil.parse().expect("a date and time")).expect("in range");
    Calendar::new(zone, []).at(now, Timestamp::UNIX_EPOCH)
}

/// A Monday in term, at 09:00.
pub(super) fn monday() -> SchoolTime {
    at("2026-11-23T09:00:00")
}

pub(super) fn listed_by_school(ids: &[&str]) -> Listed {
    Listed { school: set(ids), ..Listed::default() }
}

pub(super) fn listed_by_office(ids: &[&str]) -> Listed {
    Listed { office: set(ids), ..Listed::default() }
}

pub(super) fn case(name: &Name, listed: Listed) -> Case<'_> {
    let client = [10, 0, 0, 9].into();
    Case { name, listed, client, aliases: AliasFindings::default(), ready: Readiness::Ready }
}

pub(super) fn window(days: Days, from: &str, to: &str, effect: Effect) -> Window {
    Window::new(days, minute(from), minute(to), effect, OnHolidays::Shut).expect("a window")
}

pub(super) fn minute(text: &str) -> MinuteOfDay {
    text.parse().expect("a time of day")
}

#[test]
fn the_kit_has_the_shipped_settings() {
    assert_eq!(Settings::shipped("staff").bypass, Bypass::Allow);
    assert_eq!(Settings::shipped("upper-secondary").youtube, YouTube::Moderate);
    assert_eq!(Settings::shipped("a tier of the school's own"), Settings::shipped("preschool"));
}
