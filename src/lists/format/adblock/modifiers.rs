//! What stands behind the `$` of a rule, as far as a DNS filter can obey it.

use super::super::{Action, TypeSet};
use crate::dns::{Name, RecordType};
use crate::lists::text;

/// The modifiers of one rule, all of which can be obeyed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Modifiers {
    /// `important`: exceptions without it do not count.
    pub(super) important: bool,
    /// `badfilter`: the rule takes back the one that has the same text otherwise.
    pub(super) cancels: bool,
    /// `dnstype`: for which record types it counts.
    pub(super) types: TypeSet,
    /// `denyallow`: names that the rule does not take.
    pub(super) except: Vec<Name>,
}

impl Modifiers {
    /// Reads them; none where a single one of them cannot be obeyed.
    pub(super) fn of(text: Option<&str>, action: Action) -> Option<Self> {
        let mut modifiers = Self::default();
        for modifier in text.into_iter().flat_map(|text| text.split(',')) {
            let (key, value) = modifier.split_once('=').map_or((modifier, None), |(key, value)| (key, Some(value)));
            match (key, value, action) {
                ("important", None, _) => modifiers.important = true,
                ("badfilter", None, _) => modifiers.cancels = true,
                ("dnstype", Some(value), _) => modifiers.types = types(value)?,
                ("denyallow", Some(value), Action::Block) => modifiers.except = names(value)?,
                // They mean the site as a whole. On an exception they switch a blocker off on its pages, which is something else.
                ("all" | "document" | "doc", None, Action::Block) => {}
                _ => return None,
            }
        }
        Some(modifiers)
    }
}

/// `A|AAAA`, or `~CNAME|~TXT`.
fn types(value: &str) -> Option<TypeSet> {
    let without: Vec<&str> = value.split('|').filter_map(|kind| kind.strip_prefix('~')).collect();
    let all: Vec<&str> = value.split('|').collect();
    let parse = |kinds: &[&str]| kinds.iter().map(|kind| RecordType::parse(kind)).collect::<Option<Vec<_>>>();
    match without.len() {
        0 => TypeSet::only(&parse(&all)?),
        some if some == all.len() => TypeSet::except(&parse(&without)?),
        _ => None,
    }
}

/// `a.example|b.example`.
fn names(value: &str) -> Option<Vec<Name>> {
    value.split('|').map(|name| text::normalise(name).ok()).collect()
}
