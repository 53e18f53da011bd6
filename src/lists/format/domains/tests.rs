//! Lists of names: dots, wildcards, comments, and what is never cut to a host.

use crate::lists::format::Format::{Domains, Wildcard};
use crate::lists::format::tests::{issues, read, read_as, shown};
use crate::lists::format::{Match, Reading, Scope, SingleLabels};

#[test]
fn a_name_stands_for_all_below_it() {
    assert_eq!(shown("a.vn\n.b.vn\n*.c.vn\nD.VN.\n", Domains), ["a.vn tree", "b.vn tree", "c.vn tree", "d.vn tree"]);
}

#[test]
fn the_operator_says_what_names_stand_for() {
    for (matching, scope) in [(Match::Exact, Scope::Exact), (Match::Subtree, Scope::Subtree), (Match::AsFormat, Scope::Subtree)] {
        let (kept, _) = read(b"a.vn", Reading { matching, ..Reading::default() }).expect("a list");
        assert_eq!(kept[0].scope, scope, "{matching:?}");
    }
}

#[test]
fn comments_of_all_kinds() {
    let text = "# a.vn\n! b.vn\n; c.vn\n// d.vn\ne.vn        #Forum\nf.vn\t# x y\n";
    assert_eq!(shown(text, Domains), ["e.vn tree", "f.vn tree"]);
    assert_eq!(issues(text, Domains), [""; 0]);
}

#[test]
fn a_second_word_spoils_the_line() {
    let text = "ping1.example.com   Plants vs Zombies\na.vn";
    assert_eq!(shown(text, Domains), ["a.vn tree"]);
    assert_eq!(issues(text, Domains), ["SecondWord 1"]);
}

#[test]
fn paths_are_skipped_and_never_cut_to_youtube_and_zalo() {
    let text = "www.youtube.com/channel/x\nzalo.me/123\nwww.facebook.com/x\nexample.com:8080\nhttp://a.example/\nbad.vn";
    assert_eq!(shown(text, Domains), ["bad.vn tree"]);
    assert_eq!(issues(text, Domains), ["Url 1", "Path 3", "Port 1"]);
}

#[test]
fn whole_top_level_domains_are_refused_one_by_one() {
    let text = ".vn\n.google\n.xyz #x\n.谷歌\nFacebook\na.vn";
    let (kept, parsed) = read_as(text, Wildcard);
    assert_eq!((kept.len(), parsed.issues.counts().collect::<Vec<_>>().len()), (1, 1));
    assert_eq!(issues(text, Wildcard), ["SingleLabel 5"]);
}

#[test]
fn single_labels_are_handed_on_where_the_operator_said_so() {
    let reading = Reading { single_labels: SingleLabels::HandOn, ..Reading::default() };
    let (kept, parsed) = read(b".vn\na.vn", reading).expect("a list");
    assert_eq!((kept[0].name.as_str(), parsed.entries), ("vn", 2));
}

#[test]
fn inner_wildcards_are_patterns() {
    let (kept, parsed) = read_as("*.admicro*.vcmedia.vn\nmatomo.*.vn\na.vn", Wildcard);
    assert_eq!(kept.len(), 1);
    let regexes: Vec<&str> = parsed.patterns.iter().map(|pattern| pattern.regex.as_str()).collect();
    assert_eq!(regexes, [r"(?:^|\.)admicro.*\.vcmedia\.vn$", r"(?:^|\.)matomo\..*\.vn$"]);
}
