//! The lines of a text, found by the offsets at which parsers say something.

/// Where the lines of a text end.
#[derive(Debug)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// The lines of `text`.
    pub fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, octet)| *octet == b'\n').map(|(at, _)| at).collect())
    }

    /// The line that the octet at `offset` stands on, the first being 1.
    pub fn at(&self, offset: usize) -> u32 {
        let before = self.0.partition_point(|end| *end < offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}
