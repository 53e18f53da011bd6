//! The walk through a list: bytes of all kinds, the issues it counts, the faults it ends in.

use crate::lists::format::tests::read;
use crate::lists::format::{Fault, Format, IssueKind, LONGEST, Reading};

/// Names with their lines, kinds of issues with their counts.
type Seen = (Vec<(String, u32)>, Vec<(IssueKind, u32)>);

fn names(text: &[u8]) -> Seen {
    let (kept, parsed) = read(text, Reading::default()).expect("a list");
    (kept.into_iter().map(|entry| (entry.name, entry.line)).collect(), parsed.issues.counts().collect())
}

fn fault(text: &str, format: Option<Format>) -> Fault {
    read(text.as_bytes(), Reading { format, ..Reading::default() }).expect_err("no list")
}

#[test]
fn marks_line_ends_and_a_missing_last_one() {
    let (kept, issues) = names("\u{feff}a.vn\r\nb.vn\rc.vn\n\n d.vn".as_bytes());
    let expected = [("a.vn", 1), ("b.vn", 2), ("c.vn", 3), ("d.vn", 5)];
    assert_eq!(kept, expected.map(|(name, line)| (name.to_owned(), line)));
    assert_eq!(issues, []);
}

#[test]
fn bytes_that_are_no_text_cost_their_line_only() {
    let (kept, issues) = names(b"a.vn\nb\0.vn\n\xff\xfe.vn\nc.vn # caf\xe9\n# \xe9\nd.vn\ne.vn");
    assert_eq!(kept.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a.vn", "c.vn", "d.vn", "e.vn"]);
    assert_eq!(issues, [(IssueKind::NotUtf8, 1), (IssueKind::ControlCharacter, 1)]);
}

#[test]
fn long_lines_are_issues_and_long_comments_are_not() {
    let text = format!("{}\n# {}\na.vn\n{}\nb.vn\nc.vn\n", "x".repeat(300), "y".repeat(100_000), "z".repeat(LONGEST + 1));
    let (kept, issues) = names(text.as_bytes());
    assert_eq!(
        kept.iter().map(|(name, line)| (name.as_str(), *line)).collect::<Vec<_>>(),
        [("a.vn", 3), ("b.vn", 5), ("c.vn", 6)]
    );
    assert_eq!(issues, [(IssueKind::LongLine, 1), (IssueKind::LongLabel, 1)]);
}

#[test]
fn lists_without_anything_are_empty() {
    assert!(matches!(fault("", None), Fault::Empty));
    assert!(matches!(fault("# x\n\n# y\n", None), Fault::Empty));
}

#[test]
fn mostly_bad_lines_are_a_fault_that_names_the_likely_format() {
    let fault = fault("||a.vn^\n||b.vn^\n||c.vn^\n", Some(Format::Domains));
    assert_eq!(fault.to_string(), "3 of 3 lines cannot be read as domains; it looks like adblock");
    let half = read(b"a.vn\n=====\n", Reading::default()).expect("half are good");
    assert_eq!(half.0.len(), 1);
}

#[test]
fn addresses_alone_are_a_fault() {
    let fault = fault("192.0.2.1 # one.example\n198.51.100.0/24\n2001:db8::1\n", Some(Format::Domains));
    assert_eq!(fault.to_string(), "this is a list of addresses: `format = \"networks\"` reads it");
}

#[test]
fn a_list_of_urls_gives_nothing() {
    assert!(matches!(
        fault("http://a.vn/x\nhttps://b.vn/y\n", None),
        Fault::NothingTaken { lines: 2, what: IssueKind::Url, count: 2 }
    ));
}

#[test]
fn what_is_no_list_is_refused_in_any_format() {
    for format in Format::ALL {
        assert!(matches!(fault("ALL: a.vn\nALL: b.vn\n", Some(format)), Fault::HostsDeny), "{format}");
        assert!(matches!(fault("<html>\n", Some(format)), Fault::WebPage), "{format}");
    }
}
