//! Names that mean something here only, and are never forwarded.

use super::{NOERROR, NXDOMAIN, header, rcode, school_and_client};
use crate::kit::packet::Packet;
use crate::kit::reply::Reply;

/// RFC 6303 section 4 and RFC 7793: reverse names of private addresses are answered here, with the SOA record of their zone.
#[tokio::test(flavor = "multi_thread")]
async fn private_reverse_zones() {
    let (school, client) = school_and_client().await;
    let zero_but_last = |last: &str, rest: &str| format!("{last}.{}{rest}", "0.".repeat(31 - rest.matches('.').count()));
    let below = [
        "1.2.3.10.in-addr.arpa".to_owned(),
        "1.0.16.172.in-addr.arpa".to_owned(),
        "1.0.31.172.in-addr.arpa".to_owned(),
        "1.0.168.192.in-addr.arpa".to_owned(),
        "1.0.0.127.in-addr.arpa".to_owned(),
        "1.0.254.169.in-addr.arpa".to_owned(),
        "1.0.64.100.in-addr.arpa".to_owned(),
        "1.0.127.100.in-addr.arpa".to_owned(),
        "7.2.0.192.in-addr.arpa".to_owned(),
        "1.0.0.0.in-addr.arpa".to_owned(),
        zero_but_last("1", "0.0.d.f.ip6.arpa"),
        zero_but_last("1", "0.8.e.f.ip6.arpa"),
        zero_but_last("1", "0.b.e.f.ip6.arpa"),
        zero_but_last("1", "8.b.d.0.1.0.0.2.ip6.arpa"),
    ];
    for asked in &below {
        let reply = client.one(&Packet::new(asked, 12).bytes()).await;
        assert_eq!((rcode(&reply), header(&reply)[3], header(&reply)[4]), (NXDOMAIN, 0, 1), "{asked}");
    }
    for (asked, record_type) in [
        ("10.in-addr.arpa", 12),
        ("168.192.in-addr.arpa", 12),
        ("20.172.in-addr.arpa", 12),
        ("127.in-addr.arpa", 6),
        ("d.f.ip6.arpa", 2),
        ("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa", 12),
    ] {
        let reply = client.one(&Packet::new(asked, record_type).bytes()).await;
        assert_eq!((rcode(&reply), header(&reply)[3] <= 1), (NOERROR, true), "{asked}");
    }
    assert_eq!(school.upstream.asked(), 0);
    // The neighbours of these ranges are somebody's.
    for asked in ["1.0.0.11.in-addr.arpa", "1.0.15.172.in-addr.arpa", "1.0.32.172.in-addr.arpa", "1.0.128.100.in-addr.arpa"] {
        client.one(&Packet::new(asked, 12).bytes()).await;
    }
    assert_eq!(school.upstream.asked(), 4);
    school.close().await;
}

/// RFC 6761 section 6.3: localhost has the loopback addresses, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn localhost() {
    let (school, client) = school_and_client().await;
    for asked in ["localhost", "LocalHost", "www.localhost"] {
        for (record_type, addresses) in [(1, &["127.0.0.1"][..]), (28, &["::1"]), (15, &[]), (16, &[]), (65, &[])] {
            let reply = Reply::read(&client.one(&Packet::new(asked, record_type).bytes()).await);
            assert_eq!((reply.rcode().as_str(), reply.addresses()), ("NOERROR", texts(addresses)), "{asked} {record_type}");
            assert_eq!(reply.message.answers.len(), addresses.len());
        }
    }
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}

fn texts(addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(|address| (*address).to_owned()).collect()
}

/// RFC 6761 sections 6.2 and 6.4, RFC 6762 section 22.1, RFC 7686 section 2, RFC 8375 section 4, RFC 9476 section 2: these do not leave.
#[tokio::test(flavor = "multi_thread")]
async fn special_use_names() {
    let (school, client) = school_and_client().await;
    for asked in ["x.invalid", "x.test", "foo.local", "_ipp._tcp.foo.local", "x.onion", "X.OnIoN", "x.home.arpa", "x.alt"] {
        for record_type in [1, 28, 15, 33, 65] {
            let reply = client.one(&Packet::new(asked, record_type).bytes()).await;
            assert_eq!((rcode(&reply), header(&reply)[3], header(&reply)[4]), (NXDOMAIN, 0, 1), "{asked} {record_type}");
        }
    }
    assert_eq!(school.upstream.asked(), 0);
    // Names that only look alike.
    for asked in ["local.example.org", "onion.example.org", "xlocal", "arpa.example.org", "test.example.org"] {
        client.one(&Packet::new(asked, 1).bytes()).await;
    }
    assert_eq!(school.upstream.asked(), 5);
    school.close().await;
}

/// RFC 8880 section 7.1: the names that reveal a NAT64 have their well-known addresses here, and no AAAA without one.
#[tokio::test(flavor = "multi_thread")]
async fn ipv4only() {
    let (school, client) = school_and_client().await;
    let reply = Reply::read(&client.one(&Packet::new("ipv4only.arpa", 1).bytes()).await);
    assert_eq!(reply.addresses(), ["192.0.0.170", "192.0.0.171"]);
    let reply = client.one(&Packet::new("ipv4only.arpa", 28).bytes()).await;
    assert_eq!((rcode(&reply), header(&reply)[3]), (NOERROR, 0));
    let reply = Reply::read(&client.one(&Packet::new("170.0.0.192.in-addr.arpa", 12).bytes()).await);
    assert_eq!(reply.message.answers[0].data.to_string(), "ipv4only.arpa.");
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}

/// RFC 9462 section 4 and RFC 9606 section 4: who asks what encrypted endpoints and properties we have is answered here.
#[tokio::test(flavor = "multi_thread")]
async fn discovery() {
    let (school, client) = school_and_client().await;
    for (asked, record_type) in [("_dns.resolver.arpa", 64), ("_dns.resolver.arpa", 1), ("resolver.arpa", 261)] {
        let reply = client.one(&Packet::new(asked, record_type).bytes()).await;
        assert_eq!((rcode(&reply), header(&reply)[3]), (NOERROR, 0), "{asked}");
    }
    assert_eq!(rcode(&client.one(&Packet::new("x.resolver.arpa", 64).bytes()).await), NXDOMAIN);
    // Of a resolver that a client knows by another name we announce nothing either.
    let reply = client.one(&Packet::new("_dns.x.resolver.arpa", 64).bytes()).await;
    assert!([NOERROR, NXDOMAIN].contains(&rcode(&reply)) && header(&reply)[3] == 0);
    assert_eq!(school.upstream.asked(), 0);
    school.close().await;
}
