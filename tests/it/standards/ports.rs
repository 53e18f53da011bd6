//! Ports and ids as somebody sees them who stands before the upstream.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use khien::answer::upstream::ENOUGH_SOCKETS;
use tokio::task::JoinSet;

use super::{NOERROR, rcode, school_and_client};
use crate::kit::School;
use crate::kit::binary::Binary;
use crate::kit::chance::{ChiSquared, assert_chance};
use crate::kit::packet::Packet;
use crate::kit::udp::Client;
use crate::kit::upstream::{Asked, ScriptedUpstream};

/// Asks so many questions of different names below `zone`, a hundred at a time.
async fn ask(server: std::net::SocketAddr, zone: &'static str, questions: usize) {
    const CLIENTS: usize = 100;
    let mut asking = JoinSet::new();
    for number in 0..CLIENTS {
        asking.spawn(async move {
            let client = Client::new(&format!("127.0.2.{number}"), server).await;
            for question in (number..questions).step_by(CLIENTS) {
                client.send(&Packet::new(&format!("www{question}.{zone}"), 1).bytes()).await;
                assert_eq!(rcode(&client.octets().await), NOERROR);
            }
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked.expect("answers");
    }
}

/// The ports of the questions for names of a zone, in their order; one that was sent again counts once.
fn ports(seen: &[Asked], zone: &str) -> Vec<u16> {
    let mut names = BTreeSet::new();
    seen.iter()
        .filter(|asked| asked.name().ends_with(zone) && names.insert(asked.name()))
        .map(|asked| asked.from.port())
        .collect()
}

fn counts(ports: &[u16]) -> BTreeMap<u16, u64> {
    let mut counts = BTreeMap::new();
    for port in ports {
        *counts.entry(*port).or_default() += 1;
    }
    counts
}

/// Chi² of a stretch of questions, over the ports that were seen before it and after it, and so were in use for all of it.
fn chi_squared_of(ports: &[u16], stretch: std::ops::Range<usize>) -> ChiSquared {
    let seen = |part: &[u16]| part.iter().copied().collect::<BTreeSet<u16>>();
    let (before, after) = (seen(&ports[..stretch.start]), seen(&ports[stretch.end..]));
    let carried = counts(&ports[stretch]);
    let in_use = before.intersection(&after).map(|port| carried.get(port).copied().unwrap_or(0));
    ChiSquared::of(in_use.collect::<Vec<_>>().into_iter())
}

/// RFC 5452 sections 4.5 and 9.2: over 20,000 questions none of at least 512 ports carries much, and each is as likely as another.
#[tokio::test(flavor = "multi_thread")]
async fn are_random() {
    const QUESTIONS: usize = 20_000;
    const STRETCH: usize = 2_000;
    let school = School::start("[clients]\nrate_limit = \"0\"\n").await;
    ask(school.dns(), "example.org", QUESTIONS).await;
    let ports = ports(&school.upstream.seen(), "example.org");
    assert_eq!(ports.len(), QUESTIONS);
    let by_port = counts(&ports);
    // A two-hundredth: 0.5 %.
    assert!(by_port.values().all(|count| count * 200 <= 20_000), "a port that carries much");
    let granted = school.accounts().snapshot.load().upstream_stats()[0].sockets.expect("it is asked by UDP");
    println!("{} ports, of {granted} sockets at a time", by_port.len());
    assert!(by_port.len() >= ENOUGH_SOCKETS.min(granted), "{} ports", by_port.len());
    let samples: Vec<_> =
        (1..QUESTIONS / STRETCH - 1).map(|at| chi_squared_of(&ports, at * STRETCH..(at + 1) * STRETCH)).collect();
    let all = samples.iter().copied().fold(ChiSquared::default(), ChiSquared::and);
    println!("all stretches together: {:+.2} standard deviations", all.deviation());
    // One run in ten thousand is as far off by chance; what adds up over all of them is no chance.
    assert!(all.deviation() < 3.72, "{:+.2}", all.deviation());
    assert_chance("ports", samples);
    // Ports are drawn alike from all parts of their range: sixteenths of it, within five standard deviations each.
    let mut parts = [0_usize; 16];
    for port in by_port.keys() {
        assert!(*port >= 20_000, "{port}");
        parts[usize::from(port - 20_000) * 16 / (65_536 - 20_000)] += 1;
    }
    let expected = f64::from(u32::try_from(by_port.len()).expect("few")) / 16.0;
    for (part, count) in parts.into_iter().enumerate() {
        let count = f64::from(u32::try_from(count).expect("few"));
        assert!((count - expected).abs() < 5.0 * expected.sqrt(), "part {part} of the range has {count} ports of {expected}");
    }
    // From one question to the next the port is another: chance alone repeats one of 512.
    let repeated = ports.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(repeated * 100 < ports.len(), "{repeated} times the same port again");
    school.close().await;
}

/// RFC 5452 section 9.2: a port is given up after 64 questions; where few are granted, log and `status` say so and what to do.
#[tokio::test(flavor = "multi_thread")]
async fn carry_64_questions_each() {
    const QUESTIONS: usize = 8_000;
    let upstream = ScriptedUpstream::answering([192, 0, 2, 7].into()).await;
    let config = format!("[upstream]\nservers = [\"udp://{}\"]\n[clients]\nrate_limit = \"0\"\n", upstream.address);
    // Half of them are for sockets: 64, which would carry 125 each.
    let mut binary = Binary::start_granted(64, 128, &config);
    let (dns, http) = binary.addresses().await;
    binary.until_ready(http).await;
    ask(dns, "example.org", QUESTIONS).await;
    let by_port = counts(&ports(&upstream.seen(), "example.org"));
    // Chance may draw a port twice; that it draws three so is a matter of one run in thousands.
    let more = by_port.values().filter(|count| **count > 64).count();
    assert!(more <= 2 && by_port.len() >= QUESTIONS / 64 - 2, "{more} of {} ports carried more than 64", by_port.len());
    let said = binary.log_with("few sockets");
    assert!(said.len() == 1 && said[0].contains("sockets=64 wanted=512") && said[0].contains("LimitNOFILE"), "{said:?}");
    let status = String::from_utf8(binary.run(&["status"]).await.stdout).expect("text");
    assert!(status.contains("is asked from 64 ports in place of 512") && status.contains("LimitNOFILE"), "{status}");
}

/// RFC 5452 section 9.2: where the system grants many open files to who asks for them, there are enough ports.
#[tokio::test(flavor = "multi_thread")]
async fn are_as_many_as_the_system_grants() {
    let upstream = ScriptedUpstream::answering([192, 0, 2, 7].into()).await;
    let config = format!("[upstream]\nservers = [\"udp://{}\"]\n[clients]\nrate_limit = \"0\"\n", upstream.address);
    let mut binary = Binary::start_granted(64, 2048, &config);
    let (dns, http) = binary.addresses().await;
    binary.until_ready(http).await;
    ask(dns, "example.org", 4_000).await;
    let by_port = counts(&ports(&upstream.seen(), "example.org"));
    assert!(by_port.len() >= ENOUGH_SOCKETS, "{} ports", by_port.len());
    let status = String::from_utf8(binary.run(&["status"]).await.stdout).expect("text");
    assert!(!status.contains("LimitNOFILE") && binary.log_with("sockets").is_empty(), "{status}");
}

/// RFC 5452 section 9.2: a port is given up ten seconds after its first question, whether it carried many or one.
#[tokio::test(flavor = "multi_thread")]
async fn live_ten_seconds() {
    let school = School::start("[clients]\nrate_limit = \"0\"\n").await;
    ask(school.dns(), "before.example.org", 1_000).await;
    // What is told by the sockets' own clock, which no test sets.
    tokio::time::sleep(Duration::from_millis(10_500)).await;
    ask(school.dns(), "after.example.org", 1_000).await;
    let seen = school.upstream.seen();
    let [before, after] = ["before.example.org", "after.example.org"].map(|zone| counts(&ports(&seen, zone)));
    let again = after.keys().filter(|port| before.contains_key(port)).count();
    // Of 45,536 ports chance draws about nine of these again; were they kept, it were hundreds.
    assert!(again <= 40, "{again} of {} ports were in use before", after.len());
    school.close().await;
}

/// RFC 5452 sections 4.3 and 9.2: ids are drawn alike from all there are, and no letter's case can be foretold.
#[tokio::test(flavor = "multi_thread")]
async fn have_random_ids() {
    let (school, client) = school_and_client().await;
    const QUESTIONS: usize = 2000;
    for number in 0..QUESTIONS {
        client.one(&Packet::new(&format!("www{number}.example.org"), 1).bytes()).await;
    }
    let mut seen = school.upstream.seen();
    // One that was sent again, for the machine was busy, has the id that it had.
    let mut names = BTreeSet::new();
    seen.retain(|asked| names.insert(asked.name()));
    assert_eq!(seen.len(), QUESTIONS);
    // Sixteen bits: each is set in half of all ids, within five standard deviations (√2000 / 2 = 22).
    for bit in 0..16 {
        let set = seen.iter().filter(|asked| asked.id() >> bit & 1 == 1).count();
        assert!(set.abs_diff(QUESTIONS / 2) < 112, "bit {bit} is set in {set}");
    }
    // Neighbours differ by every distance: of 2,000 differences hardly any comes twice.
    let mut steps = BTreeMap::<u16, usize>::new();
    for pair in seen.windows(2) {
        *steps.entry(pair[1].id().wrapping_sub(pair[0].id())).or_default() += 1;
    }
    assert!(steps.values().all(|count| *count <= 5), "a step that is taken often");
    let upper = seen.iter().filter(|asked| asked.spelling().ends_with(b"G\0")).count();
    assert!(upper.abs_diff(QUESTIONS / 2) < 112, "the last letter is large in {upper}");
    school.close().await;
}
