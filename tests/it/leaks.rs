//! Ways round the filter that go through several rooms at once: what was kept, what is stale, what another group was given.
//!
//! The rule: the oracle reads no message. It looks for the secret address's octets in the reply, wherever they may stand.

use std::time::Duration;

use crate::kit::School;
use crate::kit::packet::{Packet, answer, name, record};
use crate::kit::reply::Reply;
use crate::kit::udp::Client;
use crate::kit::upstream::{Asked, ScriptedUpstream, Step};

/// Where the closed site is.
const SECRET: [u8; 4] = [203, 0, 113, 66];
const SECRET_V6: [u8; 16] = [0x20, 0x01, 0x0d, 0xb8, 0x53, 0x65, 0x63, 0x72, 0x65, 0x74, 0, 0, 0, 0, 0, 1];

const CONFIG: &str = r#"
[[group]]
id = "pupils"
subnets = ["127.0.1.0/24"]
tier = "primary"
[[group]]
id = "others"
subnets = ["127.0.0.0/24"]
tier = "staff"
[[list]]
id = "toys"
category = "games"
source = "toys.txt"
"#;

/// A way for an answer to lead to the closed site: the type asked for, and the answer's records.
type Shape = (&'static str, u16, fn() -> Vec<Vec<u8>>);

/// The closed site's addresses under a name.
fn site(owner: &str) -> Vec<Vec<u8>> {
    vec![record(&name(owner), 1, 1, 300, &SECRET), record(&name(owner), 28, 1, 300, &SECRET_V6)]
}

fn alias(from: &str, to: &str) -> Vec<u8> {
    record(&name(from), 5, 1, 300, &name(to))
}

/// A service of the question's name: its priority, target and parameters.
fn service(priority: u8, target: &str, parameters: &[u8]) -> Vec<u8> {
    answer(65, 300, &[&[0, priority][..], &name(target), parameters].concat())
}

const SHAPES: [Shape; 9] = [
    ("an alias", 1, || [vec![answer(5, 300, &name("spiele.example"))], site("spiele.example")].concat()),
    ("an alias in capitals", 28, || [vec![answer(5, 300, &name("WWW.SPIELE.EXAMPLE"))], site("www.spiele.example")].concat()),
    ("aliases in the wrong order", 1, || {
        [site("x.spiele.example"), vec![alias("b.example.net", "x.spiele.example"), answer(5, 300, &name("b.example.net"))]]
            .concat()
    }),
    ("an alias past the closed name", 1, || {
        let aliases = vec![answer(5, 300, &name("spiele.example")), alias("spiele.example", "cdn.example.net")];
        [aliases, site("cdn.example.net")].concat()
    }),
    ("a DNAME", 1, || {
        let dname = record(&name("example.org"), 39, 1, 300, &name("spiele.example"));
        [vec![dname, answer(5, 300, &name("www.spiele.example"))], site("www.spiele.example")].concat()
    }),
    ("a DNAME alone", 1, || {
        let dname = record(&name("example.org"), 39, 1, 300, &name("spiele.example"));
        [vec![dname], site("www.spiele.example")].concat()
    }),
    ("a service elsewhere", 65, || vec![service(0, "spiele.example", &[])]),
    ("a service with hints", 65, || vec![service(1, "spiele.example", &[&[0, 4, 0, 4][..], &SECRET].concat())]),
    ("a service behind an alias", 65, || {
        let target = [&[0, 1, 0, 0, 6, 0, 16][..], &SECRET_V6].concat();
        vec![answer(5, 300, &name("spiele.example")), record(&name("spiele.example"), 65, 1, 300, &target)]
    }),
];

/// Whether the secret stands anywhere in a reply.
fn leaks(reply: &[u8]) -> bool {
    reply.windows(4).any(|octets| octets == SECRET) || reply.windows(16).any(|octets| octets == SECRET_V6)
}

/// Whatever state a kept answer is in, a group that it is closed to gets nothing of it, and one that it is open to all of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_for_others_is_judged_for_each() {
    for (what, record_type, records) in SHAPES {
        let school = School::start_with(&format!("timeout = \"30s\"\n{CONFIG}"), &[("toys.txt", "spiele.example\n")]).await;
        school.upstream.script(move |asked: &Asked| Some(vec![Step::Send(asked.respond(0, &records(), &[]))]));
        let (pupil, other) = (Client::new("127.0.1.7", school.dns()).await, Client::new("127.0.0.1", school.dns()).await);
        // Every way to ask that has an answer of its own.
        let packets: Vec<Vec<u8>> = [0_u16, 0x8000]
            .into_iter()
            .flat_map(|dnssec_ok| [0x0100, 0x0110].map(|flags| (dnssec_ok, flags)))
            .map(|(dnssec_ok, flags)| Packet::new("www.example.org", record_type).flags(flags).edns(dnssec_ok).bytes())
            .collect();
        let closed = async |when: &str| {
            for packet in &packets {
                let reply = pupil.one(packet).await;
                assert!(!leaks(&reply) && Reply::read(&reply).is_blocked(), "{what}, {when}: {:?}", Reply::read(&reply).message);
            }
        };
        let open = async |when: &str| {
            for packet in &packets {
                let reply = Reply::read(&other.one(packet).await);
                assert!(!reply.is_blocked() && !reply.message.answers.is_empty(), "{what}, {when}: {:?}", reply.message);
            }
        };
        closed("cold").await;
        open("kept").await;
        closed("kept by others").await;
        // Opened by a reload, and closed again by the next.
        school.write("toys.txt", "other.example\n");
        school.reload().await.expect("reloaded");
        for packet in &packets {
            assert!(!Reply::read(&pupil.one(packet).await).is_blocked(), "{what}, opened");
        }
        school.write("toys.txt", "spiele.example\n");
        school.reload().await.expect("reloaded");
        closed("closed since").await;
        // No upstream is there, and what was kept is stale.
        school.upstream.go_away().await;
        school.later(Duration::from_secs(301));
        closed("stale").await;
        open("stale").await;
        closed("stale, and given to others").await;
        school.close().await;
    }
}

