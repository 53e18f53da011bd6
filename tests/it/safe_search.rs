//! Search engines and YouTube as pupils get them: the twin for every host and every type, whoever opened the name, and never a
//! word of the original.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{RData, RecordType as Type};
use khien::dns::{Name, RecordType};
use khien::lists::services::Services;
use khien::lists::twins::{TwinSwitch, TwinTarget, Twins};

use crate::kit::names::ADDRESS;
use crate::kit::reply::Reply;
use crate::kit::udp::{Client, ask_by_tcp};
use crate::kit::{School, http, question};

const CONFIG: &str = r#"
[clients]
rate_limit = "0"
[[group]]
id = "strict"
subnets = ["10.20.1.0/24", "127.0.1.0/24"]
tier = "primary"
[[group]]
id = "moderate"
subnets = ["10.20.2.0/24"]
tier = "upper-secondary"
[[group]]
id = "allowing"
subnets = ["10.20.3.0/24"]
tier = "primary"
allow = ["youtube", "google-search", "bing", "duckduckgo", "ecosia", "brave-search", "yandex", "pixabay"]
[[group]]
id = "teachers"
subnets = ["10.20.9.0/24", "127.0.9.0/24"]
tier = "staff"
"#;

const PUPIL: &str = "10.20.1.7";
const TEACHER: &str = "10.20.9.7";

const TYPES: [RecordType; 10] = [
    RecordType::A,
    RecordType::AAAA,
    RecordType::HTTPS,
    RecordType::SVCB,
    RecordType::TXT,
    RecordType::CNAME,
    RecordType::ANY,
    RecordType::MX,
    RecordType::NS,
    RecordType::SRV,
];

/// The name that a twin is an alias of.
fn target(target: &TwinTarget) -> &Name {
    match target {
        TwinTarget::Name(name) => name,
        TwinTarget::Addresses(addresses) => panic!("{addresses:?}"),
    }
}

/// A school whose upstream gives each twin an address of its own, and the original's for every type and every other name.
async fn school(config: &str, files: &[(&str, &str)]) -> School {
    let school = School::start_with(config, files).await;
    for (place, twin) in Twins::shipped().all().iter().enumerate() {
        school.upstream.place(&target(&twin.target).to_string(), &format!("198.51.100.{}", place + 1));
    }
    school.upstream.talk();
    school
}

