//! What a line of the office's lists means, who gets it, and what nobody takes.

use super::{HEAD, read};
use crate::lists::format::{Action, Fault, Format, IssueKind, Reading, Scope, parse};

type Taken = Vec<(char, String, Scope, Action, u32)>;

type Counted = Vec<(char, u64)>;

fn taken(text: &str) -> (Taken, Counted, Vec<(String, u64)>) {
    let mut taken = Vec::new();
    let wanted = [("games", 'g'), ("adult", 'a'), ("video", 'v')];
    let mut sink = |list, entry: crate::lists::format::Entry<'_>| {
        taken.push((list, entry.name.to_string(), entry.scope, entry.action, entry.line));
    };
    let read = read(text.as_bytes(), &wanted, &mut sink).expect("a list");
    let entries = read.parsed.iter().map(|(list, parsed)| (*list, parsed.entries)).collect();
    (taken, entries, read.cut.into_iter().collect())
}

#[test]
fn each_entry_goes_to_the_lists_of_its_categories() {
    let text = format!(
        "{HEAD}\n=a.example adult,games\nb.example games\n!c.b.example games\nd.example malware,video\n*.e.example games\n!=f.example games\n!*.g.example games\n"
    );
    let (taken, entries, cut) = taken(&text);
    let block = Action::Block;
    let expected = [
        ('a', "a.example", Scope::Exact, block, 2),
        ('g', "a.example", Scope::Exact, block, 2),
        ('g', "b.example", Scope::Subtree, block, 3),
        ('g', "c.b.example", Scope::Subtree, Action::Allow, 4),
        ('v', "d.example", Scope::Subtree, block, 5),
        ('g', "e.example", Scope::Below, block, 6),
        ('g', "f.example", Scope::Exact, Action::Allow, 7),
        ('g', "g.example", Scope::Below, Action::Allow, 8),
    ];
    assert_eq!(taken, expected.map(|(list, name, scope, action, line)| (list, name.to_owned(), scope, action, line)));
    assert_eq!(entries, [('g', 6), ('a', 1), ('v', 1)]);
    assert_eq!(cut, [("malware".to_owned(), 1)]);
}

#[test]
fn a_list_without_a_name_is_a_list() {
    let (taken, entries, cut) = taken(&format!("{HEAD}\n"));
    assert!(taken.is_empty() && cut.is_empty());
    assert_eq!(entries.len(), 3);
}

#[test]
fn bad_lines_are_counted_and_mostly_bad_lists_refused() {
    let good = "a.example games\n".repeat(9);
    let bad = "b.example\nb.example  games\nb.example games,\nexample games\n=*.b.example games\nb.example games # no\n";
    let read = |text: &str| read(text.as_bytes(), &[("games", ())], &mut |(), _| {});
    let parsed = read(&format!("{HEAD}\n{good}{bad}")).expect("most lines are good").parsed;
    let issues = &parsed[0].1.issues;
    assert_eq!(parsed[0].1.entries, 9);
    assert_eq!(issues.count(IssueKind::Unreadable), 2);
    assert_eq!(issues.count(IssueKind::SecondWord), 2);
    assert_eq!(issues.count(IssueKind::SingleLabel), 1);
    assert_eq!(issues.count(IssueKind::BadCharacter), 1);
    assert!(matches!(read(&format!("{HEAD}\n{bad}")), Err(Fault::MostlyBad { bad: 6, lines: 6, .. })));
    assert!(matches!(read(&good), Err(Fault::NotNames)));
    assert!(matches!(read(""), Err(Fault::NotNames)));
}

#[test]
fn it_is_told_by_its_head_and_read_for_one_category_too() {
    let text = format!("{HEAD}\nexample.com games\n=b.example adult\n!c.example.com games\n");
    let mut names = Vec::new();
    let parsed =
        parse(text.as_bytes(), Reading::default(), &mut |entry| names.push((entry.scope, entry.action))).expect("a list");
    assert_eq!((parsed.format, parsed.entries, parsed.exceptions), (Format::Names, 3, 1));
    assert_eq!(names, [(Scope::Subtree, Action::Block), (Scope::Exact, Action::Block), (Scope::Subtree, Action::Allow)]);
}
