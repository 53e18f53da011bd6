//! The registry of categories with the school's own, and the tiers with what they close.

use super::Notes;
use super::targets::Targets;
use crate::config::fault::Shown;
use crate::config::file;
use crate::lists::tier_defaults::{self, BypassDefault, TierDefault, YouTubeDefault};
use crate::lists::{CategoryEntry, CategorySet, Registry, Words};
use crate::policy::{Bypass, Settings, TierFault, TierSpec, Tiers, YouTube};

/// The shipped categories with what the file adds and changes.
pub(super) fn registry(categories: Vec<file::Category>, notes: &mut Notes<'_>) -> Registry {
    let mut registry = Registry::shipped();
    let mut seen: Vec<(String, u32)> = Vec::new();
    for file::Category { line, id, name, locked } in categories {
        let id = id.value.as_str().to_owned();
        if let Some((_, first)) = seen.iter().find(|(known, _)| *known == id) {
            notes.fault(line, format!("category `{id}` stands twice: on line {first} too"), "join both sections");
            continue;
        }
        seen.push((id.clone(), line));
        let shipped = registry.find(&id).map(|category| registry.entry(category).clone());
        let entry = match shipped {
            Some(entry) => {
                if let Some(unlocked) = locked.filter(|locked| entry.locked && !locked.value) {
                    let what = format!("category `{id}` is locked by law, and no file unlocks it");
                    notes.fault(
                        unlocked.line,
                        what,
                        "leave `locked` out; an [[exception]] opens a single name, with a reason and an end",
                    );
                }
                let locked = entry.locked || locked.is_some_and(|locked| locked.value);
                CategoryEntry { locked, name: name.unwrap_or(entry.name), ..entry }
            }
            None => {
                let name = name.unwrap_or_else(|| Words { vi: id.clone(), en: id.clone() });
                CategoryEntry {
                    id,
                    description: name.clone(),
                    name,
                    locked: locked.is_some_and(|locked| locked.value),
                    threat: false,
                }
            }
        };
        if let Err(full) = registry.put(entry) {
            notes.fault(line, full.to_string(), "use one of the shipped categories, or change its `name`");
        }
    }
    registry
}

/// The file's tiers, or the shipped ones where it has none.
pub(super) fn tiers(written: Vec<file::Tier>, registry: &Registry, notes: &mut Notes<'_>) -> Tiers {
    let shipped = tier_defaults::shipped();
    let fallback = || {
        let specs = shipped.iter().cloned().map(shipped_tier).collect();
        Tiers::new(specs, registry).expect("the shipped tiers stand together")
    };
    if written.is_empty() {
        return fallback();
    }
    let lines: Vec<(String, u32)> = written.iter().map(|tier| (tier.id.value.as_str().to_owned(), tier.line)).collect();
    order(&lines, &shipped, notes);
    let specs = written.into_iter().map(|tier| spec(tier, &shipped, registry, notes)).collect();
    Tiers::new(specs, registry).unwrap_or_else(|faults| {
        for fault in faults {
            let (line, hint) = match &fault {
                TierFault::NoTier => (1, "write a [[tier]]"),
                TierFault::TooMany => (1, "a school has a handful of age bands"),
                TierFault::Twice(id) => {
                    let line = lines.iter().rev().find(|(known, _)| known == id).map_or(1, |(_, line)| *line);
                    (line, "join both sections, or choose another id")
                }
                TierFault::BlocksRestricted { older, .. } => {
                    let line = lines.iter().find(|(known, _)| known == older).map_or(1, |(_, line)| *line);
                    (line, "restrict it there too, or block it for both")
                }
            };
            notes.fault(line, fault.to_string().escaped(), hint);
        }
        fallback()
    })
}

/// Warns where tiers with shipped ids do not stand in the order of age.
fn order(written: &[(String, u32)], shipped: &[TierDefault], notes: &mut Notes<'_>) {
    let age = |id: &str| shipped.iter().position(|tier| tier.id == id);
    let known: Vec<_> = written.iter().filter_map(|(id, line)| Some((age(id)?, id, *line))).collect();
    for pair in known.windows(2) {
        if let [(older, first, _), (younger, second, line)] = pair
            && younger < older
        {
            let what = format!("tier `{second}` stands behind `{first}`, which is older");
            notes.warn(*line, what, "tiers are written youngest first: each also blocks what all those behind it block");
        }
    }
}

fn spec(tier: file::Tier, shipped: &[TierDefault], registry: &Registry, notes: &mut Notes<'_>) -> TierSpec {
    let file::Tier { line: _, id, name, blocks, restricted, safe_search, youtube, bypass } = tier;
    let id = id.value.as_str().to_owned();
    let defaults = Settings::shipped(&id);
    let settings = Settings {
        safe_search: safe_search.map_or(defaults.safe_search, |wanted| wanted.value),
        youtube: youtube.map_or(defaults.youtube, |wanted| wanted.value),
        bypass: bypass.map_or(defaults.bypass, |wanted| wanted.value),
    };
    let targets = Targets::shipped();
    let restricted = restricted.iter().filter_map(|service| targets.restricted(&id, service, settings, notes)).collect();
    let mut mask = CategorySet::EMPTY;
    for category in &blocks {
        mask = mask.union(notes.category(registry, category.line, &category.value).into_iter().collect());
    }
    let words = || shipped.iter().find(|known| known.id == id).map(|known| known.name.clone());
    TierSpec {
        name: name.or_else(words).unwrap_or_else(|| Words { vi: id.clone(), en: id.clone() }),
        id,
        blocks: mask,
        settings,
        restricted,
    }
}

fn shipped_tier(tier: TierDefault) -> TierSpec {
    let TierDefault { id, name, blocks, safe_search, youtube, bypass } = tier;
    let youtube = match youtube {
        YouTubeDefault::Strict => YouTube::Strict,
        YouTubeDefault::Moderate => YouTube::Moderate,
        YouTubeDefault::Off => YouTube::Off,
    };
    let bypass = match bypass {
        BypassDefault::Block => Bypass::Block,
        BypassDefault::Allow => Bypass::Allow,
    };
    TierSpec { id, name, blocks, settings: Settings { safe_search, youtube, bypass }, restricted: Vec::new() }
}
