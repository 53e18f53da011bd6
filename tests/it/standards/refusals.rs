//! What is refused: who is not served, and what is blocked, and how a client is told.

use super::{LOCKED, NOERROR, NXDOMAIN, OTHER, PUPIL, REFUSED, TOYS, header, rcode, school, school_and_client};
use crate::kit::School;
use crate::kit::packet::{Packet, answer, name};
use crate::kit::reply::Reply;
use crate::kit::tcp::Stream;
use crate::kit::udp::Client;
use crate::kit::upstream::{ScriptedUpstream, Step};

/// RFC 5358 section 4: who is not served is refused by UDP and by TCP, whatever is asked, and no upstream hears of it.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_served() {
    let school = School::start("[clients]\nallowed = [\"192.0.2.0/24\"]\n").await;
    let client = Client::new(OTHER, school.dns()).await;
    for asked in ["www.example.org", "localhost", LOCKED, "use-application-dns.net", "1.0.0.10.in-addr.arpa"] {
        for record_type in [1, 12, 65, 255] {
            let packet = Packet::new(asked, record_type).edns(0).bytes();
            for reply in [client.one(&packet).await, Stream::to(school.dns()).await.ask(&packet).await] {
                assert_eq!((rcode(&reply), header(&reply)[3]), (REFUSED, 0), "{asked}");
                // To ANY no reply by UDP is longer than two queries, so the reason may find no room.
                assert!(record_type == 255 || Reply::read(&reply).ede().is_some_and(|(code, _)| code == 18), "{asked}");
            }
        }
    }
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}

/// RFC 8914 sections 4.16 and 4.17: blocked says 15, locked by law 16 and a short text; without EDNS nothing is said.
#[tokio::test(flavor = "multi_thread")]
async fn blocked_says_so() {
    let school = school("").await;
    let pupil = Client::new(PUPIL, school.dns()).await;
    for (asked, code) in [(TOYS, 15), (LOCKED, 16)] {
        let reply = Reply::read(&pupil.one(&Packet::new(asked, 1).edns(0).bytes()).await);
        let (said, text) = reply.ede().expect("an extended error");
        assert_eq!(said, code);
        assert!(!text.is_empty() && text.len() <= 120, "{text}");
        let plain = Reply::read(&pupil.one(&Packet::new(asked, 1).bytes()).await);
        assert_eq!((plain.message.edns.is_none(), plain.addresses()), (true, reply.addresses()));
    }
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}

/// RFC 8914 sections 4.23 and 4.24: where no upstream answers, SERVFAIL says 22, or 23 where the network stands in the way.
#[tokio::test(flavor = "multi_thread")]
async fn no_upstream_says_so() {
    let school = school("timeout = \"100ms\"").await;
    school.upstream.fall_silent();
    let client = Client::new(OTHER, school.dns()).await;
    let reply = Reply::read(&client.one(&Packet::new("www.example.org", 1).edns(0).bytes()).await);
    assert_eq!((reply.rcode().as_str(), reply.ede().expect("a reason").0), ("SERVFAIL", 22));
    school.rewrite_asking(ScriptedUpstream::nobody().await, super::CONFIG);
    school.reload().await.expect("reloaded");
    let reply = Reply::read(&client.one(&Packet::new("other.example.org", 1).edns(0).bytes()).await);
    let (code, _) = reply.ede().expect("a reason");
    assert!(reply.rcode() == "SERVFAIL" && (code == 22 || code == 23), "{code}");
    school.close().await;
}

/// RFC 9460 section 2.1, RFC 8914: what is blocked is blocked for every type alike, so that no address or key leaks by another.
#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_a_blocked_name() {
    let school = school("").await;
    let pupil = Client::new(PUPIL, school.dns()).await;
    for asked in [TOYS.to_owned(), format!("www.{TOYS}"), LOCKED.to_owned()] {
        for record_type in [1, 28, 64, 65, 15, 16, 2, 6, 5, 33, 257, 65_280] {
            let packet = Packet::new(&asked, record_type).edns(0).bytes();
            let reply = Reply::read(&pupil.one(&packet).await);
            assert!(reply.is_blocked(), "{asked} {record_type}");
            let expected: &[&str] = match record_type {
                1 => &["0.0.0.0"],
                28 => &["::"],
                _ => &[],
            };
            assert_eq!(
                (reply.addresses(), reply.message.answers.len()),
                (expected.iter().map(|address| (*address).to_owned()).collect::<Vec<_>>(), expected.len()),
                "{asked} {record_type}"
            );
        }
    }
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}

/// RFC 9460 section 2.2: what is open keeps its HTTPS record to the octet: hints, keys and parameters that nobody knows.
#[tokio::test(flavor = "multi_thread")]
async fn an_https_record_of_an_open_name() {
    let (school, client) = school_and_client().await;
    // Priority 1, the name itself; alpn h2, ipv4hint, ech, ipv6hint, and a private key.
    let parameters = [
        &[0, 1, 0][..],
        &[0, 1, 0, 3, 2, b'h', b'2'],
        &[0, 4, 0, 4, 192, 0, 2, 7],
        &[0, 5, 0, 4, 0xfe, 0x0d, 0, 0],
        &[0, 6, 0, 16, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
        &[0xff, 0, 0, 2, 1, 2],
    ]
    .concat();
    let sent = parameters.clone();
    school.upstream.script(move |asked| Some(vec![Step::Send(asked.respond(0, &[answer(65, 3600, &sent)], &[]))]));
    for _ in 0..2 {
        let reply = client.one(&Packet::new("www.example.org", 65).bytes()).await;
        assert_eq!((rcode(&reply), header(&reply)[3]), (NOERROR, 1));
        assert_eq!(reply[reply.len() - parameters.len()..], parameters);
    }
    assert_eq!(school.upstream.asked(), 1);
    school.close().await;
}

/// The canaries of browsers and phones (Mozilla, Apple): a name that is absent tells them to keep to the school's resolver.
#[tokio::test(flavor = "multi_thread")]
async fn canaries() {
    let school = school("").await;
    let pupil = Client::new(PUPIL, school.dns()).await;
    for asked in ["use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com", "MASK.icloud.COM", "x.mask.icloud.com"] {
        for record_type in [1, 28, 65] {
            let reply = pupil.one(&Packet::new(asked, record_type).bytes()).await;
            assert_eq!((rcode(&reply), header(&reply)[3]), (NXDOMAIN, 0), "{asked}");
        }
    }
    assert_eq!(school.upstream.asked(), 0);
    // A school that lets its teachers go round the filter does not tell their browsers otherwise.
    let open = "[[tier]]\nid = \"staff\"\nblocks = []\nbypass = \"allow\"\n[[group]]\nid = \"all\"\ntier = \"staff\"\nsubnets = [\"127.0.0.0/8\"]\n";
    school.rewrite(open);
    school.reload().await.expect("reloaded");
    let reply = pupil.one(&Packet::new("use-application-dns.net", 1).bytes()).await;
    assert_eq!((rcode(&reply), header(&reply)[3], school.upstream.asked()), (NOERROR, 1, 1));
    assert_eq!(reply[12..12 + 25], name("use-application-dns.net"));
    school.close().await;
}
