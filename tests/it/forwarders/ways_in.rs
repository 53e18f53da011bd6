//! Groups by the way in: the address that was asked, over real sockets, and one address that asks for all.

use std::net::SocketAddr;
use std::time::Duration;

use khien::dns::{Name, RecordType, Source, Transport};

use crate::kit::School;
use crate::kit::names::ADDRESS;
use crate::kit::udp::{Client, ask_by_tcp};
use crate::kit::{http, question};

/// Two ways in, and two addresses of this machine to ask.
const CONFIG: &str = r#"
[clients]
default_group = "others"
[[group]]
id = "lab"
tier = "staff"
via = ["127.0.0.2", "no-such-if0"]
deny = ["lab.example"]
[[group]]
id = "hall"
tier = "staff"
via = ["127.0.0.3"]
deny = ["hall.example"]
[[group]]
id = "others"
tier = "staff"
subnets = ["127.7.0.0/16"]
deny = ["others.example"]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_address_that_was_asked_decides_where_no_prefix_does() {
    let school = School::start(CONFIG).await;
    school.rewrite_listening("0.0.0.0:0", CONFIG);
    school.reload().await.expect("another address");
    let port = school.dns().port();
    for (client, server, denied) in [
        ("127.0.0.9", "127.0.0.2", "lab.example"),
        ("127.0.0.9", "127.0.0.3", "hall.example"),
        ("127.0.0.9", "127.0.0.4", "others.example"),
        ("127.7.0.9", "127.0.0.2", "others.example"),
    ] {
        let server = SocketAddr::new(server.parse().expect("an address"), port);
        let by_udp = Client::new(client, server).await;
        for name in ["lab.example", "hall.example", "others.example"] {
            let expected = if name == denied { "blocked" } else { ADDRESS };
            let reply = by_udp.ask(RecordType::A, name).await.expect("a reply");
            assert_eq!(reply.summary(), expected, "{client} asks {server} for {name} by UDP");
            let packet = question::packet(&Name::parse(name).expect("a name"), RecordType::A);
            assert_eq!(ask_by_tcp(client, server, &packet).await.summary(), expected, "and by TCP");
        }
    }
    let status = http::json(school.http(), "/api/v1/status").await.1;
    let warnings = status["warnings"].to_string();
    assert!(warnings.contains("no interface no-such-if0") && warnings.contains("`lab`"), "{warnings}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_local_client_belongs_where_it_asked() {
    let school = School::start(CONFIG).await;
    let packet = question::packet(&Name::parse("lab.example").expect("a name"), RecordType::A);
    for (client, asked, expected) in [
        ("[fe80::7]:9", "127.0.0.2:53", "blocked"),
        ("169.254.7.7:9", "127.0.0.2:53", "blocked"),
        ("[fe80::7]:9", "127.0.0.3:53", ADDRESS),
    ] {
        let source = Source::new(client.parse().expect("a client"), asked.parse().expect("ours"), Transport::Udp);
        assert_eq!(school.put_from(source, &packet).await.summary(), expected, "{client} asks {asked}");
    }
    school.close().await;
}

/// Asks so often, nine tenths as the router.
async fn a_lesson_behind_the_router(school: &School) {
    for at in 0..1200 {
        let client = if at % 12 == 0 { "10.20.1.7" } else { "10.0.0.1" };
        school.ask(client, RecordType::A, "localhost").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_that_asks_for_all_is_told_of_without_a_name_in_the_metrics() {
    let groups = "[[group]]\nid = \"pupils\"\ntier = \"primary\"\nsubnets = [\"10.20.0.0/16\"]\n\
                  [[group]]\nid = \"staff\"\ntier = \"staff\"\nsubnets = [\"10.40.0.0/16\"]\n";
    let config = format!("[clients]\nrate_limit = \"0\"\n{groups}");
    let school = School::start(&config).await;
    let running = school.server().running();
    let window = |minutes: i64| {
        let now = school.clock.wall();
        school.clock.move_to(now + Duration::from_secs(60 * u64::try_from(minutes).expect("forward")));
        running.look_out();
    };
    a_lesson_behind_the_router(&school).await;
    window(5);
    assert_eq!(running.single_source(), None, "the window is not over");
    window(10);
    assert_eq!(running.single_source(), Some("10.0.0.1".parse().expect("an address")));
    let status = http::json(school.http(), "/api/v1/status").await.1;
    assert_eq!(status["single_source"], "10.0.0.1");
    assert!(status["warnings"].to_string().contains("nearly everything"), "{status}");
    let metrics = http::get(school.http(), "/metrics").await.1;
    assert!(metrics.contains("\nkhien_single_source 1\n") && !metrics.contains("10.0.0.1"), "{metrics}");

    // A lesson in which every device asks for itself.
    for at in 0..1200_u32 {
        school.ask(&format!("10.20.{}.{}", at % 7, at % 50), RecordType::A, "localhost").await;
    }
    window(15);
    assert_eq!(running.single_source(), None);

    // A router that passes its clients on is many clients.
    let trusting = format!("[clients]\nrate_limit = \"0\"\ntrusted_forwarders = [\"10.0.0.1/32\"]\n{groups}");
    school.rewrite(&trusting);
    school.reload().await.expect("sound");
    let name = Name::parse("localhost").expect("a name");
    for at in 0..1200_u32 {
        let [.., high, low] = at.to_be_bytes();
        let packet = question::with_options(&name, RecordType::A, &[(8, &[0, 1, 32, 0, 10, 20, high, low])]);
        school.put("10.0.0.1", &packet).await;
    }
    window(15);
    assert_eq!(running.single_source(), None);

    // One that should and does not is told how.
    a_lesson_behind_the_router(&school).await;
    window(15);
    let status = http::json(school.http(), "/api/v1/status").await.1;
    assert!(status["warnings"].to_string().contains("strip-subnet"), "{status}");

    // With one group it makes no difference.
    school.rewrite("[[group]]\nid = \"all\"\ntier = \"primary\"\nsubnets = [\"10.0.0.0/8\"]\n[clients]\nrate_limit = \"0\"\n");
    school.reload().await.expect("sound");
    assert_eq!(running.single_source(), None, "other groups are in force");
    a_lesson_behind_the_router(&school).await;
    window(15);
    assert_eq!(running.single_source(), None);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_says_which_way_in_counts() {
    let config = "[[group]]\nid = \"lab\"\ntier = \"staff\"\nvia = [\"lo\"]\n";
    let school = School::start(config).await;
    let explained = async |client: &str| {
        let (status, said) = http::json(school.http(), &format!("/api/v1/explain?name=olm.vn&client={client}")).await;
        let one = &said["explanations"][0];
        (status, one["group"].as_str().unwrap_or_default().to_owned(), one["because"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(explained("fe80::7%25lo").await, (200, "lab".to_owned(), "came in by lo".to_owned()));
    let (status, group, because) = explained("fe80::7").await;
    assert_eq!((status, group.as_str()), (200, "default"));
    assert!(because.contains("`via`"), "{because}");
    assert_eq!(explained("fe80::7%25eth77").await.0, 400, "nobody names that interface");
    school.close().await;
}
