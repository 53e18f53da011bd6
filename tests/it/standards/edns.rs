//! EDNS: versions, where the OPT record stands, and that options end here.

use super::{FORMERR, NOERROR, header, rcode, school_and_client};
use crate::kit::packet::{Packet, name, opt, option};
use crate::kit::reply::Reply;
use crate::kit::tcp::Stream;

/// An rcode whose upper bits stand in the OPT record.
const BADVERS: u16 = 16;

/// The flags of a reply's OPT record; none where it has no such record, and a panic where it has two.
fn opt_flags(reply: &[u8]) -> Option<u16> {
    let read = Reply::read(reply);
    let additional = header(reply)[5];
    assert_eq!(usize::from(additional), read.message.additionals.len() + usize::from(read.message.edns.is_some()));
    let flags = *read.message.edns.as_ref()?.flags();
    Some(u16::from(flags))
}

/// RFC 6891 section 6.1.3: a version above 0 is answered BADVERS with version 0, and no upstream is asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_version() {
    let (school, client) = school_and_client().await;
    for version in [1, 2, 255] {
        let packet = Packet::new("www.example.org", 1).with(opt(1232, version, 0, &[])).bytes();
        let reply = Reply::read(&client.one(&packet).await).message;
        assert_eq!(u16::from(reply.metadata.response_code), BADVERS);
        assert_eq!(reply.edns.expect("an OPT record").version(), 0);
    }
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}

/// RFC 6891 section 6.1.1: two OPT records, one below a name, and one that is cut off, are format errors.
#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_opt_record() {
    let (school, client) = school_and_client().await;
    let plain = opt(1232, 0, 0, &[]);
    let below_a_name = [&name("example.org")[..], &plain[1..]].concat();
    let below_a_pointer = [&[0xc0, 12][..], &plain[1..]].concat();
    let mut past_the_end = plain.clone();
    past_the_end[10] = 1;
    let mut option_past_the_end = opt(1232, 0, 0, &option(10, b"8 octets"));
    option_past_the_end[14] = 9;
    let query = Packet::new("www.example.org", 1);
    for (what, packet) in [
        ("two", query.clone().with(plain.clone()).with(plain)),
        ("below a name", query.clone().with(below_a_name)),
        ("below a pointer", query.clone().with(below_a_pointer)),
        ("past the end", query.clone().with(past_the_end)),
        ("an option past the end", query.with(option_past_the_end)),
    ] {
        assert_eq!(rcode(&client.one(&packet.bytes()).await), FORMERR, "{what}");
    }
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}

/// RFC 6891 sections 6.1.4 and 7, RFC 3225 section 3: an OPT record where the query has one, DO as sent, unknown flags cleared.
#[tokio::test(flavor = "multi_thread")]
async fn opt_only_to_who_sent_one() {
    let (school, client) = school_and_client().await;
    // Looked up, from the cache, local, and blocked.
    for asked in ["www.example.org", "www.example.org", "localhost", super::LOCKED] {
        assert_eq!(opt_flags(&client.one(&Packet::new(asked, 1).bytes()).await), None, "{asked}");
        for (sent, replied) in [(0, 0), (0x8000, 0x8000), (0x7fff, 0), (0xffff, 0x8000)] {
            let reply = client.one(&Packet::new(asked, 1).edns(sent).bytes()).await;
            assert_eq!(opt_flags(&reply), Some(replied), "{asked} {sent:04x}");
        }
    }
    school.close().await;
}

/// RFC 6891 section 6.1.2: unknown options are ignored and never passed on.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_options() {
    let (school, client) = school_and_client().await;
    let many = option(65_001, &[]).repeat(200);
    for (number, options) in [option(65_001, b"who am I"), many, option(5, &[8, 13]), option(0, &[])].into_iter().enumerate() {
        let packet = Packet::new(&format!("www{number}.example.org"), 1).options(&options).bytes();
        let reply = client.one(&packet).await;
        assert_eq!(rcode(&reply), NOERROR);
        assert!(Reply::read(&reply).options().is_some_and(|options| options.is_empty()));
    }
    let seen = school.upstream.seen();
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|asked| asked.payload().is_some() && asked.options().is_empty()));
    school.close().await;
}

/// RFC 7828 sections 3.2.1 and 3.3.2: who asks by TCP how long a connection is kept is told so, who asks by UDP is not.
#[tokio::test(flavor = "multi_thread")]
async fn keepalive() {
    let (school, client) = school_and_client().await;
    let timeout = |reply: &[u8]| {
        let options = Reply::read(reply).options().expect("an OPT record");
        options.into_iter().find(|(code, _)| *code == 11).map(|(_, data)| data)
    };
    for asked in ["localhost", "www.example.org"] {
        let with = Packet::new(asked, 1).options(&option(11, &[])).bytes();
        let without = Packet::new(asked, 1).edns(0).bytes();
        let mut stream = Stream::to(school.dns()).await;
        // Units of 100 milliseconds: ten seconds, as the listener's own bound says.
        assert_eq!(timeout(&stream.ask(&with).await), Some(vec![0, 100]));
        assert_eq!(timeout(&stream.ask(&without).await), None);
        assert_eq!(timeout(&client.one(&with).await), None);
    }
    assert!(school.upstream.seen().iter().all(|asked| asked.options().is_empty()));
    school.close().await;
}

/// RFC 7830 section 6 and RFC 8467 section 4: nothing is padded that anyone on the way can read.
#[tokio::test(flavor = "multi_thread")]
async fn no_padding_in_the_clear() {
    let (school, client) = school_and_client().await;
    for asked in ["localhost", "www.example.org"] {
        let packet = Packet::new(asked, 1).options(&option(12, &[0; 40])).bytes();
        for reply in [client.one(&packet).await, Stream::to(school.dns()).await.ask(&packet).await] {
            assert!(Reply::read(&reply).options().is_some_and(|options| options.is_empty()));
        }
    }
    assert!(school.upstream.seen().iter().all(|asked| asked.options().is_empty()));
    school.close().await;
}

/// RFC 7871 sections 7.1.2 and 11.1, RFC 8932 section 5.1.3.1: a client's subnet is not passed on, and no reply depends on it.
#[tokio::test(flavor = "multi_thread")]
async fn a_subnet_that_a_client_sends() {
    let (school, client) = school_and_client().await;
    // Family IPv4, source 24, scope 0: the subnet 10.20.9.0/24; of IPv6; and none at all.
    let subnets = [vec![0, 1, 24, 0, 10, 20, 9], vec![0, 2, 48, 0, 0xfd, 0x20, 0, 0, 0, 1], vec![0, 1, 0, 0]];
    for asked in ["www.example.org", "localhost", super::LOCKED] {
        let plain = client.one(&Packet::new(asked, 1).edns(0).bytes()).await;
        for subnet in &subnets {
            let reply = client.one(&Packet::new(asked, 1).options(&option(8, subnet)).bytes()).await;
            assert_eq!(Reply::read(&reply).addresses(), Reply::read(&plain).addresses());
            for (code, said) in Reply::read(&reply).options().expect("an OPT record") {
                assert!(code != 8 || said[3] == 0, "a scope other than 0: {said:?}");
            }
        }
    }
    assert_eq!(school.upstream.asked(), 1, "one answer serves every subnet");
    assert!(school.upstream.seen().iter().all(|asked| asked.options().is_empty()));
    school.close().await;
}
