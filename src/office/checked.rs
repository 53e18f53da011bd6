//! What is told of a folder before it is published: what is in it, what the gate refuses, what changes, and what a replay says.
//!
//! The rule: what keeps the folder from being published comes first, and nothing is left out of the form for machines.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::build::{NotTaken, RoleText};
use super::changes::{CategoryChange, Language, RoleChange, decided};
use super::content::Findings;
use super::decisions::Decision;
use super::folder::Folder;
use super::gate::{May, Refusal, Shown, refusal_lines, why};
use super::publication::Override;
use super::published::Last;
use super::replay::Replay;
use crate::fault::Fault;
use crate::lists::Words;

/// What was found, and what it is told with.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'c> {
    /// The folder.
    pub folder: &'c Folder,
    /// What was published last.
    pub last: &'c Last,
    /// What was found.
    pub findings: &'c Findings,
    /// What a replay says, where one was made.
    pub replay: Option<&'c Replay>,
}

impl Checked<'_> {
    /// Whether it would be published.
    pub const fn is_fine(&self) -> bool {
        self.findings.weighed.refusals.is_empty()
    }

    /// What a person reads.
    pub fn lines(&self, language: Language) -> Vec<String> {
        let mut lines = self.refused(language);
        lines.extend(self.idle(language));
        lines.extend(self.roles(language));
        lines.extend(self.changes(language));
        if let Some(replay) = self.replay {
            lines.push(String::new());
            lines.extend(replay.lines(&self.folder.understood.registry, language));
        }
        lines.push(String::new());
        lines.push(self.verdict(language));
        lines
    }

    fn refused(&self, language: Language) -> Vec<String> {
        let refusals = &self.findings.weighed.refusals;
        if refusals.is_empty() {
            return Vec::new();
        }
        let count = language.number(refusals.len() as u64);
        let mut lines = vec![match language {
            Language::Vietnamese => format!("BỊ TỪ CHỐI ({count}):"),
            Language::English => format!("REFUSED ({count}):"),
        }];
        lines.extend(refusal_lines(refusals, Shown { folder: self.folder, language }));
        lines.push(String::new());
        lines
    }

    fn idle(&self, language: Language) -> Vec<String> {
        let mut lines = Vec::new();
        for Override { what, .. } in &self.findings.weighed.idle {
            lines.push(match language {
                Language::Vietnamese => {
                    format!("overrides.toml: {what}: không có gì bị từ chối như vậy (hoặc không ai vượt được); nên xóa")
                }
                Language::English => {
                    format!("overrides.toml: {what}: nothing is refused so (or nobody may override it); take it out")
                }
            });
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines
    }

    fn roles(&self, language: Language) -> Vec<String> {
        let mut lines = Vec::new();
        for (role, (id, text)) in self.folder.roles.iter().zip(&self.findings.texts) {
            let name = self.folder.rules.role(id).map_or(id.as_str(), |role| language.of(&role.name));
            let (names, decisions) = (language.number(text.count), language.number(role.decisions.len() as u64));
            lines.push(match language {
                Language::Vietnamese => format!("{name} ({id}): {names} tên trong danh sách, {decisions} quyết định"),
                Language::English => format!("{name} ({id}): names in lists: {names}; decisions: {decisions}"),
            });
            for not in &text.not_taken {
                let count = language.number(not.count);
                let first = not.first.as_ref().map(|(line, text)| match language {
                    Language::Vietnamese => format!(", dòng đầu: {line}: {text}"),
                    Language::English => format!(", the first on line {line}: {text}"),
                });
                let first = first.unwrap_or_default();
                lines.push(match language {
                    Language::Vietnamese => format!("  {}: không lấy {count} dòng ({}){first}", not.source, not.what),
                    Language::English => format!("  {}: lines not taken: {count} ({}){first}", not.source, not.what),
                });
            }
            if text.left_out > 0 {
                let count = language.number(text.left_out);
                lines.push(match language {
                    Language::Vietnamese => format!("  leave-out.txt: bỏ {count} dòng của danh sách"),
                    Language::English => format!("  leave-out.txt: entries of lists left out: {count}"),
                });
            }
        }
        lines.push(String::new());
        lines
    }

    fn changes(&self, language: Language) -> Vec<String> {
        let since = self.last.publication.as_ref().map(|last| (last.serial, last.made.strftime("%Y-%m-%d %H:%M UTC")));
        let mut lines = vec![match (since, language) {
            (Some((serial, made)), Language::Vietnamese) => format!("Thay đổi so với bản phát hành {serial} ({made}):"),
            (Some((serial, made)), Language::English) => format!("Changes since publication {serial} ({made}):"),
            (None, Language::Vietnamese) => "Chưa phát hành bản nào; bản đầu tiên sẽ có:".to_owned(),
            (None, Language::English) => "Nothing was published yet; the first publication would have:".to_owned(),
        }];
        lines.extend(language.of(&self.findings.note).lines().map(|line| format!("  {line}")));
        for role in &self.findings.unknown {
            lines.push(match language {
                Language::Vietnamese => format!("  ({role}: không còn danh sách trước trong built/, nên không kể được thay đổi)"),
                Language::English => format!("  ({role}: its last list is not in built/, so what changes in it cannot be told)"),
            });
        }
        lines
    }

    fn verdict(&self, language: Language) -> String {
        let refused = language.number(self.findings.weighed.refusals.len() as u64);
        match (self.is_fine(), language) {
            (true, Language::Vietnamese) => "Không có gì bị từ chối: có thể phát hành.".to_owned(),
            (true, Language::English) => "Nothing is refused: this can be published.".to_owned(),
            (false, Language::Vietnamese) => format!("Chưa phát hành được: {refused} điều bị từ chối, xem ở trên."),
            (false, Language::English) => format!("This cannot be published: {refused} refused, see above."),
        }
    }

    /// The form for machines.
    pub fn json(&self) -> serde_json::Value {
        let Self { folder, last, findings, replay } = self;
        let refused = findings.weighed.refusals.iter().map(|refusal| Refused::of(refusal, folder));
        let report = Report {
            fine: self.is_fine(),
            last: last.publication.as_ref().map(|last| last.serial),
            refused: refused.collect(),
            overridden: &findings.weighed.overridden,
            idle_overrides: &findings.weighed.idle,
            roles: findings.texts.iter().map(|(role, text)| Made::of(role, text)).collect(),
            changes: findings.changes.iter().map(|change| Changed::of(change, folder)).collect(),
            unknown: &findings.unknown,
            note: &findings.note,
            replay: *replay,
        };
        serde_json::to_value(report).expect("plain values are JSON")
    }
}

