//! Addresses of every registry, at the edges of their blocks.

use super::*;

#[track_caller]
fn each(addresses: &[&str], expected: Reach) {
    for address in addresses {
        assert_eq!(reach(address.parse().expect("an address")), expected, "{address}");
    }
}

#[test]
fn the_internet_is_public() {
    each(&["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"], Reach::Public);
    each(&["128.0.0.0", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "223.255.255.255"], Reach::Public);
    each(&["2001:200::1", "2400:cb00::1", "2606:4700::1111", "3ffe::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"], Reach::Public);
}

#[test]
fn the_school_s_own_networks_are_private() {
    each(
        &["10.0.0.0", "10.255.255.255", "127.0.0.1", "127.255.255.254", "192.168.0.1", "172.16.0.1", "172.31.255.255"],
        Reach::Private,
    );
    each(&["100.64.0.0", "100.127.255.255", "::1", "fc00::1", "fdff::1"], Reach::Private);
    each(
        &["::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::192.168.0.1", "64:ff9b:1::10.0.0.1", "2002:7f00:1::"],
        Reach::Private,
    );
}

#[test]
fn what_nobody_serves_lists_from_is_never_reached() {
    each(&["0.0.0.0", "0.1.2.3", "169.254.169.254", "192.0.0.1", "192.88.99.1", "198.18.0.1", "198.19.255.255"], Reach::Never);
    each(&["192.0.2.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"], Reach::Never);
    each(
        &["::", "::2", "::127.0.0.1", "fe80::1", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "3fff::1", "100::1"],
        Reach::Never,
    );
    each(&["::ffff:0.0.0.0", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::", "4000::1"], Reach::Never);
}
