//! What a list's server sends: packed in any way it is unpacked within its bound or refused, and no redirect leads inside.

#![no_main]

use std::fs::File;

use khien::fetch::address::{Reach, reach};
use khien::fetch::{Accept, Encoding, Page, unpack};
use libfuzzer_sys::fuzz_target;
use url::Host;

/// The most octets of a list.
const LARGEST: u64 = 64 * 1024;

fuzz_target!(|bytes: &[u8]| {
    let directory = tempfile::tempdir().expect("a directory");
    for encoding in [Encoding::Identity, Encoding::Gzip, Encoding::Zstandard] {
        let to = directory.path().join("candidate");
        if let Ok(head) = unpack(bytes, encoding, LARGEST, &to) {
            let text = zstd::decode_all(File::open(&to).expect("it was written")).expect("one whole frame");
            assert!(text.len() as u64 <= LARGEST && text.starts_with(&head), "more came out than may");
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let from = Page::parse("https://lists.example/a/b", Accept::default()).expect("a page");
    for page in [Page::parse(text, Accept::default()), from.redirected(text)].into_iter().flatten() {
        let is_inside = match page.host() {
            Host::Ipv4(address) => reach(address.into()) != Reach::Public,
            Host::Ipv6(address) => reach(address.into()) != Reach::Public,
            Host::Domain(_) => false,
        };
        assert!(!is_inside && page.is_secure() && page.port() == 443, "{page}");
    }
});
