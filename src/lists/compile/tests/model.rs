//! The index against a model that goes through all rules one by one.

use std::sync::Arc;

use super::{bytes_of, category, content, list, name};
use crate::dns::{Name, RecordType};
use crate::lists::compile::Content;
use crate::lists::compile::testkit::weak_bytes_of;
use crate::lists::format::{Action, Entry, Scope, TypeSet};
use crate::lists::image::PatternRow;
use crate::lists::{CategorySet, Effect, Force, Image, Index, List, ListAction, Listed, Owner, Protected, Protection, Standing};

/// Numbers that are the same in every run.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % end as u64).expect("below a usize")
    }

    fn one_in(&mut self, odds: usize) -> bool {
        self.below(odds) == 0
    }
}

/// A plain block of a name and all below it.
pub(super) fn entry(name: &Name, line: u32) -> Entry<'_> {
    Entry { name, scope: Scope::Subtree, action: Action::Block, types: TypeSet::ALL, important: false, line }
}

#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a test holds a few dozen")]
enum At {
    Name(Name, Scope),
    /// The regular expression, what it looks for in the text, and whether only at its start.
    Pattern(&'static str, &'static str, bool),
}

#[derive(Debug, Clone)]
struct Rule {
    list: usize,
    at: At,
    action: Action,
    types: TypeSet,
    important: bool,
    line: u32,
}

pub(super) struct World {
    owner: Owner,
    lists: Vec<List>,
    rules: Vec<Rule>,
    protected: Vec<(Name, Protection)>,
}

pub(super) const TYPES: [RecordType; 3] = [RecordType::A, RecordType::AAAA, RecordType::HTTPS];

pub(super) fn any_name(dice: &mut Dice) -> Name {
    let labels: Vec<&str> = (0..1 + dice.below(4)).map(|_| ["a", "b", "c"][dice.below(3)]).collect();
    name(&format!("{}.{}", labels.join("."), ["com", "org"][dice.below(2)]))
}

pub(super) fn world(dice: &mut Dice, owner: Owner, protected: &[(Name, Protection)]) -> World {
    let standings = [Standing::Content, Standing::Locked, Standing::Threat];
    let lists: Vec<List> = (0..2 + dice.below(4))
        .map(|place| {
            let action = match dice.below(6) {
                0 => ListAction::Allow,
                1 => ListAction::Observe(u8::try_from(place).expect("few lists")),
                _ => ListAction::Block,
            };
            let force = Force { protected: dice.one_in(6), public_suffix: false };
            List { force, ..list(&format!("l{place}"), dice.below(3), standings[dice.below(3)], action) }
        })
        .collect();
    let (typed, patterned) = (dice.one_in(2), dice.one_in(3));
    let rules = (0..dice.below(30))
        .map(|line| {
            let at = if patterned && dice.one_in(6) {
                [At::Pattern("^a\\.b", "a.b", true), At::Pattern("c\\.a", "c.a", false)][dice.below(2)].clone()
            } else {
                At::Name(any_name(dice), [Scope::Exact, Scope::Subtree, Scope::Below][dice.below(3)])
            };
            let action = if dice.one_in(4) { Action::Allow } else { Action::Block };
            let types = match dice.below(8) {
                0 if typed => TypeSet::only(&[RecordType::AAAA]).expect("one type"),
                1 if typed => TypeSet::except(&[RecordType::A]).expect("one type"),
                _ => TypeSet::ALL,
            };
            let important = dice.one_in(6);
            let line = u32::try_from(line + 1).expect("few lines");
            Rule { list: dice.below(lists.len()), at, action, types, important, line }
        })
        .collect();
    World { owner, lists, rules, protected: protected.to_vec() }
}

impl World {
    pub(super) fn image(&self) -> Image {
        Image::from_bytes(bytes_of(self.content())).expect("just made")
    }

    /// An image under a key by which names meet.
    pub(super) fn weak_image(&self) -> Image {
        Image::from_bytes(weak_bytes_of(self.content())).expect("just made")
    }

    fn content(&self) -> Content {
        let mut content = content(self.owner.clone(), self.lists.clone(), &self.protected);
        for rule in &self.rules {
            let list = u16::try_from(rule.list).expect("few lists");
            match &rule.at {
                At::Name(name, scope) => {
                    let Rule { action, types, important, line, .. } = *rule;
                    content.rules.add(list, &Entry { name, scope: *scope, action, types, important, line });
                }
                At::Pattern(regex, ..) => {
                    let types = content.rules.types(rule.types);
                    let (allow, important) = (rule.action == Action::Allow, rule.important);
                    let regex = (*regex).to_owned();
                    content.patterns.push(PatternRow { list, line: rule.line, regex, allow, important, types });
                }
            }
        }
        content
    }

