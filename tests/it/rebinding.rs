//! Private addresses in answers for public names: passed on, noted, or answered as blocked; fresh and from the cache.

use hickory_proto::op::{Message, MessageType};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record};
use khien::dns::RecordType;

use crate::kit::School;
use crate::kit::http;
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
