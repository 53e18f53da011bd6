//! Texts on their way to schools: packed whole, or as the difference from a text that a school has.
//!
//! The rule: whoever unpacks says how much may come out, and what would be more is refused before it is held. Both are Zstandard
//! frames (RFC 8878); a difference is one whose window begins with the old text.
//!
//! # Cost
//! A difference costs as much memory as both texts and some megabytes. A daily change of 1,000 names in five million costs a school
//! under 200 kB: `benches/office.rs`, and a test that does the same with a million.

use std::io::{self, Read, Write};

/// Slow to pack and quick to unpack: a text is packed once and fetched by every school.
const LEVEL: i32 = 12;

/// Differences are made for each of thirty older texts; long matches are what counts, and they are found at any level.
const PATCH_LEVEL: i32 = 3;

/// The largest window that RFC 8878 lets a format have on 64-bit machines; a window is never larger than both texts need.
const LARGEST_WINDOW: u32 = 31;

/// Zstandard's smallest window.
const SMALLEST_WINDOW: u32 = 10;

/// Why nothing was unpacked.
#[derive(Debug, thiserror::Error)]
pub enum PatchFault {
    /// More comes out than may.
    #[error("more than {0} octets would come out\nhint: it is damaged, or was made by somebody else; fetch it again")]
    TooLarge(u64),
    /// Damaged, or a difference from another text.
    #[error("it cannot be unpacked: {0}\nhint: it is damaged, or the difference from another text; fetch the list whole")]
    Damaged(io::Error),
}

/// Packs a text whole. The same text gives the same octets.
///
/// # Panics
/// Where memory does not suffice.
pub fn pack(text: &[u8]) -> Vec<u8> {
    packed(text, &[], LEVEL).expect("memory takes what is written")
}

/// Unpacks a text of at most `most` octets.
///
/// # Errors
/// [`PatchFault`].
pub fn unpack(packed: &[u8], most: u64) -> Result<Vec<u8>, PatchFault> {
    unpacked(packed, &[], most)
}

/// Packs what makes `new` of `old`. The same texts give the same octets.
///
/// # Panics
/// Where memory does not suffice.
pub fn patch(old: &[u8], new: &[u8]) -> Vec<u8> {
    packed(new, old, PATCH_LEVEL).expect("memory takes what is written")
}

/// Makes the new text, of at most `most` octets, of the old one and their difference. Whether it is the right one, its digest says.
///
/// # Errors
/// [`PatchFault`].
pub fn apply(old: &[u8], patch: &[u8], most: u64) -> Result<Vec<u8>, PatchFault> {
    unpacked(patch, old, most)
}

fn packed(text: &[u8], prefix: &[u8], level: i32) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::write::Encoder::with_ref_prefix(Vec::new(), level, prefix)?;
    encoder.set_pledged_src_size(Some(text.len() as u64))?;
    encoder.include_checksum(true)?;
    if !prefix.is_empty() {
        // The window reaches from the end of the new text to the start of the old one.
        encoder.window_log(window_log(prefix.len() as u64 + text.len() as u64))?;
        encoder.long_distance_matching(true)?;
    }
    encoder.write_all(text)?;
    encoder.finish()
}

/// The logarithm of the smallest window that holds so many octets.
fn window_log(octets: u64) -> u32 {
    (u64::BITS - octets.leading_zeros()).clamp(SMALLEST_WINDOW, LARGEST_WINDOW)
}

fn unpacked(packed: &[u8], prefix: &[u8], most: u64) -> Result<Vec<u8>, PatchFault> {
    // A frame says how large it is; one that says nothing is not ours.
    let said = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    let Some(size) = said else {
        return Err(PatchFault::Damaged(io::Error::new(io::ErrorKind::InvalidData, "this is no frame that says its size")));
    };
    if size > most {
        return Err(PatchFault::TooLarge(most));
    }
    let read = || -> io::Result<Vec<u8>> {
        let mut decoder = zstd::stream::read::Decoder::with_ref_prefix(packed, prefix)?;
        // What the frame asks for is memory: never more than both texts.
        decoder.window_log_max(window_log(prefix.len() as u64 + size))?;
        let mut text = Vec::new();
        // What a frame says of its size is only believed as far as octets come out.
        decoder.take(size.saturating_add(1)).read_to_end(&mut text)?;
        Ok(text)
    };
    let text = read().map_err(PatchFault::Damaged)?;
    if text.len() as u64 != size {
        return Err(PatchFault::Damaged(io::Error::new(io::ErrorKind::InvalidData, "its size is not what it says")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
