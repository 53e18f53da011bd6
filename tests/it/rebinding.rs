//! Private addresses in answers for public names: passed on, noted, or answered as blocked; fresh and from the cache.

use hickory_proto::op::{Message, MessageType};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record};
use khien::dns::RecordType;

use crate::kit::School;
use crate::kit::http;
use crate::kit::log::Log;
use crate::kit::packet::{answer, name, record};
use crate::kit::upstream::{Asked, Step};

fn config(mode: &str) -> String {
    format!(
        "rebinding = \"{mode}\"\nprivate_zones = [\"truong.example\", \"lan\"]\n[[group]]\nid = \"lab\"\nsubnets = [\"10.20.1.0/24\"]\ntier = \"staff\"\n"
    )
}

/// Every name has the address 10.0.0.9.
fn private(asked: &Asked) -> Option<Vec<Step>> {
    let mut reply = Message::from_vec(&asked.bytes).ok()?;
    let name = reply.queries.first()?.name().clone();
    reply.metadata.message_type = MessageType::Response;
    reply.metadata.recursion_available = true;
    reply.additionals.clear();
    reply.answers.push(Record::from_rdata(name, 300, RData::A(A([10, 0, 0, 9].into()))));
    Some(vec![Step::Send(reply.to_vec().ok()?)])
}

