//! unbound lines: the types of zones, and data that go with them.

use crate::lists::format::Format::Unbound;
use crate::lists::format::tests::{issues, shown};

#[test]
fn zones_block_or_let_pass() {
    let text = "server:\nlocal-zone: \"a.vn.\" always_null\nlocal-zone: \"b.vn\" static # x\n  local-zone: c.vn always_nxdomain\n\
                local-zone: \"d.vn.\" transparent\nlocal-zone: \"e.vn\" refuse";
    assert_eq!(shown(text, Unbound), ["a.vn tree", "b.vn tree", "c.vn tree", "@@d.vn tree", "e.vn tree"]);
    assert_eq!(issues(text, Unbound), [""; 0]);
}

#[test]
fn a_redirect_is_a_block_unless_its_data_lead_elsewhere() {
    let text = "local-zone: \"a.vn\" redirect\nlocal-data: \"a.vn A 0.0.0.0\"\nlocal-zone: \"b.vn\" redirect\nlocal-zone: \"c.vn\" redirect\n\
                local-data: \"c.vn. 3600 IN A 192.0.2.1\"\nlocal-zone: \"d.vn\" redirect";
    assert_eq!(shown(text, Unbound), ["a.vn tree", "b.vn tree", "d.vn tree"]);
    assert_eq!(issues(text, Unbound), ["Rewrite 1"]);
}

#[test]
fn data_by_itself_is_for_the_name_alone() {
    assert_eq!(shown("local-data: \"a.vn A 0.0.0.0\"\nlocal-data: \"b.vn AAAA ::\"", Unbound), ["a.vn only", "b.vn only"]);
}

#[test]
fn junk_is_counted() {
    let text = "!*.cas.ms\nlocal-zone: \"192.0.2.0/24\" static\nlocal-zone: \"vg.no.*\" static\nlocal-zone: \"a.vn\" odd\n\
                include: /etc/passwd\nlocal-zone: \"b.vn\" static\nlocal-zone: \"c.vn\" static\nlocal-zone: \"d.vn\" static";
    assert_eq!(issues(text, Unbound), ["Unreadable 2", "BadCharacter 1", "Network 1", "Directive 1"]);
}
