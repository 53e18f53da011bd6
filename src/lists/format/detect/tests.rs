//! Formats by content, and texts that are no lists.

use super::detect;
use crate::lists::format::Format;

#[test]
fn formats_are_told_by_their_lines() {
    let samples = [
        ("# x\n0.0.0.0 a.vn\n127.0.0.1 b.vn\n", Format::Hosts),
        ("# hosts\na.vn\nb.vn # x\n", Format::Domains),
        ("*.a.vn\n.b.vn\n", Format::Wildcard),
        ("! x\n||a.vn^\n192.0.2.1\n", Format::Adblock),
        ("[Adblock Plus 3.13]\na.vn\n", Format::Adblock),
        ("a.vn##.ad\nb.vn###id\n", Format::Adblock),
        ("address=/a.vn/#\n", Format::Dnsmasq),
        ("server=/a.vn/\nlocal=/b.vn/\n", Format::Dnsmasq),
        ("server:\nlocal-zone: \"a.vn\" static\n", Format::Unbound),
        ("; x\na.vn CNAME .\n", Format::Rpz),
        ("$TTL 60\n@ IN SOA a. b. 1 2 3 4 5\n*.a.vn 60 IN CNAME .\n", Format::Rpz),
        ("\u{feff}# x\r\n0.0.0.0 a.vn\r\n", Format::Hosts),
        ("# only a comment\n", Format::Domains),
    ];
    for (text, format) in samples {
        assert_eq!(detect(text.as_bytes()).expect("a list"), format, "{text:?}");
    }
}

#[test]
fn what_is_no_list_is_refused() {
    let samples: [(&[u8], &str); 9] = [
        (b"", "empty"),
        (b" \r\n\n", "empty"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\n <html>", "web page"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", "not a text file"),
        (b"\x28\xb5\x2f\xfd\x04\x88\xc1\x80\x90\xa0\xff\xfe", "not a text file"),
        (b"# hosts\nALL: a.vn\nALL: b.vn\n", "hosts.deny"),
        (b"include:youtube\nfull:a.vn\nb.vn\nc.vn @ads\n", "v2fly"),
        (b"*://*.a.vn/*\n*://*.b.vn/*\n", "uBlacklist"),
    ];
    for (text, words) in samples {
        let fault = detect(text).expect_err("no list").to_string();
        assert!(fault.contains(words), "{fault}: {words}");
    }
}
