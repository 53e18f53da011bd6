//! What office.toml says: who the office is, which roles it has and what each may speak for, how schools take a publication.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::signing::{self, Signers, Signing};
use super::text_of;
use crate::dns::Name;
use crate::fault::{Fault, Shown as _};
use crate::fetch::{Accept, Page};
use crate::lists::{Registry, Words};
use crate::office::SpeaksFor;
use crate::office::publication::{Ring, is_role};
use crate::office::registry::SchoolsMay;
use crate::office::written::{Document, Table};

const KEYS: [&str; 9] = ["name", "url", "mine", "popular", "rings", "bounds", "schools", "signing", "role"];

/// How far a change may go before a person must say that it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// By how many percent a source may shrink.
    pub shrink: u64,
    /// To how many percent of what it was a source may grow.
    pub growth: u64,
    /// How many popular names may stand below one entry.
    pub popular_below: u64,
    /// A source that changes by fewer entries than these is not held against the bounds: a short list is edited by hand.
    pub least: u64,
}

impl Default for Bounds {
    /// As for what a school fetches: −30 % and threefold.
    fn default() -> Self {
        Self { shrink: 30, growth: 300, popular_below: 20, least: 100 }
    }
}

/// A role and what it may speak for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRules {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: Words,
    /// The categories of its lists and locks.
    pub speaks_for: SpeaksFor,
    /// Whose keys sign its part.
    pub signers: Signers,
}

/// What office.toml says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The office's name.
    pub name: Words,
    /// Where schools find the repository.
    pub url: Option<Page>,
    /// The roles that this machine builds; all whose files lie here, where nothing is said.
    pub mine: Vec<String>,
    /// Where the popular names are.
    pub popular: Option<PathBuf>,
    /// How long each ring waits, in seconds.
    pub rings: BTreeMap<Ring, u64>,
    /// The bounds of changes.
    pub bounds: Bounds,
    /// What schools may change.
    pub schools: SchoolsMay,
    /// Who signs.
    pub signing: Signing,
    /// The roles, in the order in which they are delegated to.
    pub roles: Vec<RoleRules>,
}

impl Rules {
    /// The host of the repository, which nothing may close; none where the address has no name.
    pub fn host(&self) -> Option<Name> {
        Name::parse(self.url.as_ref()?.domain()?).ok()
    }

    /// The role with this id.
    pub fn role(&self, id: &str) -> Option<&RoleRules> {
        self.roles.iter().find(|role| role.id == id)
    }
}

/// Reads it; what is faulty is left out.
pub(super) fn read(file: &Path, registry: &Registry, faults: &mut Vec<Fault>) -> Rules {
    let mut rules = Rules {
        name: Words::default(),
        url: None,
        mine: Vec::new(),
        popular: None,
        rings: BTreeMap::new(),
        bounds: Bounds::default(),
        schools: SchoolsMay::default(),
        signing: Signing::default(),
        roles: Vec::new(),
    };
    let Some(text) = text_of(file, faults) else { return rules };
    let (_, found) = Document::read(file, &text, |document, top| {
        document.known(top, &KEYS);
        rules.name = words(document, top, "name").unwrap_or_default();
        rules.url = url(document, top);
        rules.popular = document.text(top, "popular").map(|(popular, _)| file.with_file_name(popular));
        if let Some(table) = document.table(top, "rings", "[rings]") {
            rules.rings = rings(document, table);
        }
        if let Some(table) = document.table(top, "bounds", "[bounds]") {
            document.known(table, &["shrink", "growth", "popular_below", "least"]);
            let own = Bounds::default();
            let mut number = |key, default| document.number(table, key).map_or(default, |(number, _)| number);
            rules.bounds = Bounds {
                shrink: number("shrink", own.shrink),
                growth: number("growth", own.growth),
                popular_below: number("popular_below", own.popular_below),
                least: number("least", own.least),
            };
        }
        if let Some(table) = document.table(top, "schools", "[schools]") {
            document.known(table, &["tighten", "loosen"]);
            let own = SchoolsMay::default();
            rules.schools = SchoolsMay {
                tighten: categories(document, table, "tighten", registry).unwrap_or(own.tighten),
                loosen: categories(document, table, "loosen", registry).unwrap_or(own.loosen),
            };
        }
        if let Some(table) = document.table(top, "signing", "[signing]") {
            rules.signing = signing::read(document, table);
        }
        for table in document.tables(top, "role", "[[role]]") {
            if let Some(role) = role(document, table, registry) {
                if rules.role(&role.id).is_some() {
                    document.fault(table.line, format!("role `{}` stands twice", role.id), "join both sections");
                    continue;
                }
                rules.roles.push(role);
            }
        }
        if rules.roles.is_empty() {
            let hint = "write [[role]] with `id = \"ministry\"` and `speaks_for = [\"*\"]`";
            document.fault(1, "the office has no role", hint);
        }
        for (mine, line) in document.texts(top, "mine").unwrap_or_default() {
            if rules.role(&mine).is_none() {
                document.fault(line, format!("there is no role {}", mine.quoted()), "`mine` names ids of [[role]]");
            }
            rules.mine.push(mine);
        }
    });
    faults.extend(found);
    rules
}

