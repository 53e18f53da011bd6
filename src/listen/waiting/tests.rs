//! Nobody takes all places, and every place comes back.

use std::net::Ipv6Addr;

use super::*;

fn limits() -> Limits {
    Limits { waiting: 20, waiting_per_client: 3, ..Limits::default() }
}

fn taken(waiting: &Arc<Waiting>, clients: impl Iterator<Item = IpAddr>) -> Vec<Place> {
    clients.filter_map(|client| waiting.enter(client, &limits())).collect()
}

fn v4(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

fn v6(network: u16, last: u16) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0, 0, network, 0, 0, 0, last))
}

#[test]
fn one_client_has_its_places_and_all_have_theirs() {
    let waiting = Arc::<Waiting>::default();
    let noisy = taken(&waiting, std::iter::repeat_n(v4(1), 100));
    assert_eq!(noisy.len(), 3);
    let others = taken(&waiting, (2..100).map(v4));
    assert_eq!(others.len(), 17, "as many as there are in all");
    drop(noisy);
    assert_eq!(taken(&waiting, std::iter::repeat_n(v4(1), 100)).len(), 3, "given back at once by being dropped");
    drop(others);
    assert_eq!(waiting.count.load(Ordering::Relaxed), 0);
    assert!(waiting.by_client().is_empty(), "of whom waits for nothing nothing is kept");
}

#[test]
fn a_network_of_ipv6_addresses_has_four_clients_places() {
    let waiting = Arc::<Waiting>::default();
    let one = taken(&waiting, (0..100).map(|last| v6(1, last)));
    assert_eq!(one.len(), 12);
    assert_eq!(taken(&waiting, (0..100).map(|last| v6(2, last))).len(), 8);
    drop(one);
    assert_eq!(taken(&waiting, std::iter::repeat_n(v6(1, 1), 100)).len(), 3);
    assert!(waiting.by_client().is_empty());
}
