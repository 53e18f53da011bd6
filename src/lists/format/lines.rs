//! Cuts bytes into lines, whatever the line ends, and never holds more than one of them.
//!
//! LF, CR LF and a lone CR end a line; blanks around it and a byte order mark before it are dropped.

use std::io::{self, BufRead};

/// The longest line that is read, in octets; more of it is not held, and the line counts as too long.
///
/// The longest rule in the real lists has 1,900 octets; a comment may be of any length.
pub const LONGEST: usize = 8192;

/// One line, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: u32,
    /// Without blanks around it; of a line that is cut off, its start.
    pub(super) bytes: &'a [u8],
    /// Whether it is longer than [`LONGEST`].
    pub(super) whole: Whole,
    /// Whether blanks stood before it, as zone files have it where the owner of the line above counts.
    pub(super) indent: Indent,
}

/// Whether a line starts with blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Indent {
    /// It does.
    Blank,
    /// It starts with its first word.
    None,
}

/// Whether a line is all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    /// It is.
    Yes,
    /// Only its start is.
    Cut,
}

/// Hands each line of `source` to `take`; says how many there were.
///
/// # Errors
/// What reading fails with.
pub(super) fn each(mut source: impl BufRead, mut take: impl FnMut(Line<'_>)) -> io::Result<u32> {
    // Holds only a line that the source's buffer has in two pieces, and one octet more than a line may have.
    let mut begun: Vec<u8> = Vec::new();
    let mut number = 0_u32;
    let mut after_return = false;
    loop {
        let available = match source.fill_buf() {
            Ok(available) => available,
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
            Err(fault) => return Err(fault),
        };
        if available.is_empty() {
            if !begun.is_empty() {
                number = number.saturating_add(1);
                take(line(number, &begun));
            }
            return Ok(number);
        }
        let mut at = usize::from(after_return && available[0] == b'\n');
        after_return = false;
        while let Some(len) = available[at..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let own = &available[at..at + len];
            number = number.saturating_add(1);
            if begun.is_empty() {
                take(line(number, own));
            } else {
                begin(&mut begun, own);
                take(line(number, &begun));
                begun.clear();
            }
            after_return = available[at + len] == b'\r';
            at += len + 1;
            if after_return && at < available.len() {
                at += usize::from(available[at] == b'\n');
                after_return = false;
            }
        }
        begin(&mut begun, &available[at..]);
        let read = available.len();
        source.consume(read);
    }
}

/// Keeps what is there of a line, as far as it matters.
fn begin(begun: &mut Vec<u8>, more: &[u8]) {
    let room = (LONGEST + 1).saturating_sub(begun.len()).min(more.len());
    begun.extend_from_slice(&more[..room]);
}

fn line(number: u32, bytes: &[u8]) -> Line<'_> {
    let whole = if bytes.len() > LONGEST { Whole::Cut } else { Whole::Yes };
    let indent = if bytes.first().is_some_and(u8::is_ascii_whitespace) { Indent::Blank } else { Indent::None };
    Line { number, bytes: bare(&bytes[..bytes.len().min(LONGEST)]), whole, indent }
}

/// A line without blanks around it and without a byte order mark, which files that were joined have in their middle too.
pub(super) fn bare(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    line.strip_prefix(b"\xef\xbb\xbf").map_or(line, <[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests;
