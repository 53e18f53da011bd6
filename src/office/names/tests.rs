//! A list is one text, whatever the order of its sources; and it says what they say.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Gathering, NameList, SourceId};
use crate::dns::Name;
use crate::lists::format::{Action, Entry, Scope, TypeSet};

type Rule = (u16, &'static str, &'static str, Scope, Action, bool);

const NAMES: [&str; 7] = ["a.vn", "b.a.vn", "c.b.a.vn", "d.c.b.a.vn", "e.a.vn", "f.vn", "xa.vn"];

fn list(rules: &[Rule]) -> NameList {
    let mut gathering = Gathering::default();
    for (source, category, name, scope, action, important) in rules {
        let name = Name::parse(name).expect("a test writes names");
        let (scope, action, important) = (*scope, *action, *important);
        let entry = Entry { name: &name, scope, action, types: TypeSet::ALL, important, line: 1 };
        gathering.add(SourceId(*source), category, &entry).expect("few categories");
    }
    gathering.finish()
}

fn text(list: &NameList) -> String {
    String::from_utf8(list.to_text()).expect("text")
}

const fn block(source: u16, category: &'static str, name: &'static str) -> Rule {
    (source, category, name, Scope::Subtree, Action::Block, false)
}

#[test]
fn one_text_with_merged_categories_in_order() {
    let exact = (1, "games", "b.example", Scope::Exact, Action::Block, false);
    let rules = [block(0, "games", "b.example"), exact, block(2, "adult", "b.example"), block(2, "social", "a-b.example")];
    let expected = "# khien names 1\na-b.example social\nb.example adult,games\n";
    assert_eq!(text(&list(&rules)), expected);
    let mut turned = rules;
    turned.reverse();
    assert_eq!(text(&list(&turned)), expected);
    assert_eq!(NameList::parse(expected.as_bytes()).map(|list| text(&list)), Ok(expected.to_owned()));
    assert_eq!(list(&rules).counts(), BTreeMap::from([("adult", 1), ("games", 1), ("social", 1)]));
}

#[test]
fn an_exception_of_one_source_takes_nothing_from_another() {
    let except = (0, "games", "b.a.vn", Scope::Subtree, Action::Allow, false);
    let alone = [block(0, "games", "a.vn"), except];
    assert_eq!(text(&list(&alone)), "# khien names 1\na.vn games\n!b.a.vn games\n");
    let both = [block(0, "games", "a.vn"), except, block(1, "games", "c.b.a.vn")];
    assert_eq!(text(&list(&both)), "# khien names 1\na.vn games\n!b.a.vn games\nc.b.a.vn games\n");
    let against = [block(0, "games", "a.vn"), except, block(1, "games", "a.vn")];
    assert_eq!(text(&list(&against)), "# khien names 1\na.vn games\n");
    let others = [block(0, "games", "a.vn"), except, block(1, "adult", "a.vn")];
    assert_eq!(text(&list(&others)), "# khien names 1\na.vn adult,games\n!b.a.vn games\n");
}

#[test]
fn what_is_only_below_and_what_is_important() {
    let below = (0, "games", "a.vn", Scope::Below, Action::Block, false);
    assert_eq!(text(&list(&[below])), "# khien names 1\n*.a.vn games\n");
    let own = (0, "games", "a.vn", Scope::Exact, Action::Block, false);
    assert_eq!(text(&list(&[below, own])), "# khien names 1\na.vn games\n");
    let except = (0, "games", "b.a.vn", Scope::Subtree, Action::Allow, false);
    let important = (0, "games", "a.vn", Scope::Subtree, Action::Block, true);
    assert_eq!(text(&list(&[important, except])), "# khien names 1\na.vn games\n");
}

#[test]
fn rules_for_single_types_are_left_out_and_counted() {
    let name = Name::parse("a.vn").expect("a name");
    let types = TypeSet::only(&[crate::dns::RecordType::A]).expect("one type");
    let entry = Entry { name: &name, scope: Scope::Subtree, action: Action::Block, types, important: false, line: 1 };
    let mut gathering = Gathering::default();
    gathering.add(SourceId(0), "games", &entry).expect("one category");
    assert_eq!(gathering.untold(), 1);
    assert_eq!(text(&gathering.finish()), "# khien names 1\n");
}

