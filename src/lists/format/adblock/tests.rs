//! Ad blockers' rules: hosts, modifiers, and what is skipped.

use crate::dns::RecordType;
use crate::lists::format::Format::Adblock;
use crate::lists::format::tests::{issues, read_as, shown};
use crate::lists::format::{Action, Reading, parse};

fn patterns(text: &str) -> Vec<String> {
    read_as(text, Adblock).1.patterns.into_iter().map(|pattern| pattern.regex).collect()
}

#[test]
fn rules_on_hosts() {
    let text = "||a.vn^\n||b.vn^|\n||c.vn\n|d.vn^\n|e.vn|\nf.vn\n||*.g.vn^\n.h.vn^\n0.0.0.0 i.vn";
    let names =
        ["a.vn tree", "b.vn tree", "c.vn tree", "d.vn only", "e.vn only", "f.vn tree", "g.vn tree", "h.vn tree", "i.vn only"];
    assert_eq!(shown(text, Adblock), names);
    assert_eq!(issues(text, Adblock), [""; 0]);
}

#[test]
fn exceptions() {
    assert_eq!(
        shown("@@||a.vn^\n@@||b.vn^|\n@@|c.vn^\n@@||d.vn^$important", Adblock),
        ["@@a.vn tree", "@@b.vn tree", "@@c.vn only", "@@!d.vn tree"]
    );
}

#[test]
fn without_an_end_only_known_suffixes_make_a_name() {
    let text = "||mimosaavior.top\n||get-me-wow.\n||check-tl-\n|recaptcha-v*-protocol-\n||lookalike.invalidtld";
    assert_eq!(shown(text, Adblock), ["mimosaavior.top tree"]);
    let expected = [r"(?:^|\.)get-me-wow\.", r"(?:^|\.)check-tl-", r"^recaptcha-v.*-protocol-", r"(?:^|\.)lookalike\.invalidtld"];
    assert_eq!(patterns(text), expected);
}

#[test]
fn text_behind_the_separator_spoils_the_rule() {
    assert_eq!(issues("||rentry.co^frame\n||x.vn^3p\n||a.vn^*.gif\n||b.vn^", Adblock), ["UrlRule 3"]);
}

#[test]
fn wildcards_and_regular_expressions_are_patterns() {
    let text = "||ads*.autodaily.vn^\n/^ads[0-9]+\\.example/\n@@||masto*.top^\n-banner-ads-";
    let expected = [r"(?:^|\.)ads.*\.autodaily\.vn$", r"^ads[0-9]+\.example", r"(?:^|\.)masto.*\.top$", "-banner-ads-"];
    assert_eq!(patterns(text), expected);
    assert_eq!(read_as(text, Adblock).1.patterns[2].action, Action::Allow);
}

#[test]
fn whole_suffixes_are_not_taken_by_a_pattern_either() {
    let text = "||*.top^$denyallow=a.top|b.top\n/\\.vn$/\n||a.vn^";
    assert_eq!(shown(text, Adblock), ["a.vn tree"]);
    assert_eq!(issues(text, Adblock), ["SingleLabel 1", "BroadPattern 1"]);
}

#[test]
fn urls_and_addresses_are_skipped() {
    let text = "||a.vn/ads/\n/banner/*.gif\n://192.0.2.\nhttp://b.vn/\n||c.vn:8080^\n|192.0.2.1|\n203.0.113.9\nads.js\n||d.vn^";
    assert_eq!(shown(text, Adblock), ["d.vn tree"]);
    assert_eq!(issues(text, Adblock), ["Address 2", "UrlRule 6"]);
}

#[test]
fn comments_say_nothing_and_cosmetic_rules_are_skipped() {
    let text = "[Adblock Plus 3.1]\n! ||a.vn^\n# b.vn\n####\n!#if ext\n!#endif\nc.vn##.ad\n##.ad\nd.vn#@#x\ne.vn###id\nf.vn$$script\n||g.vn^";
    assert_eq!(shown(text, Adblock), ["g.vn tree"]);
    assert_eq!(issues(text, Adblock), ["Cosmetic 5", "Preprocessor 2"]);
}

#[test]
fn modifiers_of_browsers_skip_the_rule() {
    let text = "||baomoi.com^$csp=x\n||bp.blogspot.com^$image,domain=x.vn\n||a.vn^$third-party\n||b.vn^$popup\n||c.vn^$all,script\n\
                ||d.vn^$~image\n||e.vn^$dnsrewrite=1.2.3.4\n||f.vn^$client=x\n||g.vn^$\n@@||h.vn^$document\n||i.vn^";
    assert_eq!(shown(text, Adblock), ["i.vn tree"]);
    assert_eq!(issues(text, Adblock), ["Modifier 10"]);
}

#[test]
fn all_and_document_mean_the_site() {
    assert_eq!(
        shown("||a.vn^$all\n||b.vn^$document\n||c.vn^$doc\n||d.vn^$important", Adblock),
        ["a.vn tree", "b.vn tree", "c.vn tree", "!d.vn tree"]
    );
}

#[test]
fn badfilter_takes_back_the_same_text_wherever_it_stands() {
    let text = "||a.vn^$badfilter\n||a.vn^\n||b.vn^\n||b.vn^$badfilter\n||c.vn^$important,dnstype=A\n||c.vn^$badfilter,dnstype=A,important\n\
                ||d.vn^\n||d.vn^$important,badfilter\n@@||e.vn^\n||e.vn^$badfilter";
    assert_eq!(shown(text, Adblock), ["d.vn tree", "@@e.vn tree"]);
    assert_eq!(read_as(text, Adblock).1.cancelled, 3);
}

#[test]
fn denyallow_makes_exceptions_as_strong_as_the_rule() {
    assert_eq!(shown("||a.vn^$denyallow=b.a.vn|c.a.vn,important", Adblock), ["!a.vn tree", "@@!b.a.vn tree", "@@!c.a.vn tree"]);
    assert_eq!(issues("||a.vn^$denyallow=*.b.vn\n||c.vn^", Adblock), ["Modifier 1"]);
}

#[test]
fn dnstype_names_types_or_excludes_them() {
    let mut types = Vec::new();
    let text = "||a.vn^$dnstype=~CNAME\n||b.vn^$dnstype=A|aaaa\n||c.vn^$dnstype=A|~MX\n||d.vn^$dnstype=BOGUS\n||e.vn^";
    let parsed = parse(text.as_bytes(), Reading::default(), &mut |entry| types.push(entry.types)).expect("a list");
    assert!(!types[0].contains(RecordType::CNAME) && types[0].contains(RecordType::A));
    assert!(types[1].contains(RecordType::AAAA) && !types[1].contains(RecordType::MX));
    assert!(types[2].is_all());
    assert_eq!((types.len(), parsed.issues.counts().next().map(|(_, count)| count)), (3, Some(2)));
}
