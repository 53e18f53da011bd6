//! What the upstreams' tests have in common: questions, and what stands in answers.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::address::{Server, UpstreamAddress};
use super::exchange::Upstream;
use super::ration::Ration;
use super::settings::Settings;
use crate::dns::{Message, Name, Query, RecordType, Relayed, Section, Source, Transport};

/// The true answer.
pub(super) const RIGHT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// An answer that is a lie.
pub(super) const WRONG: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 66);

/// A client's query for the address of `name`.
pub(super) fn query(name: &str) -> Query {
    query_from(name, [10, 0, 0, 1])
}

/// A query for the address of `name` by the client at `ip`.
pub(super) fn query_from(name: &str, ip: [u8; 4]) -> Query {
    let source = Source::new((ip, 40_000).into(), ([127, 0, 0, 1], 53).into(), Transport::Udp);
    Query::new(Name::parse(name).expect("a name"), RecordType::A, source)
}

/// One upstream, without others around it.
pub(super) fn upstream(transport: Transport, address: SocketAddr) -> Upstream {
    Upstream::new(UpstreamAddress::new(transport, address), Duration::from_secs(10), &Ration::new(64))
}

/// Settings of upstreams by UDP at these addresses, asked in order.
pub(super) fn in_order(addresses: &[SocketAddr]) -> Settings {
    let server = |address: &SocketAddr| Server::At(UpstreamAddress::new(Transport::Udp, *address));
    let servers = addresses.iter().map(server).collect();
    Settings { strategy: super::settings::Strategy::InOrder, ..Settings::new(servers) }
}

/// The IPv4 addresses in the answer section, as a client reads them.
pub(super) fn addresses_in(relayed: &Relayed) -> Vec<Ipv4Addr> {
    let asked = Query::new(relayed.name(), RecordType::A, query("client.example").source);
    let mut bytes = Vec::new();
    relayed.render(&asked, 0, u32::MAX, None, &mut bytes);
    let message = Message::parse(&bytes).expect("our own rendering");
    let records = message.records(Section::Answer).filter(|record| record.record_type == RecordType::A);
    records.map(|record| Ipv4Addr::from(*record.rdata().first_chunk::<4>().expect("an A record has four octets"))).collect()
}
