//! From the octets on the way to a candidate for the last good copy: unpacked, bounded, and packed again in one way.
//!
//! The rule: a list may have so many octets, as it comes and at each step of unpacking it; what is packed to burst is found out by
//! counting, not by what it says of itself.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Cursor, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use zstd::stream::{read, write};

use super::{Failure, Reason};

/// How gzip members begin (RFC 1952 section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// How Zstandard frames begin (RFC 8878 section 3.1.1).
const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The largest window of a frame that is unpacked, as a power of two: 128 MiB, what the format's own tool takes without being told.
const WINDOW: u32 = 27;

/// How much of a list is kept to see what it is.
const HEAD: usize = 16 * 1024;

/// How a list is packed for the way (RFC 9110 section 8.4.1, RFC 8878 section 7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// By gzip.
    Gzip,
    /// As Zstandard frames.
    Zstandard,
}

impl Encoding {
    /// Reads a `Content-Encoding`; none for what is not known.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstandard),
            _ => None,
        }
    }
}

/// More came out than a list may have.
#[derive(Debug, thiserror::Error)]
#[error("more than {0} octets")]
struct Excess(u64);

/// Fails where more comes out than may, rather than to take the beginning for the whole.
struct Bounded<R> {
    from: R,
    left: u64,
    largest: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other(Excess(self.largest)))?;
        Ok(read)
    }
}

/// Unpacks what comes `from` the way into the file `to`, and gives the first octets of the list.
///
/// What is packed for the way is unpacked, and then what the publisher packed, each once.
///
/// # Errors
/// [`Reason::TooLarge`] where more than `largest` octets came out of any step, [`Reason::Truncated`] where the end is missing,
/// [`Reason::Unpack`], and [`Reason::Local`] where `to` could not be written. What stands in `to` is then of no use.
pub fn unpack(from: impl Read, encoding: Encoding, largest: u64, to: &Path) -> Result<Vec<u8>, Failure> {
    let mut text = layers(from, encoding, largest).map_err(|error| unreadable(&error))?;
    let local = |error: io::Error| Failure::local("the list cannot be written to the state directory", &error);
    let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(to).map_err(local)?;
    // Level 1: lists pack well at any, and this is read when things go wrong. The checksum finds what a disk damages.
    let mut packed = write::Encoder::new(file, 1).map_err(local)?;
    packed.include_checksum(true).map_err(local)?;
    let mut packed = BufWriter::with_capacity(256 * 1024, packed);
    let (mut head, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let read = text.read(&mut buffer).map_err(|error| unreadable(&error))?;
        if read == 0 {
            break;
        }
        let wanted = HEAD.saturating_sub(head.len()).min(read);
        head.extend_from_slice(&buffer[..wanted]);
        packed.write_all(&buffer[..read]).map_err(local)?;
    }
    let packed = packed.into_inner().map_err(|error| local(error.into_error()))?;
    packed.finish().and_then(|mut file| file.flush()).map_err(local)?;
    Ok(head)
}

type Layer<'r> = Box<dyn BufRead + 'r>;

fn layers<'r>(from: impl Read + 'r, encoding: Encoding, largest: u64) -> io::Result<Layer<'r>> {
    let way: Layer<'r> = Box::new(BufReader::with_capacity(64 * 1024, from));
    let came = match encoding {
        Encoding::Identity => way,
        Encoding::Gzip => gzip(way, largest),
        Encoding::Zstandard => zstandard(way, largest)?,
    };
    let (begins, came) = peek(came)?;
    if begins.starts_with(&GZIP) {
        Ok(gzip(came, largest))
    } else if begins.starts_with(&ZSTANDARD) {
        zstandard(came, largest)
    } else {
        Ok(bounded(came, largest))
    }
}

/// The first four octets of what comes, and all of it.
fn peek<'r>(mut from: Layer<'r>) -> io::Result<(Vec<u8>, Layer<'r>)> {
    let mut begins = Vec::with_capacity(4);
    from.by_ref().take(4).read_to_end(&mut begins)?;
    let whole = Cursor::new(begins.clone()).chain(from);
    Ok((begins, Box::new(whole)))
}

fn bounded<'r>(from: impl Read + 'r, largest: u64) -> Layer<'r> {
    Box::new(BufReader::with_capacity(64 * 1024, Bounded { from, left: largest, largest }))
}

fn gzip(from: Layer<'_>, largest: u64) -> Layer<'_> {
    bounded(MultiGzDecoder::new(from), largest)
}

fn zstandard(from: Layer<'_>, largest: u64) -> io::Result<Layer<'_>> {
    let mut frames = read::Decoder::with_buffer(from)?;
    frames.window_log_max(WINDOW)?;
    Ok(bounded(frames, largest))
}

fn unreadable(error: &io::Error) -> Failure {
    if let Some(excess) = error.get_ref().and_then(|inner| inner.downcast_ref::<Excess>()) {
        return Failure::new(Reason::TooLarge, format!("the list unpacks to {excess}\nhint: `max_size` of the list raises that"));
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionAborted => {
            Failure::new(Reason::Truncated, "the end of the list is missing")
        }
        _ => Failure::new(Reason::Unpack, format!("the list cannot be unpacked: {error}")),
    }
}

#[cfg(test)]
mod tests;
