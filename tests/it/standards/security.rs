//! DNSSEC's flags, questions that are asked together, and upstreams of which some are dead.

use std::collections::BTreeSet;
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
        let begun = Instant::now();
        for number in 0..100 {
            let reply = client.one(&Packet::new(&format!("{strategy}{number}.example.org"), 1).bytes()).await;
            assert_eq!(rcode(&reply), NOERROR);
        }
        // What it costs in time is told by `clockwork`, to the millisecond. Here it is the names that were put to it: at first, where
        // the other one was slow for once, and each second whether it is back.
        dead.set_nonblocking(true).expect("an option of every socket");
        let (mut datagram, mut names) = ([0; 512], BTreeSet::new());
        while let Ok(length) = dead.recv(&mut datagram) {
            let asked = datagram[12..length].to_ascii_lowercase();
            if asked.windows(8).any(|part| part == b"\x07example") {
                names.insert(asked);
            }
        }
        let (lost, probes) = (names.len() as u64, begun.elapsed().as_secs() + 1);
        assert!(lost <= 26 + probes, "{strategy}: {lost} of 100 questions went to the dead one");
        school.close().await;
    }
}
