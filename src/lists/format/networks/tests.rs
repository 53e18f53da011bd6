//! What a line of a list of networks means, and what is none.

use crate::lists::format::{Format, IssueKind, Reading, parse};

fn read(text: &str, format: Option<Format>) -> (Vec<String>, Vec<(IssueKind, u32)>) {
    let reading = Reading { format, ..Reading::default() };
    let parsed = parse(text.as_bytes(), reading, &mut |entry| panic!("{entry:?} is no network")).expect("a list");
    assert_eq!((parsed.format, parsed.entries), (Format::Networks, parsed.networks.len() as u64));
    let networks = parsed.networks.iter().map(|own| format!("{}:{}", own.line, own.network)).collect();
    (networks, parsed.issues.counts().collect())
}

#[test]
fn networks_and_addresses_are_taken_with_their_lines() {
    let text = "# a comment\n; and another\n! more\n// and more\n\n192.0.2.0/24 ; SBL1\n198.51.100.7   # a host\n2001:DB8::/32\n\
                2001:db8::1#short\n::ffff:203.0.113.0/120\n::ffff:203.0.113.9\n";
    let expected =
        ["6:192.0.2.0/24", "7:198.51.100.7/32", "8:2001:db8::/32", "9:2001:db8::1/128", "10:203.0.113.0/24", "11:203.0.113.9/32"];
    for format in [Some(Format::Networks), None] {
        let (networks, issues) = read(text, format);
        assert_eq!((networks.as_slice(), issues.as_slice()), (&expected.map(str::to_owned)[..], &[][..]));
    }
}

#[test]
fn a_bad_line_stops_nothing() {
    let good = "192.0.2.1\n".repeat(9);
    let (networks, issues) = read(
        &format!("{good}10.1.2.3/8\na.example\n192.0.2.1 192.0.2.2\n1.2.3\n1.2.3.4/33\n1.2.3.4-9\n"),
        Some(Format::Networks),
    );
    assert_eq!(networks.len(), 9);
    assert_eq!(issues, [(IssueKind::SecondWord, 1), (IssueKind::NotANetwork, 4), (IssueKind::HostBits, 1)]);
}
