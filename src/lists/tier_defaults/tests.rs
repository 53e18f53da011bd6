//! The shipped tiers: their order, their switches, and what each closes.

use super::{BypassDefault, TierDefault, YouTubeDefault, shipped};
use crate::lists::{CategorySet, Registry};

/// What the tier at `place` closes in all: its own and every older tier's.
fn mask(tiers: &[TierDefault], place: usize) -> CategorySet {
    tiers[place..].iter().fold(CategorySet::EMPTY, |sum, tier| sum.union(tier.blocks))
}

#[test]
fn five_tiers_from_the_youngest_to_staff() {
    let tiers = shipped();
    let ids: Vec<&str> = tiers.iter().map(|tier| tier.id.as_str()).collect();
    assert_eq!(ids, ["preschool", "primary", "lower-secondary", "upper-secondary", "staff"]);
}

#[test]
fn switches_are_on_for_pupils_and_off_for_staff() {
    let tiers = shipped();
    assert_eq!(tiers.iter().map(|tier| tier.safe_search).collect::<Vec<_>>(), [true, true, true, true, false]);
    let youtube: Vec<YouTubeDefault> = tiers.iter().map(|tier| tier.youtube).collect();
    assert_eq!(youtube[..3], [YouTubeDefault::Strict; 3]);
    assert_eq!(youtube[3..], [YouTubeDefault::Moderate, YouTubeDefault::Off]);
    assert!(tiers[..4].iter().all(|tier| tier.bypass == BypassDefault::Block));
    assert_eq!(tiers[4].bypass, BypassDefault::Allow);
}

#[test]
fn no_tier_repeats_what_an_older_one_closes() {
    let tiers = shipped();
    for (place, tier) in tiers.iter().enumerate() {
        assert!(!tier.blocks.is_empty(), "{} closes nothing of its own", tier.id);
        assert!(tier.blocks.and(mask(&tiers, place + 1)).is_empty(), "{}", tier.id);
        assert!(tier.blocks.and(Registry::shipped().locked()).is_empty(), "{} repeats a locked category", tier.id);
    }
}

#[test]
fn every_category_is_locked_or_closed_for_the_youngest() {
    let registry = Registry::shipped();
    let closed = mask(&shipped(), 0).union(registry.locked());
    assert_eq!(closed.len(), registry.entries().len());
}

#[test]
fn the_masks_are_those_of_the_matrix() {
    let (tiers, registry) = (shipped(), Registry::shipped());
    let closes = |place: usize, id: &str| mask(&tiers, place).contains(registry.find(id).expect("a shipped category"));
    // (category, youngest tiers that close it)
    for (id, upto) in [
        ("news", 1),
        ("ai", 2),
        ("shopping", 2),
        ("chat", 3),
        ("video", 3),
        ("filehosting", 3),
        ("social", 4),
        ("games", 4),
        ("bypass", 4),
        ("search-unsafe", 4),
        ("self-harm", 4),
        ("drugs", 5),
        ("ads", 5),
    ] {
        for (place, tier) in tiers.iter().enumerate() {
            assert_eq!(closes(place, id), place < upto, "{id} for {}", tier.id);
        }
    }
}
