//! A router in front that passes its clients on: each gets the policy that is his, whatever kind of answer it is, and nobody else's.

mod dnsmasq;
mod interfaces;
mod ways_in;

use std::net::IpAddr;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};
use khien::dns::{Name, RecordType};

use crate::journal::{settled, stored};
use crate::kit::School;
use crate::kit::names::ADDRESS;
use crate::kit::question;
use crate::kit::reply::Reply;
use crate::kit::udp::{Client, ask_by_tcp};

/// A pupil at 10.20.1.7, a teacher at 10.40.0.7, and the router at 10.0.0.1.
const CONFIG: &str = r#"
[clients]
default_group = "guests"
trusted_forwarders = ["10.0.0.1/32", "fd00::1/128"]
[[group]]
id = "pupils"
subnets = ["10.20.0.0/16", "fd20::/32"]
tier = "primary"
deny = ["denied.example"]
[[group]]
id = "staff"
subnets = ["10.40.0.0/24", "fd40::/32"]
tier = "staff"
[[group]]
id = "guests"
subnets = ["10.0.0.1/32", "fd00::1/128"]
tier = "lower-secondary"
deny = ["guest.example"]
"#;

const PUPIL: &[u8] = &[0, 1, 32, 0, 10, 20, 1, 7];
const TEACHER: &[u8] = &[0, 1, 32, 0, 10, 40, 0, 7];

/// Asks as `client`, with this Client Subnet option.
async fn ask(school: &School, client: &str, name: &str, option: Option<&[u8]>) -> Reply {
    let name = Name::parse(name).expect("a name");
    let packet = match option {
        Some(data) => question::with_options(&name, RecordType::A, &[(8, data)]),
        None => question::packet(&name, RecordType::A),
    };
    school.put(client, &packet).await
}

/// The Client Subnet option of a reply, in wire form.
fn subnet(reply: &Reply) -> Option<Vec<u8>> {
    let option = reply.message.edns.as_ref()?.option(EdnsCode::Subnet)?;
    match option {
        EdnsOption::Subnet(subnet) => {
            let octets = match subnet.addr() {
                IpAddr::V4(v4) => v4.octets().to_vec(),
                IpAddr::V6(v6) => v6.octets().to_vec(),
            };
            let family = if subnet.addr().is_ipv4() { 1 } else { 2 };
            let mut data = vec![0, family, subnet.source_prefix(), subnet.scope_prefix()];
            data.extend_from_slice(&octets[..usize::from(subnet.source_prefix()).div_ceil(8)]);
            Some(data)
        }
        other => panic!("an unreadable option: {other:?}"),
    }
}

