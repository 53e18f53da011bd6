//! Names that an image takes for others: their hash leads to the node of a name that is listed.
//!
//! The compiler proves that no two names of an image share a hash; of all other names nobody can. Who finds one (the journal's writer,
//! which compares what blocked a name octet for octet) puts it here, and what is at or below it is from then on looked up by the cold
//! records. The rule: they say what the lists say, so a listed name that stands here is answered as ever.
//!
//! # Cost
//! While nothing is in it a look-up reads one word that nobody changes (`benches/index.rs`).

use std::io::Cursor;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwap;

use super::{Bytes, Checked, Image, Labels, Sets, verify};
use crate::dns::{Name, NameMap};

/// The most names that one image's holds: a key for which there are more would be no accident.
pub(in crate::lists) const MOST: usize = 1_024;

/// The quarantine of one image, which ends with it: another image has another key.
#[derive(Debug, Default)]
pub(super) struct Quarantine {
    /// How many there are.
    count: AtomicU32,
    names: ArcSwap<NameMap<()>>,
    /// One is taken in at a time.
    taking: Mutex<()>,
    /// Whether the octets were still those of the checksum when the first name was found.
    sound: OnceLock<bool>,
}

/// What became of a name that an image takes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is in the quarantine from now on.
    Quarantined,
    /// It was found before.
    Known,
    /// There is no room for it: this image goes on taking it for the other.
    Full,
    /// The image's file is not what it was: what it says now proves nothing, and nothing of it is taken in.
    Damaged,
}

impl Quarantine {
    /// Whether the name is to be looked up by the records.
    #[inline]
    fn holds(&self, name: &Name) -> bool {
        self.count.load(Ordering::Relaxed) > 0 && self.covers(name)
    }

    #[cold]
    fn covers(&self, name: &Name) -> bool {
        self.names.load().covering(name).is_some()
    }

    fn take(&self, name: &Name) -> Taken {
        let _one = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.names.load();
        if before.covering(name).is_some() {
            return Taken::Known;
        }
        if before.len() >= MOST {
            return Taken::Full;
        }
        let mut names = NameMap::clone(&before);
        names.insert(name, ());
        self.names.store(names.into());
        // Who sees the number sees the name.
        self.count.fetch_add(1, Ordering::Release);
        Taken::Quarantined
    }
}

impl Image {
    /// What the walk gave, but for names of the quarantine what the records on their way say.
    #[inline]
    pub(super) fn but_quarantined(&self, name: &Name, walked: Sets) -> Sets {
        if self.quarantine.holds(name) { self.walk_records(&Labels::of(name)).unwrap_or(walked) } else { walked }
    }

    /// How many names are in the quarantine.
    pub(in crate::lists) fn mistaken(&self) -> u32 {
        self.quarantine.count.load(Ordering::Acquire)
    }

    /// Puts a name, which the records have shown to be another than the one that the table leads to, into the quarantine.
    ///
    /// Records are read from the file, and a disk that lost an octet of one would open a listed name: so the whole file is compared with
    /// its checksum, once, when the first name is found. None where that failed before.
    pub(in crate::lists) fn take_in(&self, name: &Name) -> Option<Taken> {
        let mut first = false;
        let sound = self.quarantine.sound.get_or_init(|| {
            first = true;
            self.is_sound()
        });
        match (sound, first) {
            (true, _) => Some(self.quarantine.take(name)),
            (false, true) => Some(Taken::Damaged),
            (false, false) => None,
        }
    }

    /// Whether the octets are still those that were checked on opening.
    pub(super) fn is_sound(&self) -> bool {
        use std::io::Seek as _;
        match &self.bytes {
            // Everyone else reads at places of their own.
            Bytes::Mapped(_, file) => {
                let mut file: &std::fs::File = file;
                file.rewind().is_ok() && verify(&mut file, Checked::Whole).is_ok()
            }
            Bytes::Held(bytes) => verify(&mut Cursor::new(bytes), Checked::Whole).is_ok(),
        }
    }
}
