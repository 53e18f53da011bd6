//! Which addresses are private, at the edges of each range; which names may have them.

use super::{Rebinding, RebindingMode, is_private};
use crate::dns::Name;

#[test]
fn private_addresses_are_told_at_the_edges_of_their_ranges() {
    let private = "0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255 \
                   169.254.0.0 169.254.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255 :: ::1 fc00:: \
                   fdff:ffff::1 fe80::1 febf::1 fec0::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::192.168.1.1 64:ff9b::10.1.2.3 \
                   64:ff9b:1::10.1.2.3 64:ff9b:1:2:3:4:192.168.1.1 2002:c0a8:101::1 2002:7f00:1::";
    let public = "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 \
                  169.255.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 2001:db8::1 fbff::1 fe00::1 ff02::1 \
                  ::ffff:192.0.2.7 64:ff9b::192.0.2.7 64:ff9b:1::192.0.2.7 64:ff9b:2::10.1.2.3 2002:c000:207::1 \
                  2001:a00:1::1";
    for (addresses, expected) in [(private, true), (public, false)] {
        for text in addresses.split_ascii_whitespace() {
            assert_eq!(is_private(text.parse().expect("an address")), expected, "{text}");
        }
    }
}

#[test]
fn names_of_private_zones_may_have_them() {
    let name = |text: &str| Name::parse(text).expect("a name");
    let private_zones = [(name("truong.vn"), ())].into_iter().collect();
    let rebinding = Rebinding { mode: RebindingMode::Block, private_zones };
    assert_eq!(rebinding.mode_for(&name("may-in.truong.vn")), RebindingMode::Off);
    assert_eq!(rebinding.mode_for(&name("truong.vn")), RebindingMode::Off);
    assert_eq!(rebinding.mode_for(&name("notruong.vn")), RebindingMode::Block);
    assert_eq!(Rebinding::default().mode_for(&name("notruong.vn")), RebindingMode::Log);
}