/// An upstream of one zone says what it likes about the rest of the world, and the default one about the zone: neither is believed.
#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_is_believed_for_its_zone_only() {
    let own = ScriptedUpstream::start(|asked: &Asked| {
        let elsewhere = record(&name("www.bank.example"), 1, 1, 300, &SECRET);
        let inside = answer(1, 300, &[10, 0, 0, 5]);
        let reply = match asked.name().as_str() {
            "alias.school.lan" => asked.respond(0, &[answer(5, 300, &name("www.bank.example")), elsewhere], &[]),
            "cloak.school.lan" => {
                asked.respond(0, &[vec![answer(5, 300, &name("spiele.example"))], site("spiele.example")].concat(), &[])
            }
            "beside.school.lan" => asked.respond(0, &[inside, elsewhere], &[]),
            "authority.school.lan" => {
                asked.respond(0, &[inside], &[record(&name("bank.example"), 2, 1, 300, &name("ns.bank.example")), elsewhere])
            }
            "parent.school.lan" => {
                let dname = record(&name("lan"), 39, 1, 300, &name("bank.example"));
                let made = record(&name("parent.school.lan"), 5, 1, 300, &name("parent.school.bank.example"));
                asked.respond(0, &[dname, made, record(&name("parent.school.bank.example"), 1, 1, 300, &SECRET)], &[])
            }
            _ => asked.respond(0, &[inside], &[]),
        };
        vec![Step::Send(reply)]
    })
    .await;
    let zone = format!("[[upstream.zone]]\nname = \"school.lan\"\nservers = [\"udp://{}\"]\n", own.address);
    let school = School::start_with(&format!("{zone}{CONFIG}"), &[("toys.txt", "spiele.example\n")]).await;
    school.upstream.script(|asked: &Asked| {
        let forged = record(&name("www.school.lan"), 1, 1, 300, &SECRET);
        (asked.name() == "evil.example")
            .then(|| vec![Step::Send(asked.respond(0, &[answer(5, 300, &name("www.school.lan")), forged], &[]))])
    });
    let (pupil, client) = (Client::new("127.0.1.7", school.dns()).await, Client::new("127.0.0.1", school.dns()).await);
    for _ in 0..2 {
        let reply = pupil.one(&Packet::new("cloak.school.lan", 1).edns(0).bytes()).await;
        assert!(!leaks(&reply) && Reply::read(&reply).is_blocked(), "{:?}", Reply::read(&reply).message);
        for (asked, addresses) in [
            ("www.school.lan", &["10.0.0.5"][..]),
            ("cloak.school.lan", &["192.0.2.7"]),
            ("alias.school.lan", &["192.0.2.7"]),
            ("beside.school.lan", &["10.0.0.5"]),
            ("authority.school.lan", &["10.0.0.5"]),
            ("evil.example", &["10.0.0.5"]),
            ("www.bank.example", &["192.0.2.7"]),
        ] {
            let reply = client.one(&Packet::new(asked, 1).edns(0).bytes()).await;
            assert!(!leaks(&reply), "{asked}: {:?}", Reply::read(&reply).message);
            assert_eq!(Reply::read(&reply).addresses(), addresses, "{asked}");
        }
        let reply = client.one(&Packet::new("parent.school.lan", 1).edns(0).bytes()).await;
        assert!(!leaks(&reply), "{:?}", Reply::read(&reply).message);
    }
    let strayed: Vec<String> =
        school.upstream.seen().iter().map(Asked::name).filter(|asked| asked.ends_with("school.lan")).collect();
    assert!(strayed.is_empty(), "names of the zone that left it: {strayed:?}");
    school.close().await;
}

