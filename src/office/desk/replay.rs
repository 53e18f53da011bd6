//! What a change would have done: names that were asked for, judged by the lists before and by those to come, tier by tier.
//!
//! The rule: what is compared is what schools do. The lists are compiled as a school compiles them, guard and all, and asked through
//! the same index.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Deserialize;

use super::folder::Folder;
use super::gate::{Language, Previous};
use super::tables::Tables;
use crate::dns::{Name, RecordType};
use crate::lists::compile::{self, CompileFailure, Job, JobList};
use crate::lists::format::Match;
use crate::lists::text::normalise;
use crate::lists::{CategorySet, Force, Image, ImageFault, Index, List, ListAction, ListId, Owner, Standing};
use crate::office::decisions::{Decision, Kind};
use crate::office::names::NameList;

/// How many names of each kind are told for a tier.
const TOLD: usize = 20;

/// Names with how often they were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// By name.
    pub names: BTreeMap<Name, u64>,
    /// Lines that say no name.
    pub unread: u64,
}

/// A line of a journal, as far as it matters here.
#[derive(Deserialize)]
struct JournalLine {
    name: String,
    #[serde(default)]
    repeats: u64,
}

impl Asked {
    /// Reads an exported journal (JSON lines, or CSV with its headings), or names with counts (`name 12`, `12 name`, `name,12`).
    pub fn read(text: &str) -> Self {
        let mut asked = Self::default();
        let text = text.trim_start_matches('\u{feff}');
        let first = text.lines().next().unwrap_or_default();
        let headings: Vec<&str> = first.split([',', ';']).map(|heading| heading.trim().trim_matches('"')).collect();
        let column = |wanted: &[&str]| headings.iter().position(|heading| wanted.contains(heading));
        if let (Some(name), counts) = (column(&["name", "domain"]), column(&["count", "queries"])) {
            asked.table(text, if first.contains(';') { b';' } else { b',' }, name, counts, column(&["repeats"]));
            return asked;
        }
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('{') {
                match serde_json::from_str::<JournalLine>(line) {
                    Ok(JournalLine { name, repeats }) => asked.add(&name, repeats.saturating_add(1)),
                    Err(_) => asked.unread += 1,
                }
                continue;
            }
            let words: Vec<&str> = line.split([' ', '\t', ',', ';']).filter(|word| !word.is_empty()).collect();
            match words.as_slice() {
                [name] => asked.add(name, 1),
                [one, other] => match (one.parse::<u64>(), other.parse::<u64>()) {
                    (Ok(count), Err(_)) => asked.add(other, count),
                    (_, Ok(count)) => asked.add(one, count),
                    (Err(_), Err(_)) => asked.unread += 1,
                },
                [] | [_, _, _, ..] => asked.unread += 1,
            }
        }
        asked
    }

    fn table(&mut self, text: &str, delimiter: u8, name: usize, counts: Option<usize>, repeats: Option<usize>) {
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        for record in reader.records() {
            let Ok(record) = record else {
                self.unread += 1;
                continue;
            };
            let number = |column: Option<usize>| column.and_then(|at| record.get(at)).map(|cell| cell.trim().parse::<u64>());
            let count = match (number(counts), number(repeats)) {
                (Some(Ok(count)), _) => Some(count),
                (None, Some(Ok(repeats))) => Some(repeats.saturating_add(1)),
                (None, None) => Some(1),
                (Some(Err(_)), _) | (None, Some(Err(_))) => None,
            };
            match (record.get(name), count) {
                (Some(name), Some(count)) => self.add(name.trim(), count),
                (_, _) => self.unread += 1,
            }
        }
    }

    fn add(&mut self, name: &str, count: u64) {
        match normalise(name) {
            Ok(name) => {
                let sum = self.names.entry(name).or_default();
                *sum = sum.saturating_add(count);
            }
            Err(_) => self.unread += 1,
        }
    }
}

/// What changes for one tier: names with their counts, the most asked first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierChange {
    /// The tier's id.
    pub tier: String,
    /// Names that would be newly blocked, each with its gravest category and how often it was asked for.
    pub blocked: Vec<(Name, String, u64)>,
    /// Names that would be newly open.
    pub opened: Vec<(Name, u64)>,
}

/// Why nothing was replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFault {
    /// No room for trial images.
    #[error("trial images cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The lists do not compile.
    #[error(transparent)]
    Compile(#[from] CompileFailure),
    /// An image that was just written cannot be read.
    #[error("a trial image cannot be read: {0}")]
    Image(#[from] ImageFault),
}

/// One side of the comparison.
struct Side<'s> {
    index: Index,
    decisions: Vec<&'s Decision>,
}

