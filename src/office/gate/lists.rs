//! The gate for lists: what a role's list would take along that it must not, asked of the index that schools would have.
//!
//! Which rule of which source is to blame is looked for only where something is refused.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Origin, Reason, Refusal};
use crate::dns::{Name, RecordType};
use crate::lists::format::{Action, Match, Reading, SingleLabels, parse};
use crate::lists::guard::may_take;
use crate::lists::{Effect, Force, Owner, Protected, Protection, Standing};
use crate::office::build::{Looked, RoleText, open};
use crate::office::folder::{Bounds, Folder, Role};

/// How many names of a refusal are told.
const TOLD: usize = 5;

/// A role's list as the gate looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Examined<'e> {
    /// The folder.
    pub folder: &'e Folder,
    /// The role.
    pub role: &'e Role,
    /// What was made of its sources.
    pub text: &'e RoleText,
    /// Its list, looked up.
    pub looked: &'e Looked,
}

/// A rule: its category and its name.
type Rule = (String, String);

/// What of a role's list is refused.
pub fn of_list(examined: &Examined<'_>) -> Vec<Refusal> {
    let Examined { text, looked, role, .. } = *examined;
    let mut refusals = Vec::new();
    let mut push = |what: &str, category: &str, reason: Reason| {
        refusals.push(Refusal {
            role: role.id.clone(),
            origin: Origin::List,
            what: what.to_owned(),
            category: Some(category.to_owned()),
            standing: standing(examined.folder, category),
            place: None,
            reason,
        });
    };
    for ((category, rule), names) in protected(examined) {
        let count = names.len();
        push(&rule, &category, Reason::Protected(names.into_iter().take(TOLD).collect(), count));
    }
    if let Some(host) = examined.folder.rules.host() {
        for (category, rule) in rules(looked, &host) {
            push(&rule, &category, Reason::OwnHost(Box::new(host.clone())));
        }
    }
    for list in &looked.report.lists {
        for (name, _) in &list.guarded.suffixes {
            push(name, &list.id.0, Reason::Suffix);
        }
        for (name, _) in &list.guarded.platforms {
            push(name, &list.id.0, Reason::Platform);
        }
    }
    for ((category, rule), below) in popular(examined) {
        push(&rule, &category, Reason::Popular(below.len(), below.into_iter().take(TOLD).map(|(_, name)| name).collect()));
    }
    for (category, names) in &text.exceptions {
        for name in names {
            push(name, category, Reason::Excepts);
        }
    }
    blame(examined, &mut refusals);
    // A whole top-level domain stands in no list: it was found while the sources were read.
    for (name, source, line) in &text.top_level {
        let source = role.sources.iter().find(|own| own.id == *source);
        refusals.push(Refusal {
            role: role.id.clone(),
            origin: Origin::List,
            what: name.clone(),
            category: source.map(|source| source.category.clone()),
            standing: Standing::Content,
            place: source.map(|source| (source.path.clone(), Some(*line))),
            reason: Reason::Suffix,
        });
    }
    refusals
}

/// The sources that grew or shrank beyond bounds since the last publication.
pub fn of_sources(role: &Role, text: &RoleText, before: &BTreeMap<String, u64>, bounds: Bounds) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let gone = before.keys().filter(|id| !text.sources.contains_key(*id)).map(|id| (id, 0));
    for (id, now) in text.sources.iter().map(|(id, now)| (id, *now)).chain(gone) {
        let Some(before) = before.get(id).copied() else { continue };
        let is_small = before.abs_diff(now) < bounds.least;
        let shrank = now.saturating_mul(100) < before.saturating_mul(100_u64.saturating_sub(bounds.shrink));
        let grew = before > 0 && now.saturating_mul(100) > before.saturating_mul(bounds.growth);
        if !is_small && (shrank || grew) {
            refusals.push(Refusal {
                role: role.id.clone(),
                origin: Origin::Source,
                what: id.clone(),
                category: None,
                standing: Standing::Content,
                place: Some((role.directory.join("lists").join(id), None)),
                reason: Reason::Bounds { before, now },
            });
        }
    }
    refusals
}

pub(super) fn standing(folder: &Folder, category: &str) -> Standing {
    let registry = &folder.understood.registry;
    registry.find(category).map_or(Standing::Content, |category| Standing::of(registry.entry(category)))
}

/// The rules that give `name` a category, each with that category.
fn rules(looked: &Looked, name: &Name) -> BTreeSet<Rule> {
    if looked.index.categories(name, RecordType::A).categories().is_empty() {
        return BTreeSet::new();
    }
    let applied = looked.index.why(name, RecordType::A).into_iter().filter(|why| why.effect == Effect::Applied);
    applied.map(|why| (why.list.0, why.rule)).collect()
}

