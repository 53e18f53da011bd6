//! Hosts lines: sinks, rewrites, own names, several names, none.

use crate::lists::format::Format::Hosts;
use crate::lists::format::tests::{issues, shown};

#[test]
fn each_name_stands_for_itself_alone() {
    assert_eq!(shown("0.0.0.0 a.vn b.vn\tc.vn", Hosts), ["a.vn only", "b.vn only", "c.vn only"]);
}

#[test]
fn all_sinks_are_sinks() {
    let text = "0.0.0.0 a.vn\n127.0.0.1\tb.vn\n:: c.vn\n127.0.0.7 d.vn\n::1 e.vn";
    assert_eq!(shown(text, Hosts), ["a.vn only", "b.vn only", "c.vn only", "d.vn only", "e.vn only"]);
}

#[test]
fn an_address_elsewhere_is_a_rewrite() {
    let text = "192.0.2.1 a.vn\n0.0.0.0 b.vn";
    assert_eq!(shown(text, Hosts), ["b.vn only"]);
    assert_eq!(issues(text, Hosts), ["Rewrite 1"]);
}

#[test]
fn own_names_are_no_entries_and_no_issues() {
    let text = "127.0.0.1 localhost localhost.localdomain local\n255.255.255.255 broadcasthost\n::1 localhost ip6-localhost ip6-loopback\n\
                fe80::1%lo0 localhost\nff00::0 ip6-localnet\nff00::0 ip6-mcastprefix\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n\
                ff02::3 ip6-allhosts\n0.0.0.0 0.0.0.0\n0.0.0.0 a.vn";
    assert_eq!(shown(text, Hosts), ["a.vn only"]);
    assert_eq!(issues(text, Hosts), [""; 0]);
}

#[test]
fn a_slip_beside_a_name_is_not_loaded() {
    // A real line: the second name would be a whole label `en`.
    let text = "0.0.0.0 xxxhindi.to en";
    assert_eq!(shown(text, Hosts), ["xxxhindi.to only"]);
    assert_eq!(issues(text, Hosts), ["SingleLabel 1"]);
}

#[test]
fn comments_end_a_line_anywhere() {
    assert_eq!(shown("0.0.0.0 a.vn#x\n0.0.0.0 b.vn # c.vn\n# 0.0.0.0 d.vn", Hosts), ["a.vn only", "b.vn only"]);
}

#[test]
fn a_file_without_addresses_is_a_list_of_names() {
    assert_eq!(shown("a.vn\nb.vn", Hosts), ["a.vn only", "b.vn only"]);
}

#[test]
fn what_is_no_name_is_counted() {
    let text = "0.0.0.0 192.0.2.7\n0.0.0.0 ://[2001:db8::1]\n0.0.0.0\na.vn b.vn\n0.0.0.0 c.vn\n0.0.0.0 d.vn\n0.0.0.0 e.vn";
    assert_eq!(issues(text, Hosts), ["Unreadable 1", "EmptyLabel 1", "Address 1", "Url 1"]);
}