/// What a reply has to repeat: the option, its scope as long as its source.
fn scoped(option: &[u8]) -> Option<Vec<u8>> {
    let mut option = option.to_vec();
    option[3] = option[2];
    Some(option)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_answer_is_for_the_client_that_the_forwarder_names() {
    let school = School::start(CONFIG).await;
    school.upstream.fail("broken.example", ResponseCode::ServFail);
    school.upstream.alias("cloaked.example", "facebook.com");
    let cases = [
        // name, what the pupil gets, what the teacher gets
        ("open.example", ADDRESS, ADDRESS),
        ("open.example", ADDRESS, ADDRESS),
        ("facebook.com", "blocked", ADDRESS),
        ("cloaked.example", "blocked", ADDRESS),
        ("denied.example", "blocked", ADDRESS),
        ("guest.example", ADDRESS, ADDRESS),
        ("w88.com", "blocked", "blocked"),
        ("localhost", "127.0.0.1", "127.0.0.1"),
        ("broken.example", "servfail", "servfail"),
        ("mask.icloud.com", "nxdomain", ADDRESS),
    ];
    for (name, pupils, teachers) in cases {
        for (option, expected) in [(PUPIL, pupils), (TEACHER, teachers), (PUPIL, pupils)] {
            for router in ["10.0.0.1", "fd00::1"] {
                let reply = ask(&school, router, name, Some(option)).await;
                assert_eq!(reply.summary(), expected, "{name} for {option:?}");
                assert_eq!(subnet(&reply), scoped(option), "{name}: the scope is as long as the source");
            }
        }
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_anyone_else_it_is_neither_believed_nor_repeated_nor_passed_on() {
    let school = School::start(CONFIG).await;
    for client in ["10.20.1.7", "10.0.0.2", "fd20::7"] {
        for option in [TEACHER, &[0, 1, 0, 0], &[0, 9, 77, 1], &[]] {
            let reply = ask(&school, client, "facebook.com", Some(option)).await;
            assert_eq!(reply.summary(), "blocked", "{client} {option:?}");
            assert_eq!(subnet(&reply), None);
        }
    }
    let reply = ask(&school, "10.20.1.7", "never-asked-before.example", Some(TEACHER)).await;
    assert_eq!((reply.summary().as_str(), subnet(&reply)), (ADDRESS, None));
    let reply = ask(&school, "10.0.0.1", "nor-this.example", Some(TEACHER)).await;
    assert_eq!(reply.summary(), ADDRESS);
    for asked in school.upstream.questions() {
        assert!(asked.ends_with(&[0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]), "an OPT record without options: {asked:02x?}");
    }
    assert_eq!(school.upstream.questions().len(), 2);
    assert_eq!(ask(&school, "8.8.8.8", "open.example", Some(PUPIL)).await.summary(), "refused", "who is not served stays so");
    let stranger = ask(&school, "10.0.0.1", "open.example", Some(&[0, 1, 32, 0, 8, 8, 8, 8])).await;
    assert_eq!((stranger.summary().as_str(), subnet(&stranger)), ("refused", scoped(&[0, 1, 32, 0, 8, 8, 8, 8])));
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_forged_subnets_get_the_policy_of_who_sent_them() {
    let school = School::start(CONFIG).await;
    let mut dice = crate::kit::dice::Dice(7871);
    for _ in 0..1000 {
        let client = format!("10.20.{}.{}", dice.roll(256), dice.roll(256));
        let forged = [0, 1, 32, 0, 10, 40, 0, u8::try_from(dice.roll(256)).expect("an octet")];
        assert_eq!(ask(&school, &client, "facebook.com", Some(&forged)).await.summary(), "blocked", "{client}");
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_whole_address_the_forwarder_asks_for_itself() {
    let school = School::start(CONFIG).await;
    for option in [None, Some(&[0, 1, 24, 0, 10, 40, 0][..]), Some(&[0, 1, 0, 0]), Some(&[0, 2, 0, 0])] {
        let reply = ask(&school, "10.0.0.1", "guest.example", option).await;
        assert_eq!(reply.summary(), "blocked", "the policy of the forwarder's own group: {option:?}");
        assert_eq!(subnet(&reply), option.and_then(scoped));
        assert_eq!(ask(&school, "10.0.0.1", "denied.example", option).await.summary(), ADDRESS);
    }
    // An IPv4 address in IPv6's clothes is the pupil that it is.
    let mapped = [&[0, 2, 128, 0][..], &"::ffff:10.20.1.7".parse::<std::net::Ipv6Addr>().expect("IPv6").octets()].concat();
    assert_eq!(ask(&school, "10.0.0.1", "denied.example", Some(&mapped)).await.summary(), "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_forwarder_garbles_is_a_format_error_and_nothing_is_guessed() {
    let school = School::start(CONFIG).await;
    let name = Name::parse("open.example").expect("a name");
    let garbled: [&[(u16, &[u8])]; 5] = [
        &[(8, &[0, 1, 32, 0, 10, 40, 0])],
        &[(8, &[0, 1, 24, 0, 10, 40, 1, 7])],
        &[(8, &[0, 1, 31, 0, 10, 40, 0, 7])],
        &[(8, &[0, 7, 0, 0])],
        &[(8, PUPIL), (8, TEACHER)],
    ];
    for options in garbled {
        let packet = question::with_options(&name, RecordType::A, options);
        let reply = school.put("10.0.0.1", &packet).await;
        assert_eq!(reply.message.metadata.response_code, ResponseCode::FormErr, "{options:?}");
        assert_eq!(subnet(&reply), None);
        assert_eq!(school.put("10.20.1.7", &packet).await.summary(), ADDRESS, "from a client it is not even read: {options:?}");
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_and_the_journal_are_the_clients_by_udp_and_tcp() {
    let config = "[clients]\ntrusted_forwarders = [\"127.0.0.1/32\"]\nrate_limit = \"2/s\"\n[journal]\nclient = \"full\"\n\
                  [[group]]\nid = \"pupils\"\nsubnets = [\"10.20.0.0/16\"]\ntier = \"primary\"\n";
    let school = School::start(config).await;
    let name = Name::parse("facebook.com").expect("a name");
    let of = |option: &[u8]| question::with_options(&name, RecordType::A, &[(8, option)]);
    let router = Client::new("127.0.0.1", school.dns()).await;
    for last in 0..30 {
        // Ten times what one client may ask.
        router.send(&of(&[0, 1, 32, 0, 10, 20, 1, last])).await;
        assert_eq!(router.receive().await.expect("a reply").summary(), "blocked", "each client has its own rate");
    }
    for _ in 0..9 {
        router.send(&of(PUPIL)).await;
        router.receive().await.expect("within its rate: one was asked before");
    }
    router.send(&of(PUPIL)).await;
    router.send(&of(PUPIL)).await;
    let slip = router.receive().await.expect("the second over its rate");
    assert!(slip.message.metadata.truncation, "over the rate");
    assert_eq!(subnet(&slip), scoped(PUPIL), "for the one that asks too fast, and no other");
    let by_tcp = ask_by_tcp("127.0.0.1", school.dns(), &of(PUPIL)).await;
    assert_eq!((by_tcp.summary().as_str(), subnet(&by_tcp)), ("blocked", scoped(PUPIL)));
    settled(&school).await;
    let noted: Vec<String> = stored(&school).into_iter().map(|line| line.client.to_string()).collect();
    assert!(noted.iter().any(|client| client == "10.20.1.7") && !noted.iter().any(|client| client == "127.0.0.1"), "{noted:?}");
    school.close().await;
}
