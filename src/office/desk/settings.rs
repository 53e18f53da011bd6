//! `office.toml`: who the office is, which roles it has, how long rings wait, and how far a publication may go.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use super::tables::{line_at, parsed};
use crate::dns::Name;
use crate::fault::{Fault, Shown as _, nearest::nearest};
use crate::lists::text::normalise;
use crate::office::SpeaksFor;

/// The file's name.
pub(super) const FILE: &str = "office.toml";

/// How far a publication may go without a person who says so.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// How many times as many entries a source may have as in the last publication.
    pub growth: f64,
    /// Which part of its entries a source may lose.
    pub shrink: f64,
    /// Sources with fewer entries than this, before and after, may change as they like: people write them by hand.
    pub least: u64,
    /// How many of the popular names a name may have below it.
    pub below: usize,
}

impl Default for Bounds {
    /// Threefold and 30 %, as a school judges a list that it fetches.
    fn default() -> Self {
        Self { growth: 3.0, shrink: 0.3, least: 500, below: 20 }
    }
}

/// A role of the office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSetting {
    /// Its id: a word of a–z, 0–9 and hyphens.
    pub id: String,
    /// The categories that it speaks for.
    pub speaks_for: SpeaksFor,
    /// Where its lists are, from the folder.
    pub lists: PathBuf,
}

/// What `office.toml` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The office's name.
    pub name: String,
    /// Where its repository is.
    pub url: String,
    /// The host of that address, which no list may close.
    pub host: Option<Name>,
    /// The roles, from the highest down.
    pub roles: Vec<RoleSetting>,
    /// How long each ring of schools after the first waits.
    pub rings: BTreeMap<u8, u64>,
    /// How far a publication may go.
    pub bounds: Bounds,
    /// The file of the popular names, from the folder.
    pub popular: Option<PathBuf>,
    /// The ids of the categories that a school may open by itself; `*` for all that are not locked.
    pub may_open: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    name: String,
    url: Spanned<String>,
    popular: Option<PathBuf>,
    #[serde(default)]
    role: Vec<Role>,
    #[serde(default)]
    rings: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    bounds: Bounds,
    #[serde(default)]
    schools: Schools,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    id: Spanned<String>,
    speaks_for: BTreeSet<String>,
    lists: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Schools {
    may_open: Vec<String>,
}

impl Default for Schools {
    fn default() -> Self {
        Self { may_open: vec!["*".to_owned()] }
    }
}

/// The sections and keys that are read here. Others belong to who signs.
const KEYS: [&str; 7] = ["name", "url", "popular", "role", "rings", "bounds", "schools"];

impl Settings {
    /// Reads the file of a folder, and notes every fault of it.
    pub(super) fn read(folder: &Path, faults: &mut Vec<Fault>) -> Option<Self> {
        let path = folder.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                let hint = "an office's folder has one; `khien office init` makes it, and `--folder` says where it is";
                faults.push(Fault::error(&path, None, format!("this cannot be read: {error}"), hint));
                return None;
            }
        };
        let file: File = parsed(&path, &text, faults)?;
        let before = faults.len();
        slips(&path, &text, faults);
        let File { name, url, popular, role, rings, bounds, schools } = file;
        let mut fault = |at: usize, what: String, hint: &str| {
            faults.push(Fault::error(&path, Some(line_at(&text, at)), what, hint));
        };
        let host = match url::Url::parse(url.get_ref()) {
            Ok(parsed) if matches!(parsed.scheme(), "https" | "http") => parsed.host_str().and_then(|host| normalise(host).ok()),
            Ok(_) | Err(_) => {
                let hint = "write where schools read it, as in https://lists.example.edu.vn/khien/";
                fault(url.span().start, format!("{} is no address of pages", url.get_ref().quoted()), hint);
                None
            }
        };
        let mut waits = BTreeMap::new();
        for (ring, wait) in rings {
            let number = ring.parse::<u8>().ok().filter(|ring| *ring > 1);
            let wait_for = wait.get_ref().parse::<SignedDuration>().ok().and_then(|wait| u64::try_from(wait.as_secs()).ok());
            match (number, wait_for) {
                (Some(ring), Some(wait)) => drop(waits.insert(ring, wait)),
                (None, _) => {
                    fault(wait.span().start, format!("{} is no ring that waits", ring.quoted()), "rings are numbers from 2 on")
                }
                (Some(_), None) => fault(wait.span().start, format!("{} is no time", wait.get_ref().quoted()), "write it as 24h"),
            }
        }
        let mut roles: Vec<RoleSetting> = Vec::new();
        for Role { id, speaks_for, lists } in role {
            let (at, id) = (id.span().start, id.into_inner());
            let is_word = !id.is_empty() && id.bytes().all(|o| o.is_ascii_lowercase() || o.is_ascii_digit() || o == b'-');
            if !is_word {
                fault(at, format!("{} is no id of a role", id.quoted()), "an id is a word of a–z, 0–9 and hyphens");
            } else if roles.iter().any(|known| known.id == id) {
                fault(at, format!("the role {} stands twice", id.quoted()), "remove one of both");
            }
            let lists = lists.unwrap_or_else(|| Path::new("roles").join(&id).join("lists"));
            roles.push(RoleSetting { id, speaks_for: speaks_for.into(), lists });
        }
        if roles.is_empty() {
            fault(0, "the office has no role".to_owned(), "write `[[role]]` with `id = \"ministry\"` and `speaks_for = [\"*\"]`");
        }
        let sound = bounds.growth > 1.0 && bounds.shrink > 0.0 && bounds.shrink <= 1.0;
        if !sound {
            fault(0, "the bounds make no sense".to_owned(), "`growth` is above 1, as in 3.0; `shrink` a part of one, as in 0.3");
        }
        let has_faults = faults[before..].iter().any(|fault| fault.severity == crate::fault::Severity::Error);
        let url = url.into_inner();
        let settings = Self { name, url, host, roles, rings: waits, bounds, popular, may_open: schools.may_open };
        (!has_faults).then_some(settings)
    }
}

/// Warns of keys that look like slips of those that are read here.
fn slips(path: &Path, text: &str, faults: &mut Vec<Fault>) {
    let Ok(document) = toml_edit::Document::parse(text) else { return };
    for (key, item) in document.iter() {
        if let Some(near) = nearest(key, KEYS.into_iter()).filter(|near| *near != key) {
            let line = item.span().map(|span| line_at(text, span.start));
            faults.push(Fault::error(path, line, format!("there is no {}", key.quoted()), format!("did you mean `{near}`?")));
        }
    }
}
