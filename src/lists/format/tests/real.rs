//! The real lists, where they are at hand: what each gives, and what is refused.
//!
//! The names are counted as blocked ones, each once. Where a count differs from the one in the data's own README,
//! `docs/list-formats.md` says why.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::PathBuf;

use super::super::ut1::Tree;
use super::super::{Action, Fault, Format, IssueKind, Parsed, Reading, Scope, parse};
use super::Kept;

/// List, format, names in the data's README, names that we take.
const COUNTS: [(&str, Format, usize, usize); 49] = [
    ("hosts/1hosts-mini.hosts", Format::Hosts, 65_806, 65_806),
    ("hosts/blp-drugs.hosts", Format::Hosts, 26_029, 26_029),
    ("hosts/blp-vaping.hosts", Format::Hosts, 108, 108),
    ("hosts/hagezi-someonewhocares.hosts", Format::Hosts, 12_974, 12_974),
    ("hosts/hostsvn-ads-VN-crlf-2024-04.hosts", Format::Hosts, 1840, 1840),
    ("hosts/hostsvn-ads.hosts", Format::Hosts, 18_298, 18_298),
    ("hosts/hostsvn-adult-VN.hosts", Format::Hosts, 1895, 1895),
    ("hosts/hostsvn-adult.hosts", Format::Hosts, 22_622, 22_622),
    ("hosts/hostsvn-gambling-VN.hosts", Format::Hosts, 3747, 3747),
    ("hosts/hostsvn-gambling.hosts", Format::Hosts, 65_757, 65_757),
    ("hosts/hostsvn-threat.hosts", Format::Hosts, 4963, 4963),
    ("hosts/nordic-bom.hosts", Format::Hosts, 651, 651),
    ("hosts/nordic-ipv6.hosts", Format::Hosts, 652, 652),
    ("hosts/sinfonietta-porn.hosts", Format::Hosts, 61_158, 61_157),
    ("hosts/sinfonietta-social.hosts", Format::Hosts, 3245, 3244),
    ("plain/blp-phishing.txt", Format::Domains, 190_215, 190_215),
    ("plain/chongluadao-phishing.txt", Format::Domains, 34_365, 34_352),
    ("plain/columndeeply-dirty.txt", Format::Domains, 17_011, 17_003),
    ("plain/dibdot-doh-domains.txt", Format::Domains, 1914, 1914),
    ("plain/maltrail-generic-mixed.txt", Format::Domains, 7781, 7562),
    ("plain/shadowwhisperer-adult.txt", Format::Domains, 219_522, 219_522),
    ("plain/shadowwhisperer-dating.txt", Format::Domains, 1355, 1355),
    ("plain/shadowwhisperer-risk.txt", Format::Domains, 1283, 1281),
    ("plain/shadowwhisperer-toplevel.txt", Format::Wildcard, 1299, 2),
    ("plain/shadowwhisperer-tunnels.txt", Format::Domains, 1023, 1023),
    ("adblock/abpvn-adguard.txt", Format::Adblock, 87, 59),
    ("adblock/dandelion-adguardhome-compilation.txt", Format::Adblock, 76_334, 76_375),
    ("adblock/dandelion-antimalware-adguardhome.txt", Format::Adblock, 11_524, 11_551),
    ("adblock/dandelion-idn-homograph.txt", Format::Adblock, 0, 0),
    ("adblock/hagezi-light.txt", Format::Adblock, 122_680, 122_680),
    ("adblock/hagezi-whitelist-referral.txt", Format::Adblock, 0, 0),
    ("adblock/hostsvn-adservers-all.txt", Format::Adblock, 8572, 8572),
    ("adblock/hostsvn-threat-VN.txt", Format::Adblock, 4373, 4373),
    ("adblock/nordic-adguardhome.txt", Format::Adblock, 473, 489),
    ("dnsmasq/blp-piracy.conf", Format::Dnsmasq, 2154, 2154),
    ("dnsmasq/blp-tiktok.conf", Format::Dnsmasq, 3725, 3725),
    ("dnsmasq/hostsvn-ads.conf", Format::Dnsmasq, 18_298, 18_298),
    ("dnsmasq/nordic.conf", Format::Dnsmasq, 728, 710),
    ("rpz/nordic.rpz", Format::Rpz, 670, 652),
    ("unbound/nordic.conf", Format::Unbound, 670, 652),
    ("wildcard/hagezi-light.txt", Format::Wildcard, 122_680, 122_680),
    ("wildcard/hostsvn-dnscrypt.txt", Format::Wildcard, 8572, 8572),
    ("crossformat/hagezi-doh-vpn-proxy-bypass.adblock.txt", Format::Adblock, 714, 714),
    ("crossformat/hagezi-doh-vpn-proxy-bypass.dnsmasq.txt", Format::Dnsmasq, 714, 714),
    ("crossformat/hagezi-doh-vpn-proxy-bypass.domains.txt", Format::Domains, 1205, 1205),
    ("crossformat/hagezi-doh-vpn-proxy-bypass.hosts.txt", Format::Hosts, 1205, 1205),
    ("crossformat/hagezi-doh-vpn-proxy-bypass.unbound.txt", Format::Unbound, 714, 714),
    ("crossformat/hagezi-doh-vpn-proxy-bypass.wildcard.txt", Format::Wildcard, 714, 714),
    ("crossformat/hagezi-nosafesearch.hosts.txt", Format::Hosts, 175, 175),
];

