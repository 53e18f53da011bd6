//! The names that are listed and the names that are asked for: real ones where they are at hand, and made ones in their likeness.

use std::collections::HashSet;
use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use super::shared::shared;
use super::texts::Texts;

/// How many names are made up of nothing where there are no real ones: as many as there would be, of both kinds.
const LISTED: u32 = 4_000_000;
const POPULAR: u32 = 200_000;

/// The names.
pub(crate) struct Names {
    /// Those to be listed, in no order, but the real ones first.
    pub(crate) listed: Texts,
    /// How many of them are real, or made up in the place of real ones.
    pub(crate) real: usize,
    /// Those that people ask for; some are listed too.
    pub(crate) popular: Texts,
}

impl Names {
    /// Gathers them, `wanted` of them to be listed and `most_real` of those real, and prints which are not at hand.
    pub(crate) fn gather(most_real: usize, wanted: usize) -> Self {
        let read = |path: &str, instead: std::ops::Range<u32>, most: usize| {
            let path = shared(path);
            if path.is_file() {
                return Texts::read(&path, most);
            }
            println!("made up: there is no {}", path.display());
            let mut texts = Texts::default();
            instead.take(most).for_each(|number| texts.push(&made_up(number)));
            texts
        };
        let mut listed = read("data/lists/scale/union-4m.txt.zst", 0..LISTED, most_real);
        let popular = read("data/queries/tranco-1m-20250115.txt.zst", LISTED..LISTED + POPULAR, usize::MAX);
        let real = listed.len();
        fill(&mut listed, wanted);
        Self { listed, real, popular }
    }
}

/// A name as lists have them, no two alike.
fn made_up(number: u32) -> String {
    let scattered = number.wrapping_mul(2_654_435_761);
    let (below, top) = (["", "", "www.", "ads."], ["com", "com", "net", "org", "xyz", "com.vn"]);
    format!("{}{scattered:08x}-casino.{}", below[scattered as usize % 4], top[scattered as usize % 6])
}

/// Fills `texts` up to `wanted` names with copies of those in it, in each of which all registered domains change their own labels
/// with one another: names below one domain stay together, and depths, suffixes and lengths are as they were.
fn fill(texts: &mut Texts, wanted: usize) {
    let real = texts.len();
    let mut known: HashSet<u64> = (0..real).map(|place| hash(texts.at(place), 0)).collect();
    for copy in 1.. {
        for place in 0..real {
            if texts.len() >= wanted {
                return;
            }
            if let Some(made) = likened(texts, real, place, copy)
                && known.insert(hash(&made, 0))
            {
                texts.push(&made);
            }
        }
    }
}

/// The name at a place under the own label of another's registered domain; none where either has none.
fn likened(texts: &Texts, real: usize, place: usize, copy: u8) -> Option<String> {
    let text = texts.at(place);
    let domain = psl::domain_str(text)?;
    let other = texts.at((hash(domain, copy) % real as u64) as usize);
    let (own, _) = psl::domain_str(other)?.split_once('.')?;
    let (_, suffix) = domain.split_once('.')?;
    Some(format!("{}{own}.{suffix}", &text[..text.len() - domain.len()]))
}

/// The same in every run.
fn hash(text: &str, copy: u8) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(text.as_bytes());
    hasher.write_u8(copy);
    hasher.finish()
}
