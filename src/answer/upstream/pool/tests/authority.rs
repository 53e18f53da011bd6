//! A server of another make as upstream: hickory's, authoritative for a zone in memory, by UDP and TCP.

use std::sync::Arc;

use hickory_server::Server;
use hickory_server::proto::rr::rdata::{A, CNAME, SOA, TXT};
use hickory_server::proto::rr::{Name as ZoneName, RData, Record};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneType};
use tokio::net::{TcpListener, UdpSocket};

use super::*;
use crate::dns::{Message, Name, RecordType, Section};

fn zone_name(text: &str) -> ZoneName {
    ZoneName::from_ascii(text).expect("a name")
}

/// Serves `school.example` on loopback.
async fn authority() -> (Server<Catalog>, SocketAddr) {
    let origin = zone_name("school.example.");
    let mut zone: InMemoryZoneHandler = InMemoryZoneHandler::empty(origin.clone(), ZoneType::Primary, AxfrPolicy::Deny);
    let soa = SOA::new(zone_name("ns.school.example."), zone_name("admin.school.example."), 1, 7200, 900, 86_400, 60);
    let mut add = |name: &str, ttl, data| assert!(zone.upsert_mut(Record::from_rdata(zone_name(name), ttl, data), 1));
    add("school.example.", 300, RData::SOA(soa));
    add("www.school.example.", 300, RData::A(A(RIGHT)));
    add("alias.school.example.", 60, RData::CNAME(CNAME(zone_name("www.school.example."))));
    for number in 0..40 {
        let text = format!("{number:0>200}");
        add("long.school.example.", 300, RData::TXT(TXT::new(vec![text])));
    }
    let mut catalog = Catalog::new();
    catalog.upsert(origin.into(), vec![Arc::new(zone)]);
    let mut server = Server::new(catalog);
    let (tcp, udp, address) = loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = tcp.local_addr().expect("a bound socket has an address");
        // Another test may have the same one by UDP.
        if let Ok(udp) = UdpSocket::bind(address).await {
            break (tcp, udp, address);
        }
    };
    server.register_socket(udp);
    server.register_listener(tcp, LONG, 64);
    (server, address)
}

fn of_type(name: &str, record_type: RecordType) -> Query {
    Query::new(Name::parse(name).expect("a name"), record_type, query(name).source)
}

#[tokio::test]
async fn answers_aliases_absence_and_long_answers_come_whole() {
    let (server, address) = authority().await;
    let upstreams = pool(&[address]);
    assert_eq!(addresses_of(&upstreams, "www.school.example").await, [RIGHT]);

    let alias = ask(&upstreams, "alias.school.example").await.expect("an answer");
    assert_eq!((addresses_in(&alias), alias.lifetime()), (vec![RIGHT], 60));
    assert_eq!(alias.aliases().collect::<Vec<_>>(), [Name::parse("www.school.example").expect("a name")]);

    let absent = ask(&upstreams, "nothing.school.example").await.expect("an answer");
    assert_eq!((absent.rcode(), absent.lifetime()), (Rcode::NXDOMAIN, 60));

    let long = upstreams.ask(&of_type("long.school.example", RecordType::TXT)).await.expect("an answer by TCP");
    let mut asked = of_type("long.school.example", RecordType::TXT);
    asked.source.transport = crate::dns::Transport::Tcp;
    let mut bytes = Vec::new();
    long.render(&asked, 0, 300, None, &mut bytes);
    let message = Message::parse(&bytes).expect("our own rendering");
    assert_eq!(message.records(Section::Answer).count(), 40);

    // REFUSED for other zones: nobody else is there to ask.
    let failure = ask(&upstreams, "elsewhere.example").await.expect_err("not its zone");
    assert_eq!(failure.rcode, Some(Rcode::REFUSED));
    drop(server);
}
