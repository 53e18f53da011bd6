//! Wildcards and regular expressions as patterns, and those that are too broad.

use regex_automata::meta::Regex;

use super::{End, Start, is_broad, pattern_syntax, regular, wildcard};
use crate::lists::format::IssueKind;

fn finds(regex: &str, name: &str) -> bool {
    Regex::builder().syntax(pattern_syntax()).build(regex).expect("it was built before").is_match(name)
}

#[test]
fn wildcards_are_anchored_as_their_rule_says() {
    let label = wildcard("ads*.autodaily.vn", Start::Label, End::Name).expect("a pattern");
    assert!(finds(&label, "ads1.autodaily.vn") && finds(&label, "x.ads.m.autodaily.vn"));
    assert!(!finds(&label, "uploads1.autodaily.vn") && !finds(&label, "ads.autodaily.vn.example"));
    let name = wildcard("get-me-wow.", Start::Name, End::Anywhere).expect("a pattern");
    assert!(finds(&name, "get-me-wow.example") && !finds(&name, "x.get-me-wow.example"));
    let anywhere = wildcard("-banner-ads-", Start::Anywhere, End::Anywhere).expect("a pattern");
    assert!(finds(&anywhere, "x-banner-ads-y.example"));
}

#[test]
fn dots_are_dots() {
    let regex = wildcard("a.bcd*.vn", Start::Name, End::Name).expect("a pattern");
    assert!(finds(&regex, "a.bcde.vn") && !finds(&regex, "axbcde.vn"));
}

#[test]
fn few_letters_are_refused() {
    assert_eq!(wildcard("a*", Start::Label, End::Anywhere), Err(IssueKind::BroadPattern));
    assert_eq!(wildcard("*", Start::Anywhere, End::Anywhere), Err(IssueKind::BroadPattern));
}

#[test]
fn unsupported_and_huge_expressions_are_refused() {
    for regex in [r"a(?=b)", r"(?!a)b", r"(a)\1", r"(?<=a)b", "(", r"\p{L}", "(?:a{1000}){1000}"] {
        assert_eq!(regular(regex), Err(IssueKind::BadPattern), "{regex}");
    }
    assert_eq!(regular(r"^https:\/\/[a-z]{3,}\.com\/$"), Err(IssueKind::UrlRule));
}

#[test]
fn an_optional_scheme_is_no_url() {
    let regex = regular(r"^(https?://)?[a-z0-9.]{0,25}?xn--.*\.[a-wyz][a-z]{1,17}(/|$)").expect("a real rule");
    assert!(finds(&regex, "xn--kjp-ula.com") && !finds(&regex, "example.com"));
    assert!(!is_broad(&regex));
}

#[test]
fn what_takes_whole_suffixes_is_broad() {
    for regex in [".*", "^", r"\.vn$", r"\.com", r"(?:^|\.)www\.", "^[a-z]+", r"^[a-z0-9]{8}\.com$", "a"] {
        assert!(is_broad(regex), "{regex}");
    }
    for regex in [r"(?:^|\.)admicro.*\.vcmedia\.vn$", r"^172\.255\.6\.(\d\d?|2.*)$", "casino"] {
        assert!(!is_broad(regex), "{regex}");
    }
}
