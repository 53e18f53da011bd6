//! The mapping of an image file, the one place of this room with `unsafe`.
//!
//! An image is never changed once it has its name: it is written aside and renamed, so a mapping keeps showing the bytes
//! that were verified.

#![expect(unsafe_code, reason = "a file can be mapped in no other way")]

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// Maps `file` for reading.
///
/// # Errors
/// What the operating system says.
pub(super) fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the bytes would have to change under us to be unsound. Images are made by `compile` under a name of their own,
    // read-only, and only ever unlinked or renamed, never written again; the state directory belongs to this program's user.
    // Every read of the mapping is bounds-checked and treats the bytes as plain octets.
    unsafe { Mmap::map(file) }
}
