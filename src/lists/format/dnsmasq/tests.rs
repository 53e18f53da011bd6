//! dnsmasq lines: blocks, exceptions, rewrites.

use crate::lists::format::Format::Dnsmasq;
use crate::lists::format::tests::{issues, shown};

#[test]
fn all_ways_to_block() {
    let text = "address=/a.vn/#\naddress=/b.vn/0.0.0.0\naddress=/c.vn/\nserver=/d.vn/\nlocal=/e.vn/\nserver=/f.vn/127.0.0.1\naddress=/g.vn/::";
    let names = ["a.vn tree", "b.vn tree", "c.vn tree", "d.vn tree", "e.vn tree", "f.vn tree", "g.vn tree"];
    assert_eq!(shown(text, Dnsmasq), names);
}

#[test]
fn a_server_to_ask_is_an_exception() {
    assert_eq!(
        shown("server=/a.vn/192.0.2.1\nserver=/b.vn/192.0.2.1#5353\nserver=/c.vn/#", Dnsmasq),
        ["@@a.vn tree", "@@b.vn tree", "@@c.vn tree"]
    );
}

#[test]
fn an_address_to_answer_is_a_rewrite() {
    assert_eq!(issues("address=/a.vn/192.0.2.1\naddress=/b.vn/#", Dnsmasq), ["Rewrite 1"]);
}

#[test]
fn several_names_and_dots() {
    assert_eq!(shown("address=/a.vn/.b.vn/c.vn./# # x", Dnsmasq), ["a.vn tree", "b.vn tree", "c.vn tree"]);
}

#[test]
fn a_network_is_no_name() {
    assert_eq!(issues("server=/104.160.10.0/24\nserver=/a.vn/", Dnsmasq), ["Network 1"]);
}

#[test]
fn other_directives_are_never_taken() {
    let text = "conf-file=/etc/passwd\nserver=192.0.2.1\nno-resolv\ndhcp-script=/bin/sh\nserver=/a.vn/";
    assert_eq!(shown(text, Dnsmasq), ["a.vn tree"]);
    assert_eq!(issues(text, Dnsmasq), ["Directive 4"]);
}
