//! The writing of an image: nodes to their slots, sections to their places, the checksum over all.
//!
//! The same parts give the same octets. It is proved here that every node is found again and taken for no other.

use std::io::{self, Write};

use super::class::{CLASS, Class};
use super::hash::Key;
use super::layout::{ALIGN, CHECKSUM, HEADER, Header, Section};
use super::table::{Place, SLOTS, Table};
use super::{Meaning, NetParts, VERSION};

/// A node before it has a slot.
#[derive(Debug, Clone, Copy)]
pub(in crate::lists) struct Node {
    pub(in crate::lists) hash: u64,
    pub(in crate::lists) class: u32,
    /// Where its record begins.
    pub(in crate::lists) record: u32,
}

/// All that an image is made of.
#[derive(Debug)]
pub(in crate::lists) struct Parts {
    pub(in crate::lists) fingerprint: [u8; 32],
    pub(in crate::lists) meaning: Meaning,
    pub(in crate::lists) names: u64,
    pub(in crate::lists) rules: u64,
    pub(in crate::lists) key: ImageKey,
    pub(in crate::lists) nodes: Vec<Node>,
    pub(in crate::lists) classes: Vec<Class>,
    pub(in crate::lists) records: Vec<u8>,
    pub(in crate::lists) automata: Vec<u8>,
    pub(in crate::lists) networks: NetParts,
}

/// The key by which the names of one image are hashed.
#[derive(Debug, Clone, Copy)]
pub(in crate::lists) struct ImageKey(Key);

impl ImageKey {
    /// The key for names whose digest is `content`; `attempt` counts up from 0 where two names collided.
    pub(in crate::lists) fn derive(content: &blake3::Hash, attempt: u32) -> Self {
        Self(Key::derive(content, attempt))
    }

    /// As [`ImageKey::derive`], a key under which names meet.
    #[cfg(test)]
    pub(in crate::lists) fn weak(content: &blake3::Hash, attempt: u32) -> Self {
        Self(Key::weak(content, attempt))
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

/// Writes an image and says how many octets it has.
pub(in crate::lists) fn write(mut parts: Parts, to: &mut impl Write) -> Result<u64, Unwritten> {
    parts.nodes.sort_unstable_by_key(|node| node.hash);
    let placed = place(&parts.nodes, parts.classes.len())?;
    let mut classes = Vec::with_capacity(parts.classes.len() * CLASS);
    for class in &parts.classes {
        classes.extend_from_slice(&class.to_bytes());
    }
    let meaning = serde_json::to_vec(&parts.meaning).map_err(io::Error::from)?;
    let sections: [&[u8]; Section::ALL.len()] = [
        &placed.tags,
        &placed.rests,
        &placed.class_ids,
        &classes,
        &parts.automata,
        &placed.places,
        &parts.records,
        &parts.networks.stretches,
        &parts.networks.rules,
        &meaning,
    ];
    let mut header = Header {
        fingerprint: parts.fingerprint,
        key: parts.key.0,
        buckets: placed.buckets,
        names: parts.names,
        rules: parts.rules,
        nodes: parts.nodes.len() as u64,
        sections: [(0, 0); Section::ALL.len()],
    };
    let mut at = HEADER;
    for (place, section) in sections.into_iter().enumerate() {
        header.sections[place] = (at as u64, section.len() as u64);
        at = (at + section.len()).next_multiple_of(ALIGN);
    }
    let mut head = header.to_bytes();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&head[..CHECKSUM.start]);
    for section in sections {
        hasher.update(section);
        hasher.update(padding(section.len()));
    }
    head[CHECKSUM].copy_from_slice(hasher.finalize().as_bytes());
    to.write_all(&head)?;
    for section in sections {
        to.write_all(section)?;
        to.write_all(padding(section.len()))?;
    }
    Ok(at as u64)
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
    let mut slots: Vec<usize> = Vec::with_capacity(nodes.len());
    let (mut bucket, mut used) = (0, 0);
    for node in nodes {
        let home = Place::of(node.hash, buckets).bucket;
        if home > bucket {
            (bucket, used) = (home, 0);
        } else if used == SLOTS {
            (bucket, used) = (bucket + 1, 0);
        }
        slots.push(bucket * SLOTS + used);
        used += 1;
    }
    // One bucket behind the last is empty, so that every search ends.
    let all = (bucket + 2).max(buckets as usize) * SLOTS;
    let wide = classes > 1 << 16;
    let width = if wide { 4 } else { 2 };
    let mut placed = Placed {
        buckets,
        tags: vec![0; all * 2],
        rests: vec![0; all * 4],
        class_ids: vec![0; all * width],
        places: vec![0; all * 4],
    };
    for (node, slot) in nodes.iter().zip(&slots) {
        let place = Place::of(node.hash, buckets);
        placed.tags[slot * 2..][..2].copy_from_slice(&place.tag.to_le_bytes());
        placed.rests[slot * 4..][..4].copy_from_slice(&place.rest.to_le_bytes());
        placed.class_ids[slot * width..][..width].copy_from_slice(&node.class.to_le_bytes()[..width]);
        placed.places[slot * 4..][..4].copy_from_slice(&node.record.to_le_bytes());
    }
    let table = Table { buckets, tags: &placed.tags, rests: &placed.rests };
    let found_again = nodes.iter().zip(&slots).all(|(node, slot)| table.find(node.hash) == Some(*slot));
    if found_again { Ok(placed) } else { Err(Unwritten::Collision) }
}

fn too_many() -> io::Error {
    io::Error::other(format!("more names than an image of version {VERSION} can hold"))
}

/// Puts the right checksum into octets that were changed.
#[cfg(test)]
pub(in crate::lists) fn seal(bytes: &mut [u8]) {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&bytes[..CHECKSUM.start]).update(&bytes[HEADER..]);
    let digest = hasher.finalize();
    bytes[CHECKSUM].copy_from_slice(digest.as_bytes());
}
