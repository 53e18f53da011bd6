//! DNSSEC's flags, and questions that are asked together.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{AD, CD, NOERROR, OTHER, RD, header, rcode, school, school_and_client};
use crate::kit::School;
use crate::kit::packet::{Packet, answer, name};
use crate::kit::udp::Client;
use crate::kit::upstream::{Asked, ScriptedUpstream, Step};

/// The types whose records only who sets DO gets (RFC 4035 section 3.2.1).
const RRSIG: u16 = 46;

/// A signature of A records that nobody checks.
fn signature() -> Vec<u8> {
    let fixed = [&1_u16.to_be_bytes()[..], &[13, 3], &3600_u32.to_be_bytes(), &[0x7f; 8], &[0x12, 0x34]].concat();
    answer(RRSIG, 3600, &[fixed, name("example.org"), vec![0x5a; 64]].concat())
}

/// An upstream that validates: it sets AD unless CD is set, and signs where DO is set.
fn validates(school: &School) {
    school.upstream.script(|asked: &Asked| {
        let flags = u16::from_be_bytes([asked.bytes[2], asked.bytes[3]]);
        let dnssec_ok = asked.edns_flags().is_some_and(|flags| flags & 0x8000 != 0);
        let mut answers = vec![answer(1, 3600, &[192, 0, 2, 7])];
        answers.extend(dnssec_ok.then(signature));
        let mut reply = asked.respond(0, &answers, &[]);
        let authentic = flags & CD == 0 && (dnssec_ok || flags & AD != 0);
        reply[3] |= u8::try_from(if authentic { AD } else { 0 } | flags & CD).expect("of the low octet");
        Some(vec![Step::Send(reply)])
    });
}

/// Every way to set DO, AD and CD.
fn combinations() -> impl Iterator<Item = (bool, u16, u16)> {
    (0..8).map(|bits| (bits & 1 != 0, if bits & 2 != 0 { AD } else { 0 }, if bits & 4 != 0 { CD } else { 0 }))
}

fn packet(asked: &str, dnssec_ok: bool, flags: u16) -> Vec<u8> {
    let query = Packet::new(asked, 1).flags(RD | flags);
    if dnssec_ok { query.edns(0x8000).bytes() } else { query.bytes() }
}

/// RFC 6840 sections 5.7 and 5.8, RFC 4035 sections 3.2.1 and 3.2.2: AD where it was asked for and is trusted, CD as sent,
/// signatures where DO was set; from the cache as from the upstream.
#[tokio::test(flavor = "multi_thread")]
async fn dnssec_flags() {
    for trusted in [true, false] {
        let school = school(&format!("trust_ad = {trusted}")).await;
        validates(&school);
        let client = Client::new(OTHER, school.dns()).await;
        let check = async |asked: &str, (dnssec_ok, authentic, checking): (bool, u16, u16)| {
            let reply = client.one(&packet(asked, dnssec_ok, authentic | checking)).await;
            let wanted = trusted && checking == 0 && (dnssec_ok || authentic != 0);
            let what = format!("{asked}: DO {dnssec_ok}, AD {authentic:02x}, CD {checking:02x}, trusted {trusted}");
            assert_eq!(header(&reply)[1] & (AD | CD), if wanted { AD } else { 0 } | checking, "{what}");
            assert_eq!(header(&reply)[3], if dnssec_ok { 2 } else { 1 }, "{what}");
            reply
        };
        for (number, flags) in combinations().enumerate() {
            // Cold and warm by a name of its own, and mixed with all the others by a name of all.
            let asked = format!("www{number}.example.org");
            assert_eq!(check(&asked, flags).await, check(&asked, flags).await);
            check("www.example.org", flags).await;
        }
        for flags in combinations().collect::<Vec<_>>().into_iter().rev() {
            check("www.example.org", flags).await;
        }
        school.close().await;
    }
}

/// RFC 4035 section 3.2.1: signatures that an upstream sends unasked are not passed on, but to who asks for that type.
#[tokio::test(flavor = "multi_thread")]
async fn signatures_unasked() {
    let (school, client) = school_and_client().await;
    school.upstream.script(|asked: &Asked| {
        let own =
            if asked.record_type() == RRSIG { vec![signature()] } else { vec![answer(1, 3600, &[192, 0, 2, 7]), signature()] };
        Some(vec![Step::Send(asked.respond(0, &own, &[]))])
    });
    for _ in 0..2 {
        let reply = client.one(&packet("www.example.org", false, 0)).await;
        assert_eq!((rcode(&reply), header(&reply)[3]), (NOERROR, 1));
        let reply = client.one(&packet("www.example.org", true, 0)).await;
        assert_eq!((rcode(&reply), header(&reply)[3]), (NOERROR, 2));
        let reply = client.one(&Packet::new("www.example.org", RRSIG).bytes()).await;
        assert_eq!((rcode(&reply), header(&reply)[3]), (NOERROR, 1));
    }
    school.close().await;
}

