//! What a list may become, to the entry.

use super::*;

#[track_caller]
fn reason(before: u64, now: u64) -> Option<Reason> {
    compare(before, now, Change::Bounded).err().map(|failure| failure.reason)
}

#[test]
fn bounds_hold_to_the_entry() {
    assert_eq!(reason(100, 70), None);
    assert_eq!(reason(100, 69), Some(Reason::Shrunk));
    assert_eq!(reason(100, 300), None);
    assert_eq!(reason(100, 301), Some(Reason::Grown));
    assert_eq!(reason(1, 0), Some(Reason::Shrunk));
    assert_eq!(reason(u64::MAX, u64::MAX), None);
    assert_eq!(reason(u64::MAX, 0), Some(Reason::Shrunk));
}

#[test]
fn a_person_s_word_goes_before_them() {
    assert_eq!(compare(100, 1, Change::Any), Ok(Some(100)));
    assert_eq!(compare(1, 100, Change::Any), Ok(Some(1)));
    assert_eq!(compare(100, 100, Change::Any), Ok(None), "there was nothing to override");
}

#[test]
fn pages_are_told_by_how_they_begin() {
    for page in ["<!DOCTYPE html><html>", "\u{feff}\n  <html lang=\"vi\">", "<?xml version=\"1.0\"?>"] {
        assert_eq!(of_page(page.as_bytes()).expect_err("a page").reason, Reason::WebPage, "{page}");
    }
    for list in ["# comment\nexample.org\n", "||example.org^\n", ""] {
        assert_eq!(of_page(list.as_bytes()), Ok(()), "{list}");
    }
}
