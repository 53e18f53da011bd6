//! An image: the compiled lists of one owner in one file, mapped and read in place.
//!
//! The hot part (tags, rests, class ids) answers queries; the cold part (records) answers why, and is normally not in memory.
//! An image is checked when it is opened, by reading the file and not the mapping, so that checking makes nothing resident.

mod class;
mod cold;
mod find;
mod hash;
mod labels;
mod layout;
mod map;
mod networks;
mod nodes;
mod patterns;
mod quarantine;
mod ranks;
mod table;
mod together;
mod write;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Deref as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use memmap2::Mmap;
use serde::{Deserialize, Serialize};

pub(super) use class::{Class, Sets};
pub(super) use cold::{ColdRule, Record};
pub(super) use find::{AtNode, End, Weighed};
pub(super) use labels::Labels;
pub use layout::ImageFault;
pub(super) use layout::VERSION;
pub(super) use networks::{NetParts, NetRule, NetSets, Networks, Stretches};
pub(super) use nodes::Nodes;
pub(super) use patterns::{PatternRow, Patterns};
pub use quarantine::Taken;
pub(super) use ranks::{Ranks, labels as rank_labels, of_name, of_pattern};
pub(super) use together::{Route, TOGETHER};
#[cfg(test)]
pub(super) use write::seal;
pub(super) use write::{ImageKey, Node, Parts, Sink, Unwritten, Writing};

use self::class::CLASS;
use self::layout::{ALIGN, CHECKSUM, COLD_CHECKSUM, HEADER, Header, Section};
use self::networks::NetLayout;
use self::quarantine::Quarantine;
use self::table::{RESTS, SLOTS, TAGS, Table};
use super::format::TypeSet;
use super::{CategorySet, List, Owner};
use crate::dns::RecordType;

/// The compiled lists of one owner.
#[derive(Debug)]
pub struct Image {
    bytes: Bytes,
    header: Header,
    owner: Owner,
    lists: Vec<List>,
    types: Vec<TypeSet>,
    classes: Vec<Class>,
    patterns: Patterns,
    networks: NetLayout,
    quarantine: Quarantine,
    /// Whether class ids take four octets instead of two.
    wide: bool,
}

#[derive(Debug)]
enum Bytes {
    Mapped(Mmap, File),
    Held(Vec<u8>),
}

impl Bytes {
    fn all(&self) -> &[u8] {
        match self {
            Self::Mapped(map, _) => map.deref(),
            Self::Held(bytes) => bytes,
        }
    }
}

/// Octets that nearly every record has room in: a label, and the rules of some twenty lists.
const HEAD: usize = 192;

/// What the octets of an image are about, in its section [`Section::Meaning`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meaning {
    pub(super) owner: Owner,
    pub(super) lists: Vec<List>,
    /// The record types of typed rules: whether those named are the only ones or the missing ones, and which they are.
    pub(super) types: Vec<(TypeSense, Vec<u16>)>,
    /// The patterns of each automaton.
    pub(super) patterns: Vec<Vec<PatternRow>>,
}

/// How a set of record types is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TypeSense {
    Only,
    Except,
}

impl Image {
    /// Maps and checks the image in the file at `path`.
    ///
    /// # Errors
    /// [`ImageFault`], where the file is no sound image of this version.
    pub fn open(path: &Path) -> Result<Self, ImageFault> {
        Self::open_checked(path, Checked::Whole)
    }

    /// As [`Image::open`], without reading the cold part, two thirds of it, where that answers nothing but "why": what is damaged there
    /// is not told. Rules for only some record types and patterns are weighed by it, so of an image that has some it is read too.
    ///
    /// # Errors
    /// As [`Image::open`].
    pub fn open_hot(path: &Path) -> Result<Self, ImageFault> {
        let image = Self::open_checked(path, Checked::Hot)?;
        let is_weighed = !image.types.is_empty() || !image.patterns.is_empty();
        if is_weighed && !image.is_sound() { Err(ImageFault::Checksum) } else { Ok(image) }
    }

    fn open_checked(path: &Path, checked: Checked) -> Result<Self, ImageFault> {
        let mut file = File::open(path)?;
        verify(&mut file, checked)?;
        let map = map::map(&file)?;
        Self::read(Bytes::Mapped(map, file))
    }