/// RFC 5452 section 5: a question that is on its way is not asked a second time, however many clients and spellings there are.
#[tokio::test(flavor = "multi_thread")]
async fn one_question_in_flight() {
    let (school, _) = school_and_client().await;
    school.upstream.script(|asked: &Asked| {
        Some(vec![Step::Wait(Duration::from_millis(150)), Step::Send(asked.answer([192, 0, 2, 7].into()))])
    });
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..500_u16 {
        let server = school.dns();
        asking.spawn(async move {
            let client = Client::new(&format!("127.0.0.{}", 2 + number % 200), server).await;
            // The letters' case by the number's bits.
            let spelling = "www.example.org"
                .char_indices()
                .map(|(place, letter)| if number >> (place % 9) & 1 == 0 { letter } else { letter.to_ascii_uppercase() });
            let packet = Packet::new(&spelling.collect::<String>(), 1).id(number).bytes();
            client.send(&packet).await;
            let reply = client.octets().await;
            assert_eq!((header(&reply)[0], rcode(&reply), header(&reply)[3]), (number, NOERROR, 1));
            assert_eq!(reply[12..packet.len()], packet[12..]);
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked.expect("an answer");
    }
    assert_eq!(school.upstream.asked(), 1);
    school.close().await;
}

/// RFC 5452 sections 4.5 and 9.2: over 20,000 questions none of many ports carries much, and none is told by the others.
#[tokio::test(flavor = "multi_thread")]
async fn ports_are_random() {
    const QUESTIONS: u16 = 20_000;
    const CLIENTS: u16 = 100;
    let school = School::start("[clients]\nrate_limit = \"0\"\n").await;
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..CLIENTS {
        let server = school.dns();
        asking.spawn(async move {
            let client = Client::new(&format!("127.0.2.{number}"), server).await;
            for question in (number..QUESTIONS).step_by(usize::from(CLIENTS)) {
                client.send(&Packet::new(&format!("www{question}.example.org"), 1).bytes()).await;
                assert_eq!(rcode(&client.octets().await), NOERROR);
            }
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked.expect("answers");
    }
    let seen = school.upstream.seen();
    assert!(seen.len() >= usize::from(QUESTIONS));
    let mut ports = BTreeMap::<u16, usize>::new();
    for asked in &seen {
        *ports.entry(asked.from.port()).or_default() += 1;
    }
    // A two-hundredth: 0.5 %.
    assert!(ports.values().all(|count| count * 200 <= seen.len()), "a port that carries much");
    assert!(ports.len() >= 512, "{} ports", ports.len());
    // Ports are drawn alike from all parts of their range: sixteenths of it, within five standard deviations each.
    let (lowest, highest) = (ports.keys().next().expect("some"), ports.keys().last().expect("some"));
    let width = (usize::from(highest - lowest) + 1).div_ceil(16);
    let mut parts = [0_usize; 16];
    for port in ports.keys() {
        parts[usize::from(port - lowest) / width] += 1;
    }
    let expected = f64::from(u32::try_from(ports.len()).expect("few")) / 16.0;
    for (part, count) in parts.into_iter().enumerate() {
        let count = f64::from(u32::try_from(count).expect("few"));
        assert!((count - expected).abs() < 5.0 * expected.sqrt(), "part {part} of the range has {count} ports of {expected}");
    }
    // From one question to the next the port is another: chance alone repeats one of 512.
    let repeated = seen.windows(2).filter(|pair| pair[0].from.port() == pair[1].from.port()).count();
    assert!(repeated * 100 < seen.len(), "{repeated} times the same port again");
    school.close().await;
}

/// RFC 8305 section 3: an upstream that is there by IPv4 and not by IPv6 costs next to nothing, and the dead way is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_family() {
    let alive = ScriptedUpstream::answering([192, 0, 2, 7].into()).await;
    // A socket that takes questions and never answers: what a way to nowhere looks like from here.
    let Ok(dead) = std::net::UdpSocket::bind("[::1]:0") else {
        println!("skipped: no IPv6 on this machine");
        return;
    };
    let dead_address = dead.local_addr().expect("bound");
    for strategy in ["fastest", "in-order"] {
        let school = school("").await;
        let servers = format!("servers = [\"udp://{dead_address}\", \"udp://{}\"]\nstrategy = \"{strategy}\"\n", alive.address);
        school.write(
            "khien.toml",
            &school.text().replace(&format!("servers = [\"udp://{}\"]\n", school.upstream.address()), &servers),
        );
        school.reload().await.expect("reloaded");
        let client = Client::new(OTHER, school.dns()).await;
        let mut times = Vec::new();
        for number in 0..30 {
            let begun = Instant::now();
            let reply = client.one(&Packet::new(&format!("{strategy}{number}.example.org"), 1).bytes()).await;
            times.push(begun.elapsed());
            assert_eq!(rcode(&reply), NOERROR);
        }
        // Once known to be dead it is asked nothing that a client waits for, but now and then whether it is back.
        dead.set_nonblocking(true).expect("an option of every socket");
        let mut datagram = [0; 512];
        let mut lost = 0;
        while let Ok(length) = dead.recv(&mut datagram) {
            lost += usize::from(datagram[..length].windows(8).any(|window| window.eq_ignore_ascii_case(b"\x07example")));
        }
        assert!(lost <= 8, "{strategy}: {lost} of 30 questions went to the dead one");
        times.sort_unstable();
        // 300 ms are asked for; of thirty questions the median is one that has learnt which way is dead.
        assert!(times[15] < Duration::from_millis(300), "{strategy}: {times:?}");
        school.close().await;
    }
}

/// RFC 5452 sections 4.3 and 9.2: ids are drawn alike from all there are, and no letter's case can be foretold.
#[tokio::test(flavor = "multi_thread")]
async fn ids_are_random() {
    let (school, client) = school_and_client().await;
    const QUESTIONS: usize = 2000;
    for number in 0..QUESTIONS {
        client.one(&Packet::new(&format!("www{number}.example.org"), 1).bytes()).await;
    }
    let seen = school.upstream.seen();
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
