//! Small lists of our own, one a format, and all that comes of them.

use std::fmt::Write as _;

use super::super::Reading;
use super::{read, show};

/// Everything a list gives: its entries with their lines, patterns, issues.
fn all(text: &[u8]) -> String {
    let (kept, parsed) = read(text, Reading::default()).expect("a list");
    let mut page =
        format!("{}, {} lines, {} entries, {} taken back\n", parsed.format, parsed.lines, parsed.entries, parsed.cancelled);
    for entry in &kept {
        writeln!(page, "{:>3} {}", entry.line, show(entry)).expect("memory");
    }
    for pattern in &parsed.patterns {
        writeln!(page, "{:>3} {:?} /{}/", pattern.line, pattern.action, pattern.regex).expect("memory");
    }
    for issue in parsed.issues.kept() {
        writeln!(page, "{:>3} {}: {}", issue.line, issue.what.text(), issue.text).expect("memory");
    }
    page
}

macro_rules! golden {
    ($($test:ident: $file:literal,)+) => {$(
        #[test]
        fn $test() {
            let text = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/lists/", $file));
            insta::with_settings!({ snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/lists"), prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!($file, all(text));
            });
        }
    )+};
}

golden! {
    hosts: "sample.hosts",
    domains: "sample.domains",
    wildcard: "sample.wildcard",
    adblock: "sample.adblock",
    dnsmasq: "sample.dnsmasq",
    rpz: "sample.rpz",
    unbound: "sample.unbound",
}