    /// Checks an image held in memory.
    ///
    /// # Errors
    /// [`ImageFault`], where the bytes are no sound image of this version.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ImageFault> {
        verify(&mut io::Cursor::new(&bytes), Checked::Whole)?;
        Self::read(Bytes::Held(bytes))
    }

    fn read(bytes: Bytes) -> Result<Self, ImageFault> {
        let all = bytes.all();
        let header = Header::read(all, all.len() as u64)?;
        let section = |section| all.get(header.range(section)).ok_or(ImageFault::Damaged("a section ends behind the file"));
        let slots = section(Section::Tags)?.len() / 2;
        let buckets = slots / SLOTS;
        if slots == 0
            || section(Section::Tags)?.len() != buckets * TAGS
            || section(Section::Rests)?.len() != buckets * RESTS
            || section(Section::Places)?.len() != slots * 4
            || header.buckets == 0
            || header.buckets as usize > buckets
        {
            return Err(ImageFault::Damaged("the parts of its table do not fit together"));
        }
        let ids = section(Section::ClassIds)?;
        let wide = match ids.len() {
            len if len == slots * 2 => false,
            len if len == slots * 4 => true,
            _ => return Err(ImageFault::Damaged("the parts of its table do not fit together")),
        };
        let (classes, rest) = section(Section::Classes)?.as_chunks::<CLASS>();
        let classes: Vec<Class> = classes.iter().map(Class::from_bytes).collect();
        let beyond = |id: u32| id as usize >= classes.len();
        let stray = if wide {
            ids.as_chunks::<4>().0.iter().any(|id| beyond(u32::from_le_bytes(*id)))
        } else {
            ids.as_chunks::<2>().0.iter().any(|id| beyond(u16::from_le_bytes(*id).into()))
        };
        if stray || !rest.is_empty() {
            return Err(ImageFault::Damaged("a node is of no known class"));
        }
        const MEANING: ImageFault = ImageFault::Damaged("its lists cannot be read");
        let meaning: Meaning = serde_json::from_slice(section(Section::Meaning)?).map_err(|_| MEANING)?;
        let types = meaning.types.iter().map(|(sense, types)| type_set(*sense, types)).collect::<Option<_>>().ok_or(MEANING)?;
        let patterns = Patterns::read(section(Section::Automata)?, meaning.patterns)?;
        let networks = NetLayout::read(section(Section::Networks)?, section(Section::NetworkRules)?)?;
        if meaning.lists.len() > MOST_LISTS {
            return Err(MEANING);
        }
        let (owner, lists, quarantine) = (meaning.owner, meaning.lists, Quarantine::default());
        Ok(Self { header, owner, lists, types, classes, patterns, networks, quarantine, wide, bytes })
    }

    /// Whose lists these are.
    pub const fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The lists in it, by id.
    pub fn lists(&self) -> &[List] {
        &self.lists
    }

    /// How many different names its rules have.
    pub const fn names(&self) -> u64 {
        self.header.names
    }

    /// How many rules with a name it holds.
    pub const fn rules(&self) -> u64 {
        self.header.rules
    }

    /// How many patterns it holds.
    pub fn patterns(&self) -> usize {
        self.patterns.len()
    }

    /// The fingerprint of the sources it was compiled from.
    pub const fn fingerprint(&self) -> [u8; 32] {
        self.header.fingerprint
    }

    /// Octets of the whole file.
    pub fn bytes(&self) -> u64 {
        self.bytes.all().len() as u64
    }

    /// Octets that queries touch, all of them together.
    pub fn hot_bytes(&self) -> u64 {
        let hot = [Section::Tags, Section::Rests, Section::ClassIds, Section::Classes];
        let sections: u64 = hot.into_iter().map(|section| self.header.sections[section as usize].1).sum();
        sections + self.patterns.bytes() as u64 + self.networks.hot_bytes() as u64
    }

    /// The networks in it.
    pub(super) fn networks(&self) -> Networks<'_> {
        let (stretches, rules) = (self.section(Section::Networks), self.section(Section::NetworkRules));
        Networks { layout: &self.networks, stretches, rules }
    }

    fn section(&self, section: Section) -> &[u8] {
        // Image::read has seen that every section lies inside.
        self.bytes.all().get(self.header.range(section)).unwrap_or_default()
    }

    fn table(&self) -> Table<'_> {
        Table { buckets: self.header.buckets, tags: self.section(Section::Tags), rests: self.section(Section::Rests) }
    }

    /// Hands over the record of a slot, and where it begins. It is read from the file and not from the mapping, so that asking why makes
    /// nothing resident; from the mapping where the file cannot be read, and where very many lists have the name.
    fn record<T>(&self, slot: usize, take: impl FnOnce(usize, &Record<'_>) -> T) -> Option<T> {
        let mut head = [0; HEAD];
        let whole = |(place, head)| Record::read(head).filter(|record| record.behind().is_some()).map(|record| (place, record));
        let (place, record) = match self.head_of_record(slot, &mut head).and_then(whole) {
            Some(found) => found,
            None => {
                let place = self.place(slot)?;
                (place, Record::read(self.section(Section::Records).get(place..)?)?)
            }
        };
        Some(take(place, &record))
    }

    /// Where a slot's record begins and its first octets, from the file.
    fn head_of_record<'h>(&self, slot: usize, head: &'h mut [u8; HEAD]) -> Option<(usize, &'h [u8])> {
        let Bytes::Mapped(_, file) = &self.bytes else { return None };
        let (places, records) = (self.header.range(Section::Places), self.header.range(Section::Records));
        let mut place = [0; 4];
        let at = Some(places.start + slot * place.len()).filter(|at| *at < places.end)?;
        file.read_exact_at(&mut place, at as u64).ok()?;
        let place = u32::from_le_bytes(place) as usize;
        let at = records.start + place;
        let head = &mut head[..records.end.checked_sub(at)?.min(HEAD)];
        file.read_exact_at(head, at as u64).ok()?;
        Some((place, head))
    }

    /// Where the record of a slot begins.
    fn place(&self, slot: usize) -> Option<usize> {
        Some(u32::from_le_bytes(*self.section(Section::Places).get(slot * 4..)?.first_chunk()?) as usize)
    }

    /// How many patterns and how many networks lists of these categories hold, exceptions among them.
    pub fn nameless(&self, of: CategorySet) -> (usize, usize) {
        let counts = |list: u16| self.lists.get(usize::from(list)).is_some_and(|list| of.contains(list.category));
        let patterns = self.patterns.rows().filter(|row| counts(row.list)).count();
        (patterns, self.networks().rules().filter(|rule| counts(rule.list)).count())
    }

    /// Calls `each` with every pattern that matches `text`; for one that matches in several places, several times.
    pub(super) fn matching<'i>(&'i self, text: &[u8], each: impl FnMut(&'i PatternRow)) {
        self.patterns.matching(text, each);
    }

    /// Whether a rule for the record types at `types` of the table is for `record_type`.
    pub(super) fn is_for(&self, types: u16, record_type: RecordType) -> bool {
        types == 0 || self.types.get(usize::from(types) - 1).is_some_and(|set| set.contains(record_type))
    }
}

