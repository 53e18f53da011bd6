//! What is an upstream's address, what is not, and what is said of it.

use super::*;

fn at(text: &str) -> (Transport, String) {
    match Server::parse(text).expect(text) {
        Server::At(found) => {
            assert_eq!(found.text, text.trim());
            (found.transport, found.address.to_string())
        }
        Server::System => panic!("{text} is read as `system`"),
    }
}

fn fault(text: &str) -> AddressError {
    Server::parse(text).expect_err(text)
}

#[test]
fn addresses_with_and_without_transport_and_port() {
    for (text, transport, address) in [
        ("udp://192.0.2.53", Transport::Udp, "192.0.2.53:53"),
        ("192.0.2.53", Transport::Udp, "192.0.2.53:53"),
        ("UDP://192.0.2.53:5353", Transport::Udp, "192.0.2.53:5353"),
        ("tcp://192.0.2.53", Transport::Tcp, "192.0.2.53:53"),
        ("tcp://192.0.2.53/", Transport::Tcp, "192.0.2.53:53"),
        ("tcp://[2001:db8::53]:5353", Transport::Tcp, "[2001:db8::53]:5353"),
        ("udp://[2001:db8::53]", Transport::Udp, "[2001:db8::53]:53"),
        ("udp://2001:db8::53", Transport::Udp, "[2001:db8::53]:53"),
        ("::1", Transport::Udp, "[::1]:53"),
        ("udp://[::ffff:192.0.2.1]", Transport::Udp, "192.0.2.1:53"),
        (" udp://127.0.0.1:65535 ", Transport::Udp, "127.0.0.1:65535"),
    ] {
        assert_eq!(at(text), (transport, address.to_owned()), "{text}");
    }
}

#[test]
fn system_is_a_word_of_its_own() {
    assert_eq!(Server::parse("system"), Ok(Server::System));
    assert_eq!(Server::parse("System"), Ok(Server::System));
}

#[test]
fn transports_of_later_versions_are_named_as_such() {
    for (text, scheme) in [
        ("tls://1.1.1.1#cloudflare-dns.com", "tls"),
        ("https://dns.google/dns-query", "https"),
        ("quic://dns.adguard.com", "quic"),
        ("h3://dns.google/dns-query", "h3"),
    ] {
        assert_eq!(fault(text), AddressError::NotBuiltIn { scheme });
        assert!(fault(text).to_string().contains("not built into this version"));
    }
    assert_eq!(fault("ftp://1.1.1.1"), AddressError::UnknownScheme { scheme: "ftp".into() });
}

#[test]
fn what_is_no_address_says_why() {
    let host = |host: &str| AddressError::HostName { host: host.into() };
    let bad = |text: &str| AddressError::BadAddress { text: text.into() };
    let port = |text: &str| AddressError::BadPort { text: text.into() };
    let many = |text: &str| AddressError::NotOneServer { address: text.parse().expect("an address") };
    for (text, expected) in [
        ("", AddressError::Empty),
        ("udp://", AddressError::Empty),
        ("udp://dns.google", host("dns.google")),
        ("dns.google:53", host("dns.google")),
        ("tcp://máy-chủ.vn", host("máy-chủ.vn")),
        ("udp://192.0.2.256", bad("192.0.2.256")),
        ("udp://192.0.2", bad("192.0.2")),
        ("udp://[192.0.2.1]", bad("[192.0.2.1]")),
        ("udp://[::1", bad("[::1")),
        ("udp://[::1]53", bad("[::1]53")),
        ("udp://::1:zz", bad("::1:zz")),
        ("udp://192.0.2.1:0", port("0")),
        ("udp://192.0.2.1:65536", port("65536")),
        ("udp://192.0.2.1:+5", port("+5")),
        ("udp://192.0.2.1:", port("")),
        ("udp://[::1]:x", port("x")),
        ("udp://192.0.2.1/dns-query", AddressError::Trailing),
        ("udp://1.1.1.1#cloudflare-dns.com", AddressError::Trailing),
        ("udp://0.0.0.0", many("0.0.0.0")),
        ("udp://[::]:53", many("::")),
        ("udp://224.0.0.251:5353", many("224.0.0.251")),
        ("udp://255.255.255.255", many("255.255.255.255")),
    ] {
        assert_eq!(fault(text), expected, "{text}");
        assert!(!fault(text).hint().is_empty());
    }
}

#[test]
fn an_address_of_our_own_making_reads_back() {
    for (address, text) in [("192.0.2.1:53", "udp://192.0.2.1"), ("[::1]:5353", "udp://[::1]:5353")] {
        let made = UpstreamAddress::new(Transport::Udp, address.parse().expect("an address"));
        assert_eq!(made.text, text);
        assert_eq!(Server::parse(text), Ok(Server::At(made)));
    }
}
