//! The writing of an image: the records as they come, then nodes to their slots, sections to their places, the checksum over all.
//!
//! The same parts give the same octets. It is proved here that every node is found again and taken for no other.

use std::io::{self, Seek, SeekFrom, Write};

use super::class::{CLASS, Class};
use super::cold::{self, ColdRule};
use super::hash::Key;
use super::layout::{ALIGN, CHECKSUM, COLD_CHECKSUM, HEADER, Header, Section};
use super::table::{Place, SLOTS, Table};
use super::{Meaning, NetParts, VERSION};
use crate::lists::Protection;

/// A node before it has a slot.
#[derive(Debug, Clone, Copy)]
pub(in crate::lists) struct Node {
    pub(in crate::lists) hash: u64,
    pub(in crate::lists) class: u32,
    /// Where its record begins.
    pub(in crate::lists) record: u32,
}

/// All that an image is made of besides its records.
#[derive(Debug)]
pub(in crate::lists) struct Parts {
    pub(in crate::lists) fingerprint: [u8; 32],
    pub(in crate::lists) meaning: Meaning,
    pub(in crate::lists) names: u64,
    pub(in crate::lists) rules: u64,
    pub(in crate::lists) key: ImageKey,
    pub(in crate::lists) nodes: Vec<Node>,
    pub(in crate::lists) classes: Vec<Class>,
    pub(in crate::lists) automata: Vec<u8>,
    pub(in crate::lists) networks: NetParts,
}

/// The key by which the names of one image are hashed.
#[derive(Debug, Clone, Copy)]
pub(in crate::lists) struct ImageKey(Key);

impl ImageKey {
    /// The key for an image of sources with this fingerprint; `attempt` counts up from 0 where two names collided.
    pub(in crate::lists) fn derive(fingerprint: &[u8; 32], attempt: u32) -> Self {
        Self(Key::derive(fingerprint, attempt))
    }

    /// As [`ImageKey::derive`], a key under which names meet.
    #[cfg(test)]
    pub(in crate::lists) fn weak(fingerprint: &[u8; 32], attempt: u32) -> Self {
        Self(Key::weak(fingerprint, attempt))
    }

    /// The hash of the name that has `label` in front of the one hashed to `parent`; the root's is 0.
    pub(in crate::lists) fn step(self, parent: u64, label: &[u8]) -> u64 {
        self.0.step(parent, label)
    }
}

/// Why no image was written.
#[derive(Debug, thiserror::Error)]
pub(in crate::lists) enum Unwritten {
    /// Two names look alike under this key; another key will do.
    #[error("two names share a hash")]
    Collision,
    /// The file could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Where an image is written: the header comes last and stands first.
pub(in crate::lists) trait Sink: Write + Seek {}

impl<T: Write + Seek> Sink for T {}

/// An image that is being written.
pub(in crate::lists) struct Writing<'t> {
    to: &'t mut dyn Sink,
    /// Of the hot sections.
    hot: blake3::Hasher,
    /// Of the cold ones.
    cold: blake3::Hasher,
    /// Records that wait to be written together.
    waiting: Vec<u8>,
    /// Octets of records that were written.
    written: usize,
    /// The first thing that went wrong.
    failed: Option<io::Error>,
}

/// So many octets of records are written at a time.
const TOGETHER: usize = 256 * 1024;

impl<'t> Writing<'t> {
    /// Begins an image.
    ///
    /// # Errors
    /// What the operating system says.
    pub(in crate::lists) fn begin(to: &'t mut dyn Sink) -> io::Result<Self> {
        to.write_all(&[0; HEADER])?;
        let (hot, cold) = (blake3::Hasher::new(), blake3::Hasher::new());
        Ok(Self { to, hot, cold, waiting: Vec::with_capacity(2 * TOGETHER), written: 0, failed: None })
    }

    /// Writes the record of the next node, below the node whose record begins at `parent`, and says where it begins; none where the records become larger than an image can point
    /// into. What the operating system says is told by [`Writing::finish`].
    pub(in crate::lists) fn record(
        &mut self,
        label: &[u8],
        parent: Option<u32>,
        protection: Protection,
        rules: &[ColdRule],
    ) -> Option<u32> {
        let at = u32::try_from(self.written + self.waiting.len()).ok()?;
        let back = parent.map_or(0, |parent| at - parent);
        cold::write(label, back, protection, rules.iter().copied(), &mut self.waiting);
        if self.waiting.len() >= TOGETHER {
            self.flush();
        }
        Some(at)
    }

    fn flush(&mut self) {
        self.cold.update(&self.waiting);
        self.written += self.waiting.len();
        if self.failed.is_none() {
            self.failed = self.to.write_all(&self.waiting).err();
        }
        self.waiting.clear();
    }

