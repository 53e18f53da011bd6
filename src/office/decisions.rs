//! What a role of the office decides of single names: locks, guarantees and allows, each with who, why, since when and until when.
//!
//! Three forms say the same: the TOML and the CSV that people write ([`toml`], [`csv`]) and the JSON that is published ([`read`],
//! [`publish`]). The rule: nobody is left out. A decision without a person, a reason and a date is none.

pub mod csv;
pub mod toml;

use std::fmt;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::dns::Name;
use crate::fault::{Fault, Shown as _};
use crate::lists::Registry;
use crate::lists::text::normalise;

/// The most decisions of one role: people make them one by one.
pub const MOST: usize = 100_000;

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The name is closed to everyone.
    Lock,
    /// No deny and no tier closes the name.
    Guarantee,
    /// Tiers' blocks and the school's own locks are lifted.
    Allow,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Lock, Self::Guarantee, Self::Allow];

    /// As files write it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Guarantee => "guarantee",
            Self::Allow => "allow",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// One decision, for its name and everything below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What is decided.
    pub kind: Kind,
    /// The name.
    pub name: Name,
    /// The category that a locked name belongs to.
    pub category: Option<String>,
    /// The role that decides, by its id.
    pub owner: String,
    /// The person.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub made: Date,
    /// The last day on which it holds; none where it has no end.
    pub until: Option<Date>,
    /// Whether a guarantee holds in exams too.
    pub exam: bool,
}

impl Decision {
    /// Whether it holds on `day`.
    pub fn holds(&self, day: Date) -> bool {
        self.until.is_none_or(|until| day <= until)
    }
}

/// A decision with the place where a person wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The decision.
    pub decision: Decision,
    /// The line, the first being 1.
    pub line: u32,
}

/// Why published decisions cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecisionsFault {
    /// No JSON of the right shape.
    #[error("these are no published decisions: {0}")]
    Shape(serde_json::Error),
    /// A value that makes no sense.
    #[error("decision {place}: {what}")]
    Value {
        /// Which one, the first being 1.
        place: usize,
        /// What is wrong with it.
        what: String,
    },
}

/// As a decision is published.
#[derive(Debug, Serialize, Deserialize)]
struct Published {
    kind: Kind,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    owner: String,
    by: String,
    reason: String,
    made: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Date>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    exam: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    decisions: Vec<Published>,
}

/// The published form: JSON, in the order of names, so that the same decisions give the same octets.
///
/// # Panics
/// Never: plain values are JSON.
pub fn publish(decisions: &[Decision]) -> Vec<u8> {
    let mut sorted: Vec<&Decision> = decisions.iter().collect();
    sorted.sort_by(|one, other| (&one.name, one.kind, one.made, &one.by).cmp(&(&other.name, other.kind, other.made, &other.by)));
    sorted.dedup();
    let row = |decision: &Decision| {
        let Decision { kind, name, category, owner, by, reason, made, until, exam } = decision.clone();
        Published { kind, name: name.to_string(), category, owner, by, reason, made, until, exam }
    };
    let file = File { decisions: sorted.into_iter().map(row).collect() };
    let mut text = serde_json::to_vec_pretty(&file).expect("plain values are JSON");
    text.push(b'\n');
    text
}

/// Reads the published form.
///
/// # Errors
/// [`DecisionsFault`].
pub fn read(text: &[u8]) -> Result<Vec<Decision>, DecisionsFault> {
    let File { decisions } = serde_json::from_slice(text).map_err(DecisionsFault::Shape)?;
    if decisions.len() > MOST {
        return Err(DecisionsFault::Value { place: MOST + 1, what: format!("a role has at most {MOST} decisions") });
    }
    let read = |(place, row): (usize, Published)| {
        let value = |what: String| DecisionsFault::Value { place: place + 1, what };
        let Published { kind, name, category, owner, by, reason, made, until, exam } = row;
        let name = normalise(&name).map_err(|fault| value(format!("{} is no name: {fault}", name.quoted())))?;
        Ok(Decision { kind, name, category, owner, by, reason, made, until, exam })
    };
    decisions.into_iter().enumerate().map(read).collect()
}

/// A decision as a person wrote it, before its words are understood.
#[derive(Debug, Default)]
struct Written {
    line: u32,
    kind: Option<Kind>,
    name: Option<String>,
    category: Option<String>,
    by: Option<String>,
    reason: Option<String>,
    made: Option<Date>,
    until: Option<Date>,
    exam: bool,
}

/// What holds for all decisions of a file.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'s> {
    /// The file.
    pub file: &'s Path,
    /// The role whose decisions they are.
    pub owner: &'s str,
    /// The categories, by id and by name.
    pub registry: &'s Registry,
    /// What counts where a line leaves it out; nothing where the file is kept and must speak for itself.
    pub fallback: Option<&'s Fallback>,
}

/// What a person says once for all lines of a file that is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// The person.
    pub by: String,
    /// The day.
    pub made: Date,
    /// Why, where that is the same for all.
    pub reason: Option<String>,
    /// What is decided, where that is the same for all.
    pub kind: Option<Kind>,
    /// The category, where that is the same for all.
    pub category: Option<String>,
}

