//! What holds for every list that is read, whatever its bytes; shared by the targets of the formats.

use khien::dns::Name;
use khien::lists::format::{EXCERPT, Format, Match, Reading, SingleLabels, parse};

/// Reads a list each way an operator may ask for.
pub fn read(text: &[u8], format: Option<Format>) {
    for (matching, single_labels) in
        [(Match::AsFormat, SingleLabels::Refuse), (Match::Exact, SingleLabels::HandOn), (Match::Subtree, SingleLabels::Refuse)]
    {
        let mut entries = 0;
        let parsed = parse(text, Reading { format, matching, single_labels }, &mut |entry| {
            entries += 1;
            assert!(single_labels == SingleLabels::HandOn || entry.name.label_count() > 1, "{} is one label", entry.name);
            assert_eq!(Name::parse(&entry.name.to_string()).as_ref(), Ok(entry.name));
        });
        let Ok(parsed) = parsed else { continue };
        assert_eq!(parsed.entries, entries + parsed.networks.len() as u64);
        for network in &parsed.networks {
            assert!(network.line <= parsed.lines && network.network.addr() == network.network.network(), "{}", network.network);
        }
        for issue in parsed.issues.kept() {
            assert!(issue.line <= parsed.lines && issue.text.chars().count() <= EXCERPT);
            assert!(!issue.text.chars().any(char::is_control));
        }
    }
}