/// The folder of the real lists; none, with a printed line, where there is none.
fn lists() -> Option<PathBuf> {
    let shared = std::env::var_os("KHIEN_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")));
    let lists = shared.join("data/lists");
    if lists.is_dir() {
        return Some(lists);
    }
    println!("skipped: no real lists at {}", lists.display());
    None
}

fn open(path: PathBuf) -> impl std::io::BufRead {
    BufReader::new(zstd::Decoder::new(File::open(path.with_added_extension("zst")).expect("a file")).expect("zstd"))
}

fn blocked(path: PathBuf) -> Result<(BTreeSet<String>, Parsed), Fault> {
    let mut names = BTreeSet::new();
    let parsed = parse(open(path), Reading::default(), &mut |entry| {
        if entry.action == Action::Block {
            names.insert(entry.name.to_string());
        }
    })?;
    Ok((names, parsed))
}

#[test]
fn every_list_gives_its_names() {
    let Some(lists) = lists() else { return };
    let mut wrong = Vec::new();
    for (list, format, _, ours) in COUNTS {
        match blocked(lists.join(list)) {
            Ok((names, parsed)) if names.len() == ours && parsed.format == format => {}
            Ok((names, parsed)) => wrong.push(format!("{list}: {} names as {}", names.len(), parsed.format)),
            Err(fault) => wrong.push(format!("{list}: {fault}")),
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn the_page_on_formats_has_every_count() {
    let page = include_str!("../../../../docs/list-formats.md");
    for (list, format, readme, ours) in COUNTS {
        let row = format!("| `{list}` | {format} | {readme} | {ours} |");
        assert!(page.contains(&row), "no row {row}");
    }
}

#[test]
fn what_is_no_list_of_names_is_refused() {
    let Some(lists) = lists() else { return };
    let fault = |list: &str| blocked(lists.join(list)).expect_err(list);
    assert!(matches!(fault("hosts/nordic-hostsdeny.deny"), Fault::HostsDeny));
    assert!(matches!(fault("other/chongluadao.ublacklist.txt"), Fault::Ublacklist));
    let mut sources = tar::Archive::new(open(lists.join("v2fly/domain-list-community-data-2026-08-19.tar")));
    let mut refused = 0;
    for entry in sources.entries().expect("a tar") {
        let mut entry = entry.expect("an entry");
        let name = entry.path().expect("a path").to_string_lossy().into_owned();
        if ["data/google", "data/youtube", "data/category-ads-all"].contains(&name.as_str()) {
            let mut text = Vec::new();
            entry.read_to_end(&mut text).expect("its text");
            assert!(matches!(parse(&text[..], Reading::default(), &mut |_| ()), Err(Fault::V2fly)), "{name}");
            refused += 1;
        }
    }
    assert_eq!(refused, 3);
}

#[test]
fn lists_of_addresses_are_told_by_their_content() {
    let Some(lists) = lists() else { return };
    for (list, addresses) in [("plain/chongluadao-ips.txt", 4), ("plain/dibdot-doh-ipv4.txt", 1975)] {
        let parsed = parse(open(lists.join(list)), Reading::default(), &mut |entry| panic!("{entry:?}")).expect(list);
        assert_eq!((parsed.format, parsed.networks.len()), (Format::Networks, addresses), "{list}");
        assert_eq!(parsed.issues.counts().count(), 0, "{list}");
    }
}

#[test]
fn one_list_in_many_formats_is_one_list() {
    let Some(lists) = lists() else { return };
    for (list, plain) in [("hagezi-doh-vpn-proxy-bypass", true), ("hagezi-nosafesearch", false)] {
        let names = |format: &str| blocked(lists.join(format!("crossformat/{list}.{format}.txt"))).expect(format).0;
        let roots = names("wildcard");
        for format in ["adblock", "dnsmasq", "unbound"] {
            assert_eq!(names(format), roots, "{list} as {format}");
        }
        let hosts = names("hosts");
        assert!(!plain || names("domains") == hosts, "{list}");
        let uncovered = hosts.iter().filter(|name| {
            !name.match_indices('.').map(|(at, _)| &name[at + 1..]).chain([name.as_str()]).any(|above| roots.contains(above))
        });
        assert_eq!(uncovered.count(), 0, "{list}");
    }
    let names = |list: &str| blocked(lists.join(list)).expect(list).0;
    assert_eq!(names("adblock/hagezi-light.txt"), names("wildcard/hagezi-light.txt"));
}

#[test]
fn real_harm_is_not_done() {
    let Some(lists) = lists() else { return };
    let (names, parsed) = blocked(lists.join("plain/chongluadao-phishing.txt")).expect("a list");
    for name in ["www.youtube.com", "zalo.me", "www.facebook.com", "sites.google.com", "apps.apple.com", "play.google.com"] {
        assert!(!names.contains(name), "{name}");
    }
    assert_eq!((parsed.issues.count(IssueKind::Path), parsed.issues.count(IssueKind::Port)), (109, 2));
    let (names, parsed) = blocked(lists.join("plain/shadowwhisperer-toplevel.txt")).expect("a list");
    assert!(names.iter().all(|name| name.contains('.')));
    assert_eq!(parsed.issues.count(IssueKind::SingleLabel), 1299);
    let (names, _) = blocked(lists.join("adblock/abpvn-adguard.txt")).expect("a list");
    assert!(!names.contains("baomoi.com") && !names.contains("bp.blogspot.com"));
}

#[test]
fn the_head_of_the_largest_list_is_taken_whole() {
    let Some(lists) = lists() else { return };
    let mut text = Vec::new();
    open(lists.join("scale/union-4m.txt")).take(4 << 20).read_to_end(&mut text).expect("its text");
    text.truncate(text.iter().rposition(|byte| *byte == b'\n').expect("a line") + 1);
    let parsed = parse(&text[..], Reading::default(), &mut |_| ()).expect("a list");
    assert_eq!(parsed.entries + parsed.issues.counts().map(|(_, count)| u64::from(count)).sum::<u64>(), u64::from(parsed.lines));
    assert!(parsed.entries * 1000 > u64::from(parsed.lines) * 999, "{:?}", parsed.issues);
}

#[test]
fn the_tree_of_toulouse_is_read_by_its_folders() {
    let Some(lists) = lists() else { return };
    let tree = Tree::open(&lists.join("ut1/ut1-blacklists-2026-08-17.tar.zst")).expect("a tree");
    let wanted = ["games", "drugs", "drogue", "aggressive", "chat", "liste_bu", "update", "child", "redirector", "nowhere"];
    let wanted: Vec<(&str, usize)> = wanted.iter().enumerate().map(|(place, name)| (*name, place)).collect();
    let mut kept: Vec<Vec<Kept>> = vec![Vec::new(); wanted.len()];
    let read = tree
        .read(&wanted, Reading::default(), Action::Block, &mut |place: usize, entry| kept[place].push(entry.into()))
        .expect("a tree");
    let fault = |name: &str| read.iter().find(|read| read.folder == name).and_then(|read| read.outcome.as_ref().err());
    for white in ["liste_bu", "update", "child"] {
        assert!(matches!(fault(white), Some(Fault::WhiteFolder)), "{white}");
    }
    assert!(matches!(fault("nowhere"), Some(Fault::NoSuchFolder)));
    let has = |place: usize, name: &str| kept[place].iter().any(|entry| entry.name == name && entry.scope == Scope::Subtree);
    assert!(has(0, "roblox.com") && has(4, "teams.microsoft.com"));
    // `drugs` is a link to `drogue`.
    assert!(!kept[1].is_empty() && kept[1] == kept[2]);
    let redirector = read.iter().find(|read| read.folder == "redirector").and_then(|read| read.outcome.as_ref().ok());
    let addresses = redirector.map(|parsed| parsed.issues.count(IssueKind::Address));
    assert!(addresses.is_some_and(|count| count > 22_000), "{addresses:?}");
    let alias = tree.folders().iter().find(|folder| folder.name == "aggressive").and_then(|folder| folder.alias_of.as_deref());
    assert_eq!(alias, Some("agressif"));
}
