//! TCP: many queries on one connection, and connections that are used badly.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{NOERROR, header, rcode, school_and_client};
use crate::kit::packet::Packet;
use crate::kit::tcp::{Stream, framed};
use crate::kit::upstream::{Asked, Step};

/// RFC 7766 sections 6.2.1.1 and 7: 200 queries at once get 200 answers, and a slow one holds no other up.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_queries_at_once() {
    let (school, _) = school_and_client().await;
    school.upstream.script(|asked: &Asked| {
        let wait = if asked.name().starts_with("slow") { Duration::from_millis(1500) } else { Duration::ZERO };
        Some(vec![Step::Wait(wait), Step::Send(asked.answer([192, 0, 2, 7].into()))])
    });
    let mut stream = Stream::to(school.dns()).await;
    let asked = |id: u16| if id == 0 { "slow.example.org".to_owned() } else { format!("quick{id}.example.org") };
    let all: Vec<u8> = (0..200).flat_map(|id| framed(&Packet::new(&asked(id), 1).id(id).bytes())).collect();
    stream.write(&all).await;
    let mut order = Vec::new();
    for _ in 0..200 {
        let reply = stream.next().await.expect("the connection is kept");
        let id = header(&reply)[0];
        let expected = Packet::new(&asked(id), 1).bytes();
        assert_eq!(reply[12..expected.len()], expected[12..], "the answer to another question");
        assert_eq!((rcode(&reply), header(&reply)[3]), (NOERROR, 1));
        order.push(id);
    }
    assert_eq!(order.last(), Some(&0), "the slow one comes last, though it was asked first");
    assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), 200);
    school.close().await;
}

/// RFC 7766 section 8: a length and a message may come octet by octet.
#[tokio::test(flavor = "multi_thread")]
async fn octet_by_octet() {
    let (school, _) = school_and_client().await;
    let mut stream = Stream::to(school.dns()).await;
    for octet in framed(&Packet::new("localhost", 1).bytes()) {
        stream.write(&[octet]).await;
    }
    assert_eq!(rcode(&stream.next().await.expect("a reply")), NOERROR);
    school.close().await;
}

/// RFC 7766 section 6.2.4: half closed, a connection still gets the answers to what was asked on it, and then its end.
#[tokio::test(flavor = "multi_thread")]
async fn half_closed() {
    let (school, _) = school_and_client().await;
    school.upstream.script(|asked: &Asked| {
        Some(vec![Step::Wait(Duration::from_millis(100)), Step::Send(asked.answer([192, 0, 2, 7].into()))])
    });
    let mut stream = Stream::to(school.dns()).await;
    for id in 0..3 {
        stream.send(&Packet::new(&format!("www{id}.example.org"), 1).id(id).bytes()).await;
    }
    stream.finish().await;
    let mut ids = BTreeSet::new();
    while let Some(reply) = stream.next().await {
        ids.insert(header(&reply)[0]);
    }
    assert_eq!(ids, BTreeSet::from([0, 1, 2]));
    school.close().await;
}

/// RFC 1035 section 4.2.2: a length of nothing, one that is never filled, and one that lies cost no one else anything.
#[tokio::test(flavor = "multi_thread")]
async fn lengths_that_lie() {
    let (school, client) = school_and_client().await;
    let query = Packet::new("localhost", 1).bytes();
    // An empty message is none; the connection is good for the next one.
    let mut stream = Stream::to(school.dns()).await;
    stream.write(&[0, 0]).await;
    assert_eq!(rcode(&stream.ask(&query).await), NOERROR);
    // The longest length, a few octets, and the end: closed, and no reply.
    let mut stream = Stream::to(school.dns()).await;
    stream.write(&[&[0xff, 0xff][..], &query].concat()).await;
    stream.finish().await;
    assert_eq!(stream.next().await, None);
    // Too short for a header: no reply to it, one to the next.
    let mut stream = Stream::to(school.dns()).await;
    stream.send(&query[..11]).await;
    assert_eq!(rcode(&stream.ask(&query).await), NOERROR);
    // The longest message there is: a query, and octets that are no part of it.
    let mut stream = Stream::to(school.dns()).await;
    let mut longest = query.clone();
    longest.resize(65_535, 0xff);
    assert_eq!(header(&stream.ask(&longest).await)[0], 0x4b48);
    assert_eq!(rcode(&client.one(&query).await), NOERROR);
    school.close().await;
}
