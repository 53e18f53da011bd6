//! The protected names: the file is sound, and the names that real lists were seen to take are among them.

use super::{ProtectedNames, ProtectedRows, TEXT};
use crate::dns::Name;
use crate::lists::{Protected, Protection, facts};

fn name(text: &str) -> Name {
    Name::parse(text).expect("a good name")
}

#[test]
fn the_file_is_sorted_and_says_nothing_twice() {
    let ProtectedRows { system, help, learning, popular } = toml::from_str(TEXT).expect("the embedded protected names");
    for names in [&system, &help, &learning, &popular] {
        assert!(names.is_sorted(), "out of order: {:?}", names.windows(2).find(|pair| pair[0] >= pair[1]));
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        for text in names {
            let parsed = name(text);
            assert_eq!(parsed.to_string(), *text, "written as it is compared");
            assert!(parsed.label_count() >= 2, "{text}: no whole country");
        }
    }
    assert!(help.len() >= 10 && learning.len() >= 90 && popular.len() >= 100);
}

#[test]
fn what_real_lists_took_is_protected() {
    let protected = ProtectedNames::shipped();
    let popular = "www.youtube.com m.youtube.com www.facebook.com sites.google.com apps.apple.com play.google.com zalo.me \
        oa.zalo.me wikipedia.org vi.wikipedia.org";
    for text in popular.split_whitespace() {
        assert!(protected.kinds(&name(text)).has(Protected::Popular), "{text}");
        assert!(protected.taken_along(&name(text)).next().is_some(), "{text} has an entry of its own");
    }
    for text in ["captive.apple.com", "connectivitycheck.gstatic.com", "restrict.youtube.com", "forcesafesearch.google.com"] {
        assert!(protected.kinds(&name(text)).has(Protected::System), "{text}");
    }
    for text in ["tongdai111.vn", "www.tongdai111.vn", "vn-cop.vn", "chat.988lifeline.org"] {
        assert!(protected.kinds(&name(text)).has(Protected::Help), "{text}");
    }
    for text in ["moet.gov.vn", "olm.vn", "www.olm.vn", "teams.microsoft.com", "vi.khanacademy.org"] {
        assert!(protected.kinds(&name(text)).has(Protected::Learning), "{text}");
    }
}

#[test]
fn three_probed_sites_are_popular_and_not_part_of_the_system() {
    let protected = ProtectedNames::shipped();
    for text in ["www.google.com", "www.apple.com", "www.gstatic.com"] {
        let kinds = protected.kinds(&name(text));
        assert!(kinds.has(Protected::Popular) && !kinds.has(Protected::System), "{text}");
    }
}

#[test]
fn kinds_add_up_on_the_way_down() {
    let protected = ProtectedNames::new([
        (name("example.vn"), Protected::Popular),
        (name("learn.example.vn"), Protected::Learning),
        (name("learn.example.vn"), Protected::System),
    ]);
    let all = Protection::NONE.with(Protected::Popular).with(Protected::Learning).with(Protected::System);
    assert_eq!(protected.kinds(&name("a.learn.example.vn")), all);
    assert_eq!(protected.kinds(&name("b.example.vn")), Protection::NONE.with(Protected::Popular));
    assert_eq!(protected.kinds(&name("vn")), Protection::NONE);
}

#[test]
fn a_name_brings_its_www_name_and_no_second_one() {
    let protected = ProtectedNames::new([(name("www.example.vn"), Protected::Help), (name("b.vn"), Protected::System)]);
    let names: Vec<String> = protected.of_kind(Protected::System).map(Name::to_string).collect();
    assert_eq!(names, ["b.vn", "www.b.vn"]);
    assert_eq!(protected.of_kind(Protected::Help).count(), 1);
    assert_eq!(protected.len(), 3);
}

#[test]
fn a_rule_above_takes_what_stands_below() {
    let protected = ProtectedNames::shipped();
    let taken: Vec<String> = protected.taken_along(&name("zalo.me")).map(|(name, _)| name.to_string()).collect();
    assert!(taken.contains(&"zalo.me".to_owned()) && taken.contains(&"oa.zalo.me".to_owned()), "{taken:?}");
    assert!(protected.taken_along(&name("vn")).count() > 100);
    assert_eq!(protected.taken_along(&name("w88.com")).count(), 0);
}

#[test]
fn the_gathered_learning_sites_are_all_there() {
    let Some(rows) = facts::rows("edu-allow-vn.tsv") else { return };
    let protected = ProtectedNames::shipped();
    assert!(rows.len() > 90);
    for row in rows {
        assert!(protected.kinds(&name(&row[0])).has(Protected::Learning), "{}", row[0]);
    }
}

#[test]
fn the_gathered_probes_of_devices_are_part_of_the_system_but_for_three() {
    let Some(rows) = facts::rows("connectivity.tsv") else { return };
    let protected = ProtectedNames::shipped();
    let others: Vec<&str> =
        rows.iter().map(|row| row[0].as_str()).filter(|host| !protected.kinds(&name(host)).has(Protected::System)).collect();
    assert_eq!(others, ["www.apple.com", "www.gstatic.com", "www.google.com"]);
}
