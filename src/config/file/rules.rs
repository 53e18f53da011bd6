//! What is closed to whom: `[[category]]`, `[[tier]]`, `[schedule]`, `[[exception]]`.

use super::At;
use super::values::Id;
use super::walk::{Keys, Section};
use crate::dns::Name;
use crate::lists::Words;
use crate::policy::{Bypass, YouTube};
use jiff::civil::Date;

/// The keys of `[[category]]`.
pub(super) const CATEGORY: Keys = Keys { section: "category", written: "[[category]]", keys: &["id", "name", "locked"] };

/// The keys of `name = { vi = "…", en = "…" }`.
pub(super) const WORDS: Keys = Keys { section: "name", written: "`name`", keys: &["vi", "en"] };

/// What is added to the registry of categories, or changed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Where the section starts.
    pub line: u32,
    /// Its word.
    pub id: At<Id>,
    /// What people read.
    pub name: Option<Words>,
    /// Whether it is closed to everyone.
    pub locked: Option<At<bool>>,
}

impl Category {
    /// Reads the section; none where it lacks what it cannot do without.
    pub(super) fn read(section: &Section<'_, '_>) -> Option<Self> {
        let id = section.required("id");
        let name = words(section);
        let locked = section.optional("locked");
        Some(Self { line: section.line(), id: id?, name, locked })
    }
}

fn words(section: &Section<'_, '_>) -> Option<Words> {
    section.has("name").then(|| section.section("name", &WORDS)).filter(Section::is_written).map(|name| {
        let vi = name.optional::<String>("vi").map(|text| text.value);
        let en = name.optional::<String>("en").map(|text| text.value);
        // Where one language is left out, the other stands for it: a reader is better served by it than by nothing.
        let either = vi.clone().or_else(|| en.clone()).unwrap_or_default();
        Words { vi: vi.unwrap_or_else(|| either.clone()), en: en.unwrap_or(either) }
    })
}

/// The keys of `[[tier]]`.
pub(super) const TIER: Keys = Keys {
    section: "tier",
    written: "[[tier]]",
    keys: &["id", "name", "blocks", "restricted", "safe_search", "youtube", "bypass"],
};

/// An age band.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Where the section starts.
    pub line: u32,
    /// Its word.
    pub id: At<Id>,
    /// What people read; none for the shipped words, or the id.
    pub name: Option<Words>,
    /// The categories that are closed to it in addition to what is closed to the next older one.
    pub blocks: Vec<At<Id>>,
    /// The services that are restricted to their twins where their categories are closed.
    pub restricted: Vec<At<Id>>,
    /// Whether its searches are made safe; none for the shipped tier's.
    pub safe_search: Option<At<bool>>,
    /// How YouTube is restricted; none for the shipped tier's.
    pub youtube: Option<At<YouTube>>,
    /// Whether ways round the filter are closed; none for the shipped tier's.
    pub bypass: Option<At<Bypass>>,
}

/// Reads the key `youtube`.
pub(super) fn youtube(section: &Section<'_, '_>) -> Option<At<YouTube>> {
    let words = [("strict", YouTube::Strict), ("moderate", YouTube::Moderate), ("off", YouTube::Off)];
    section.word("youtube", &words.map(|(word, mode)| (word, Some(mode))))
}

impl Tier {
    /// Reads the section; none where it lacks what it cannot do without.
    pub(super) fn read(section: &Section<'_, '_>) -> Option<Self> {
        let id = section.required("id");
        let tier = Self {
            line: section.line(),
            name: words(section),
            blocks: section.array("blocks").unwrap_or_default(),
            restricted: section.array("restricted").unwrap_or_default(),
            safe_search: section.optional("safe_search"),
            youtube: youtube(section),
            bypass: section.word("bypass", &[("block", Some(Bypass::Block)), ("allow", Some(Bypass::Allow))]),
            id: id?,
        };
        Some(tier)
    }
}

/// The keys of `[schedule]`.
pub(super) const SCHEDULE: Keys = Keys { section: "schedule", written: "[schedule]", keys: &["time_zone", "holidays"] };

/// The school's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The time zone's name in the time zone database.
    pub time_zone: At<String>,
    /// Days on which no window opens, unless it says that it does.
    pub holidays: Vec<At<Date>>,
}

impl Schedule {
    /// Reads the section.
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        Self {
            time_zone: section.or("time_zone", "Asia/Ho_Chi_Minh".to_owned()),
            holidays: section.array("holidays").unwrap_or_default(),
        }
    }
}

/// The keys of `[[exception]]`.
pub(super) const EXCEPTION: Keys = Keys { section: "exception", written: "[[exception]]", keys: &["name", "reason", "until"] };

/// A name that an administrator opens although the school's own lists lock it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Where the section starts.
    pub line: u32,
    /// The name, and all below it.
    pub name: At<Name>,
    /// Why.
    pub reason: At<String>,
    /// The last day on which it holds.
    pub until: At<Date>,
}

impl Exception {
    /// Reads the section; none where it lacks what it cannot do without.
    pub(super) fn read(section: &Section<'_, '_>) -> Option<Self> {
        let name = section.required("name");
        let reason: Option<At<String>> = section.required("reason");
        let until = section.required("until");
        if let Some(reason) = reason.as_ref().filter(|reason| reason.value.trim().is_empty()) {
            let hint = "say why in a few words: they stand in the report";
            section.fault(reason.line, "an exception without a reason: `reason` is empty", hint);
        }
        Some(Self { line: section.line(), name: name?, reason: reason?, until: until? })
    }
}
