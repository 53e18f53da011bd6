//! How long messages are, by UDP and TCP, on both sides.

use super::{LOCKED, NOERROR, NOTIMP, TC, header, rcode, school_and_client};
use crate::kit::School;
use crate::kit::packet::{Packet, answer, opt};
use crate::kit::reply::Reply;
use crate::kit::tcp::Stream;
use crate::kit::upstream::{Asked, By, Step};

/// A text record of 200 octets.
fn text(number: u8) -> Vec<u8> {
    answer(16, 3600, &[&[199][..], &[number; 199]].concat())
}

/// An upstream whose answers are twenty records, 4,000 octets and more: cut short by UDP, whole by TCP.
fn answers_at_length(school: &School) {
    school.upstream.script(|asked: &Asked| {
        let whole: Vec<Vec<u8>> = (0..20).map(text).collect();
        let reply = match asked.by {
            By::Udp => asked.truncated(),
            By::Tcp => asked.respond(0, &whole, &[]),
        };
        Some(vec![Step::Send(reply)])
    });
}

/// RFC 2181 section 9 and RFC 7766 section 5: what is too long for UDP says so there, with whole sets or none, and is whole by TCP.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer() {
    let (school, client) = school_and_client().await;
    answers_at_length(&school);
    let query = Packet::new("long.example.org", 16);
    // Cold and warm; without EDNS, with less than it allows, with what is sent at most, and with more.
    let with = |payload| query.clone().with(opt(payload, 0, 0, &[]));
    for (packet, limit) in [(query.clone(), 512), (with(100), 512), (with(512), 512), (with(1232), 1232), (with(4096), 1232)] {
        let reply = client.one(&packet.bytes()).await;
        assert!(reply.len() <= limit, "{} octets where {limit} are taken", reply.len());
        let [_, flags, _, answers, ..] = header(&reply);
        assert_eq!((flags & TC, answers, rcode(&reply)), (TC, 0, NOERROR), "no part of a set");
    }
    let whole = Stream::to(school.dns()).await.ask(&query.bytes()).await;
    assert!(whole.len() > 4000);
    assert_eq!((header(&whole)[1] & TC, header(&whole)[3]), (0, 20));
    let read = Reply::read(&whole).message;
    assert_eq!(read.answers.len(), 20);
    let seen = school.upstream.seen();
    assert_eq!(seen.iter().map(|asked| asked.by).collect::<Vec<_>>(), [By::Udp, By::Tcp], "asked again by TCP, and once");
    school.close().await;
}

/// RFC 2181 section 9: additional data that find no room are left out without a word.
#[tokio::test(flavor = "multi_thread")]
async fn additional_data_that_find_no_room() {
    let (school, client) = school_and_client().await;
    school.upstream.script(|asked| {
        let mut reply = asked.respond(0, &[answer(1, 3600, &[192, 0, 2, 7])], &[]);
        for number in 0..4 {
            reply.extend(text(number));
        }
        reply[11] = 4;
        Some(vec![Step::Send(reply)])
    });
    let reply = client.one(&Packet::new("www.example.org", 1).bytes()).await;
    let [_, flags, _, answers, _, additional] = header(&reply);
    assert!(reply.len() <= 512);
    assert_eq!((flags & TC, answers, additional), (0, 1, 0));
    let reply = client.one(&Packet::new("www.example.org", 1).edns(0).bytes()).await;
    assert_eq!(header(&reply)[5], 5, "all four, and the OPT record");
    school.close().await;
}

/// RFC 9715 section 3.1 and RFC 6891 section 6.2.5: no more than 1,232 octets are announced or sent by UDP, so none is fragmented.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_fragmented() {
    let (school, client) = school_and_client().await;
    // Five records, 1,080 octets, go by UDP; six, 1,290 octets, do not, whatever the client says that it takes.
    school.upstream.script(|asked: &Asked| {
        let records = if asked.name().starts_with("five") { 5 } else { 6 };
        Some(vec![Step::Send(asked.respond(0, &(0..records).map(text).collect::<Vec<_>>(), &[]))])
    });
    for payload in [1232, 1400, 4096, u16::MAX] {
        for (asked, expected) in [("five.example.org", 0), ("six.example.org", TC)] {
            let reply = client.one(&Packet::new(asked, 16).with(opt(payload, 0, 0, &[])).bytes()).await;
            assert!(reply.len() <= 1232);
            assert_eq!(header(&reply)[1] & TC, expected, "{asked}, {payload}");
            assert_eq!(Reply::read(&reply).message.edns.expect("an OPT record").max_payload(), 1232);
        }
    }
    for asked in school.upstream.seen() {
        assert_eq!(asked.payload(), Some(1232));
        assert!(asked.bytes.len() <= 512);
    }
    school.close().await;
}

/// RFC 8482 section 4: ANY gets one small set at most, so that nobody is flooded by it, and says nothing of a closed name.
#[tokio::test(flavor = "multi_thread")]
async fn any() {
    let (school, client) = school_and_client().await;
    school.upstream.script(|asked: &Asked| {
        let mut records: Vec<Vec<u8>> = (0..4).map(text).collect();
        records.extend([answer(1, 3600, &[192, 0, 2, 7]), answer(28, 3600, &[0x20; 16])]);
        Some(vec![Step::Send(asked.respond(0, &records, &[]))])
    });
    for asked in ["www.example.org", LOCKED, "localhost"] {
        for packet in [Packet::new(asked, 255), Packet::new(asked, 255).edns(0), Packet::new(asked, 255).edns(0x8000)] {
            let packet = packet.bytes();
            let reply = client.one(&packet).await;
            let [_, flags, _, answers, ..] = header(&reply);
            assert!(reply.len() <= 2 * packet.len() || flags & TC != 0, "{asked}: {} octets for {}", reply.len(), packet.len());
            assert!(answers <= 1 && [NOERROR, NOTIMP].contains(&rcode(&reply)), "{asked}");
            let read = Reply::read(&reply);
            assert!(asked == "localhost" || read.addresses().is_empty() || read.addresses() == ["0.0.0.0"], "{asked}");
            // By TCP there is nobody to be flooded, and no more is said all the same.
            let whole = Stream::to(school.dns()).await.ask(&packet).await;
            assert!(header(&whole)[3] <= 1, "{asked}");
        }
    }
    school.close().await;
}
