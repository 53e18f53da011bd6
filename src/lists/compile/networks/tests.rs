//! Stretches against a plain search of all networks; what the guard refuses; what is told of an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proptest::prelude::*;

use super::NetRules;
use crate::lists::compile::{Job, JobList, Source, run};
use crate::lists::format::{Format, Match};
use crate::lists::image::NetSets;
use crate::lists::{Category, CategorySet, Effect, Force, Image, Index, List, ListAction, Owner, Standing};

fn list(id: &str, place: usize, action: ListAction) -> List {
    let category = Category::at(place).expect("few");
    List { id: id.into(), category, standing: Standing::Content, action, force: Force::default() }
}

fn lists() -> Vec<List> {
    let allow = ListAction::Allow;
    vec![
        list("a", 0, ListAction::Block),
        list("b", 1, ListAction::Block),
        list("c", 0, allow),
        list("d", 2, ListAction::Observe(5)),
        list("e", 1, ListAction::Block),
    ]
}

/// The image's answers over some networks of these lists.
fn compiled(lists: &[List], texts: &[String]) -> (crate::lists::compile::Report, Index) {
    let directory = tempfile::tempdir().expect("a directory");
    let jobs = lists.iter().zip(texts).map(|(list, text)| JobList {
        list: list.clone(),
        source: Source::Text(text.clone()),
        format: Some(Format::Networks),
        matching: Match::AsFormat,
    });
    let image = directory.path().join("school.img");
    let job = Job { owner: Owner::School, lists: jobs.collect(), protected: Vec::new(), image, kept: None };
    let report = run(&job).expect("it can be done");
    let image = Image::open(&job.image).expect("sound");
    (report, Index::new(vec![Arc::new(image)]))
}

/// What the lists say of an address: the plainest program that does it.
fn model(networks: &[(usize, IpNet)], address: IpAddr) -> NetSets {
    let lists = lists();
    let around = || networks.iter().filter(|(_, network)| network.contains(&address)).map(|(list, _)| &lists[*list]);
    let taken: CategorySet = around().filter(|list| list.action == ListAction::Allow).map(|list| list.category).collect();
    let blocked: CategorySet = around().filter(|list| list.action == ListAction::Block).map(|list| list.category).collect();
    let observed = if around().any(|list| list.action == ListAction::Observe(5)) { 1 << 5 } else { 0 };
    NetSets { categories: blocked.without(taken), observed }
}

/// Networks that overlap often: all lie in one /16 of the test ranges.
fn networks() -> impl Strategy<Value = Vec<(usize, IpNet)>> {
    let v4 = (0..5_usize, any::<u16>(), 16_u8..=32).prop_map(|(list, low, prefix)| {
        let address = Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 51, 0, 0)) | u32::from(low));
        (list, Ipv4Net::new(address, prefix).expect("a prefix").trunc().into())
    });
    let v6 = (0..5_usize, any::<u16>(), 112_u8..=128).prop_map(|(list, low, prefix)| {
        let address = Ipv6Addr::from(0x2001_0db8_u128 << 96 | u128::from(low));
        (list, Ipv6Net::new(address, prefix).expect("a prefix").trunc().into())
    });
    prop::collection::vec(prop_oneof![v4, v6], 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn stretches_say_what_a_search_of_all_networks_says(networks in networks(), more in prop::collection::vec(any::<u16>(), 40)) {
        let texts: Vec<String> = (0..5)
            .map(|place| {
                let own = networks.iter().filter(|(list, _)| *list == place).map(|(_, network)| format!("{network}\n"));
                own.chain(["203.0.113.255\n".to_owned()].into_iter().filter(|_| place == 4)).collect()
            })
            .collect();
        let (_, index) = compiled(&lists(), &texts);
        let edges = networks.iter().flat_map(|(_, network)| [network.network(), network.broadcast()]);
        let around = edges.flat_map(|edge| match edge {
            IpAddr::V4(at) => [0_i64, 1, -1].map(|step| IpAddr::from(Ipv4Addr::from((i64::from(u32::from(at)) + step) as u32))),
            IpAddr::V6(at) => [0_i128, 1, -1].map(|step| IpAddr::from(Ipv6Addr::from((u128::from(at) as i128 + step) as u128))),
        });
        let random = more.iter().map(|low| IpAddr::from([198, 51, low.to_be_bytes()[0], low.to_be_bytes()[1]]));
        for address in around.chain(random) {
            let said = index.address(address);
            let expected = model(&networks, address);
            prop_assert_eq!((said.school, said.observed, said.office), (expected.categories, expected.observed, CategorySet::EMPTY), "{}", address);
            let applied: CategorySet =
                index.why_address(address).iter().filter(|why| why.effect == Effect::Applied).map(|why| why.category).collect();
            prop_assert_eq!(applied, expected.categories, "why {}", address);
            if let IpAddr::V4(v4) = address {
                prop_assert_eq!(index.address(v4.to_ipv6_mapped().into()), said);
            }
        }
    }
}