/// Faults of a folder that is read no further, in the form for machines.
pub fn faults_json(faults: &[Fault], root: &Path) -> serde_json::Value {
    let row = |fault: &Fault| {
        let file = fault.file.strip_prefix(root).unwrap_or(&fault.file).display().to_string();
        serde_json::json!({ "file": file, "line": fault.line, "what": fault.what, "hint": fault.hint })
    };
    serde_json::json!({ "fine": false, "faults": faults.iter().map(row).collect::<Vec<_>>() })
}

/// All of it, for machines.
#[derive(Serialize)]
struct Report<'r> {
    fine: bool,
    last: Option<u64>,
    refused: Vec<Refused>,
    overridden: &'r [Override],
    idle_overrides: &'r [Override],
    roles: Vec<Made<'r>>,
    changes: Vec<Changed>,
    unknown: &'r [String],
    note: &'r Words,
    replay: Option<&'r Replay>,
}

/// What was made of a role's lists.
#[derive(Serialize)]
struct Made<'r> {
    role: &'r str,
    names: u64,
    categories: &'r BTreeMap<String, u64>,
    sources: &'r BTreeMap<String, u64>,
    not_taken: &'r [NotTaken],
    left_out: u64,
}

impl<'r> Made<'r> {
    fn of(role: &'r str, text: &'r RoleText) -> Self {
        let RoleText { of: _, sha256: _, length: _, count, counts, sources, top_level: _, exceptions: _, not_taken, left_out } =
            text;
        Self { role, names: *count, categories: counts, sources, not_taken, left_out: *left_out }
    }
}

#[derive(Serialize)]
struct Refused {
    /// What an override names.
    refusal: String,
    role: String,
    what: String,
    category: Option<String>,
    file: Option<String>,
    line: Option<u32>,
    why: Words,
    may_be_overridden: bool,
}

impl Refused {
    fn of(refusal: &Refusal, folder: &Folder) -> Self {
        let registry = &folder.understood.registry;
        let place = refusal.place.as_ref();
        Self {
            refusal: refusal.word(),
            role: refusal.role.clone(),
            what: refusal.what.clone(),
            category: refusal.category.clone(),
            file: place.map(|(file, _)| folder.shown(file)),
            line: place.and_then(|(_, line)| *line),
            why: Words { vi: why(refusal, Language::Vietnamese, registry), en: why(refusal, Language::English, registry) },
            may_be_overridden: refusal.may() == May::Override,
        }
    }
}

#[derive(Serialize)]
struct Changed {
    role: String,
    categories: BTreeMap<String, Counted>,
    decided: Vec<Words>,
    withdrawn: Vec<Words>,
}

#[derive(Serialize)]
struct Counted {
    added: u64,
    removed: u64,
    closes: Vec<String>,
    opens: Vec<String>,
}

impl Changed {
    fn of(change: &RoleChange, folder: &Folder) -> Self {
        let registry = &folder.understood.registry;
        let said = |decision: &Decision| Words {
            vi: decided(Language::Vietnamese, decision, registry),
            en: decided(Language::English, decision, registry),
        };
        let counted = |change: &CategoryChange| Counted {
            added: change.added,
            removed: change.removed,
            closes: change.closes.iter().map(|(_, name)| name.to_string()).collect(),
            opens: change.opens.iter().map(|(_, name)| name.to_string()).collect(),
        };
        Self {
            role: change.role.clone(),
            categories: change.categories.iter().map(|(id, change)| (id.clone(), counted(change))).collect(),
            decided: change.decided.iter().map(said).collect(),
            withdrawn: change.withdrawn.iter().map(said).collect(),
        }
    }
}
