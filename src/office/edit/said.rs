//! What was typed, understood: each slip with what to do about it, all of them at once.

use std::fmt;

use jiff::civil::Date;

use crate::dns::Name;
use crate::fault::Shown as _;
use crate::fault::nearest::nearest;
use crate::lists::text::normalise;
use crate::office::decisions::{Decision, Kind, day, find_category};
use crate::office::folder::{Folder, Role};

/// What is wrong with what was typed, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: String,
}

impl Slip {
    fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhint: {}", self.what, self.hint)
    }
}

/// A decision as it is typed, for several names.
#[derive(Debug, Clone)]
pub struct Said {
    /// What is decided.
    pub kind: Kind,
    /// The names.
    pub names: Vec<String>,
    /// The category of a lock: its id, or its name in either language.
    pub category: Option<String>,
    /// Why.
    pub reason: String,
    /// The person.
    pub by: String,
    /// The last day.
    pub until: Option<String>,
    /// Whether a guarantee holds in exams too.
    pub exam: bool,
}

impl Said {
    /// The decisions of `role` that are meant, made today.
    ///
    /// # Errors
    /// Every slip.
    pub fn understand(&self, folder: &Folder, role: &Role, today: Date) -> Result<Vec<Decision>, Vec<Slip>> {
        let mut slips = Vec::new();
        let mut names: Vec<Name> = Vec::new();
        for text in &self.names {
            match name(text) {
                Ok(name) if names.contains(&name) => {}
                Ok(name) => names.push(name),
                Err(slip) => slips.push(slip),
            }
        }
        let category = self.category.as_deref().and_then(|word| match category(word, folder, role) {
            Ok(id) => Some(id),
            Err(slip) => {
                slips.push(slip);
                None
            }
        });
        if self.reason.trim().is_empty() {
            slips.push(Slip::new(
                "a decision needs a reason",
                "say why with --reason \"…\": it is published, and schools read it",
            ));
        }
        if self.by.trim().is_empty() {
            slips.push(Slip::new("a decision needs a person", "say who decides with --by \"…\", or set KHIEN_BY"));
        }
        let until = self.until.as_deref().and_then(|text| match until(text, today) {
            Ok(day) => Some(day),
            Err(slip) => {
                slips.push(slip);
                None
            }
        });
        if !slips.is_empty() {
            return Err(slips);
        }
        let decision = |name| Decision {
            kind: self.kind,
            name,
            category: category.clone(),
            owner: role.id.clone(),
            by: self.by.trim().to_owned(),
            reason: self.reason.trim().to_owned(),
            made: today,
            until,
            exam: self.exam,
        };
        Ok(names.into_iter().map(decision).collect())
    }
}

/// The name that is typed.
///
/// # Errors
/// What it is instead; of an address of a page, which name stands in it.
pub fn name(text: &str) -> Result<Name, Slip> {
    let text = text.trim();
    match normalise(text) {
        Ok(name) if name.label_count() > 1 => Ok(name),
        Ok(_) => Err(Slip::new(format!("{} is a single label", text.quoted()), "write a whole name, as in example.com")),
        Err(problem) => {
            let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
            let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
            Err(
                match normalise(host)
                    .ok()
                    .filter(|host| host.label_count() > 1 && rest.len() <= text.len() && host.to_string() != text)
                {
                    Some(host) => Slip::new(
                        format!("{} is a page, and only whole sites can be decided on", text.quoted()),
                        format!("write {host} where all of that site is meant"),
                    ),
                    None => {
                        Slip::new(format!("{} is no name: {problem}", text.quoted()), "write the name alone, as in example.com")
                    }
                },
            )
        }
    }
}

fn category(word: &str, folder: &Folder, role: &Role) -> Result<String, Slip> {
    let registry = &folder.understood.registry;
    let ids = || registry.entries().iter().map(|entry| entry.id.as_str());
    let Some(id) = find_category(registry, word) else {
        let hint = match nearest(word, ids()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", ids().collect::<Vec<_>>().join(", ")),
        };
        return Err(Slip::new(format!("there is no category {}", word.quoted()), hint));
    };
    if role.speaks_for.has(&id) {
        return Ok(id);
    }
    let others = folder.rules.roles.iter().filter(|other| other.speaks_for.has(&id)).map(|other| format!("--role {}", other.id));
    let others: Vec<String> = others.collect();
    let hint = if others.is_empty() {
        "no role may: let `speaks_for` in office.toml name the category".to_owned()
    } else {
        format!("who may: {}", others.join(", "))
    };
    Err(Slip::new(format!("the role `{}` may not speak for `{id}`, and schools would not obey", role.id), hint))
}

fn until(text: &str, today: Date) -> Result<Date, Slip> {
    match day(text.trim()) {
        Some(day) if day >= today => Ok(day),
        Some(day) => {
            let hint = "say the last day on which the decision holds, or leave --until out where it has no end";
            Err(Slip::new(format!("{day} is past: the decision would never hold"), hint))
        }
        None => Err(Slip::new(format!("{} is no day", text.quoted()), "write it as 2027-05-31 or 31/05/2027")),
    }
}