#[test]
fn the_first_and_the_last_address_of_a_family_are_found() {
    let forced = List { force: Force { protected: false, public_suffix: true }, ..list("a", 3, ListAction::Block) };
    let (_, index) = compiled(&[forced], &["0.0.0.0/0\n::/0\n".to_owned()]);
    for address in ["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "192.0.2.1"] {
        assert_eq!(index.address(address.parse().expect("an address")).school.first(), Category::at(3), "{address}");
    }
}

#[test]
fn the_guard_refuses_half_the_world_and_what_is_no_part_of_the_internet() {
    let refused = "0.0.0.0/0 0.0.0.0/1 8.0.0.0/7 10.0.0.0/8 10.1.2.3/32 192.168.0.0/16 192.0.0.0/8 127.0.0.1/32 169.254.0.0/16 \
                   100.64.0.0/10 172.16.0.0/12 224.0.0.0/4 255.255.255.255/32 ::/0 2000::/3 fc00::/7 fe80::/10 ::1/128 ff02::1/128";
    let taken = "8.0.0.0/8 192.0.2.0/24 172.15.0.0/16 2001:db8::/32 2002::/16 223.255.255.0/24";
    let text: String =
        refused.split_ascii_whitespace().chain(taken.split_ascii_whitespace()).map(|net| format!("{net}\n")).collect();
    let (report, index) = compiled(&[list("a", 0, ListAction::Block)], std::slice::from_ref(&text));
    let mut named: Vec<&str> = report.lists[0].guarded.networks.iter().map(|(network, _)| network.as_str()).collect();
    let mut expected: Vec<&str> = refused.split_ascii_whitespace().collect();
    named.sort_unstable();
    expected.sort_unstable();
    assert_eq!(named, expected);
    assert_eq!(report.networks, taken.split_ascii_whitespace().count());
    assert!(index.address([10, 1, 2, 3].into()).school.is_empty());
    assert!(!index.address([192, 0, 2, 3].into()).school.is_empty());
    let forced = List { force: Force { protected: false, public_suffix: true }, ..list("a", 0, ListAction::Block) };
    let (report, _) = compiled(&[forced], &[text]);
    assert!(report.lists[0].guarded.networks.is_empty());
}

#[test]
fn why_names_list_line_and_network_and_what_came_of_it() {
    let texts = ["192.0.2.0/24\n192.0.2.7\n", "192.0.0.0/16\n", "192.0.2.7\n", "192.0.2.0/25\n", "203.0.113.1\n"];
    let (_, index) = compiled(&lists(), &texts.map(str::to_owned));
    let told = |address: [u8; 4]| -> Vec<String> {
        let why = index.why_address(address.into());
        why.iter().map(|why| format!("{}:{} {} {}", why.list, why.line, why.rule, why.effect.text())).collect()
    };
    let expected = [
        "b:1 192.0.0.0/16 applied",
        "d:1 192.0.2.0/25 observed",
        "a:1 192.0.2.0/24 overruled",
        "a:2 192.0.2.7/32 overruled",
        "c:1 192.0.2.7/32 excepted",
    ];
    let mut all = told([192, 0, 2, 7]);
    all.sort_unstable();
    let mut expected = expected.map(str::to_owned);
    expected.sort_unstable();
    assert_eq!(all, expected);
    assert_eq!(told([192, 0, 2, 200]), ["b:1 192.0.0.0/16 applied", "a:1 192.0.2.0/24 applied"]);
    assert_eq!(told([198, 51, 100, 1]), [""; 0]);
}

#[test]
fn the_same_networks_give_the_same_octets() {
    let mut parts = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0]] {
        let mut rules = NetRules::default();
        for line in order {
            rules.add(0, format!("192.0.{line}.0/24").parse().expect("a network"), line);
        }
        rules.guard(&lists(), &mut [Default::default()]);
        let made = rules.parts(&lists());
        parts.push((made.stretches, made.rules));
    }
    assert_eq!(parts[0], parts[1]);
}
