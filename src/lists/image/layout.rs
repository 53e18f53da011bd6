//! The octets of an image file: a header of fixed size, then the sections that it points to.
//!
//! All numbers are little-endian. The checksum is the last thing of the header and covers every other octet of the file.

use super::hash::Key;

/// The first octets of every image.
const MAGIC: [u8; 8] = *b"khienimg";
/// Counts up whenever the meaning of an octet changes; other versions are refused, and compiled anew.
pub(in crate::lists) const VERSION: u32 = 3;
/// The octets of the header.
pub(in crate::lists) const HEADER: usize = 320;
/// Where the checksum stands in it.
pub(in crate::lists) const CHECKSUM: std::ops::Range<usize> = HEADER - 32..HEADER;
/// Sections begin at multiples of a cache line.
pub(in crate::lists) const ALIGN: usize = 64;

/// A part of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lists) enum Section {
    /// Hot: tags of the table.
    Tags,
    /// Hot: rests of the hashes.
    Rests,
    /// Hot: the class id of each slot, two octets each, or four where there are more than 65,536 classes.
    ClassIds,
    /// Hot: the classes.
    Classes,
    /// Hot where there are any: the automata of the patterns.
    Automata,
    /// Cold: where each slot's record begins, four octets each.
    Places,
    /// Cold: the records.
    Records,
    /// Hot where there are any: the stretches of addresses that lists of networks name.
    Networks,
    /// Cold: the networks, each with list and line.
    NetworkRules,
    /// Cold: owner, lists, type sets and patterns, as JSON.
    Meaning,
}

impl Section {
    /// All, in the order in which they stand in the file.
    pub(in crate::lists) const ALL: [Self; 10] = [
        Self::Tags,
        Self::Rests,
        Self::ClassIds,
        Self::Classes,
        Self::Automata,
        Self::Places,
        Self::Records,
        Self::Networks,
        Self::NetworkRules,
        Self::Meaning,
    ];
}

/// The header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lists) struct Header {
    pub(in crate::lists) fingerprint: [u8; 32],
    pub(super) key: Key,
    pub(in crate::lists) buckets: u32,
    pub(in crate::lists) names: u64,
    pub(in crate::lists) rules: u64,
    pub(in crate::lists) nodes: u64,
    /// Begin and length of each section.
    pub(in crate::lists) sections: [(u64, u64); Section::ALL.len()],
}

/// Why some bytes are no image that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageFault {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Another kind of file, or one cut off at the start.
    #[error("not an image of lists")]
    NotAnImage,
    /// Made by another version of the program.
    #[error("an image of format version {0}; this version reads {VERSION}")]
    Version(u32),
    /// The checksum does not fit: the file is damaged or cut off.
    #[error("the image is damaged: its checksum does not fit")]
    Checksum,
    /// The checksum fits, and yet a part makes no sense.
    #[error("the image is damaged: {0}")]
    Damaged(&'static str),
}

impl Header {
    /// The octets of the header, with zeros for the checksum.
    pub(in crate::lists) fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.buckets.to_le_bytes());
        bytes[16..48].copy_from_slice(&self.fingerprint);
        bytes[48..72].copy_from_slice(&self.key.to_bytes());
        for (place, number) in [self.names, self.rules, self.nodes].into_iter().enumerate() {
            bytes[72 + place * 8..][..8].copy_from_slice(&number.to_le_bytes());
        }
        for (place, (begin, len)) in self.sections.into_iter().enumerate() {
            bytes[96 + place * 16..][..8].copy_from_slice(&begin.to_le_bytes());
            bytes[104 + place * 16..][..8].copy_from_slice(&len.to_le_bytes());
        }
        bytes
    }

    /// Reads the header of an image of `len` octets.
    ///
    /// # Errors
    /// [`ImageFault`], but for the checksum, which is not looked at.
    pub(in crate::lists) fn read(bytes: &[u8], len: u64) -> Result<Self, ImageFault> {
        let bytes: &[u8; HEADER] = bytes.first_chunk().ok_or(ImageFault::NotAnImage)?;
        if bytes[..8] != MAGIC {
            return Err(ImageFault::NotAnImage);
        }
        let short = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four octets"));
        let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight octets"));
        if short(8) != VERSION {
            return Err(ImageFault::Version(short(8)));
        }
        let sections = std::array::from_fn(|place| (long(96 + place * 16), long(104 + place * 16)));
        for (begin, size) in sections {
            let end = begin.checked_add(size).ok_or(ImageFault::Damaged("a section ends nowhere"))?;
            if end > len {
                return Err(ImageFault::Damaged("a section ends behind the file"));
            }
        }
        Ok(Self {
            fingerprint: bytes[16..48].try_into().expect("32 octets"),
            key: Key::from_bytes(bytes[48..72].try_into().expect("24 octets")),
            buckets: short(12),
            names: long(72),
            rules: long(80),
            nodes: long(88),
            sections,
        })
    }

    /// Where a section lies.
    pub(in crate::lists) fn range(&self, section: Section) -> std::ops::Range<usize> {
        let (begin, len) = self.sections[section as usize];
        // Header::read has seen that the sum fits into the file's length.
        begin as usize..(begin + len) as usize
    }
}