impl Setting<'_> {
    /// The decision, or what it lacks.
    fn understand(&self, written: Written, faults: &mut Vec<Fault>) -> Option<Placed> {
        let Written { line, mut kind, name, mut category, mut by, mut reason, mut made, until, exam } = written;
        if let Some(fallback) = self.fallback {
            kind = kind.or(fallback.kind);
            by = by.filter(|by| !by.trim().is_empty()).or_else(|| Some(fallback.by.clone()));
            reason = reason.filter(|reason| !reason.trim().is_empty()).or_else(|| fallback.reason.clone());
            made = made.or(Some(fallback.made));
            if kind == Some(Kind::Lock) {
                category = category.filter(|category| !category.trim().is_empty()).or_else(|| fallback.category.clone());
            }
        }
        let before = faults.len();
        let mut fault = |what: String, hint: &str| faults.push(Fault::error(self.file, Some(line), what, hint));
        let lacking = |what: &str| format!("a decision without {what}");
        if kind.is_none() {
            fault(lacking("its kind"), "say lock, guarantee or allow (khóa, bảo đảm, cho phép)");
        }
        let said = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let name = match said(name) {
            None => {
                fault(lacking("a name"), "write the name as in example.com; it stands for everything below it too");
                None
            }
            Some(text) => match normalise(&text) {
                Ok(name) if name.label_count() > 1 => Some(name),
                Ok(_) => {
                    fault(format!("{} is a single label", text.quoted()), "write a whole name, as in example.com");
                    None
                }
                Err(problem) => {
                    fault(format!("{} is no name: {problem}", text.quoted()), "write the name alone, as in example.com");
                    None
                }
            },
        };
        let category = said(category).and_then(|word| {
            let known = find_category(self.registry, &word);
            if known.is_none() {
                let ids = self.registry.entries().iter().map(|entry| entry.id.as_str());
                let near = crate::fault::nearest::nearest(&word, ids).map(|near| format!("did you mean `{near}`?"));
                let hint = near.unwrap_or_else(|| "write an id of categories.toml, or its name".to_owned());
                fault(format!("there is no category {}", word.quoted()), &hint);
            }
            known
        });
        let (by, reason) = (said(by), said(reason));
        if by.is_none() {
            fault(lacking("a person"), "say who decided: `by`, or the column \"người quyết định\"");
        }
        if reason.is_none() {
            fault(lacking("a reason"), "say why: it is published, and schools read it");
        }
        if made.is_none() {
            fault(lacking("its date"), "say when it was made: `made`, or the column \"ngày\"");
        }
        if let (Some(made), Some(until)) = (made, until)
            && until < made
        {
            fault(format!("it ends ({until}) before it was made ({made})"), "mend one of both dates");
        }
        match kind {
            Some(Kind::Lock) if category.is_none() && faults.len() == before => {
                let hint = "say what it is about (`category`), so that schools see it and the delegation can be checked";
                faults.push(Fault::error(self.file, Some(line), lacking("a category"), hint));
            }
            Some(Kind::Guarantee | Kind::Allow) if category.is_some() => {
                let hint = "leave the category out: such a decision opens the name whatever it is about";
                faults.push(Fault::error(self.file, Some(line), "only a lock has a category", hint));
            }
            Some(Kind::Lock | Kind::Guarantee | Kind::Allow) | None => {}
        }
        if exam && kind.is_some_and(|kind| kind != Kind::Guarantee) {
            let hint = "guarantee the name to keep it open in exams";
            faults.push(Fault::error(self.file, Some(line), "only a guarantee can hold in exams", hint));
        }
        if faults.len() > before {
            return None;
        }
        let (Some(kind), Some(name), Some(by), Some(reason), Some(made)) = (kind, name, by, reason, made) else { return None };
        let owner = self.owner.to_owned();
        Some(Placed { decision: Decision { kind, name, category, owner, by, reason, made, until, exam }, line })
    }
}

/// The id of the category that a word means: an id, or a name in either language.
pub fn find_category(registry: &Registry, word: &str) -> Option<String> {
    let wanted = folded(word);
    let means = |entry: &&crate::lists::CategoryEntry| {
        [&entry.id, &entry.name.vi, &entry.name.en].into_iter().any(|known| folded(known) == wanted)
    };
    registry.entries().iter().find(means).map(|entry| entry.id.clone())
}

/// Text as it is compared: lower case without marks, blanks and underscores as one blank. Vietnamese is typed with and without marks.
fn folded(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    use unicode_normalization::char::is_combining_mark;
    let letters = text.nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase);
    let plain: String = letters.map(|letter| if letter == 'đ' { 'd' } else { letter }).collect();
    plain
        .split(|letter: char| letter.is_whitespace() || letter == '_')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Reads a day as people write it: 2026-11-26, or 26/11/2026, 26-11-2026, 26.11.2026 with the day first.
pub fn day(text: &str) -> Option<Date> {
    if let Ok(date) = text.parse::<Date>() {
        return Some(date);
    }
    let mut parts = text.split(['/', '-', '.']);
    let mut number = |most: usize| {
        let part = parts.next()?.trim();
        (!part.is_empty() && part.len() <= most && part.bytes().all(|octet| octet.is_ascii_digit()))
            .then(|| part.parse::<i16>().ok())?
    };
    let (day, month, year) = (number(2)?, number(2)?, number(4)?);
    if parts.next().is_some() || year < 1000 {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests;