/// The protected names that rules would take along.
fn protected(examined: &Examined<'_>) -> BTreeMap<Rule, Vec<(Name, Protected)>> {
    let Examined { folder, looked, .. } = examined;
    let mut found: BTreeMap<Rule, Vec<(Name, Protected)>> = BTreeMap::new();
    let names = &folder.understood.protected;
    for kind in [Protected::System, Protected::Learning, Protected::Popular] {
        for name in names.of_kind(kind) {
            for (category, rule) in rules(looked, name) {
                if !is_free(kind, standing(folder, &category)) {
                    found.entry((category, rule)).or_default().push((name.clone(), kind));
                }
            }
        }
    }
    // Help is protected in the image: whoever would take it was written down, at the name, above it or below.
    for list in &looked.report.lists {
        for tried in &list.guarded.tried {
            let name = Name::parse(&tried.name).unwrap_or(Name::root());
            found.entry((list.id.0.clone(), tried.rule.clone())).or_default().push((name, Protected::Help));
        }
    }
    found.values_mut().for_each(tidy);
    found
}

/// Puts names in order, the shortest first, and leaves out the `www.` names of those that are there.
pub(super) fn tidy(names: &mut Vec<(Name, Protected)>) {
    let known: HashSet<Name> = names.iter().map(|(name, _)| name.clone()).collect();
    let is_www =
        |name: &Name| name.labels().next() == Some(b"www") && name.parent().is_some_and(|parent| known.contains(&parent));
    names.retain(|(name, _)| !is_www(name));
    names.sort_by(|one, other| (one.1, one.0.label_count(), &one.0).cmp(&(other.1, other.0.label_count(), &other.0)));
    names.dedup();
}

/// Whether a category may take a name of this kind without a word of anybody: only content may, and only what is popular.
///
/// That a threat may take a learning site is a person's to say, because broken into is not closed for good.
pub(super) fn is_free(kind: Protected, standing: Standing) -> bool {
    let may = may_take(Protection::NONE.with(kind), standing, Force::default(), &Owner::School);
    may && kind != Protected::Learning
}

/// The entries below which more popular names stand than may, each with those names and their places.
fn popular(examined: &Examined<'_>) -> BTreeMap<Rule, Vec<(usize, Name)>> {
    let Examined { folder, looked, .. } = examined;
    let mut found: BTreeMap<Rule, Vec<(usize, Name)>> = BTreeMap::new();
    for (place, (name, _)) in folder.popular.iter().flat_map(|popular| popular.iter()).enumerate() {
        let text = name.to_string();
        for rule in rules(looked, name).into_iter().filter(|(_, rule)| *rule != text) {
            found.entry(rule).or_default().push((place, name.clone()));
        }
    }
    let most = folder.rules.bounds.popular_below;
    found.retain(|_, names| names.len() as u64 > most);
    found
}

/// Looks up in the sources where the refused rules are written.
fn blame(examined: &Examined<'_>, refusals: &mut [Refusal]) {
    let mut wanted: HashSet<(String, Name)> = HashSet::new();
    for refusal in refusals.iter() {
        if let (Some(category), Ok(name)) = (&refusal.category, Name::parse(&refusal.what)) {
            wanted.insert((category.clone(), name));
        }
    }
    for source in &examined.role.sources {
        let own: HashSet<&Name> =
            wanted.iter().filter(|(category, _)| *category == source.category).map(|(_, name)| name).collect();
        if own.is_empty() {
            continue;
        }
        let mut lines: BTreeMap<(String, bool), u32> = BTreeMap::new();
        let reading = Reading { format: None, matching: Match::AsFormat, single_labels: SingleLabels::HandOn };
        let Ok(text) = open(&source.path) else { continue };
        // It was read whole before; if it is gone by now the refusal is told without its place.
        let _ = parse(text, reading, &mut |entry| {
            if own.contains(entry.name) {
                lines.entry((entry.name.to_string(), entry.action == Action::Allow)).or_insert(entry.line);
            }
        });
        for refusal in refusals.iter_mut().filter(|refusal| refusal.place.is_none()) {
            let is_exception = refusal.reason == Reason::Excepts;
            if refusal.category.as_deref() == Some(&source.category)
                && let Some(line) = lines.get(&(refusal.what.clone(), is_exception))
            {
                refusal.place = Some((source.path.clone(), Some(*line)));
            }
        }
    }
}