/// Asserts that `reply` is the twin's, and has nothing of the original.
fn is_twin(reply: &Reply, host: &Name, target: &Name, record_type: RecordType) {
    let context = || format!("{host} {record_type}: {:?}", reply.message);
    let message = &reply.message;
    assert_eq!(reply.rcode(), "NOERROR", "{}", context());
    assert!(!message.metadata.authentic_data && message.additionals.is_empty(), "{}", context());
    let octets = message.to_vec().expect("it was read before");
    let original: std::net::Ipv4Addr = ADDRESS.parse().expect("an address");
    assert!(!octets.windows(4).any(|four| four == original.octets()), "{}", context());
    if record_type == RecordType::ANY && message.metadata.truncation {
        // By UDP a reply to ANY is cut where it is longer than two queries: it has nothing at all.
        assert!(message.answers.is_empty() && message.authorities.is_empty(), "{}", context());
        return;
    }
    let [alias, addresses @ ..] = message.answers.as_slice() else { panic!("no alias: {}", context()) };
    assert!(alias.name.to_ascii().trim_end_matches('.').eq_ignore_ascii_case(&host.to_string()), "{}", context());
    let RData::CNAME(leads) = &alias.data else { panic!("no alias: {}", context()) };
    assert_eq!(leads.0.to_ascii(), format!("{target}."), "{}", context());
    assert!(alias.ttl <= 300, "{}", context());
    let asked_for_addresses = matches!(record_type, RecordType::A | RecordType::AAAA);
    assert_eq!(addresses.len(), usize::from(asked_for_addresses), "{}", context());
    for record in addresses {
        assert_eq!(record.name.to_ascii(), format!("{target}."), "{}", context());
        let of_the_twin = match &record.data {
            RData::A(address) => address.octets()[..3] == [198, 51, 100],
            RData::AAAA(address) => address.segments()[6..] != [0, 7],
            other => panic!("{other:?}: {}", context()),
        };
        assert!(of_the_twin && record.ttl <= 300, "{}", context());
    }
    let negative = message.authorities.iter().all(|record| record.record_type() == Type::SOA);
    assert!(negative, "{}", context());
    let has_data = asked_for_addresses || matches!(record_type, RecordType::CNAME | RecordType::ANY);
    assert_eq!(message.authorities.len(), usize::from(!has_data), "{}", context());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_host_is_its_twin_for_every_type_and_nothing_of_the_original_passes() {
    let school = school(CONFIG, &[]).await;
    let twins = Twins::shipped();
    let mut hosts = 0;
    for twin in twins.all() {
        let client = match twin.switch {
            TwinSwitch::SafeSearch | TwinSwitch::YoutubeStrict => PUPIL,
            TwinSwitch::YoutubeModerate => "10.20.2.7",
        };
        for host in &twin.hosts {
            // A teacher's look-up fills the cache with the original, which a pupil must not get from there either.
            let original = school.ask(TEACHER, RecordType::A, &host.to_string()).await;
            assert_eq!(original.addresses(), [ADDRESS], "{host}");
            for record_type in TYPES {
                is_twin(&school.ask(client, record_type, &host.to_string()).await, host, target(&twin.target), record_type);
            }
            hosts += 1;
        }
    }
    assert_eq!(hosts, 264);
    // One question for each twin and family, not for each host.
    let before = school.upstream.asked();
    for twin in twins.all().iter().filter(|twin| twin.switch != TwinSwitch::YoutubeModerate) {
        school.ask("10.20.3.7", RecordType::A, &twin.hosts[0].to_string()).await;
    }
    assert_eq!(school.upstream.asked(), before, "another group's question is answered from the same entry");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_above_and_below_a_host_are_themselves_and_so_are_the_twins() {
    let school = school(CONFIG, &[]).await;
    for name in ["google.com", "mail.google.com", "a.www.google.com", "bing.com", "youtube.com", "youtu.be", "i.ytimg.com"] {
        let reply = school.ask(PUPIL, RecordType::A, name).await;
        assert_eq!((reply.addresses(), reply.message.answers.len()), (vec![ADDRESS.to_owned()], 1), "{name}");
    }
    for twin in Twins::shipped().all() {
        let reply = school.ask(PUPIL, RecordType::A, &target(&twin.target).to_string()).await;
        assert!(reply.addresses()[0].starts_with("198.51.100.") && reply.message.answers.len() == 1, "{}", twin.id);
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allow_does_not_turn_it_off() {
    let school = school(CONFIG, &[]).await;
    for twin in Twins::shipped().all().iter().filter(|twin| twin.switch != TwinSwitch::YoutubeModerate) {
        for host in [&twin.hosts[0], &twin.hosts[twin.hosts.len() - 1]] {
            for record_type in TYPES {
                let reply = school.ask("10.20.3.7", record_type, &host.to_string()).await;
                is_twin(&reply, host, target(&twin.target), record_type);
            }
        }
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_twin_without_an_answer_is_a_failure_and_never_the_original() {
    let school = school(CONFIG, &[]).await;
    for (rcode, target, host) in [
        (ResponseCode::ServFail, "strict.bing.com", "www.bing.com"),
        (ResponseCode::NXDomain, "safe.duckduckgo.com", "duckduckgo.com"),
        (ResponseCode::Refused, "safesearch.pixabay.com", "pixabay.com"),
    ] {
        school.upstream.fail(target, rcode);
        for round in ["from the upstream", "from the cache"] {
            let reply = school.ask(PUPIL, RecordType::A, host).await;
            assert_eq!((reply.rcode().as_str(), reply.message.answers.len()), ("SERVFAIL", 0), "{host}, {round}");
            assert!(reply.ede().is_some(), "{host}");
        }
        // What needs no address needs no answer of the twin.
        let https = school.ask(PUPIL, RecordType::HTTPS, host).await;
        assert_eq!((https.rcode().as_str(), https.message.answers.len()), ("NOERROR", 1), "{host}");
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_wire_the_spelling_is_the_clients_and_no_signature_is_the_originals() {
    let school = school(CONFIG, &[]).await;
    let client = Client::new("127.0.1.7", school.dns()).await;
    let host = Name::parse("www.google.com.vn").expect("a name");
    let spelt = b"\x03wWw\x06GooGLE\x03COM\x02vn\x00";
    for record_type in TYPES {
        let mut packet = question::packet(&host, record_type);
        packet[12..12 + spelt.len()].copy_from_slice(spelt);
        // DO, behind the OPT record's type, payload size and extended rcode and version.
        let flags = packet.len() - 4;
        packet[flags] |= 0x80;
        client.send(&packet).await;
        let by_udp = client.receive().await.expect("a reply");
        let by_tcp = ask_by_tcp("127.0.1.7", school.dns(), &packet).await;
        for reply in [by_udp, by_tcp] {
            is_twin(&reply, &host, &Name::parse("forcesafesearch.google.com").expect("a name"), record_type);
            assert_eq!(reply.message.queries[0].name().to_ascii(), "wWw.GooGLE.COM.vn.");
            assert_eq!(reply.message.answers[0].name.to_ascii(), "wWw.GooGLE.COM.vn.");
        }
    }
    // A client that takes no more than 512 octets still gets all of it.
    let mut plain = question::packet(&host, RecordType::A);
    plain.truncate(plain.len() - 11);
    plain[11] = 0;
    client.send(&plain).await;
    let reply = client.receive().await.expect("a reply");
    assert_eq!((reply.addresses().len(), reply.message.metadata.truncation), (1, false));
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_twin_is_closed_by_a_lock_alone() {
    let config = format!(
        "{CONFIG}[[list]]\nid = \"toys\"\ncategory = \"games\"\nsource = \"toys.txt\"\nforce = [\"protected\"]\n\
         [[list]]\nid = \"bad\"\ncategory = \"gambling\"\nsource = \"bad.txt\"\nforce = [\"protected\"]\n"
    );
    let toys = ("toys.txt", "strict.bing.com\nx.example\ny.example\n");
    let bad = ("bad.txt", "safe.duckduckgo.com\nedge.bets.example\nz.example\n");
    let school = school(&config, &[toys, bad]).await;
    school.upstream.alias("safesearch.pixabay.com", "edge.bets.example");
    assert_eq!(school.ask(PUPIL, RecordType::A, "www.bing.com").await.addresses(), ["198.51.100.2"]);
    for record_type in [RecordType::A, RecordType::HTTPS] {
        let reply = school.ask(PUPIL, record_type, "duckduckgo.com").await;
        assert_eq!(reply.ede().map(|(code, _)| code), Some(16), "{record_type}");
    }
    let reply = school.ask(PUPIL, RecordType::A, "pixabay.com").await;
    assert_eq!(reply.ede().map(|(code, _)| code), Some(16), "what a twin leads to is locked");
    school.close().await;
}

/// What each host and need of YouTube comes to for a client.
async fn youtube(school: &School, client: &str) -> BTreeMap<String, String> {
    let services = Services::shipped();
    let mut said = BTreeMap::new();
    for name in services.find("youtube").expect("YouTube").names() {
        for name in [name.to_string(), format!("www.{name}"), format!("a.b.{name}")] {
            said.insert(name.clone(), school.ask(client, RecordType::A, &name).await.summary());
        }
    }
    said
}

const TIERS: &str = r#"
[clients]
rate_limit = "0"
[[tier]]
id = "blocking"
blocks = ["video"]
[[tier]]
id = "restricting"
blocks = ["video"]
restricted = ["youtube"]
youtube = "strict"
[[tier]]
id = "mild"
restricted = ["youtube"]
youtube = "moderate"
[[group]]
id = "blocked"
subnets = ["10.20.1.0/24"]
tier = "blocking"
[[group]]
id = "restricted"
subnets = ["10.20.2.0/24"]
tier = "restricting"
[[group]]
id = "mild"
subnets = ["10.20.3.0/24"]
tier = "mild"
"#;

/// Asks for all of YouTube in tiers that block it, restrict it strictly and mildly.
async fn youtube_is_one_thing(school: School) {
    let blocked = youtube(&school, "10.20.1.7").await;
    let open: Vec<_> = blocked.iter().filter(|(_, said)| *said != "blocked").collect();
    assert!(open.is_empty() && blocked.len() == 36, "{open:?}");
    for (client, twin, address) in
        [("10.20.2.7", "youtube-strict", "198.51.100.8"), ("10.20.3.7", "youtube-moderate", "198.51.100.9")]
    {
        let twins = Twins::shipped();
        let hosts = &twins.find(twin).expect("shipped").hosts;
        for (name, said) in youtube(&school, client).await {
            let restricted = hosts.iter().any(|host| host.to_string() == name);
            assert_eq!(said, if restricted { address } else { ADDRESS }, "{client} {name}");
        }
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn youtube_is_blocked_or_restricted_with_all_that_it_needs() {
    let config = format!("{TIERS}[[list]]\nid = \"films\"\ncategory = \"video\"\nsource = \"films.txt\"\n");
    let films = "youtube.com\ngooglevideo.com\nfilms.example\nmore-films.example\n";
    youtube_is_one_thing(school(&config, &[("films.txt", films)]).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn youtube_is_one_thing_with_the_lists_that_schools_have() {
    let shared = std::env::var_os("KHIEN_SHARED").map_or_else(|| "../shared".into(), std::path::PathBuf::from);
    let tree = shared.join("data/lists/ut1/ut1-blacklists-2026-08-17.tar.zst");
    if !tree.exists() {
        println!("skipped: {} is not there", tree.display());
        return;
    }
    let config = format!(
        "{TIERS}[[list]]\nid = \"ut1\"\nformat = \"ut1\"\nsource = \"{}\"\ncategories = {{ audio-video = \"video\" }}\n",
        tree.canonicalize().expect("it exists").display()
    );
    youtube_is_one_thing(school(&config, &[]).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_waited_over_the_edge_of_a_window_is_the_one_of_now() {
    let window = "[[group.schedule]]\ndays = [\"mon\"]\nfrom = \"10:00\"\nto = \"11:00\"\ntier = \"primary\"\n";
    let school = school(&format!("{CONFIG}{window}"), &[]).await;
    school.at("2026-11-23T09:59:59");
    let (teacher, local) = ("10.20.9.7:4242".parse().expect("an address"), "127.0.0.1:53".parse().expect("an address"));
    let source = khien::dns::Source::new(teacher, local, khien::dns::Transport::Udp);
    let host = Name::parse("www.google.com").expect("a name");
    for (record_type, count) in [(RecordType::A, 2), (RecordType::HTTPS, 1)] {
        school.at("2026-11-23T09:59:59");
        let accounts = school.accounts();
        let mut view = accounts.view();
        accounts.refresh(&mut view);
        let packet = question::packet(&host, record_type);
        let khien::pipeline::Met::Wait(waiting) = accounts.meet(&mut view, &packet, source, &mut Vec::new()) else {
            panic!("the original is looked up")
        };
        school.at("2026-11-23T10:00:00");
        let reply = Reply::read(&accounts.finish(&waiting).await);
        is_twin(&reply, &host, &Name::parse("forcesafesearch.google.com").expect("a name"), record_type);
        assert_eq!(reply.message.answers.len(), count);
    }
    // And back: at the end of the window the original is what is looked up.
    let addresses: Vec<IpAddr> = {
        school.at("2026-11-23T11:00:00");
        let reply = school.ask(TEACHER, RecordType::A, "www.google.com").await;
        reply.addresses().iter().map(|text| text.parse().expect("an address")).collect()
    };
    assert_eq!(addresses, [ADDRESS.parse::<IpAddr>().expect("an address")]);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_counted_and_written_down_as_rewritten() {
    let school = school(CONFIG, &[]).await;
    school.upstream.fail("strict.bing.com", ResponseCode::ServFail);
    let asked = [(RecordType::A, "www.google.com"), (RecordType::HTTPS, "m.youtube.com"), (RecordType::A, "www.bing.com")];
    for (record_type, name) in asked {
        school.ask(PUPIL, record_type, name).await;
    }
    let (_, counted) = http::get(school.http(), "/metrics").await;
    let sum = |verdict: &str| -> u64 {
        let lines = counted.lines().filter(|line| line.starts_with("khien_responses_total{") && line.contains(verdict));
        lines.map(|line| line.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok()).expect("a count")).sum()
    };
    assert_eq!((sum("verdict=\"rewritten\""), sum("verdict=\"failed\"")), (2, 1), "{counted}");
    let settled = async {
        while school.accounts().journal.tally().waiting() > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), settled).await.expect("the journal flushes");
    let mut lines = Vec::new();
    let keep = |line: khien::journal::Line| {
        lines.push((line.name.clone(), line.verdict.to_string(), line.reason.to_string()));
        Ok(std::ops::ControlFlow::Continue(()))
    };
    khien::journal::read(&school.path("state"), &khien::journal::Filter::default(), keep).expect("the store can be read");
    lines.sort();
    let line = |name: &str| (name.to_owned(), "rewritten".to_owned(), "safe-search".to_owned());
    assert_eq!(lines, [line("m.youtube.com"), line("www.google.com")], "what failed is counted");
    school.close().await;
}
