//! Line ends of all kinds, marks and blanks around lines, lines without end.

use std::io::BufReader;

use super::{LONGEST, Whole, each};

/// The lines of a text, read with a buffer of `buffer` octets.
fn lines(text: &[u8], buffer: usize) -> Vec<(u32, Vec<u8>, Whole)> {
    let mut seen = Vec::new();
    let count = each(BufReader::with_capacity(buffer, text), |line| seen.push((line.number, line.bytes.to_vec(), line.whole)));
    assert_eq!(count.expect("memory can be read") as usize, seen.len());
    seen
}

fn texts(text: &[u8]) -> Vec<String> {
    let whole = lines(text, 4096);
    for buffer in [1, 2, 3, 7] {
        assert_eq!(lines(text, buffer), whole, "buffer of {buffer}");
    }
    whole.into_iter().map(|(_, bytes, _)| String::from_utf8(bytes).expect("test text is UTF-8")).collect()
}

#[test]
fn all_line_ends_end_a_line() {
    assert_eq!(texts(b"a\nb\r\nc\rd"), ["a", "b", "c", "d"]);
    assert_eq!(texts(b"a\n\r\n\nb\n"), ["a", "", "", "b"]);
    assert_eq!(texts(b"a\r\rb\r"), ["a", "", "b"]);
    assert_eq!(texts(b""), [""; 0]);
}

#[test]
fn blanks_and_marks_are_dropped() {
    assert_eq!(texts("\u{feff}a.vn \t\n  \u{feff} b.vn\n".as_bytes()), ["a.vn", "b.vn"]);
}

#[test]
fn a_line_without_end_is_not_held() {
    for length in [LONGEST - 1, LONGEST, LONGEST + 1, LONGEST * 3] {
        let mut text = vec![b'x'; length];
        text.extend_from_slice(b"\nnext");
        for buffer in [16, 8192, 100_000] {
            let seen = lines(&text, buffer);
            assert_eq!(seen.len(), 2, "length {length}, buffer {buffer}");
            assert_eq!(seen[0].2, if length > LONGEST { Whole::Cut } else { Whole::Yes });
            assert_eq!(seen[0].1.len(), length.min(LONGEST));
            assert_eq!((seen[1].0, seen[1].1.as_slice()), (2, &b"next"[..]));
        }
    }
}

#[test]
fn a_long_file_of_lone_returns_loses_nothing() {
    let text = "example.vn\r".repeat(5000);
    assert_eq!(lines(text.as_bytes(), 512).len(), 5000);
}