impl Folder {
    /// Judges what was asked for by what was published last and by the folder, on `day`.
    ///
    /// # Errors
    /// [`ReplayFault`].
    pub fn replay(
        &self,
        previous: &Previous,
        before: &BTreeMap<String, Vec<Decision>>,
        asked: &Asked,
        day: Date,
    ) -> Result<Vec<TierChange>, ReplayFault> {
        let old: Vec<(&str, &NameList)> = previous.lists.iter().map(|(role, list)| (role.as_str(), list)).collect();
        let new: Vec<(&str, &NameList)> = self.roles.iter().map(|role| (role.id.as_str(), &role.names)).collect();
        let old = Side { index: self.index(&old)?, decisions: before.values().flatten().collect() };
        let decisions = self.roles.iter().flat_map(|role| &role.decisions).map(|decided| &decided.decision);
        let new = Side { index: self.index(&new)?, decisions: decisions.collect() };
        let mut changes = Vec::new();
        let mut mask = self.tables.registry.locked();
        // A younger tier blocks what every older one does, so the oldest comes first.
        for tier in self.tables.tiers.iter().rev() {
            mask = mask.union(tier.blocks);
            let mut change = TierChange { tier: tier.id.clone(), blocked: Vec::new(), opened: Vec::new() };
            for (name, count) in &asked.names {
                let (was, is) = (old.blocks(name, mask, &self.tables, day), new.blocks(name, mask, &self.tables, day));
                match (was, is) {
                    (None, Some(word)) => change.blocked.push((name.clone(), word, *count)),
                    (Some(_), None) => change.opened.push((name.clone(), *count)),
                    (None, None) | (Some(_), Some(_)) => {}
                }
            }
            change.blocked.sort_by(|one, other| other.2.cmp(&one.2).then_with(|| one.0.cmp(&other.0)));
            change.opened.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
            changes.push(change);
        }
        changes.reverse();
        Ok(changes)
    }

    /// Lists compiled as a school compiles them.
    fn index(&self, lists: &[(&str, &NameList)]) -> Result<Index, ReplayFault> {
        let folder = tempfile::tempdir()?;
        let images = lists.iter().map(|(role, list)| self.image(folder.path(), role, list)).collect::<Result<_, _>>()?;
        Ok(Index::new(images))
    }

    fn image(&self, folder: &Path, role: &str, list: &NameList) -> Result<Arc<Image>, ReplayFault> {
        let text = folder.join(format!("{role}.txt"));
        list.write(&mut io::BufWriter::new(std::fs::File::create(&text)?))?;
        let speaks_for = self.roles.iter().find(|own| own.id == role).map(|own| &own.speaks_for);
        let spoken = |word: &str| speaks_for.is_none_or(|own| own.has(word));
        let registry = &self.tables.registry;
        let wanted = registry.entries().iter().filter(|entry| spoken(&entry.id));
        let row = |entry: &crate::lists::CategoryEntry| JobList {
            list: List {
                id: ListId(format!("office-{role}-{}", entry.id)),
                category: registry.find(&entry.id).expect("it is an entry of this registry"),
                standing: Standing::of(entry),
                action: ListAction::Block,
                force: Force::default(),
            },
            source: compile::Source::Names { file: text.clone(), category: entry.id.clone() },
            format: None,
            matching: Match::AsFormat,
        };
        let protected = self.tables.protected.as_map().iter().map(|(name, kinds)| (name.to_string(), kinds.bits()));
        let image = folder.join(format!("{role}.img"));
        let job = Job {
            owner: Owner::Office(role.to_owned()),
            lists: wanted.map(row).collect(),
            protected: protected.collect(),
            image: image.clone(),
            kept: None,
        };
        compile::run(&job)?;
        Ok(Arc::new(Image::open(&image)?))
    }
}

impl Side<'_> {
    /// The category for which a name is blocked where `mask` is closed; none where it is open. The order is that of the policy: a
    /// lock, a guarantee or an allow, the lists.
    fn blocks(&self, name: &Name, mask: CategorySet, tables: &Tables, day: Date) -> Option<String> {
        let deepest = |wanted: &dyn Fn(Kind) -> bool| {
            let own = self.decisions.iter().filter(|own| wanted(own.kind) && own.holds(day) && name.is_at_or_below(&own.name));
            own.max_by_key(|own| own.name.label_count())
        };
        if let Some(lock) = deepest(&|kind| kind == Kind::Lock) {
            return Some(lock.category.clone().unwrap_or_else(|| "lock".to_owned()));
        }
        let closed = self.index.categories(name, RecordType::A).categories().and(mask);
        let opened = deepest(&|kind| kind != Kind::Lock).is_some();
        let closed = if opened { closed.and(tables.registry.locked()) } else { closed };
        closed.first().map(|category| tables.registry.entry(category).id.clone())
    }
}

/// The changes in some lines.
pub fn told(changes: &[TierChange], asked: &Asked, language: Language) -> String {
    let mut lines = vec![match language {
        Language::Vietnamese => {
            format!("Thử lại trên {} tên đã được truy cập ({} dòng không đọc được):", asked.names.len(), asked.unread)
        }
        Language::English => {
            format!("Replayed on {} names that were asked for ({} lines say none):", asked.names.len(), asked.unread)
        }
    }];
    for TierChange { tier, blocked, opened } in changes {
        let sum = |counts: &mut dyn Iterator<Item = u64>| counts.fold(0_u64, u64::saturating_add);
        let (closes, opens) = (sum(&mut blocked.iter().map(|row| row.2)), sum(&mut opened.iter().map(|row| row.1)));
        lines.push(match language {
            Language::Vietnamese => {
                format!("{tier}: chặn thêm {} tên ({closes} lượt), mở thêm {} tên ({opens} lượt)", blocked.len(), opened.len())
            }
            Language::English => {
                format!(
                    "{tier}: {} names newly blocked ({closes} queries), {} newly open ({opens} queries)",
                    blocked.len(),
                    opened.len()
                )
            }
        });
        lines.extend(blocked.iter().take(TOLD).map(|(name, word, count)| format!("  - {name} ({word}) {count}")));
        lines.extend(opened.iter().take(TOLD).map(|(name, count)| format!("  + {name} {count}")));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests;