    fn may(&self, list: &List, kinds: Protection) -> bool {
        let has = |kind| kinds.has(kind);
        !has(Protected::Help)
            && (list.force.protected
                || !has(Protected::System)
                    && (!has(Protected::Learning) || list.standing == Standing::Threat)
                    && (!has(Protected::Popular) || list.standing == Standing::Content || self.owner != Owner::School))
    }

    fn reaches(&self, rule: &Rule, asked: &Name) -> bool {
        match &rule.at {
            At::Name(name, Scope::Exact) => asked == name,
            At::Name(name, Scope::Subtree) => asked.is_at_or_below(name),
            At::Name(name, Scope::Below) => asked.is_at_or_below(name) && asked != name,
            At::Pattern(_, text, true) => asked.to_string().starts_with(text),
            At::Pattern(_, text, false) => asked.to_string().contains(text),
        }
    }

    fn protected_from(&self, rule: &Rule, asked: &Name) -> bool {
        let list = &self.lists[rule.list];
        rule.action == Action::Block
            && list.action != ListAction::Allow
            && self.protected.iter().filter(|(name, _)| asked.is_at_or_below(name)).any(|(name, kinds)| {
                let above = match &rule.at {
                    At::Name(own, _) => name.is_at_or_below(own),
                    At::Pattern(..) => true,
                };
                kinds.has(Protected::Help) || above && !self.may(list, *kinds)
            })
    }

    /// The rule of `list` that counts: important ones first, then the deeper name, then the exception. A pattern that excepts
    /// goes before any name, one that blocks after all.
    fn counts(&self, list: usize, asked: &Name, record_type: RecordType) -> Option<&Rule> {
        let bearing = |rule: &&Rule| {
            rule.list == list
                && self.reaches(rule, asked)
                && rule.types.contains(record_type)
                && !self.protected_from(rule, asked)
        };
        self.rules.iter().filter(bearing).max_by_key(|rule| {
            let depth = match (&rule.at, rule.action) {
                (At::Name(name, _), _) => name.label_count(),
                (At::Pattern(..), Action::Block) => 0,
                (At::Pattern(..), Action::Allow) => 1000,
            };
            (rule.important, depth, rule.action == Action::Allow)
        })
    }

    pub(super) fn add(&self, asked: &Name, record_type: RecordType, listed: &mut Listed) {
        let named = |place: usize| self.counts(place, asked, record_type).filter(|rule| rule.action == Action::Block);
        let of = |action: ListAction| (0..self.lists.len()).filter(move |place| self.lists[*place].action == action);
        let open: CategorySet =
            of(ListAction::Allow).filter(|place| named(*place).is_some()).map(|place| self.lists[place].category).collect();
        for place in of(ListAction::Block) {
            let category = self.lists[place].category;
            let Some(rule) = named(place).filter(|_| !open.contains(category)) else { continue };
            let labels = match &rule.at {
                At::Name(name, _) => name.label_count(),
                At::Pattern(..) => 0,
            };
            listed.rule_labels = listed.rule_labels.max(u8::try_from(labels).expect("few labels"));
            if self.owner == Owner::School {
                listed.school.insert(category);
                if labels == asked.label_count() {
                    listed.school_exact.insert(category);
                }
            } else {
                listed.office.insert(category);
            }
        }
        for (place, list) in self.lists.iter().enumerate() {
            if let ListAction::Observe(bit) = list.action
                && named(place).is_some()
            {
                listed.observed |= 1 << bit;
            }
        }
        for (name, kinds) in &self.protected {
            if asked.is_at_or_below(name) {
                listed.protected = listed.protected.union(*kinds);
            }
        }
    }
}

pub(super) fn universe() -> Vec<Name> {
    let mut names = vec![name("com"), name("org"), name("net")];
    let mut last: Vec<String> = vec!["com".to_owned(), "org".to_owned()];
    for _ in 0..5 {
        last = last.iter().flat_map(|above| ["a", "b", "c", "zz"].map(|label| format!("{label}.{above}"))).collect();
        last.retain(|text| !text.contains(".zz."));
        names.extend(last.iter().map(|text| name(text)));
    }
    names
}

