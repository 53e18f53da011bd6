//! The school's own names and those that other servers are asked for: who is believed for what, whoever asks first.

use std::net::Ipv4Addr;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, rdata};
use khien::dns::RecordType;

use crate::kit::School;
use crate::kit::question;
use crate::kit::udp::{Client, ask_by_tcp};
use crate::kit::upstream::{Asked, ScriptedUpstream, Step};

const GROUPS: &str = "
[[group]]
id = \"lab\"
subnets = [\"10.20.1.0/24\", \"127.0.0.0/8\"]
tier = \"lower-secondary\"
deny = [\"closed.truong.lan\", \"shop.example\"]
[[group.schedule]]
days = [\"mon\"]
from = \"14:00\"
to = \"15:00\"
allow_only = true
only = [\"thi.example\"]
[[list]]
id = \"games\"
category = \"games\"
source = \"games.txt\"
[[zone]]
name = \"truong.lan\"
file = \"truong.zone\"
[[zone]]
name = \"10.in-addr.arpa\"
file = \"reverse.zone\"
";

const FILES: [(&str, &str); 3] = [
    ("games.txt", "spiele.example\ntruong.lan\n"),
    (
        "truong.zone",
        "@ A 10.0.0.2\nwww A 10.0.0.5\nclosed A 10.0.0.6\naway CNAME cdn.example.\ngame CNAME spiele.example.\nshop CNAME shop.example.\n",
    ),
    ("reverse.zone", "5.0.0 PTR www.truong.lan.\n"),
];

const PUPIL: &str = "10.20.1.7";

#[tokio::test]
async fn own_names_are_answered_here_and_judged_lightly() {
    let school = School::start_with(GROUPS, &FILES).await;
    let reply = school.ask(PUPIL, RecordType::A, "www.truong.lan").await;
    assert_eq!(reply.addresses(), ["10.0.0.5"], "though a list of games names the zone");
    assert!(reply.message.metadata.authoritative && reply.ttl().is_some_and(|ttl| ttl <= 300));
    assert_eq!(school.ask(PUPIL, RecordType::A, "new.truong.lan").await.rcode(), "NXDOMAIN");
    assert_eq!(school.ask(PUPIL, RecordType::AAAA, "www.truong.lan").await.summary(), "nodata");
    assert_eq!(school.ask(PUPIL, RecordType::A, "closed.truong.lan").await.summary(), "blocked");
    assert_eq!(school.ask(PUPIL, RecordType::ANY, "new.truong.lan").await.rcode(), "NXDOMAIN");
    let pointer = school.ask(PUPIL, RecordType::PTR, "5.0.0.10.in-addr.arpa").await;
    assert_eq!(pointer.message.answers.len(), 1, "before the private reverse zones");
    assert_eq!(school.ask(PUPIL, RecordType::PTR, "5.0.168.192.in-addr.arpa").await.rcode(), "NXDOMAIN");
    assert_eq!(school.upstream.asked(), 0);

    school.at("2026-11-23T14:30");
    assert_eq!(school.ask(PUPIL, RecordType::A, "www.truong.lan").await.addresses(), ["10.0.0.5"], "open in an exam");
    assert_eq!(school.ask(PUPIL, RecordType::A, "away.truong.lan").await.summary(), "blocked", "its target is not");
    school.close().await;
}

#[tokio::test]
async fn an_alias_out_of_the_zone_is_followed_and_judged() {
    let school = School::start_with(GROUPS, &FILES).await;
    for _ in 0..2 {
        let reply = school.ask(PUPIL, RecordType::A, "away.truong.lan").await;
        assert_eq!((reply.message.answers.len(), reply.addresses()), (2, vec!["192.0.2.7".to_owned()]));
    }
    assert_eq!(school.upstream.asked(), 1, "the second time from the cache");
    assert_eq!(school.ask(PUPIL, RecordType::A, "game.truong.lan").await.summary(), "blocked");
    assert_eq!(school.ask(PUPIL, RecordType::A, "shop.truong.lan").await.summary(), "blocked");
    school.close().await;
}

#[tokio::test]
async fn by_udp_and_tcp_alike_and_changed_by_a_reload() {
    let school = School::start_with(GROUPS, &FILES).await;
    let client = Client::new("127.0.0.7", school.dns()).await;
    assert_eq!(client.ask(RecordType::A, "www.truong.lan").await.expect("a reply").addresses(), ["10.0.0.5"]);
    let packet = question::packet(&"www.truong.lan".parse().expect("a name"), RecordType::A);
    assert_eq!(ask_by_tcp("127.0.0.7", school.dns(), &packet).await.addresses(), ["10.0.0.5"]);
    let packet = question::packet(&"truong.lan".parse().expect("a name"), RecordType::AXFR);
    assert_eq!(ask_by_tcp("127.0.0.7", school.dns(), &packet).await.rcode(), "REFUSED");

    school.write("truong.zone", "www A 10.0.0.99\nwww CNAME other\n");
    let said = school.reload().await.expect_err("an alias with an address");
    assert!(said.contains("truong.zone:2:") && said.contains("hint:"), "{said}");
    assert_eq!(school.ask(PUPIL, RecordType::A, "www.truong.lan").await.addresses(), ["10.0.0.5"]);
    school.write("truong.zone", "www A 10.0.0.99\n");
    school.reload().await.expect("fine");
    assert_eq!(school.ask(PUPIL, RecordType::A, "www.truong.lan").await.addresses(), ["10.0.0.99"]);
    school.close().await;
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn record(owner: &str, data: RData) -> Record {
    Record::from_rdata(name(owner), 300, data)
}

fn a(owner: &str) -> Record {
    record(owner, RData::A(rdata::A(Ipv4Addr::new(203, 0, 113, 66))))
}

fn cname(owner: &str, target: &str) -> Record {
    record(owner, RData::CNAME(rdata::CNAME(name(target))))
}

fn ns(owner: &str) -> Record {
    record(owner, RData::NS(rdata::NS(name("ns.evil.example."))))
}

fn soa(owner: &str) -> Record {
    record(owner, RData::SOA(rdata::SOA::new(name(owner), name("evil.example."), 1, 2, 3, 4, 300)))
}

/// Which record the zone's server adds to its answer, in which section: names above the zone, beside it, and those of others.
fn lies(number: usize, message: &mut Message) {
    let owners = [".", "vn.", "com.", "lan.", "www.example.", "truong.lan.", "www.truong.lan.", "deep.school.lan."];
    let owner = owners[number % 8];
    match number / 8 {
        0 => message.answers.push(a(owner)),
        1 => message.authorities.extend([ns(owner), soa(owner)]),
        _ => message.additionals.push(a(owner)),
    }
}

/// A server that answers with an address of its own, and lies on top; `alias…` leads to a name that is not its own.
async fn liar() -> ScriptedUpstream {
    ScriptedUpstream::start(|asked: &Asked| {
        let query = Message::from_vec(&asked.bytes).expect("a query");
        let question = query.queries[0].clone();
        let owner = question.name().to_string();
        let mut message = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
        message.add_query(question);
        let digits: String = owner.chars().take_while(|letter| *letter != '.').filter(char::is_ascii_digit).collect();
        if owner.to_ascii_lowercase().starts_with("alias") {
            message.answers.extend([cname(&owner, "www.example."), a("www.example.")]);
            message.metadata.response_code = ResponseCode::NXDomain;
        } else {
            message.answers.push(a(&owner));
        }
        if let Ok(number) = digits.parse::<usize>() {
            lies(number % 24, &mut message);
        }
        vec![Step::Send(message.to_vec().expect("a message"))]
    })
    .await
}

#[tokio::test]
async fn a_zones_server_is_believed_for_its_names_alone() {
    let (liar, truth) = (liar().await, ScriptedUpstream::answering(Ipv4Addr::new(10, 0, 0, 8)).await);
    let zones = format!(
        "[[upstream.zone]]\nname = \"school.lan\"\nservers = [\"udp://{}\"]\n[[upstream.zone]]\nname = \"deep.school.lan\"\nservers = [\"udp://{}\"]\n",
        liar.address, truth.address
    );
    let school = School::start_with(&format!("{zones}{GROUPS}"), &FILES).await;
    for number in 0..24 {
        let reply = school.ask(PUPIL, RecordType::A, &format!("x{number}.school.lan")).await;
        assert_eq!(reply.addresses(), ["203.0.113.66"], "lie {number}");
        let all = [&reply.message.answers, &reply.message.authorities, &reply.message.additionals];
        let foreign = all.into_iter().flatten().filter(|record| !name("school.lan.").zone_of(&record.name)).count();
        assert_eq!(foreign, 0, "lie {number}: {:?}", reply.message);
    }
    // What it said of others is said to nobody, fresh or from the cache.
    for (asked, address) in [("www.example", "192.0.2.7"), ("www.truong.lan", "10.0.0.5"), ("deep.school.lan", "10.0.0.8")] {
        assert_eq!(school.ask(PUPIL, RecordType::A, asked).await.addresses(), [address]);
    }
    // Its alias is taken, and whoever has the target is asked for it.
    let asked_before = school.upstream.asked();
    let reply = school.ask(PUPIL, RecordType::A, "alias.school.lan").await;
    assert_eq!((reply.rcode().as_str(), reply.addresses()), ("NOERROR", vec!["192.0.2.7".to_owned()]));
    assert_eq!(school.upstream.asked(), asked_before, "the target was in the cache already");
    school.close().await;
}

#[tokio::test]
async fn a_dead_zone_fails_alone() {
    let nobody = ScriptedUpstream::nobody().await;
    let config = format!("[[upstream.zone]]\nname = \"dead.lan\"\nservers = [\"udp://{nobody}\"]\ntimeout = \"300ms\"\n{GROUPS}");
    let school = School::start_with(&config, &FILES).await;
    let reply = school.ask(PUPIL, RecordType::A, "x.dead.lan").await;
    assert_eq!(reply.rcode(), "SERVFAIL");
    assert!(reply.ede().is_some_and(|(code, _)| code == 22 || code == 23), "{:?}", reply.ede());
    assert_eq!(school.ask(PUPIL, RecordType::A, "www.example").await.addresses(), ["192.0.2.7"]);
    assert_eq!(school.upstream.asked(), 1);
    school.close().await;
}

#[tokio::test]
async fn any_and_discovery_go_to_nobody() {
    let school = School::start_with(GROUPS, &FILES).await;
    let reply = school.ask(PUPIL, RecordType::ANY, "www.example").await;
    assert_eq!(reply.message.answers.len(), 1);
    assert_eq!(reply.message.answers[0].record_type(), hickory_proto::rr::RecordType::HINFO);
    // By UDP a block answer to ANY may be cut; by TCP it is whole.
    let packet = question::packet(&"spiele.example".parse().expect("a name"), RecordType::ANY);
    assert!(ask_by_tcp("127.0.0.7", school.dns(), &packet).await.is_blocked());
    for (asked, kind) in [("_dns.resolver.arpa", 64), ("resolver.arpa", 261), ("_dns.dns.truong.lan.resolver.arpa", 64)] {
        assert_eq!(school.ask(PUPIL, RecordType(kind), asked).await.summary(), "nodata", "{asked}");
    }
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}

#[tokio::test]
async fn a_name_that_exists_outside_too_is_the_schools_own_inside() {
    let config =
        |zone: &str| format!("{zone}[[group]]\nid = \"lab\"\nsubnets = [\"10.20.1.0/24\"]\ntier = \"lower-secondary\"\n");
    let zone = "[[zone]]\nname = \"truong.example\"\nfile = \"truong.zone\"\n";
    let school = School::start_with(&config(zone), &[("truong.zone", "www A 10.0.0.5\nlop NS ns.lop.example.\n")]).await;
    for (outside, address) in [
        ("www.truong.example", "203.0.113.5"),
        ("only-outside.truong.example", "203.0.113.6"),
        ("may.lop.truong.example", "203.0.113.7"),
    ] {
        school.upstream.place(outside, address);
    }
    school.upstream.alias("cong.example", "www.truong.example");
    let asks = async |name: &str| school.ask(PUPIL, RecordType::A, name).await;
    assert_eq!(asks("www.truong.example").await.addresses(), ["10.0.0.5"]);
    assert_eq!(asks("only-outside.truong.example").await.rcode(), "NXDOMAIN", "what the file does not have is not there");
    assert_eq!(school.ask(PUPIL, RecordType::AAAA, "www.truong.example").await.summary(), "nodata", "nor is its other address");
    assert_eq!(school.upstream.asked(), 0, "nobody outside hears of it");
    assert_eq!(asks("may.lop.truong.example").await.addresses(), ["203.0.113.7"], "what is delegated is asked of others");
    assert_eq!(asks("cong.example").await.addresses(), ["10.0.0.5"], "an alias from outside leads inside");

    // Without the zone the same names are those outside, and nothing of the zone is left.
    school.rewrite(&config(""));
    school.reload().await.expect("fine");
    assert_eq!(asks("www.truong.example").await.addresses(), ["203.0.113.5"]);
    assert_eq!(asks("cong.example").await.addresses(), ["203.0.113.5"]);
    assert_eq!(asks("only-outside.truong.example").await.addresses(), ["203.0.113.6"]);
    school.rewrite(&config(zone));
    school.reload().await.expect("fine");
    assert_eq!(asks("www.truong.example").await.addresses(), ["10.0.0.5"], "though what is outside is in the cache");
    assert_eq!(asks("cong.example").await.addresses(), ["10.0.0.5"]);
    school.close().await;
}

#[tokio::test]
async fn a_private_reverse_zone_is_asked_where_it_is_forwarded_and_nowhere_else() {
    let pointer = |asked: &Asked| {
        let target = crate::kit::packet::name("may-7.truong.lan");
        vec![Step::Send(asked.respond(0, &[crate::kit::packet::answer(12, 300, &target)], &[]))]
    };
    let [v4, v6] = [ScriptedUpstream::start(pointer).await, ScriptedUpstream::start(pointer).await];
    let zone = |name: &str, upstream: &ScriptedUpstream| {
        format!("[[upstream.zone]]\nname = \"{name}\"\nservers = [\"udp://{}\"]\n", upstream.address)
    };
    let zones = zone("20.10.in-addr.arpa", &v4) + &zone("0.0.d.f.ip6.arpa", &v6);
    let group = "[[group]]\nid = \"lab\"\nsubnets = [\"10.20.1.0/24\"]\ntier = \"lower-secondary\"\n";
    let school = School::start(&format!("{zones}{group}")).await;
    let tail = "0.".repeat(27);
    for (asked, target) in [
        ("7.1.20.10.in-addr.arpa".to_owned(), Some("may-7.truong.lan.")),
        (format!("7.{tail}0.0.d.f.ip6.arpa"), Some("may-7.truong.lan.")),
        ("7.1.21.10.in-addr.arpa".to_owned(), None),
        ("20.172.in-addr.arpa".to_owned(), None),
        ("1.1.168.192.in-addr.arpa".to_owned(), None),
        ("1.0.0.127.in-addr.arpa".to_owned(), None),
        (format!("7.{tail}1.0.d.f.ip6.arpa"), None),
    ] {
        let reply = school.ask(PUPIL, RecordType::PTR, &asked).await;
        let found: Vec<String> = reply.message.answers.iter().map(|record| record.data.to_string()).collect();
        assert_eq!(found, target.into_iter().map(str::to_owned).collect::<Vec<_>>(), "{asked}");
        assert!(target.is_some() || reply.rcode() == "NXDOMAIN" || reply.summary() == "nodata", "{asked}: {:?}", reply.message);
    }
    assert_eq!((v4.seen().len(), v6.seen().len(), school.upstream.asked()), (1, 1, 0));
    school.close().await;
}
