//! The change note: what a publication changes, in the words of people, in Vietnamese and English.
//!
//! The rule: who reads it has a minute. The first lines say what changes for pupils; reasons are the people's own words.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::{CategoryChange, RoleChange};
use crate::lists::{Registry, Words};
use crate::office::decisions::{Decision, Kind};
use crate::office::folder::Rules;
use crate::office::publication::Override;

/// A language that people of the office read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vietnamese,
    /// English.
    English,
}

impl Language {
    /// The language of a word such as `vi`, `vi_VN.UTF-8` or `en`; none where it is another.
    pub fn of_locale(word: &str) -> Option<Self> {
        match word.split(['_', '-', '.']).next() {
            Some("vi") => Some(Self::Vietnamese),
            Some("en") => Some(Self::English),
            Some(_) | None => None,
        }
    }

    /// The one of two texts that is in this language.
    pub fn of(self, words: &Words) -> &str {
        match self {
            Self::Vietnamese => &words.vi,
            Self::English => &words.en,
        }
    }

    /// The one of two words.
    pub const fn word<'w>(self, vi: &'w str, en: &'w str) -> &'w str {
        match self {
            Self::Vietnamese => vi,
            Self::English => en,
        }
    }

    /// A number as people read it: with dots between thousands in Vietnamese, commas in English.
    pub fn number(self, number: u64) -> String {
        let digits = number.to_string();
        let mut out = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                out.push_str(self.word(".", ","));
            }
            out.push(digit);
        }
        out
    }

    /// A day as people read it.
    pub fn day(self, day: Date) -> String {
        match self {
            Self::Vietnamese => day.strftime("%d/%m/%Y").to_string(),
            Self::English => day.to_string(),
        }
    }

    /// A category as people read it.
    pub fn category(self, registry: &Registry, id: &str) -> String {
        registry.find(id).map_or_else(|| id.to_owned(), |category| self.of(&registry.entry(category).name).to_owned())
    }
}

/// The note of a publication.
pub fn note(changes: &[RoleChange], overrides: &[Override], rules: &Rules, registry: &Registry) -> Words {
    let write = |language| text(language, changes, overrides, rules, registry);
    Words { vi: write(Language::Vietnamese), en: write(Language::English) }
}

fn text(language: Language, changes: &[RoleChange], overrides: &[Override], rules: &Rules, registry: &Registry) -> String {
    let mut out = String::new();
    for change in changes.iter().filter(|change| !change.is_empty()) {
        let role = rules.role(&change.role).map_or(change.role.as_str(), |role| language.of(&role.name));
        let _ = writeln!(out, "{role}");
        for decision in &change.decided {
            let _ = writeln!(out, "  {}", decided(language, decision, registry));
        }
        for decision in &change.withdrawn {
            let kind = kind(language, decision.kind);
            let _ = writeln!(out, "  {} {} ({kind})", language.word("Thôi", "Withdrawn:"), decision.name);
        }
        for (category, change) in &change.categories {
            category_lines(&mut out, language, &language.category(registry, category), change);
        }
    }
    if out.is_empty() {
        let _ = writeln!(
            out,
            "{}",
            language.word("Không có thay đổi về tên miền và quyết định.", "No name and no decision changes.")
        );
    }
    for Override { what, by, reason } in overrides {
        let vi = format!("Vượt kiểm tra: {what} — {by}: {reason}");
        let en = format!("Overridden check: {what} — {by}: {reason}");
        let _ = writeln!(out, "{}", language.word(&vi, &en));
    }
    out.truncate(out.trim_end().len());
    out
}

/// What a decision of a kind does to its name.
pub const fn kind(language: Language, kind: Kind) -> &'static str {
    match kind {
        Kind::Lock => language.word("khóa", "lock"),
        Kind::Guarantee => language.word("bảo đảm", "guarantee"),
        Kind::Allow => language.word("cho phép", "allow"),
    }
}

/// A decision in one line: what is done to which name until when, who says so and why.
pub fn decided(language: Language, decision: &Decision, registry: &Registry) -> String {
    let Decision { kind, name, category, by, reason, until, exam, .. } = decision;
    let what = match kind {
        Kind::Lock => language.word("Khóa", "Locked:"),
        Kind::Guarantee if *exam => language.word("Bảo đảm mở, cả khi thi:", "Guaranteed open, in exams too:"),
        Kind::Guarantee => language.word("Bảo đảm mở:", "Guaranteed open:"),
        Kind::Allow => language.word("Cho phép", "Allowed:"),
    };
    let about = category.as_deref().map(|id| format!(" ({})", language.category(registry, id))).unwrap_or_default();
    let end = until.map(|day| format!("{} {}", language.word(", đến hết", ", until"), language.day(day))).unwrap_or_default();
    format!("{what} {name}{about}{end} — {by}: {reason}")
}

fn category_lines(out: &mut String, language: Language, name: &str, change: &CategoryChange) {
    let (added, removed) = (language.number(change.added), language.number(change.removed));
    let line = match (change.added, change.removed) {
        (_, 0) => format!("{name}: {} {added}", language.word("thêm", "added")),
        (0, _) => format!("{name}: {} {removed}", language.word("bớt", "removed")),
        (_, _) => format!("{name}: {} {added}, {} {removed}", language.word("thêm", "added"), language.word("bớt", "removed")),
    };
    let _ = writeln!(out, "  {line}");
    for (names, word) in [
        (&change.closes, language.word("hay được hỏi, nay thuộc nhóm này", "much asked for, now in this category")),
        (&change.opens, language.word("hay được hỏi, nay ra khỏi nhóm này", "much asked for, no longer in it")),
    ] {
        if !names.is_empty() {
            let told: Vec<String> =
                names.iter().map(|(place, name)| format!("{name} ({} {place})", language.word("thứ", "no."))).collect();
            let _ = writeln!(out, "    {word}: {}", told.join(", "));
        }
    }
}
