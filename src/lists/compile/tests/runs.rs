//! Rules in chunks and runs, against a map: whatever their names are, and whatever becomes of the source that they came from.

use std::collections::{BTreeMap, BTreeSet};

use super::model::Dice;
use crate::dns::Name;
use crate::lists::compile::rules::{Rules, Said, name_of};
use crate::lists::format::{Action, Entry, Scope, TypeSet};

/// What a list says in a line; true for a block.
type Line = (u16, u32, bool);
type Model = BTreeMap<Name, BTreeSet<Line>>;

/// Labels that share their beginnings, of octets that have to be escaped among them, and of all lengths about those of a head.
fn any_label(dice: &mut Dice) -> Vec<u8> {
    let len = match dice.below(8) {
        0 => 1 + dice.below(40),
        1 => 7 + dice.below(3),
        _ => 1 + dice.below(3),
    };
    let mut octet = || {
        let among = if dice.below(4) == 0 { 8 } else { 4 };
        [b'a', b'b', b'c', b'a', 0, 1, 2, 255][dice.below(among)]
    };
    (0..len).map(|_| octet()).collect()
}

fn any_name(dice: &mut Dice) -> Name {
    let mut wire = Vec::new();
    for _ in 0..1 + dice.below(4) {
        let label = any_label(dice);
        wire.push(u8::try_from(label.len()).expect("at most 40 octets"));
        wire.extend(label);
    }
    wire.push(0);
    Name::from_wire(&wire).expect("at most 165 octets")
}

/// Adds some rules of a few lists to both.
fn add(dice: &mut Dice, rules: &mut Rules, model: &mut Model, count: usize) {
    for _ in 0..count {
        let name = any_name(dice);
        let (list, line) = (dice.below(3) as u16, dice.below(500) as u32);
        let action = if dice.below(3) == 0 { Action::Allow } else { Action::Block };
        let entry = Entry { name: &name, scope: Scope::Subtree, action, types: TypeSet::ALL, important: false, line };
        rules.add(list, &entry);
        model.entry(name.clone()).or_default().insert((list, line, action == Action::Block));
    }
}

fn walked(rules: Rules) -> Vec<(Name, Vec<Line>)> {
    let mut walked = Vec::new();
    rules.walk(|key, said| {
        let said = said.map(|said| match said {
            Said::Rule(rule) => (rule.list, rule.line, rule.action == Action::Block),
            Said::Protected(_) => panic!("no name is protected here"),
        });
        walked.push((name_of(key), said.collect()));
    });
    walked
}

#[test]
fn rules_come_back_in_order_whatever_became_of_their_sources() {
    for seed in 7000..7200 {
        let mut dice = Dice::new(seed);
        let (mut rules, mut model) = (Rules::default(), Model::new());
        // A chunk holds 64 in tests.
        for _ in 0..1 + dice.below(6) {
            rules.begin_source();
            let mut own = Model::new();
            let count = dice.below(400);
            add(&mut dice, &mut rules, &mut own, count);
            match dice.below(5) {
                0 => {
                    rules.forget();
                    own.clear();
                }
                1 => {
                    rules.forget_list(1);
                    own.values_mut().for_each(|said| said.retain(|(list, ..)| *list != 1));
                }
                2 => {
                    rules.turn_exceptions();
                    let blocks = |said: &BTreeSet<_>| said.iter().map(|(list, line, _)| (*list, *line, true)).collect();
                    own.values_mut().for_each(|said| *said = blocks(said));
                }
                _ => {}
            }
            for (name, said) in own {
                model.entry(name).or_default().extend(said);
            }
        }
        model.retain(|_, said| !said.is_empty());
        // By their flags a block stands before an exception of the same line.
        let order = |said: BTreeSet<Line>| {
            let mut said: Vec<_> = said.into_iter().collect();
            said.sort_by_key(|(list, line, blocks)| (*list, *line, !blocks));
            said
        };
        let expected: Vec<_> = model.into_iter().map(|(name, said)| (name, order(said))).collect();
        assert_eq!(walked(rules), expected, "seed {seed}");
    }
}
