//! Which words belong together, and on which line they begin.

use super::{Entry, Slip, Word, entries};

fn read(text: &str) -> Vec<Entry> {
    let (found, slips) = entries(text);
    assert_eq!(slips, []);
    found
}

#[test]
fn comments_blank_lines_and_parentheses_are_gone() {
    let found = read("\u{feff}; a zone\r\n\r\n@ SOA ns root ( 1 ; serial\r\n  2\r\n  ) ; done\r\n\tNS ns\r\nlast A 10.0.0.1");
    let words: Vec<Vec<&str>> = found.iter().map(|entry| entry.words.iter().map(|word| word.text.as_str()).collect()).collect();
    assert_eq!(words, [vec!["@", "SOA", "ns", "root", "1", "2"], vec!["NS", "ns"], vec!["last", "A", "10.0.0.1"]]);
    let places: Vec<_> = found.iter().map(|entry| (entry.line, entry.continues)).collect();
    assert_eq!(places, [(3, false), (6, true), (7, false)]);
}

#[test]
fn quoted_texts_keep_blanks_and_marks() {
    let found = read(r#"x TXT "a; b (c)" "d \"e\" \102\092" f\.g"#);
    let quoted = |text: &str| Word { text: text.to_owned(), quoted: true };
    let plain = Word { text: r"f\.g".to_owned(), quoted: false };
    assert_eq!(found[0].words[2..], [quoted("a; b (c)"), quoted(r#"d \"e\" f\\"#), plain]);
}

#[test]
fn a_slip_costs_its_own_entry_alone() {
    let text = "a TXT \"open\nb A 10.0.0.2\nc A ) 10.0.0.3\nd A 10.0.0.4\ne TXT \"\\200\"\nf\\;g A 10.0.0.5\nh A ( 10.0.0.6\n";
    let (found, slips) = entries(text);
    assert_eq!(found.iter().map(|entry| entry.line).collect::<Vec<_>>(), [2, 4]);
    let expected =
        [(1, Slip::OpenQuote), (3, Slip::StrayParenthesis), (5, Slip::Escape), (6, Slip::Escape), (7, Slip::OpenParenthesis)];
    assert_eq!(slips, expected);
}
