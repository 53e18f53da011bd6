//! The hash table of an image: from a node's hash to its slot, and by that to its class and its cold record.
//!
//! # Cost
//! Buckets of 32 slots. A slot is 16 bits of tag, 32 bits of the rest of the hash and a class id, each in an array of its own:
//! a name without a node costs one cache line of tags (`benches/index.rs`), 2 octets a slot of memory that is ever touched.
//! Tag, rest and the bucket's place together tell 64-bit hashes apart; the compiler proves that no two nodes look alike.

/// Slots in a bucket: their tags fill one cache line.
pub(super) const SLOTS: usize = 32;
/// Octets of the tags of a bucket.
pub(super) const TAGS: usize = SLOTS * 2;
/// Octets of the rests of a bucket.
pub(super) const RESTS: usize = SLOTS * 4;

/// The lowest bit of each tag in a word of four.
const LOW: u64 = 0x0001_0001_0001_0001;
/// The highest bit of each.
const HIGH: u64 = 0x8000_8000_8000_8000;

/// What of a hash a slot holds, and where it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) bucket: usize,
    pub(super) tag: u16,
    pub(super) rest: u32,
}

impl Place {
    /// Where a node with `hash` is at home among `buckets`.
    #[inline]
    pub(super) const fn of(hash: u64, buckets: u32) -> Self {
        let bucket = ((hash >> 32) * buckets as u64) >> 32;
        // Tag 0 marks an empty slot.
        let tag = hash as u16;
        Self { bucket: bucket as usize, tag: if tag == 0 { 1 } else { tag }, rest: (hash >> 16) as u32 }
    }
}

/// The table, as the mapped sections hold it.
#[derive(Clone, Copy)]
pub(super) struct Table<'i> {
    /// How many buckets hashes are spread over; a few more follow for what overflows at the end.
    pub(super) buckets: u32,
    pub(super) tags: &'i [u8],
    pub(super) rests: &'i [u8],
}

impl Table<'_> {
    /// The first tag of the bucket in which a node with `hash` is at home: reading it fetches them all.
    #[inline]
    pub(super) fn first_tag(&self, hash: u64) -> u8 {
        self.tags.get(Place::of(hash, self.buckets).bucket * TAGS).copied().unwrap_or_default()
    }

    /// The slot of the node with `hash`.
    ///
    /// A bucket that is full may have spilled into the next one; the last bucket of all is never full.
    #[inline]
    pub(super) fn find(&self, hash: u64) -> Option<usize> {
        let place = Place::of(hash, self.buckets);
        let pattern = u64::from(place.tag) * LOW;
        let mut bucket = place.bucket;
        loop {
            let tags: &[u8; TAGS] = self.tags.get(bucket * TAGS..)?.first_chunk()?;
            let words: [u64; 8] =
                std::array::from_fn(|at| u64::from_le_bytes(tags[at * 8..at * 8 + 8].try_into().expect("eight octets")));
            let marks = words.map(|word| {
                let odd = word ^ pattern;
                odd.wrapping_sub(LOW) & !odd & HIGH
            });
            if marks.iter().fold(0, |all, mark| all | mark) != 0 {
                for (at, mut mark) in marks.into_iter().enumerate() {
                    while mark != 0 {
                        let slot = bucket * SLOTS + at * 4 + mark.trailing_zeros() as usize / 16;
                        // The subtraction may also mark a tag behind a true one that differs from it in its lowest bit.
                        if self.rest(slot) == Some(place.rest) && self.tag(slot) == Some(place.tag) {
                            return Some(slot);
                        }
                        mark &= mark - 1;
                    }
                }
            }
            if words[7] >> 48 == 0 {
                return None;
            }
            bucket += 1;
        }
    }

    fn tag(&self, slot: usize) -> Option<u16> {
        Some(u16::from_le_bytes(*self.tags.get(slot * 2..)?.first_chunk()?))
    }

    #[inline]
    fn rest(&self, slot: usize) -> Option<u32> {
        Some(u32::from_le_bytes(*self.rests.get(slot * 4..)?.first_chunk()?))
    }
}