/// The most lists that one owner can have: their places fit into the table that weighs typed rules.
pub const MOST_LISTS: usize = 512;

fn type_set(sense: TypeSense, types: &[u16]) -> Option<TypeSet> {
    let types: Vec<RecordType> = types.iter().copied().map(RecordType).collect();
    match sense {
        TypeSense::Only => TypeSet::only(&types),
        TypeSense::Except => TypeSet::except(&types),
    }
}

/// How much of an image is read before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checked {
    /// All.
    Whole,
    /// What queries are answered by.
    Hot,
}

/// Reads an image through and compares its checksums.
fn verify(from: &mut (impl Read + Seek), checked: Checked) -> Result<(), ImageFault> {
    let mut head = [0; HEADER];
    match from.read_exact(&mut head) {
        Ok(()) => {}
        Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => return Err(ImageFault::NotAnImage),
        Err(fault) => return Err(fault.into()),
    }
    // Kind and version are told before the checksum, which another version may make otherwise.
    let header = Header::read(&head, u64::MAX)?;
    if !header.covers(from.seek(SeekFrom::End(0))?) {
        return Err(ImageFault::Checksum);
    }
    let (mut hot, mut cold) = (blake3::Hasher::new(), blake3::Hasher::new());
    for section in Section::ALL {
        let range = header.range(section);
        let (begin, octets) = (range.start as u64, range.len().next_multiple_of(ALIGN) as u64);
        let hasher = match (section.is_cold(), checked) {
            (true, Checked::Hot) => continue,
            (true, Checked::Whole) => &mut cold,
            (false, _) => &mut hot,
        };
        from.seek(SeekFrom::Start(begin))?;
        hasher.update_reader(from.by_ref().take(octets))?;
    }
    hot.update(&head[..CHECKSUM.start]);
    let is_sound = hot.finalize().as_bytes()[..] == head[CHECKSUM]
        && (checked == Checked::Hot || cold.finalize().as_bytes()[..] == head[COLD_CHECKSUM]);
    if is_sound { Ok(()) } else { Err(ImageFault::Checksum) }
}