async fn counted(school: &School) -> Vec<String> {
    let (_, text) = http::get(school.http(), "/metrics").await;
    text.lines().filter(|line| line.starts_with("khien_rebindings_total{")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_does_what_it_says() {
    let school = School::start(&config("block")).await;
    school.upstream.script(private);
    for _ in 0..2 {
        let reply = school.ask("10.20.1.7", RecordType::A, "rebind.example").await;
        assert_eq!(reply.addresses(), ["0.0.0.0"]);
        let (code, text) = reply.ede().expect("told");
        assert!(code == 15 && text.contains("mạng riêng"), "{code} {text}");
        for private in ["may-in.truong.example", "nas.lan", "vn-cop.vn"] {
            assert_eq!(school.ask("10.20.1.7", RecordType::A, private).await.addresses(), ["10.0.0.9"], "{private}");
        }
    }
    assert_eq!(counted(&school).await, ["khien_rebindings_total{verdict=\"blocked\"} 2"]);
    let (_, body) = http::json(school.http(), "/api/v1/explain?name=rebind.example&client=10.20.1.7").await;
    let said = &body["explanations"][0];
    assert_eq!(
        (&said["verdict"], &said["reason"], &said["by_alias"]),
        (&"blocked".into(), &"rebinding".into(), &"10.0.0.9".into())
    );
    assert_eq!(said["addresses"][0]["name"], "10.0.0.9");

    // What is in the cache obeys the mode of now.
    for (mode, blocked_then, logged) in [("log", 2, 1), ("off", 2, 1)] {
        school.rewrite(&config(mode));
        school.reload().await.expect("the file is sound");
        assert_eq!(school.ask("10.20.1.7", RecordType::A, "rebind.example").await.addresses(), ["10.0.0.9"], "{mode}");
        let mut lines = counted(&school).await;
        lines.sort();
        let expected = [("allowed", logged), ("blocked", blocked_then)];
        assert_eq!(
            lines,
            expected.map(|(verdict, count)| format!("khien_rebindings_total{{verdict=\"{verdict}\"}} {count}")),
            "{mode}"
        );
    }
    school.close().await;
}

/// Ways for an answer to lead a public name into a private network: the type asked for, the records, and the address.
type Shape = (&'static str, u16, Vec<Vec<u8>>, &'static str);

fn v6(text: &str) -> Vec<u8> {
    text.parse::<std::net::Ipv6Addr>().expect("an address").octets().to_vec()
}

/// A service of the asked name itself with one hint: 4 for IPv4, 6 for IPv6 (RFC 9460 section 14.3.2).
fn service(key: u8, address: &[u8]) -> Vec<u8> {
    [&[0, 1, 0, 0, key, 0, u8::try_from(address.len()).expect("short")][..], address].concat()
}

fn shapes() -> Vec<Shape> {
    let mut shapes: Vec<Shape> = ["10.0.0.9", "172.31.255.9", "192.168.1.9", "127.0.0.9", "169.254.0.9", "100.64.0.9", "0.0.0.0"]
        .map(|text| ("A", 1, vec![answer(1, 300, &text.parse::<std::net::Ipv4Addr>().expect("an address").octets())], text))
        .into();
    let of_v6 = |text| ("AAAA", 28, vec![answer(28, 300, &v6(text))], text);
    shapes.extend(["fd00::9", "fe80::9", "::1", "::", "::ffff:10.0.0.9", "64:ff9b::a00:9", "2002:a00:9::1"].map(of_v6));
    let open = answer(1, 300, &[198, 51, 100, 7]);
    shapes.extend([
        ("behind an open address", 1, vec![open.clone(), answer(1, 300, &[10, 0, 0, 9])], "10.0.0.9"),
        (
            "behind an alias",
            1,
            vec![answer(5, 300, &name("cdn.example")), record(&name("cdn.example"), 1, 1, 300, &[10, 0, 0, 9])],
            "10.0.0.9",
        ),
        (
            "behind an alias of a zone that may",
            28,
            vec![answer(5, 300, &name("nas.lan")), record(&name("nas.lan"), 28, 1, 300, &v6("fd00::9"))],
            "fd00::9",
        ),
        ("a hint of HTTPS", 65, vec![answer(65, 300, &service(4, &[10, 0, 0, 9]))], "10.0.0.9"),
        ("a hint of SVCB", 64, vec![answer(64, 300, &service(6, &v6("fd00::9")))], "fd00::9"),
        ("a mapped hint", 65, vec![answer(65, 300, &service(6, &v6("::ffff:10.0.0.9")))], "::ffff:10.0.0.9"),
        (
            "a hint behind an alias",
            65,
            vec![answer(5, 300, &name("cdn.example")), record(&name("cdn.example"), 65, 1, 300, &service(4, &[10, 0, 0, 9]))],
            "10.0.0.9",
        ),
    ]);
    shapes
}

#[tokio::test]
async fn whatever_the_way_into_a_private_network_it_is_blocked_or_noted() {
    for mode in ["block", "log"] {
        let school = School::start(&config(mode)).await;
        let shapes = shapes();
        assert_eq!(shapes.len(), 21);
        for (number, (what, record_type, records, address)) in shapes.into_iter().enumerate() {
            school.upstream.script(move |asked: &Asked| Some(vec![Step::Send(asked.respond(0, &records, &[]))]));
            // The log is told once a minute.
            school.later(std::time::Duration::from_secs(61));
            let log = Log::listen();
            let public = format!("rebind-{number}.example");
            for when in ["fresh", "kept"] {
                let reply = school.ask("10.20.1.7", RecordType(record_type), &public).await;
                let told = || format!("{mode}, {what}, {address}, {when}: {:?}", reply.message);
                let asked_for = reply.message.answers.iter().any(|record| u16::from(record.record_type()) == record_type);
                match mode {
                    "block" => assert!(reply.is_blocked() && reply.ede().is_some_and(|(code, _)| code == 15), "{}", told()),
                    _ => assert!(!reply.is_blocked() && asked_for, "{}", told()),
                }
            }
            let address = address.parse::<std::net::IpAddr>().expect("an address");
            let line = "WARN a public name leads into a private network; `private_zones` names those that may";
            assert_eq!(log.lines_with("private"), [format!("{line} name={public} address={address}")], "{mode}, {what}");
            drop(log);
            // A name that may lead there is passed on as it is, and nobody is told.
            let log = Log::listen();
            let reply = school.ask("10.20.1.7", RecordType(record_type), &format!("x{number}.truong.example")).await;
            assert!(!reply.is_blocked() && !reply.message.answers.is_empty(), "{mode}, {what}: {:?}", reply.message);
            assert!(log.lines_with("private").is_empty(), "{mode}, {what}");
        }
        assert_eq!(counted(&school).await.len(), 1);
        school.close().await;
    }
}
