//! The longest prefix wins, checked against a scan of all; and every client has a group.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

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
    lab.via = vec![Via::Address("10.0.0.1".parse().expect("an address"))];
    let clients = clients(vec![lab, group("other", &["10.5.0.0/16"])]);
    for client in ["fe80::1", "169.254.3.3", "10.9.9.9"] {
        assert_eq!(clients.identify(&source(client)).group, GroupId(0), "{client}");
    }
    assert_eq!(clients.identify(&source("10.5.0.1")).group, GroupId(1), "a subnet stands before the asked address");
}

#[test]
fn the_interface_stands_before_the_asked_address_and_after_the_subnet() {
    let mut lab = group("lab", &["10.5.0.0/16"]);
    lab.via = vec![Via::Interface("eth1".to_owned())];
    let mut hall = group("hall", &[]);
    hall.via = vec![Via::Address("10.0.0.1".parse().expect("an address"))];
    let clients = clients(vec![lab, hall]);
    let group = |client, interface| clients.identify(&source(client).by(interface)).group;
    assert_eq!(group("fe80::1", 7), GroupId(1), "nobody has said yet which number eth1 has");
    assert_eq!(clients.interfaces().absent().collect::<Vec<_>>(), [("eth1", GroupId(0))]);
    assert_eq!(clients.interfaces().look_up(|name| (name == "eth1").then_some(NonZeroU32::new(7)).flatten()), [""; 0]);
    assert_eq!(clients.identify(&source("fe80::1").by(7)).how, How::Interface(0));
    assert_eq!(group("fe80::1", 7), GroupId(0), "a link-local client by its link, whichever address it asks");
    assert_eq!(group("10.9.9.9", 7), GroupId(0), "a client in no subnet");
    assert_eq!(group("10.5.0.1", 8), GroupId(0), "a subnet holds by any interface");
    assert_eq!(group("fe80::1", 8), GroupId(1));
    assert_eq!(group("fe80::1", 0), GroupId(1), "the system did not say");
    assert_eq!(clients.interfaces().look_up(|_| None), ["eth1"]);
    assert_eq!(group("fe80::1", 7), GroupId(1), "the interface is gone, and its number may be another's");
}

/// A query from `client` with this option 8; none where it is `None`.
fn asked(client: &str, option: Option<&[u8]>) -> Query {
    let options = option.map_or_else(Vec::new, |data| [&[0, 8, 0, data.len() as u8], data].concat());
    let mut bytes = b"\x4b\x48\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x03www\x02vn\x00\x00\x01\x00\x01".to_vec();
    bytes.extend(b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00");
    bytes.push(options.len() as u8);
    bytes.extend(options);
    Query::parse(&bytes, source(client)).expect("a query")
}

#[test]
fn a_trusted_forwarder_says_for_whom_it_asks_and_nobody_else_does() {
    let router = Subnet::from("10.0.0.1/32".parse::<IpNet>().expect("a prefix"));
    let clients = clients(vec![group("lab", &["10.20.0.0/16"])]).trusting([router]);
    let teacher: &[u8] = &[0, 1, 32, 0, 10, 20, 1, 7];
    let introduced = |client, option| {
        let mut query = asked(client, option);
        clients.introduce(&mut query);
        (query.source.client.ip().to_string(), query.behalf())
    };
    let (client, behalf) = introduced("10.0.0.1", Some(teacher));
    assert_eq!(client, "10.20.1.7");
    assert!(matches!(behalf, Behalf::Of(_)), "the reply repeats it");
    assert_eq!(introduced("::ffff:10.0.0.1", Some(teacher)).0, "10.20.1.7", "the forwarder in IPv6's clothes");
    for other in ["10.0.0.2", "10.20.1.8", "fd00::1"] {
        assert_eq!(introduced(other, Some(teacher)), (other.to_owned(), Behalf::Unsaid));
        assert_eq!(introduced(other, Some(&[0, 1, 99])), (other.to_owned(), Behalf::Unsaid), "unread, so no error");
    }
    let (client, behalf) = introduced("10.0.0.1", Some(&[0, 1, 24, 0, 10, 20, 1]));
    assert_eq!(client, "10.0.0.1", "a network is no client");
    assert!(matches!(behalf, Behalf::Of(_)));
    assert_eq!(introduced("10.0.0.1", Some(&[0, 1, 0, 0])).0, "10.0.0.1");
    assert_eq!(introduced("10.0.0.1", None), ("10.0.0.1".to_owned(), Behalf::Unsaid));
    assert_eq!(introduced("10.0.0.1", Some(&[0, 1, 99])), ("10.0.0.1".to_owned(), Behalf::Garbled));
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
