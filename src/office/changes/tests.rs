//! Which names come and go between two lists, by category, and which of the popular ones they touch.

use super::{Lists, RoleChange};
use crate::office::asked::Asked;
use crate::office::names::NameList;

fn list(lines: &str) -> NameList {
    NameList::parse(format!("# khien names 1\n{lines}").as_bytes()).expect("a list")
}

fn change(old: &str, new: &str) -> RoleChange {
    let popular = Asked::ranking(b"a.example\nwww.b.example\n").expect("names");
    let (old, new) = (list(old), list(new));
    RoleChange::of("r", Some(Lists { old: Some(&old), new: &new }), &[], &[], Some(&popular))
}

/// A category, how many names come and go, and the places of the popular ones that close and open.
type Told<'c> = (&'c str, u64, u64, Vec<usize>, Vec<usize>);

fn told(change: &RoleChange) -> Vec<Told<'_>> {
    let places = |names: &[(usize, crate::dns::Name)]| names.iter().map(|(place, _)| *place).collect();
    let row = |(category, change): (&'_ String, &'_ super::CategoryChange)| {
        (change.added, change.removed, places(&change.closes), places(&change.opens), category.len())
    };
    let rows: Vec<_> = change.categories.iter().map(row).collect();
    change
        .categories
        .keys()
        .map(String::as_str)
        .zip(rows)
        .map(|(word, (added, removed, closes, opens, _))| (word, added, removed, closes, opens))
        .collect()
}

#[test]
fn the_same_list_changes_nothing() {
    assert!(change("a.example games\n", "a.example games\n").is_empty());
    // Other categories number the same ones otherwise.
    let change = change("b.example games\n", "a.example adult\nb.example games\n");
    assert_eq!(told(&change), [("adult", 1, 0, vec![1], vec![])]);
}

#[test]
fn names_come_go_and_move() {
    let moved = change("a.example games\nb.example games,social\n", "a.example social\nb.example social\nc.example social\n");
    assert_eq!(told(&moved), [("games", 0, 2, vec![], vec![1, 2]), ("social", 2, 0, vec![1], vec![])]);
}

#[test]
fn an_exception_that_comes_opens_and_one_that_goes_closes() {
    let come = change("example.net games\n", "!a.example games\nexample.net games\n");
    assert_eq!(told(&come), [("games", 0, 1, vec![], vec![1])]);
    let gone = change("!b.example games\n", "");
    assert_eq!(told(&gone), [("games", 1, 0, vec![2], vec![])]);
}

#[test]
fn a_first_list_is_all_new() {
    let new = list("a.example adult,games\n");
    let change = RoleChange::of("r", Some(Lists { old: None, new: &new }), &[], &[], None);
    assert_eq!(told(&change), [("adult", 1, 0, vec![], vec![]), ("games", 1, 0, vec![], vec![])]);
}
