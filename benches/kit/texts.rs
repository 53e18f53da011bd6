//! Names as text, end to end in one piece of memory: ten million of them take a tenth of what as many `Name`s would.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use super::random::Random;

/// Names as text, each at its place.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    octets: String,
    /// Where each begins, and how long it is.
    places: Vec<(u32, u8)>,
}

impl Texts {
    /// At most `most` lines of a file packed with Zstandard, in an order that is the same in every run, and none that they came in.
    pub(crate) fn read(path: &Path, most: usize) -> Self {
        let file = File::open(path).expect("the data is there");
        let mut lines = BufReader::new(zstd::Decoder::new(file).expect("a Zstandard file"));
        let (mut texts, mut line) = (Self::default(), String::new());
        while lines.read_line(&mut line).expect("text") > 0 {
            if !line.starts_with('#') {
                texts.push(line.trim_end());
            }
            line.clear();
        }
        Random::new(0).shuffle(&mut texts.places);
        texts.places.truncate(most);
        texts
    }

    /// Adds one, which no name is that has more than 255 octets.
    pub(crate) fn push(&mut self, text: &str) {
        let begin = u32::try_from(self.octets.len()).expect("less than 4 GiB of names");
        let Ok(length) = u8::try_from(text.len()) else { return };
        self.octets.push_str(text);
        self.places.push((begin, length));
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.places.len()
    }

    /// The one at a place.
    pub(crate) fn at(&self, place: usize) -> &str {
        let (begin, length) = self.places[place];
        &self.octets[begin as usize..][..usize::from(length)]
    }

    /// Writes the first `count` of them, one a line.
    pub(crate) fn write(&self, count: usize, path: &Path) {
        let mut file = BufWriter::new(File::create(path).expect("room for the list"));
        for place in 0..count {
            writeln!(file, "{}", self.at(place)).expect("room for the list");
        }
        file.flush().expect("room for the list");
    }
}
