//! The starter lists: well-formed, harmless to what is protected, and complete.

use std::collections::HashSet;

use super::{StarterList, lists};
use crate::dns::Name;
use crate::lists::format::{Action, Format, Reading, Scope, parse};
use crate::lists::{Category, Protected, ProtectedNames, Registry, facts};

fn name(text: &str) -> Name {
    Name::parse(text).expect("a good name")
}

fn list(category: &str) -> &'static StarterList {
    lists().iter().find(|list| list.category == category).expect("a starter list")
}

#[test]
fn each_list_is_sorted_and_says_nothing_twice() {
    for list in lists() {
        let names: Vec<&str> = list.names().collect();
        assert!(!names.is_empty(), "{}", list.id);
        for pair in names.windows(2) {
            assert!(pair[0] < pair[1], "{}: {} before {}", list.id, pair[0], pair[1]);
        }
        let unique: HashSet<Name> = names.iter().map(|text| name(text)).collect();
        for entry in &unique {
            let above = std::iter::successors(entry.parent(), Name::parent).find(|parent| unique.contains(parent));
            assert_eq!(above, None, "{}: {entry} is covered", list.id);
        }
    }
}

#[test]
fn every_line_is_a_host_name_of_lower_case() {
    for list in lists() {
        assert!(list.text.ends_with('\n') && !list.text.contains('\r'), "{}", list.id);
        for text in list.names() {
            assert_eq!(name(text).to_string(), text, "{}", list.id);
            let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
            assert!(text.bytes().all(good), "{}: {text}", list.id);
        }
    }
}

#[test]
fn no_entry_is_a_country_or_a_public_suffix() {
    for list in lists() {
        for text in list.names() {
            let suffix = psl::suffix(text.as_bytes()).expect("a name has a suffix");
            let icann = suffix.typ() == Some(psl::Type::Icann);
            assert!(!icann || suffix.as_bytes().len() < text.len(), "{}: {text}", list.id);
            assert!(text.contains('.'), "{}: {text}", list.id);
        }
    }
}

#[test]
fn no_entry_takes_a_protected_name_along() {
    let (protected, registry) = (ProtectedNames::shipped(), Registry::shipped());
    let grave = registry.locked().union(registry.threats());
    for list in lists() {
        let category = registry.find(list.category).expect("a shipped category");
        for text in list.names() {
            let entry = name(text);
            let kinds = protected.taken_along(&entry).map(|(_, kind)| *kind);
            let harmed: Vec<Protected> = kinds.filter(|kind| *kind != Protected::Popular || grave.contains(category)).collect();
            assert!(harmed.is_empty(), "{}: {text} takes along {harmed:?}", list.id);
        }
    }
}

#[test]
fn every_category_but_those_of_the_authorities_has_a_list_in_the_registry_s_order() {
    let registry = Registry::shipped();
    let places: Vec<usize> =
        lists().iter().map(|list| registry.find(list.category).map(Category::place).expect("a shipped category")).collect();
    assert!(places.is_sorted());
    let without: Vec<&str> = registry
        .entries()
        .iter()
        .map(|entry| entry.id.as_str())
        .filter(|id| lists().iter().all(|list| list.category != *id))
        .collect();
    assert_eq!(without, ["csam", "illegal"]);
}

#[test]
fn no_file_of_the_folder_is_forgotten() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/blocklists/starter")).expect("the folder");
    for file in folder {
        let file = file.expect("an entry").file_name();
        let stem = file.to_str().and_then(|name| name.strip_suffix(".txt")).expect("a list is called CATEGORY.txt");
        assert!(lists().iter().any(|list| list.category == stem), "{stem}");
    }
}

#[test]
fn what_everyone_knows_is_there() {
    for (category, wanted) in [
        ("gambling", "w88.com fb88.com 188bet.com m88.com bong88.com kubet.com new88.com"),
        ("adult", "pornhub.com xvideos.com xnxx.com xhamster.com"),
        ("bypass", "dns.google one.one.one.one cloudflare-dns.com nordvpn.com torproject.org"),
        ("social", "facebook.com tiktok.com instagram.com"),
        ("chat", "zalo.me telegram.org discord.com"),
        ("games", "garena.vn roblox.com gamevui.vn poki.com"),
        ("search-unsafe", "coccoc.com baidu.com"),
        ("ai", "chatgpt.com gemini.google.com"),
    ] {
        for text in wanted.split(' ') {
            assert!(list(category).names().any(|name| name == text), "{category}: {text}");
        }
    }
}

#[test]
fn youtube_is_left_to_its_restricted_twin() {
    let video = list("video");
    for host in ["youtube.com", "www.youtube.com", "googlevideo.com", "ytimg.com"] {
        let covered = video.names().any(|entry| name(host).is_at_or_below(&name(entry)));
        assert!(!covered, "{host}");
    }
}

#[test]
fn the_gathered_resolvers_to_block_are_ways_round_the_filter() {
    let Some(rows) = facts::rows("bypass.tsv") else { return };
    let names: HashSet<Name> = list("bypass").names().map(name).collect();
    let blocked: Vec<&Vec<String>> = rows.iter().filter(|row| row[2].starts_with("block")).collect();
    assert!(!blocked.is_empty());
    for row in blocked {
        assert!(names.contains(&name(&row[0])), "{}", row[0]);
    }
}

#[test]
fn the_list_parser_takes_every_name_with_all_below_it() {
    for list in lists() {
        let mut taken = Vec::new();
        let parsed = parse(list.text.as_bytes(), Reading::default(), &mut |entry| {
            assert_eq!((entry.scope, entry.action), (Scope::Subtree, Action::Block), "{}", list.id);
            taken.push(entry.name.clone());
        })
        .unwrap_or_else(|fault| panic!("{}: {fault}", list.id));
        assert_eq!(parsed.format, Format::Domains, "{}: found out by its content", list.id);
        assert_eq!(parsed.issues.kept(), [], "{}", list.id);
        assert_eq!(taken, list.names().map(name).collect::<Vec<_>>(), "{}", list.id);
    }
}