/// Words in both languages, or one text for both.
fn words(document: &mut Document<'_>, table: Table<'_, '_>, key: &'static str) -> Option<Words> {
    if !table.has(key) {
        return None;
    }
    if table.is_text(key) {
        let (text, _) = document.text(table, key)?;
        return Some(Words { vi: text.clone(), en: text });
    }
    let inner = document.table(table, key, "{ vi = \"…\", en = \"…\" }")?;
    document.known(inner, &["vi", "en"]);
    let (vi, en) = (document.text(inner, "vi"), document.text(inner, "en"));
    let (vi, en) = (vi.map(|(text, _)| text), en.map(|(text, _)| text));
    Some(Words { vi: vi.clone().or_else(|| en.clone()).unwrap_or_default(), en: en.or(vi).unwrap_or_default() })
}

fn url(document: &mut Document<'_>, top: Table<'_, '_>) -> Option<Page> {
    let Some((url, line)) = document.text(top, "url") else {
        if !top.has("url") {
            let hint = "add `url = \"https://…/\"`: where schools will find what you publish; the gate keeps its host open";
            document.fault(1, "the office has no `url`", hint);
        }
        return None;
    };
    // An office may publish inside its own network.
    match Page::parse(&url, Accept { private_address: true, http: true, port: true }) {
        Ok(page) => Some(page),
        Err(error) => {
            let said = error.to_string();
            document.fault(
                line,
                format!("`url`: {} is no address of a repository: {}", url.quoted(), said.lines().next().unwrap_or_default()),
                "write it as in https://lists.example.edu.vn/khien/",
            );
            None
        }
    }
}

fn rings(document: &mut Document<'_>, table: Table<'_, '_>) -> BTreeMap<Ring, u64> {
    let mut rings = BTreeMap::new();
    let mut before = 0;
    let keys: BTreeSet<(u8, &str)> = table.keys().map(|key| (key.parse().unwrap_or(0), key)).collect();
    for (number, key) in keys {
        let Some(ring) = Ring::new(number).filter(|ring| *ring != Ring::FIRST) else {
            document.fault(
                table.line,
                format!("{} is no ring that waits", key.quoted()),
                "rings are 2, 3, …; ring 1 takes a publication at once",
            );
            continue;
        };
        let Some((text, line)) = document.text(table, key) else { continue };
        let Some(wait) = duration(&text) else {
            document.fault(line, format!("{} is no wait", text.quoted()), "write it as in \"24h\", \"90m\" or \"3d\"");
            continue;
        };
        if wait.as_secs() > LONGEST_WAIT {
            document.fault(line, format!("ring {number} waits longer than a year"), "write it as in \"24h\", \"90m\" or \"3d\"");
        }
        if wait.as_secs() < before {
            document.fault(line, format!("ring {number} waits less than the ring before it"), "later rings wait longer");
        }
        before = wait.as_secs();
        rings.insert(ring, before);
    }
    rings
}

/// The longest that a ring waits, in seconds.
const LONGEST_WAIT: u64 = 366 * 24 * 3600;

/// `30s`, `90m`, `24h`, `3d`, up to ten years.
pub(super) fn duration(text: &str) -> Option<Duration> {
    const LONGEST: u64 = 3660 * 24 * 3600;
    let unit = match text.bytes().last()? {
        b's' => 1,
        b'm' => 60,
        b'h' => 3600,
        b'd' => 24 * 3600,
        _ => return None,
    };
    let number: u64 = text[..text.len() - 1].parse().ok()?;
    number.checked_mul(unit).filter(|seconds| *seconds <= LONGEST).map(Duration::from_secs)
}

fn categories(document: &mut Document<'_>, table: Table<'_, '_>, key: &'static str, registry: &Registry) -> Option<SpeaksFor> {
    let texts = document.texts(table, key)?;
    for (word, line) in texts.iter().filter(|(word, _)| word != "*" && registry.find(word).is_none()) {
        let ids = registry.entries().iter().map(|entry| entry.id.as_str());
        let hint = match crate::fault::nearest::nearest(word, ids) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write ids of categories.toml, or \"*\" for all".to_owned(),
        };
        document.fault(*line, format!("`{key}`: there is no category {}", word.quoted()), hint);
    }
    Some(SpeaksFor::from(texts.into_iter().map(|(word, _)| word).collect::<BTreeSet<_>>()))
}

fn role(document: &mut Document<'_>, table: Table<'_, '_>, registry: &Registry) -> Option<RoleRules> {
    document.known(table, &["id", "name", "speaks_for", "keys", "threshold"]);
    let id = document.text(table, "id");
    let speaks_for = categories(document, table, "speaks_for", registry);
    let name = words(document, table, "name");
    let Some((id, line)) = id else {
        document.fault(table.line, "[[role]] without `id`", "name it: `id = \"district-1\"`");
        return None;
    };
    if !is_role(&id) {
        document.fault(line, format!("{} is no id of a role", id.quoted()), "use a–z, 0–9 and hyphens, as in district-1");
        return None;
    }
    let Some(speaks_for) = speaks_for else {
        let hint = "say which categories it may speak for: `speaks_for = [\"games\"]`, or [\"*\"] for all";
        document.fault(table.line, format!("role `{id}` without `speaks_for`"), hint);
        return None;
    };
    let name = name.unwrap_or_else(|| Words { vi: id.clone(), en: id.clone() });
    let signers = signing::signers(document, table, ("keys", "threshold"), &id);
    Some(RoleRules { id, name, speaks_for, signers })
}
