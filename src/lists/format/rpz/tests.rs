//! Zone files: owners, targets, triggers, records over several lines.

use crate::lists::format::Format::Rpz;
use crate::lists::format::tests::{issues, shown};

const ZONE: &str =
    "$TTL 300\n$ORIGIN rpz.example.\n@ SOA ns.example. root.example. (\n  1 ; serial\n  2 3\n  4 5 )\n  NS ns.example.\n";

#[test]
fn owners_stand_for_themselves_and_wildcards_for_what_is_below() {
    let text = format!("{ZONE}a.vn CNAME .\n*.a.vn 60 IN CNAME *.\nb.vn.rpz.example. IN 60 CNAME rpz-drop.\n");
    assert_eq!(shown(&text, Rpz), ["a.vn only", "a.vn below", "b.vn only"]);
    assert_eq!(issues(&text, Rpz), [""; 0]);
}

#[test]
fn passthru_is_an_exception() {
    assert_eq!(
        shown("a.vn CNAME rpz-passthru.\n*.b.vn CNAME RPZ-PASSTHRU.\nc.vn CNAME c.vn.", Rpz),
        ["@@a.vn only", "@@b.vn below", "@@c.vn only"]
    );
}

#[test]
fn other_answers_and_triggers_are_skipped() {
    let text = "a.vn CNAME walled.example.\nb.vn A 192.0.2.1\nc.vn A 0.0.0.0\n32.1.2.0.192.rpz-ip CNAME .\nns.x.rpz-nsdname CNAME .\n\
                24.0.2.0.192.rpz-client-ip CNAME .\nd.vn CNAME rpz-tcp-only.\ne.vn TXT x";
    assert_eq!(shown(text, Rpz), ["c.vn only"]);
    assert_eq!(issues(text, Rpz), ["Rewrite 3", "Directive 1", "Trigger 3"]);
}

#[test]
fn an_inner_asterisk_is_no_wildcard() {
    let text = "; x\nvg.no.* CNAME .\n!*.cas.ms\n2001:db8::1 CNAME .\n192.0.2.0/24 CNAME .\na.vn CNAME . ; y";
    assert_eq!(shown(text, Rpz), ["a.vn only"]);
    assert_eq!(issues(text, Rpz), ["Unreadable 1", "BadCharacter 1", "Address 1", "Network 1"]);
}

#[test]
fn owners_outside_the_zone_are_refused() {
    assert_eq!(issues("$ORIGIN rpz.example.\na.vn. CNAME .\nb.vn CNAME .", Rpz), ["Unreadable 1"]);
}

#[test]
fn a_record_without_owner_is_of_the_one_above() {
    assert_eq!(shown("a.vn CNAME .\n  A 0.0.0.0", Rpz), ["a.vn only", "a.vn only"]);
}
