//! How long answers, absences and failures are kept.

use std::time::Duration;

use super::{NOERROR, OTHER, rcode, school, school_and_client};
use crate::kit::School;
use crate::kit::packet::{Packet, answer, name, soa};
use crate::kit::reply::Reply;
use crate::kit::udp::Client;
use crate::kit::upstream::Step;

/// A day: no record is kept longer (RFC 8767 section 4).
const DAY: u32 = 86_400;

/// The TTL of the SOA record that says how long absence may be remembered.
fn soa_ttl(reply: &[u8]) -> u32 {
    Reply::read(reply).message.authorities.first().expect("an SOA record").ttl
}

/// RFC 2308 sections 3 and 5: absence is kept for the smaller of the SOA record's TTL and minimum, which runs down.
#[tokio::test(flavor = "multi_thread")]
async fn absence() {
    let (school, client) = school_and_client().await;
    for (ttl, minimum) in [(300, 60), (60, 300)] {
        for (code, what) in [(3, "gone"), (0, "empty")] {
            school.upstream.script(move |asked| {
                Some(vec![Step::Send(asked.respond(code, &[], &[soa(&name("example.org"), ttl, minimum)]))])
            });
            let packet = Packet::new(&format!("{what}{ttl}.example.org"), 1).bytes();
            let before = school.upstream.asked();
            let expected = u8::try_from(code).expect("an rcode");
            let cold = client.one(&packet).await;
            assert_eq!((rcode(&cold), soa_ttl(&cold)), (expected, 60));
            school.later(Duration::from_millis(25_500));
            let warm = client.one(&packet).await;
            assert_eq!((rcode(&warm), soa_ttl(&warm)), (expected, 35));
            assert_eq!(school.upstream.asked(), before + 1);
            school.later(Duration::from_secs(36));
            let anew = client.one(&packet).await;
            assert_eq!((rcode(&anew), soa_ttl(&anew)), (expected, 60));
            assert_eq!(school.upstream.asked(), before + 2);
        }
    }
    school.close().await;
}

/// RFC 2308 section 5: absence of which no SOA record says how long it lasts is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn absence_without_soa() {
    let (school, client) = school_and_client().await;
    for (code, asked_name) in [(3, "gone.example.org"), (0, "empty.example.org")] {
        school.upstream.script(move |asked| Some(vec![Step::Send(asked.respond(code, &[], &[]))]));
        let before = school.upstream.asked();
        for _ in 0..2 {
            assert_eq!(u16::from(rcode(&client.one(&Packet::new(asked_name, 1).bytes()).await)), code);
        }
        assert_eq!(school.upstream.asked(), before + 2);
    }
    school.close().await;
}

/// What a client sees of an A record with this TTL at once and an hour later, and how often the upstream was asked.
async fn seen_of(school: &School, ttl: u32) -> (u32, u32, usize) {
    let client = Client::new(OTHER, school.dns()).await;
    school.upstream.script(move |asked| Some(vec![Step::Send(asked.answer_for([192, 0, 2, 7].into(), ttl))]));
    let packet = Packet::new(&format!("ttl{ttl}.example.org"), 1).bytes();
    let before = school.upstream.asked();
    let first = Reply::read(&client.one(&packet).await).ttl().expect("an answer");
    // Half a second more, so that what the first answer took on its way does not count.
    school.later(Duration::from_millis(3_600_500));
    let second = Reply::read(&client.one(&packet).await).ttl().expect("an answer");
    (first, second, school.upstream.asked() - before)
}

/// RFC 2181 section 8: a TTL with its topmost bit set is 0, 0 is for one query, and no other is too long to be read.
#[tokio::test(flavor = "multi_thread")]
async fn extreme_ttls() {
    let config = format!("{}\n[clients]\nmax_ttl = \"1d\"\n", super::CONFIG);
    let school = School::start_with(&config, &[("toys.txt", "spiele.example\n")]).await;
    assert_eq!(seen_of(&school, 0x8000_0000).await, (0, 0, 2));
    assert_eq!(seen_of(&school, u32::MAX).await, (0, 0, 2));
    assert_eq!(seen_of(&school, 0).await, (0, 0, 2));
    assert_eq!(seen_of(&school, 0x7fff_ffff).await, (DAY, DAY - 3600, 1));
    school.close().await;
    // What is kept for a day is told to clients for five minutes, so that a new rule reaches them.
    let school = super::school("").await;
    assert_eq!(seen_of(&school, 0x7fff_ffff).await, (300, 300, 1));
    school.close().await;
}

/// RFC 2308 section 5 and RFC 8767 section 4: what is kept is kept for a day at most.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_longer_than_a_day() {
    let (school, client) = school_and_client().await;
    school.upstream.script(|asked| Some(vec![Step::Send(asked.answer_for([192, 0, 2, 7].into(), 0x7fff_ffff))]));
    let packet = Packet::new("www.example.org", 1).bytes();
    client.one(&packet).await;
    school.later(Duration::from_secs(u64::from(DAY) / 2));
    client.one(&packet).await;
    assert_eq!(school.upstream.asked(), 1);
    school.later(Duration::from_secs(u64::from(DAY) / 2 + 1));
    client.one(&packet).await;
    assert_eq!(school.upstream.asked(), 2);
    school.close().await;
}

/// RFC 2181 section 5.2: the records of a set have one TTL, the smallest of those that came.
#[tokio::test(flavor = "multi_thread")]
async fn one_ttl_for_a_set() {
    let (school, client) = school_and_client().await;
    school.upstream.script(|asked| {
        let records = [answer(1, 5, &[192, 0, 2, 1]), answer(1, 250, &[192, 0, 2, 2]), answer(1, 200, &[192, 0, 2, 3])];
        Some(vec![Step::Send(asked.respond(0, &records, &[]))])
    });
    let packet = Packet::new("www.example.org", 1).bytes();
    for (milliseconds, expected, asked) in [(0, 5, 1), (2500, 3, 1), (5000, 5, 2)] {
        school.later(Duration::from_millis(milliseconds));
        let reply = Reply::read(&client.one(&packet).await).message;
        let ttls: Vec<u32> = reply.answers.iter().map(|record| record.ttl).collect();
        assert_eq!(ttls, [expected; 3]);
        assert_eq!(school.upstream.asked(), asked);
    }
    school.close().await;
}

/// RFC 9520 section 3.2: a failure is kept between a second and five minutes, whatever clients do meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn failures() {
    for silent in [false, true] {
        let school = school("timeout = \"200ms\"").await;
        school.upstream.script(move |asked| Some(if silent { vec![] } else { vec![Step::Send(asked.rcode(2))] }));
        let client = Client::new(OTHER, school.dns()).await;
        let packet = Packet::new("www.example.org", 1).bytes();
        // A hundred retries a second, for ten seconds.
        for _ in 0..10 {
            for _ in 0..100 {
                assert_eq!(rcode(&client.one(&packet).await), 2);
            }
            school.later(Duration::from_secs(1));
        }
        let asked = school.upstream.asked();
        assert!((1..=10).contains(&asked), "{asked} packets to an upstream that is silent ({silent})");
        // Once it is well again, that is seen within the five minutes.
        school.upstream.script(|asked| Some(vec![Step::Send(asked.answer([192, 0, 2, 7].into()))]));
        school.later(Duration::from_secs(300));
        assert_eq!(rcode(&client.one(&packet).await), NOERROR);
        school.close().await;
    }
}