    /// Writes all the rest, and says how many octets the image has.
    ///
    /// # Errors
    /// [`Unwritten`]; the image is then none.
    pub(in crate::lists) fn finish(mut self, parts: Parts) -> Result<u64, Unwritten> {
        self.flush();
        if let Some(failed) = self.failed {
            return Err(failed.into());
        }
        let Parts { mut nodes, .. } = parts;
        nodes.sort_unstable_by_key(|node| node.hash);
        let placed = place(&nodes, parts.classes.len())?;
        let node_count = nodes.len() as u64;
        drop(nodes);
        let mut classes = Vec::with_capacity(parts.classes.len() * CLASS);
        for class in &parts.classes {
            classes.extend_from_slice(&class.to_bytes());
        }
        let meaning = serde_json::to_vec(&parts.meaning).map_err(io::Error::from)?;
        let octets = |section| match section {
            Section::Tags => placed.tags.as_slice(),
            Section::Rests => &placed.rests,
            Section::ClassIds => &placed.class_ids,
            Section::Classes => &classes,
            Section::Automata => &parts.automata,
            Section::Places => &placed.places,
            Section::Networks => &parts.networks.stretches,
            Section::NetworkRules => &parts.networks.rules,
            Section::Meaning => &meaning,
            // They stand there already.
            Section::Records => &[],
        };
        let mut header = Header {
            fingerprint: parts.fingerprint,
            key: parts.key.0,
            buckets: placed.buckets,
            names: parts.names,
            rules: parts.rules,
            nodes: node_count,
            sections: [(0, 0); Section::ALL.len()],
        };
        let mut at = HEADER;
        for section in Section::ALL {
            let octets = octets(section);
            let len = if section == Section::Records { self.written } else { octets.len() };
            let hasher = if section.is_cold() { &mut self.cold } else { &mut self.hot };
            for octets in [octets, padding(len)] {
                hasher.update(octets);
                self.to.write_all(octets)?;
            }
            header.sections[section as usize] = (at as u64, len as u64);
            at = (at + len).next_multiple_of(ALIGN);
        }
        let mut head = header.to_bytes();
        head[COLD_CHECKSUM].copy_from_slice(self.cold.finalize().as_bytes());
        self.hot.update(&head[..CHECKSUM.start]);
        head[CHECKSUM].copy_from_slice(self.hot.finalize().as_bytes());
        self.to.seek(SeekFrom::Start(0))?;
        self.to.write_all(&head)?;
        Ok(at as u64)
    }
}

/// The zeros behind a section of `len` octets.
const fn padding(len: usize) -> &'static [u8] {
    const ZEROS: [u8; ALIGN] = [0; ALIGN];
    ZEROS.split_at(len.next_multiple_of(ALIGN) - len).0
}

/// The sections that have one entry for each slot.
struct Placed {
    buckets: u32,
    tags: Vec<u8>,
    rests: Vec<u8>,
    class_ids: Vec<u8>,
    places: Vec<u8>,
}

/// Gives each node, sorted by hash, a slot in its own bucket or, where that is full, in the next.
fn place(nodes: &[Node], classes: usize) -> Result<Placed, Unwritten> {
    // Three quarters full, one bucket in fourteen overflows into the next.
    let buckets = u32::try_from((nodes.len() * 4 / 3).div_ceil(SLOTS).max(1)).map_err(|_| too_many())?;
    let last = slots(nodes, buckets).last().map_or(0, |(_, slot)| slot / SLOTS);
    // One bucket behind the last is empty, so that every search ends.
    let all = (last + 2).max(buckets as usize) * SLOTS;
    let wide = classes > 1 << 16;
    let width = if wide { 4 } else { 2 };
    let mut placed = Placed {
        buckets,
        tags: vec![0; all * 2],
        rests: vec![0; all * 4],
        class_ids: vec![0; all * width],
        places: vec![0; all * 4],
    };
    for (node, slot) in slots(nodes, buckets) {
        let place = Place::of(node.hash, buckets);
        placed.tags[slot * 2..][..2].copy_from_slice(&place.tag.to_le_bytes());
        placed.rests[slot * 4..][..4].copy_from_slice(&place.rest.to_le_bytes());
        placed.class_ids[slot * width..][..width].copy_from_slice(&node.class.to_le_bytes()[..width]);
        placed.places[slot * 4..][..4].copy_from_slice(&node.record.to_le_bytes());
    }
    let table = Table { buckets, tags: &placed.tags, rests: &placed.rests };
    let found_again = slots(nodes, buckets).all(|(node, slot)| table.find(node.hash) == Some(slot));
    if found_again { Ok(placed) } else { Err(Unwritten::Collision) }
}

/// The slot of each node, of those sorted by hash.
fn slots(nodes: &[Node], buckets: u32) -> impl Iterator<Item = (&Node, usize)> {
    let (mut bucket, mut used) = (0, 0);
    nodes.iter().map(move |node| {
        let home = Place::of(node.hash, buckets).bucket;
        if home > bucket {
            (bucket, used) = (home, 0);
        } else if used == SLOTS {
            (bucket, used) = (bucket + 1, 0);
        }
        used += 1;
        (node, bucket * SLOTS + used - 1)
    })
}

fn too_many() -> io::Error {
    io::Error::other(format!("more names than an image of version {VERSION} can hold"))
}

/// Puts the right checksums into octets that were changed, as far as their sections are where they may be.
#[cfg(test)]
pub(in crate::lists) fn seal(bytes: &mut [u8]) {
    let Ok(header) = Header::read(bytes, bytes.len() as u64) else { return };
    let (mut hot, mut cold) = (blake3::Hasher::new(), blake3::Hasher::new());
    for section in Section::ALL {
        let range = header.range(section);
        let padded = range.start..(range.start + range.len().next_multiple_of(ALIGN)).min(bytes.len());
        if section.is_cold() { &mut cold } else { &mut hot }.update(&bytes[padded]);
    }
    bytes[COLD_CHECKSUM].copy_from_slice(cold.finalize().as_bytes());
    hot.update(&bytes[..CHECKSUM.start]);
    let digest = hot.finalize();
    bytes[CHECKSUM].copy_from_slice(digest.as_bytes());
}
