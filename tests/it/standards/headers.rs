//! Headers, counts and opcodes: what is no query, and what is no packet.

use super::{FORMERR, NOERROR, NOTIMP, QR, RD, cost, header, rcode, school_and_client};
use crate::kit::packet::{Packet, labels, opt, option};
use crate::kit::tcp::Stream;
use std::time::Duration;

/// More than any packet may cost.
const MILLISECOND: Duration = Duration::from_millis(1);

/// RFC 9619 section 4: a query with two questions is a format error.
#[tokio::test(flavor = "multi_thread")]
async fn two_questions() {
    let (school, client) = school_and_client().await;
    let first = Packet { questions: 2, ..Packet::new("one.example", 1).id(0x1234) };
    let second = Packet::new("two.example", 1).bytes();
    let packet = [&first.bytes(), &second[12..]].concat();
    for reply in [client.one(&packet).await, Stream::to(school.dns()).await.ask(&packet).await] {
        assert_eq!(rcode(&reply), FORMERR);
        assert_eq!(header(&reply)[0], 0x1234);
    }
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}

/// RFC 1035 section 4.1.1 and RFC 7873 section 5.4: no question is a format error; cookies are not offered, so with one too.
#[tokio::test(flavor = "multi_thread")]
async fn no_question() {
    let (school, client) = school_and_client().await;
    let header_alone =
        |additional: &[u8], count: u8| [&[0x12, 0x34, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, count][..], additional].concat();
    let cookie = opt(1232, 0, 0, &option(10, b"8 octets"));
    for packet in [header_alone(&[], 0), header_alone(&cookie, 1)] {
        let reply = client.one(&packet).await;
        assert_eq!((header(&reply)[0], rcode(&reply)), (0x1234, FORMERR));
    }
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}

/// RFC 1035 section 4.1.1 and RFC 8906 section 3.1.3: of the opcodes only QUERY is implemented.
#[tokio::test(flavor = "multi_thread")]
async fn other_opcodes() {
    let (school, client) = school_and_client().await;
    for opcode in [1, 2, 3, 4, 5, 6, 15] {
        let flags = RD | opcode << 11;
        let packet = Packet::new("www.example.org", 1).flags(flags).id(0x7000 | opcode).bytes();
        let reply = client.one(&packet).await;
        let [id, replied, ..] = header(&reply);
        assert_eq!((id, replied & QR, replied >> 11 & 0x0f), (0x7000 | opcode, QR, opcode));
        assert_eq!(rcode(&reply), NOTIMP, "opcode {opcode}");
    }
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}

/// RFC 1035 section 4.1: what is shorter than a header gets nothing, a header alone a format error, a response nothing.
#[tokio::test(flavor = "multi_thread")]
async fn packets_that_are_no_message() {
    let (school, client) = school_and_client().await;
    let query = Packet::new("www.example.org", 1).bytes();
    for length in 0..12 {
        client.silence(&query[..length]).await;
        client.silence(&vec![0xff; length]).await;
    }
    assert_eq!(rcode(&client.one(&[0x12, 0x34, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0]).await), FORMERR);
    for end in 12..query.len() {
        assert_eq!(rcode(&client.one(&query[..end]).await), FORMERR, "cut at {end}");
    }
    // Two servers that answer each other's responses would never end.
    client.silence(&Packet::new("www.example.org", 1).flags(QR | RD).bytes()).await;
    assert_eq!(school.upstream.asked(), 0);
    assert_eq!(rcode(&client.one(&query).await), NOERROR);
    school.close().await;
}

/// RFC 1035 sections 2.3.4 and 4.1.4: a name that points, or is too long, is a format error, and costs next to nothing.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_none() {
    let (school, client) = school_and_client().await;
    let long: Vec<&[u8]> = vec![&[b'a'; 49][..]; 5];
    let names = [
        ("a pointer to itself", vec![0xc0, 12]),
        ("a pointer forwards", vec![0xc0, 40]),
        ("a pointer into the header", vec![0xc0, 2]),
        ("a pointer to its own start", [b"\x03www", &[0xc0, 12][..]].concat()),
        ("two pointers that lead to each other", vec![0xc0, 14, 0xc0, 12, 0]),
        ("a label of 64 octets", labels(&[&[b'a'; 64]])),
        ("a label of the reserved kind 10", vec![0x80, b'a', 0]),
        ("256 octets", [&labels(&long)[..250], b"\x04aaaa\x00"].concat()),
        ("257 octets", [&labels(&long)[..250], b"\x05aaaaa\x00"].concat()),
        ("no end", vec![b'\x3f'; 400]),
    ];
    for (what, name) in names {
        let packet = Packet { name, ..Packet::new("", 1) }.bytes();
        assert_eq!(rcode(&client.one(&packet).await), FORMERR, "{what}");
        assert!(cost(&school, &packet) < MILLISECOND, "{what}");
    }
    assert_eq!(school.upstream.asked(), 0);
    let longest = [&labels(&long)[..250], b"\x03aaa\x00"].concat();
    assert_eq!(longest.len(), 255);
    assert_eq!(rcode(&client.one(&Packet { name: longest, ..Packet::new("", 1) }.bytes()).await), NOERROR);
    school.close().await;
}

/// RFC 6891 section 6.1.2: a thousand options, and the longest packet of records, cost next to nothing.
#[tokio::test(flavor = "multi_thread")]
async fn packets_that_are_dear_to_read() {
    let (school, client) = school_and_client().await;
    let options = option(65_001, &[]).repeat(1000);
    let many_options = Packet::new("localhost", 1).options(&options).bytes();
    let reply = client.one(&many_options).await;
    assert_eq!(rcode(&reply), NOERROR);
    assert!(cost(&school, &many_options) < MILLISECOND);
    // Owners that point at each other's start, as many as 4 KiB hold: reading them must not follow them.
    let mut pointing = Packet::new("localhost", 1);
    for _ in 0..330 {
        pointing = pointing.with(vec![0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    let pointing = pointing.bytes();
    assert_eq!(rcode(&client.one(&pointing).await), NOERROR);
    assert!(cost(&school, &pointing) < MILLISECOND);
    school.close().await;
}
