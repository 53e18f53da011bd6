//! What a teacher may write, and what is said of slips, by line.

use proptest::prelude::*;

use super::{Line, Weight, read};
use crate::answer::zones::Zone;
use crate::dns::Name;

fn lan() -> Name {
    Name::parse("truong.lan").expect("a name")
}

/// Owner, TTL, type and data of each record.
fn records(text: &str) -> Vec<String> {
    let (lines, faults) = read(&lan(), text);
    assert_eq!(faults, []);
    let shown = |line: &Line| format!("{} {} {} {}", line.owner, line.record.ttl, line.record.record_type(), line.record.data);
    lines.iter().map(shown).collect()
}

/// Line, weight and words of each fault.
fn faults(text: &str) -> Vec<(u32, Weight, String)> {
    read(&lan(), text).1.into_iter().map(|fault| (fault.line, fault.weight, fault.what)).collect()
}

#[test]
fn addresses_alone_make_a_zone() {
    let text = "www A 10.0.0.5\nWWW AAAA fd00::5\nmay-in 1h IN A 10.0.0.9\n* A 10.0.0.1\n@ A 10.0.0.2\n";
    let expected = [
        "www.truong.lan 300 A 10.0.0.5",
        "www.truong.lan 300 AAAA fd00::5",
        "may-in.truong.lan 3600 A 10.0.0.9",
        "*.truong.lan 3600 A 10.0.0.1",
        "truong.lan 3600 A 10.0.0.2",
    ];
    assert_eq!(records(text), expected);
    let (zone, faults) = Zone::read(&lan(), text);
    assert_eq!((zone.expect("a zone").records(), faults), (5, vec![]));
}

#[test]
fn directives_and_names_are_relative_to_the_origin() {
    let text = "$TTL 2m\n$ORIGIN lab.truong.lan.\npc1 A 10.1.0.1\n   AAAA fd00::1\n$ORIGIN b\n@ MX 10 mail\nx 60 CNAME @\n\
                y CNAME www.example.vn.\n";
    let expected = [
        "pc1.lab.truong.lan 120 A 10.1.0.1",
        "pc1.lab.truong.lan 120 AAAA fd00::1",
        "b.lab.truong.lan 120 MX 10 mail.b.lab.truong.lan.",
        "x.b.lab.truong.lan 60 CNAME b.lab.truong.lan.",
        "y.b.lab.truong.lan 120 CNAME www.example.vn.",
    ];
    assert_eq!(records(text), expected);
}

#[test]
fn slips_are_named_by_their_lines() {
    let text = "   A 10.0.0.1\nwww A 10.0.0.999\nwww B 10.0.0.1\nwww\nwww A\n$INCLUDE other.zone\n$GENERATE 1-9 x A 10.0.0.$\n\
                $TTL soon\n$ORIGIN\nwww.example.vn. A 192.0.2.1\nwww CH TXT x\n\"w\" A 10.0.0.1\n";
    let found = faults(text);
    assert_eq!(found.iter().map(|(line, ..)| *line).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>(), "{found:#?}");
    assert!(found.iter().all(|(_, weight, _)| *weight == Weight::Fault));
    assert!(found[1].2.contains("10.0.0.999") && found[9].2.contains("not in the zone"), "{found:#?}");
}

#[test]
fn a_forgotten_dot_is_doubted() {
    let text = "www CNAME web.truong.lan\nmail.truong.lan A 10.0.0.1\nweb A 10.0.0.2\nx CNAME web.truong.lan.\n";
    let found = faults(text);
    let places: Vec<_> = found.iter().map(|(line, weight, _)| (*line, *weight)).collect();
    assert_eq!(places, [(1, Weight::Doubt), (2, Weight::Doubt)]);
    assert!(found[0].2.contains("web.truong.lan.truong.lan"));
    let reverse = Name::parse("0.0.10.in-addr.arpa").expect("a name");
    let (_, found) = read(&reverse, "5 PTR www.truong.lan\n6 PTR www.truong.lan.\n");
    assert_eq!(found.iter().map(|fault| (fault.line, fault.weight)).collect::<Vec<_>>(), [(1, Weight::Doubt)]);
}

/// A word as it may stand in a master file, or break one.
fn word() -> impl Strategy<Value = String> {
    let known = [
        "@",
        "\n",
        "\n ",
        "A",
        "TXT",
        "CNAME",
        "SVCB",
        "HTTPS",
        "CAA",
        "SOA",
        "SSHFP",
        "NAPTR",
        "TLSA",
        "CERT",
        "CSYNC",
        "MX",
        "SRV",
        "10.0.0.1",
        "1",
        "(",
        ")",
        "$TTL",
        "$ORIGIN",
        "\"a",
        "alpn=h2",
        "key65535=x",
        "*",
        "mandatory=alpn",
        "IN",
    ];
    prop_oneof![3 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "[a-z0-9\\\\.;\"=,-]{0,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,200}") {
        Zone::read(&lan(), &text);
    }

    #[test]
    fn any_words_of_a_master_file_are_read_without_a_panic(words in prop::collection::vec(word(), 0..40)) {
        Zone::read(&lan(), &words.join(" "));
    }
}
