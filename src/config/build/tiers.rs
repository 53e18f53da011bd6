//! The registry of categories with the school's own, and the tiers with what they close.

use super::Notes;
use super::held::Held;
use super::targets::Targets;
use crate::config::fault::Shown;
use crate::config::file;
use crate::lists::tier_defaults::{BypassDefault, TierDefault, YouTubeDefault};
use crate::lists::{CategoryEntry, CategorySet, Registry, Words};
use crate::office::registry::Understood;
use crate::policy::{Bypass, Settings, TierFault, TierSpec, Tiers, YouTube};

/// The categories of the tables with what the file adds and changes.
pub(super) fn registry(categories: Vec<file::Category>, known: &Understood, notes: &mut Notes<'_>) -> Registry {
    let by_law = Registry::shipped();
    let mut registry = known.registry.clone();
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
                    let hint = "leave `locked` out; an [[exception]] opens a single name, with a reason and an end";
                    if by_law.find(&id).is_some_and(|category| by_law.entry(category).locked) {
                        notes.fault(unlocked.line, format!("category `{id}` is locked by law, and no file unlocks it"), hint);
                    } else {
                        let what = format!("category `{id}` is locked by the office, and no file unlocks it");
                        notes.against_office(unlocked.line, what, hint);
                    }
                }
                if let Some(locked) = locked.filter(|locked| locked.value && !entry.locked && !known.schools.tighten.has(&id)) {
                    let what = format!("category `{id}` is locked here, and the office does not let schools block it");
                    notes.against_office(locked.line, what, "leave `locked` out; until then it stays locked");
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

/// Where a tier stands in the file, and what it restricts there.
pub(super) struct Written {
    pub(super) line: u32,
    pub(super) restricted: Vec<file::At<file::Id>>,
}

/// What tiers are made against: the categories, what targets are looked up in, and what the office holds.
pub(super) type Against<'a> = (&'a Registry, &'a Targets<'a>, &'a Held);

/// The file's tiers, or those of the tables where it has none.
pub(super) fn tiers(written: Vec<file::Tier>, (registry, targets, held): Against<'_>, notes: &mut Notes<'_>) -> Tiers {
    let shipped = &targets.known().tiers;
    let fallback = || {
        let specs = shipped.iter().cloned().map(shipped_tier).collect();
        Tiers::new(specs, registry).expect("the tables' tiers stand together")
    };
    if written.is_empty() {
        return fallback();
    }
    let lines: Vec<(String, u32)> = written.iter().map(|tier| (tier.id.value.as_str().to_owned(), tier.line)).collect();
    order(&lines, shipped, notes);
    let places: Vec<Written> =
        written.iter().map(|tier| Written { line: tier.line, restricted: tier.restricted.clone() }).collect();
    let mut specs: Vec<TierSpec> = written.into_iter().map(|tier| spec(tier, targets, registry, notes)).collect();
    held.tiers(&mut specs, &places, registry, notes);
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

fn spec(tier: file::Tier, targets: &Targets<'_>, registry: &Registry, notes: &mut Notes<'_>) -> TierSpec {
    let shipped = &targets.known().tiers;
    let file::Tier { line: _, id, name, blocks, restricted, safe_search, youtube, bypass } = tier;
    let id = id.value.as_str().to_owned();
    let same = shipped.iter().find(|known| known.id == id).cloned();
    let defaults = same.map_or_else(|| Settings::shipped(&id), |same| shipped_tier(same).settings);
    let settings = Settings {
        safe_search: safe_search.map_or(defaults.safe_search, |wanted| wanted.value),
        youtube: youtube.map_or(defaults.youtube, |wanted| wanted.value),
        bypass: bypass.map_or(defaults.bypass, |wanted| wanted.value),
    };
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

/// A tier of the tables.
pub(super) fn shipped_tier(tier: TierDefault) -> TierSpec {
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
