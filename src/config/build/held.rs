//! What the office does not let this school change of the tiers, and where the file changes it all the same.
//!
//! The rule: the office's word holds. Where the file opens what it must not, that is a fault or a warning, and closed it is in either case.
//! A tier with an id that the office does not know is held to the youngest's: it may be anybody's.

use super::Notes;
use super::tiers::{Written, shipped_tier};
use crate::config::file::At;
use crate::lists::{Category, CategorySet, Registry};
use crate::office::SpeaksFor;
use crate::office::registry::Understood;
use crate::policy::{Bypass, TierSpec, Tiers};

/// What holds of the office's tiers.
pub(super) struct Held {
    office: Tiers,
    /// The categories that a school may not open, where the office's tier closes them.
    closed: CategorySet,
    /// Those that it may not close, where the office's tier leaves them open.
    open: CategorySet,
    /// Those that the office locks, and the law does not.
    locked: CategorySet,
}

impl Held {
    /// What `known` lets schools change, in the words of `registry`, which has the school's own categories too.
    pub(super) fn new(known: &Understood, registry: &Registry) -> Self {
        let specs = known.tiers.iter().cloned().map(shipped_tier).collect();
        let office = Tiers::new(specs, registry).expect("the office's tiers stand together");
        let without = |may: &SpeaksFor| {
            let all = known.registry.entries().iter().filter(|entry| !may.has(&entry.id));
            all.filter_map(|entry| registry.find(&entry.id)).collect::<CategorySet>()
        };
        // What is locked is everybody's, and said where it is unlocked.
        let locked = registry.locked();
        let by_law = Registry::shipped();
        let is_law = |id: &str| by_law.find(id).is_some_and(|category| by_law.entry(category).locked);
        let of_office = known.registry.entries().iter().filter(|entry| entry.locked && !is_law(&entry.id));
        Self {
            office,
            closed: without(&known.schools.loosen).without(locked),
            open: without(&known.schools.tighten).without(locked),
            locked: of_office.filter_map(|entry| registry.find(&entry.id)).collect(),
        }
    }

    /// Whether the office locks `category`, and neither law nor file does.
    pub(super) fn is_locked_by_office(&self, category: Category) -> bool {
        self.locked.contains(category)
    }

    /// What a tier of this id must close.
    pub(super) fn of(&self, id: &str) -> CategorySet {
        let reference = self.office.find(id).map_or(&self.office.all()[0], |found| self.office.tier(found));
        let unsafe_search = if reference.settings.safe_search { self.office.search_unsafe() } else { CategorySet::EMPTY };
        reference.mask.union(unsafe_search).and(self.closed)
    }

    /// Whether a tier of this id must keep safe search on.
    pub(super) fn safe_search(&self, id: &str) -> bool {
        !self.of(id).and(self.office.search_unsafe()).is_empty()
    }

    /// Notes what the tiers of the file open or close against the office's word, and closes again what they must not open.
    pub(super) fn tiers(&self, specs: &mut [TierSpec], written: &[Written], registry: &Registry, notes: &mut Notes<'_>) {
        if self.closed.is_empty() && self.open.is_empty() {
            return;
        }
        let Ok(own) = Tiers::new(specs.to_vec(), registry) else { return };
        let name = |set: CategorySet| {
            let ids: Vec<_> = set.iter().map(|category| format!("`{}`", registry.entry(category).id)).collect();
            ids.join(", ")
        };
        let bypass: CategorySet = registry.find("bypass").into_iter().collect();
        // What an older tier must close, a younger one closes with it.
        let mut must = CategorySet::EMPTY;
        for ((spec, tier), written) in specs.iter_mut().zip(own.all()).zip(written).rev() {
            must = must.union(self.of(&spec.id));
            let missing = self.of(&spec.id).without(tier.mask).without(self.office.search_unsafe());
            if !missing.is_empty() {
                let what =
                    format!("tier `{}` leaves {} open, and the office does not let schools open it", spec.id, name(missing));
                notes.against_office(written.line, what, "add it to `blocks`; the office's word holds");
                spec.blocks = spec.blocks.union(missing);
                if !missing.and(bypass).is_empty() {
                    spec.settings.bypass = Bypass::Block;
                }
            }
            if self.safe_search(&spec.id) && !spec.settings.safe_search {
                let what = format!("tier `{}` turns safe search off, and the office does not let schools do that", spec.id);
                notes.against_office(written.line, what, "leave `safe_search` out; the office's word holds");
                spec.settings.safe_search = true;
            }
            spec.restricted.retain(|service| {
                let against = service.categories.and(must);
                if against.is_empty() {
                    return true;
                }
                let what = format!(
                    "tier `{}` restricts `{}`, and the office does not let schools open {}",
                    spec.id,
                    service.service,
                    name(against)
                );
                let line = written.restricted.iter().find(|At { value, .. }| value.as_str() == service.service);
                let hint = "leave it out of `restricted`; the office's word holds";
                notes.against_office(line.map_or(written.line, |at| at.line), what, hint);
                false
            });
            let known = self.office.find(&spec.id).map(|found| self.office.tier(found));
            let more = known.map_or(CategorySet::EMPTY, |known| spec.blocks.without(known.mask).and(self.open));
            if !more.is_empty() {
                let what = format!("tier `{}` blocks {}, and the office does not let schools block it", spec.id, name(more));
                notes.against_office(written.line, what, "take it out of `blocks`; until then it stays blocked");
            }
        }
    }
}