#[test]
fn the_index_says_what_the_rules_say_one_by_one() {
    let universe = universe();
    let mut lookups = 0_u64;
    for seed in 0..ROUNDS {
        let mut dice = Dice::new(seed + 1);
        let protected: Vec<(Name, Protection)> =
            (0..dice.below(4)).map(|_| (any_name(&mut dice), Protection::NONE.with(Protected::ALL[dice.below(4)]))).collect();
        let owners = [Owner::School, Owner::Office("province".to_owned())];
        let worlds = owners.map(|owner| world(&mut dice, owner, &protected));
        let index = Index::new(worlds.iter().map(|world| Arc::new(world.image())).collect());
        for asked in &universe {
            for record_type in TYPES {
                let mut expected = Listed::default();
                worlds.iter().for_each(|world| world.add(asked, record_type, &mut expected));
                let found = index.categories(asked, record_type);
                expected.closed = found.closed;
                assert_eq!(found, expected, "seed {seed}: {asked} {record_type}");
                lookups += 1;
            }
        }
        check_closed(&index, &universe, &worlds, seed);
        check_why(&index, &universe, &worlds, seed);
    }
    assert!(lookups > 100_000);
}

pub(super) const ROUNDS: u64 = 60;

/// What is closed at a name holds at all names below, for all types; without typed rules and patterns that is also all that does.
pub(super) fn check_closed(index: &Index, universe: &[Name], worlds: &[World], seed: u64) {
    let plain = worlds.iter().flat_map(|world| &world.rules).all(|rule| rule.types.is_all() && matches!(rule.at, At::Name(..)));
    let all = |asked: &Name| TYPES.map(|record_type| index.categories(asked, record_type).categories());
    let told: Vec<[CategorySet; 3]> = universe.iter().map(all).collect();
    for asked in universe.iter().filter(|asked| asked.label_count() < 6).step_by(7) {
        let mut below = CategorySet::from_bits(u64::MAX);
        for (name, told) in universe.iter().zip(&told).filter(|(name, _)| name.is_at_or_below(asked)) {
            let closed = index.categories(asked, RecordType::A).closed;
            assert!(told.iter().all(|set| set.contains_all(closed)), "seed {seed}: {asked} is not closed at {name}");
            below = told.iter().fold(below, |all, set| all.and(*set));
        }
        if plain && worlds.len() == 1 {
            assert_eq!(index.categories(asked, RecordType::A).closed, below, "seed {seed}: {asked}");
        }
    }
}

/// `why` names every rule that reaches a name, and its effects make up the categories.
fn check_why(index: &Index, universe: &[Name], worlds: &[World], seed: u64) {
    for asked in universe.iter().step_by(5) {
        for record_type in TYPES {
            let told = index.why(asked, record_type);
            let mut lines: Vec<(String, bool, u32)> =
                told.iter().map(|why| (why.list.to_string(), why.owner.is_office(), why.line)).collect();
            let mut expected: Vec<(String, bool, u32)> = worlds
                .iter()
                .flat_map(|world| world.rules.iter().map(move |rule| (world, rule)))
                .filter(|(world, rule)| world.reaches(rule, asked))
                .map(|(world, rule)| (world.lists[rule.list].id.to_string(), world.owner.is_office(), rule.line))
                .collect();
            lines.sort();
            expected.sort();
            assert_eq!(lines, expected, "seed {seed}: {asked} {record_type}");
            let applied: CategorySet = told.iter().filter(|why| why.effect == Effect::Applied).map(|why| why.category).collect();
            assert_eq!(applied, index.categories(asked, record_type).categories(), "seed {seed}: {asked} {record_type}");
        }
    }
}

#[test]
fn what_is_closed_is_exactly_what_holds_everywhere_below() {
    let universe = universe();
    for seed in 1000..1000 + ROUNDS {
        let mut dice = Dice::new(seed);
        let protected = [(any_name(&mut dice), Protection::NONE.with(Protected::Popular))];
        let mut world = world(&mut dice, Owner::School, &protected);
        world.rules.retain(|rule| matches!(rule.at, At::Name(..)));
        world.rules.iter_mut().for_each(|rule| rule.types = TypeSet::ALL);
        let index = Index::new(vec![Arc::new(world.image())]);
        check_closed(&index, &universe, &[world], seed);
    }
    assert_eq!(category(0).place(), 0);
}
