//! Counting, keeping the first of each kind, and excerpts that are safe to show.

use super::{EXCERPT, IssueKind, Issues, KEPT_PER_KIND, Standing, excerpt};

#[test]
fn the_first_of_each_kind_are_kept() {
    let mut issues = Issues::default();
    for line in 1..=100 {
        issues.note(line, IssueKind::Address, b"192.0.2.1");
    }
    issues.note(101, IssueKind::NotUtf8, b"\xff");
    assert_eq!(issues.count(IssueKind::Address), 100);
    assert_eq!(issues.kept().len(), KEPT_PER_KIND as usize + 1);
    assert_eq!(issues.kept().last().map(|issue| issue.line), Some(101));
    assert_eq!((issues.total(Standing::Bad), issues.total(Standing::Skipped)), (1, 100));
}

#[test]
fn control_characters_are_escaped() {
    assert_eq!(excerpt(b"a\x1b[31mb\0\xff"), "a\\u{1b}[31mb\\u{0}\u{fffd}");
    assert_eq!(excerpt("a\u{202e}b\u{feff}".as_bytes()), "a\\u{202e}b\\u{feff}");
}

#[test]
fn an_excerpt_has_eighty_characters_at_most() {
    assert_eq!(excerpt(&[b'x'; 4000]).chars().count(), EXCERPT);
    assert_eq!(excerpt("ữ".repeat(300).as_bytes()).chars().count(), EXCERPT);
    assert!(excerpt(&[0; 4000]).chars().count() <= EXCERPT);
}

#[test]
fn each_kind_counts_for_itself() {
    for (place, kind) in IssueKind::ALL.iter().enumerate() {
        assert_eq!(*kind as usize, place, "{kind:?}");
    }
}