/// A search engine's own words, kept for teachers or stale, never reach who has its safe twin.
#[tokio::test(flavor = "multi_thread")]
async fn a_twin_is_given_whatever_is_kept() {
    let school = School::start_with(&format!("timeout = \"30s\"\n{CONFIG}"), &[("toys.txt", "spiele.example\n")]).await;
    school.upstream.script(|asked: &Asked| {
        if asked.name() != "www.google.com" {
            return None;
        }
        let hint = [&[0, 1, 0, 0, 4, 0, 4][..], &SECRET].concat();
        let own = match asked.record_type() {
            28 => answer(28, 300, &SECRET_V6),
            65 => answer(65, 300, &hint),
            _ => answer(1, 300, &SECRET),
        };
        Some(vec![Step::Send(asked.respond(0, &[own], &[]))])
    });
    let (pupil, other) = (Client::new("127.0.1.7", school.dns()).await, Client::new("127.0.0.1", school.dns()).await);
    let packets: Vec<Vec<u8>> = ["www.google.com", "WWW.Google.Com"]
        .into_iter()
        .flat_map(|asked| [1, 28, 65, 5, 16].map(|record_type| (asked, record_type)))
        .flat_map(|(asked, record_type)| {
            [(0, 0x0100), (0x8000, 0x0110), (0x8000, 0x0120)]
                .map(|(edns, flags)| Packet::new(asked, record_type).flags(flags).edns(edns).bytes())
        })
        .collect();
    let safe = async |when: &str| {
        for packet in &packets {
            let reply = pupil.one(packet).await;
            assert!(!leaks(&reply), "{when}: {:?}", Reply::read(&reply).message);
        }
    };
    safe("cold").await;
    let reply = other.one(&packets[0]).await;
    assert!(leaks(&reply), "teachers get the original: {:?}", Reply::read(&reply).message);
    for packet in &packets {
        other.one(packet).await;
    }
    safe("kept for teachers").await;
    school.later(Duration::from_secs(3601));
    school.upstream.go_away().await;
    safe("stale").await;
    assert!(leaks(&other.one(&packets[0]).await), "what is stale for teachers is the original");
    safe("stale, and given to teachers").await;
    school.close().await;
}
