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

/// The nodes of an image, a part for each stretch of hashes: what is written of a part lies close together.
#[derive(Debug)]
pub(in crate::lists) struct Unplaced([Vec<Node>; 1 << PARTS]);

/// The bits of a hash that say which part it belongs to.
const PARTS: u32 = 6;

/// Where an unplaced node is.
#[derive(Debug, Clone, Copy)]
pub(in crate::lists) struct NodeId {
    part: usize,
    at: usize,
}

impl Default for Unplaced {
    fn default() -> Self {
        Self([const { Vec::new() }; 1 << PARTS])
    }
}

impl Unplaced {
    /// Adds a node.
    pub(in crate::lists) fn push(&mut self, node: Node) -> NodeId {
        let part = (node.hash >> (u64::BITS - PARTS)) as usize;
        self.0[part].push(node);
        NodeId { part, at: self.0[part].len() - 1 }
    }

    /// Says of which class a node is.
    pub(in crate::lists) fn set_class(&mut self, id: NodeId, class: u32) {
        self.0[id.part][id.at].class = class;
    }

    fn len(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    fn iter(&self) -> impl Iterator<Item = &Node> {
        self.0.iter().flatten()
    }
}

/// All that an image is made of besides its records.
#[derive(Debug)]
pub(in crate::lists) struct Parts {
    pub(in crate::lists) fingerprint: [u8; 32],
    pub(in crate::lists) meaning: Meaning,
    pub(in crate::lists) names: u64,
    pub(in crate::lists) rules: u64,
    pub(in crate::lists) key: ImageKey,
    pub(in crate::lists) nodes: Unplaced,
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

    /// Writes the record of the next node, and says where it begins; none where the records become larger than an image can point
    /// into. What the operating system says is told by [`Writing::finish`].
    pub(in crate::lists) fn record(&mut self, label: &[u8], protection: Protection, rules: &[ColdRule]) -> Option<u32> {
        let at = u32::try_from(self.written + self.waiting.len()).ok()?;
        cold::write(label, protection, rules.iter().copied(), &mut self.waiting);
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
        let Parts { nodes, .. } = parts;
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

/// Gives each node a slot in its own bucket or, where that is full, in the next.
fn place(nodes: &Unplaced, classes: usize) -> Result<Placed, Unwritten> {
    // Three quarters full, one bucket in fourteen overflows into the next.
    let buckets = u32::try_from((nodes.len() * 4 / 3).div_ceil(SLOTS).max(1)).map_err(|_| too_many())?;
    // Of each bucket, first how many nodes are at home in it, then which of its slots is the next one's.
    let mut next = vec![0_u32; buckets as usize];
    for node in nodes.iter() {
        next[Place::of(node.hash, buckets).bucket] += 1;
    }
    let mut over = 0;
    for next in &mut next {
        let own = std::mem::replace(next, over);
        over = (over + own).saturating_sub(SLOTS as u32);
    }
    // One bucket behind the last that is used is empty, so that every search ends.
    let all = (buckets as usize + (over as usize).div_ceil(SLOTS) + 1) * SLOTS;
    let wide = classes > 1 << 16;
    let width = if wide { 4 } else { 2 };
    let mut placed = Placed {
        buckets,
        tags: vec![0; all * 2],
        rests: vec![0; all * 4],
        class_ids: vec![0; all * width],
        places: vec![0; all * 4],
    };
    for node in nodes.iter() {
        let place = Place::of(node.hash, buckets);
        let next = &mut next[place.bucket];
        let slot = place.bucket * SLOTS + *next as usize;
        *next += 1;
        placed.tags[slot * 2..][..2].copy_from_slice(&place.tag.to_le_bytes());
        placed.rests[slot * 4..][..4].copy_from_slice(&place.rest.to_le_bytes());
        placed.class_ids[slot * width..][..width].copy_from_slice(&node.class.to_le_bytes()[..width]);
        placed.places[slot * 4..][..4].copy_from_slice(&node.record.to_le_bytes());
    }
    let table = Table { buckets, tags: &placed.tags, rests: &placed.rests };
    let is_found =
        |node: &Node| table.find(node.hash).is_some_and(|slot| placed.places[slot * 4..][..4] == node.record.to_le_bytes());
    if nodes.iter().all(is_found) { Ok(placed) } else { Err(Unwritten::Collision) }
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
