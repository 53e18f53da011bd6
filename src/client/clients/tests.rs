//! The longest prefix wins, checked against a scan of all; and every client has a group.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use proptest::prelude::*;

use super::*;
use crate::dns::Transport;

fn subnet(text: &str) -> Subnet {
    Subnet::from(text.parse::<IpNet>().expect("a prefix"))
}

fn group(id: &str, subnets: &[&str]) -> Group {
    Group {
        id: id.to_owned(),
        name: id.to_owned(),
        subnets: subnets.iter().map(|text| subnet(text)).collect(),
        via: Vec::new(),
        rate_limit: RateLimit::OFF,
    }
}

fn source(client: &str) -> Source {
    let client: IpAddr = client.parse().expect("an address");
    Source::new(SocketAddr::new(client, 4321), SocketAddr::from(([10, 0, 0, 1], 53)), Transport::Udp)
}

fn private() -> Allowed {
    Allowed::Subnets(Allowed::private())
}

fn clients(groups: Vec<Group>) -> Clients {
    Clients::new(groups, None, RateLimit::OFF, private()).expect("the prefixes differ")
}

#[test]
fn the_longest_prefix_wins() {
    let clients =
        clients(vec![group("school", &["10.0.0.0/8"]), group("lab", &["10.20.1.0/24"]), group("teacher", &["10.20.1.7/32"])]);
    let group = |client| clients.identify(&source(client)).group;
    assert_eq!(group("10.1.1.1"), GroupId(0));
    assert_eq!(group("10.20.1.1"), GroupId(1));
    assert_eq!(group("10.20.1.7"), GroupId(2), "a teacher's laptop in the pupils' subnet");
    assert_eq!(clients.identify(&source("10.20.1.7")).how, How::Subnet(subnet("10.20.1.7/32")));
}

#[test]
fn a_mapped_address_and_a_mapped_prefix_are_the_ipv4_ones() {
    let clients = clients(vec![group("lab", &["::ffff:10.20.1.0/120"])]);
    assert_eq!(clients.identify(&source("::ffff:10.20.1.9")).group, GroupId(0));
    assert_eq!(clients.identify(&source("10.20.1.9")).how, How::Subnet(subnet("10.20.1.0/24")));
}

#[test]
fn an_address_that_no_group_claims_has_the_default_group_or_the_built_in_one() {
    let with_default = Clients::new(vec![group("guests", &[])], Some(GroupId(0)), RateLimit::OFF, private()).expect("sound");
    assert_eq!(with_default.identify(&source("10.9.9.9")).group, GroupId(0));
    assert_eq!((with_default.built_in(), with_default.groups().len()), (None, 1));
    let without = clients(vec![group("lab", &["10.20.1.0/24"])]);
    let identified = without.identify(&source("10.9.9.9"));
    assert_eq!((identified.group, identified.how), (GroupId(1), How::Default));
    assert_eq!((without.built_in(), without.default_group()), (Some(GroupId(1)), GroupId(1)));
    assert_eq!(without.find(Group::BUILT_IN), Some(GroupId(1)));
}

#[test]
fn a_link_local_address_belongs_where_it_asked_and_to_no_subnet() {
    let mut lab = group("lab", &["fe80::/10", "169.254.0.0/16"]);
    assert!(lab.subnets.iter().all(|subnet| subnet.is_link_local()));
    assert_eq!(clients(vec![lab.clone()]).identify(&source("fe80::1")).how, How::Default);
    lab.via = vec!["10.0.0.1".parse().expect("an address")];
    let clients = clients(vec![lab, group("other", &["10.5.0.0/16"])]);
    for client in ["fe80::1", "169.254.3.3", "10.9.9.9"] {
        assert_eq!(clients.identify(&source(client)).group, GroupId(0), "{client}");
    }
    assert_eq!(clients.identify(&source("10.5.0.1")).group, GroupId(1), "a subnet stands before the asked address");
}

#[test]
fn private_addresses_and_every_groups_subnets_may_ask() {
    let clients = clients(vec![group("lab", &["203.0.113.0/24", "2001:db8::/48"])]);
    for client in [
        "10.1.1.1",
        "172.31.0.1",
        "192.168.1.1",
        "127.0.0.9",
        "169.254.1.1",
        "::1",
        "fd00::1",
        "fe80::1",
        "203.0.113.9",
        "2001:db8::1",
    ] {
        assert!(clients.identify(&source(client)).allowed, "{client}");
    }
    for client in ["203.0.114.1", "172.32.0.1", "100.64.0.1", "8.8.8.8", "2001:db8:1::1", "::2"] {
        assert!(!clients.identify(&source(client)).allowed, "{client}");
    }
    let any = Clients::new(Vec::new(), None, RateLimit::OFF, Allowed::Any).expect("no prefixes");
    assert!(any.identify(&source("8.8.8.8")).allowed);
}

#[test]
fn every_prefix_in_two_groups_is_told() {
    let groups = vec![group("a", &["10.0.0.0/8", "10.1.0.0/16"]), group("b", &["10.0.0.9/8", "::ffff:10.1.0.0/112"])];
    let same = |text| SamePrefix { subnet: subnet(text), first: GroupId(0), second: GroupId(1) };
    let twice = Clients::new(groups, None, RateLimit::OFF, private()).expect_err("two prefixes");
    assert_eq!(twice, [same("10.0.0.0/8"), same("10.1.0.0/16")]);
}

proptest! {
    #[test]
    fn identify_agrees_with_a_scan(
        nets in prop::collection::vec((0_u32..4, any::<u16>(), 8_u8..=32), 0..40),
        asked in prop::collection::vec((0_u32..4, any::<u16>()), 20),
    ) {
        // Few leading octets, so that prefixes nest and clients hit them.
        let v4 = |(high, low): (u32, u16)| Ipv4Addr::from_bits((10 + high) << 24 | u32::from(low & 0x0303));
        let mut subnets: Vec<Subnet> = nets
            .into_iter()
            .map(|(high, low, length)| Subnet::from(IpNet::V4(Ipv4Net::new_assert(v4((high, low)), length))))
            .collect();
        subnets.sort_unstable();
        subnets.dedup();
        let groups = subnets.iter().map(|subnet| Group { subnets: vec![*subnet], ..group(&subnet.to_string(), &[]) }).collect();
        let clients = clients(groups);
        for address in asked {
            let address = IpAddr::V4(v4(address));
            let longest = subnets
                .iter()
                .enumerate()
                .filter(|(_, subnet)| subnet.net().contains(&address))
                .max_by_key(|(_, subnet)| subnet.net().prefix_len());
            let expected = longest.map_or(subnets.len(), |(place, _)| place);
            prop_assert_eq!(clients.identify(&source(&address.to_string())).group.place(), expected);
        }
    }
}
