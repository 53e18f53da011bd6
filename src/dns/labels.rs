//! Names inside a whole message: follows compression pointers (RFC 1035 section 4.1.4), strictly backwards only.

use super::{HEADER, MAX_LABEL, MAX_NAME, Malformed, Name};

/// The most pointers that one name may go through: it has at most 127 labels, and no sensible writer points at a pointer.
///
/// Without a limit a message of nothing but pointers would cost the square of its length.
const MOST_POINTERS: usize = 127;

/// A name as it is spelt in a message, expanded.
pub(super) struct Spelt {
    wire: [u8; MAX_NAME],
    len: usize,
    /// Where the octets after the name begin.
    pub(super) end: usize,
    /// Where its labels begin that stand in the place itself, before any pointer: `place..literal_end`.
    pub(super) literal_end: usize,
    /// The target of its first pointer, where it has one.
    pub(super) pointer: Option<usize>,
}

impl Spelt {
    /// Reads the name at `place` of the message `bytes`.
    ///
    /// # Errors
    /// [`Malformed::Name`] where it leaves the message, is too long, or points anywhere but backwards behind the header.
    pub(super) fn read(bytes: &[u8], place: usize) -> Result<Self, Malformed> {
        let mut spelt = Self { wire: [0; MAX_NAME], len: 0, end: place, literal_end: place, pointer: None };
        let (mut at, mut segment, mut pointers) = (place, place, 0);
        loop {
            let label = usize::from(*bytes.get(at).ok_or(Malformed::Name)?);
            if label <= MAX_LABEL {
                let read = bytes.get(at..=at + label).ok_or(Malformed::Name)?;
                let room = spelt.wire.get_mut(spelt.len..=spelt.len + label).ok_or(Malformed::Name)?;
                room.copy_from_slice(read);
                spelt.len += 1 + label;
                at += 1 + label;
                if spelt.pointer.is_none() {
                    (spelt.end, spelt.literal_end) = (at, at);
                }
                if label == 0 {
                    return Ok(spelt);
                }
                continue;
            }
            if label < 0xc0 {
                return Err(Malformed::Name);
            }
            let low = usize::from(*bytes.get(at + 1).ok_or(Malformed::Name)?);
            let target = (label & 0x3f) << 8 | low;
            pointers += 1;
            if target >= segment || target < HEADER || pointers > MOST_POINTERS {
                return Err(Malformed::Name);
            }
            if spelt.pointer.is_none() {
                spelt.pointer = Some(target);
                spelt.end = at + 2;
            }
            (at, segment) = (target, target);
        }
    }

    /// The name in wire form, as spelt.
    pub(super) fn as_wire(&self) -> &[u8] {
        &self.wire[..self.len]
    }

    /// The name, folded.
    pub(super) fn name(&self) -> Name {
        Name::from_wire(self.as_wire()).expect("an expanded name keeps the limits")
    }
}

/// Where labels begin in the part of a message that was read so far: the places that a pointer may sensibly name.
///
/// A pointer to anywhere else (into a TTL, an address) is legal to the letter, but would change its meaning when the octets
/// there are changed or moved.
#[derive(Debug, Default)]
pub(super) struct LabelStarts {
    starts: Vec<u16>,
    stray: bool,
}

impl LabelStarts {
    /// Notes the labels of a name at `place`, and whether it points where no label begins. Places must rise.
    pub(super) fn note(&mut self, bytes: &[u8], place: usize, spelt: &Spelt) {
        if let Some(target) = spelt.pointer {
            self.stray |= u16::try_from(target).map_or(true, |target| self.starts.binary_search(&target).is_err());
        }
        let mut at = place;
        while at < spelt.literal_end {
            // A pointer reaches no further than 14 bits, which a u16 holds.
            if let Ok(start) = u16::try_from(at) {
                self.starts.push(start);
            }
            at += 1 + usize::from(bytes[at]);
        }
    }

    /// Whether some pointer named a place where no label begins.
    pub(super) const fn stray(&self) -> bool {
        self.stray
    }
}