#[test]
fn what_is_not_in_its_one_form_is_refused() {
    let parse = |text: &str| NameList::parse(text.as_bytes()).map_err(|fault| fault.line);
    let after = |rest: &str| parse(&format!("# khien names 1\n{rest}"));
    assert!(after("").is_ok() && after("a.vn games\n!a.vn adult\n").is_ok());
    assert_eq!(parse(""), Err(1));
    assert_eq!(parse("# khien names 2\n"), Err(1));
    for bad in [
        "a.vn games",
        "a.vn\n",
        "a.vn games \n",
        "A.vn games\n",
        "a.vn. games\n",
        "vn games\n",
        "a.vn games,adult\n",
        "a.vn games,games\n",
        "a.vn games\r\n",
        "\n",
        "# more\n",
        "a..vn games\n",
        "\\065.vn games\n",
        "a.vn ,\n",
        "a.vn  games\n",
        "=!a.vn games\n",
    ] {
        assert_eq!(after(bad).map(|list| text(&list)), Err(2), "{bad:?}");
    }
    for bad in ["b.vn games\na.vn games\n", "a.vn games\na.vn adult\n", "!a.vn games\na.vn adult\n"] {
        assert_eq!(after(bad).map(|list| text(&list)), Err(3), "{bad:?}");
    }
    let many = (0..65).map(|number| format!("a{number:02}.vn c{number:02}\n")).collect::<String>();
    assert_eq!(after(&many).map(|list| text(&list)), Err(66));
}

fn rule() -> impl Strategy<Value = Rule> {
    let scope = prop_oneof![Just(Scope::Exact), Just(Scope::Subtree), Just(Scope::Below)];
    let action = prop_oneof![2 => Just(Action::Block), 1 => Just(Action::Allow)];
    (0_u16..3, prop_oneof![Just("games"), Just("adult")], proptest::sample::select(&NAMES[..]), scope, action, any::<bool>())
}

/// Whether a category holds for `name`, by the words of the policy: each source alone, the most specific rule first, then united.
fn holds(rules: &[Rule], category: &str, name: &Name) -> bool {
    (0..3).any(|source| {
        let own = rules.iter().filter(|rule| rule.0 == source && rule.1 == category);
        let reaching = own.filter(|(_, _, at, scope, ..)| {
            let at = Name::parse(at).expect("a name");
            match scope {
                Scope::Exact => *name == at,
                Scope::Subtree => name.is_at_or_below(&at),
                Scope::Below => name.is_at_or_below(&at) && *name != at,
            }
        });
        let best =
            reaching.max_by_key(|(_, _, at, _, action, important)| (*important, at.split('.').count(), *action == Action::Allow));
        best.is_some_and(|rule| rule.4 == Action::Block)
    })
}

proptest! {
    #[test]
    fn a_list_says_what_its_sources_say(rules in proptest::collection::vec(rule(), 0..12)) {
        let made = list(&rules);
        let text = made.to_text();
        prop_assert_eq!(NameList::parse(&text), Ok(made.clone()));
        let lines: Vec<(String, String, Scope, Action)> = made
            .entries()
            .flat_map(|entry| {
                let row = |word: &str| (word.to_owned(), entry.name.to_owned(), entry.scope, entry.action);
                made.words(entry.categories).map(row).collect::<Vec<_>>()
            })
            .collect();
        let again: Vec<Rule> = lines
            .iter()
            .map(|(category, name, scope, action)| {
                let name = NAMES.into_iter().find(|known| known == name).expect("one of them");
                (0, if category == "games" { "games" } else { "adult" }, name, *scope, *action, false)
            })
            .collect();
        for name in NAMES.into_iter().map(str::to_owned).chain(NAMES.map(|name| format!("z.{name}"))) {
            let name = Name::parse(&name).expect("a name");
            for category in ["games", "adult"] {
                prop_assert_eq!(holds(&rules, category, &name), holds(&again, category, &name), "{} {}", name, category);
            }
        }
        let mut turned = rules;
        turned.reverse();
        prop_assert_eq!(list(&turned).to_text(), text);
    }

    #[test]
    fn whatever_is_read_is_written_the_same(text in "# khien names 1\n([!=*.]{0,3}[ab]\\.v?n? [a-c,]{0,4}\n){0,4}") {
        if let Ok(list) = NameList::parse(text.as_bytes()) {
            prop_assert_eq!(list.to_text(), text.into_bytes());
        }
    }
}
