//! From a role's sources to its one list: what each source says of a name, put together so that the sources' order changes nothing.
//!
//! The rules are the compiler's: each source is resolved alone, then they are united, so an exception of one source takes nothing
//! from another. What a source says for single record types cannot be said in a list of the office, and is not taken.

use super::unite::{Rule, unite};
use super::{LARGEST, MOST_CATEGORIES, Mark, NameList, bits};
use crate::lists::format::{Action, Entry, Scope};

/// A source's place among those that were gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u16);

/// More categories than a set has bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a list has at most 64 categories and 1 GiB of names")]
pub struct TooManyCategories;

/// What sources say, on its way to a list.
#[derive(Debug, Default)]
pub struct Gathering {
    categories: Vec<String>,
    text: Vec<u8>,
    rules: Vec<Gathered>,
    /// Rules that are for single record types.
    untold: u64,
}

#[derive(Debug, Clone, Copy)]
struct Gathered {
    at: u32,
    len: u8,
    mark: Mark,
    category: u8,
    important: bool,
    source: SourceId,
}

impl Gathering {
    /// Takes what `source` says of one name, for the category `category`.
    ///
    /// # Errors
    /// [`TooManyCategories`].
    pub fn add(&mut self, source: SourceId, category: &str, entry: &Entry<'_>) -> Result<(), TooManyCategories> {
        if !entry.types.is_all() {
            self.untold += 1;
            return Ok(());
        }
        let place = match self.categories.iter().position(|known| known == category) {
            Some(place) => place,
            None => {
                self.categories.push(category.to_owned());
                self.categories.len() - 1
            }
        };
        let name = entry.name.to_string();
        if place >= MOST_CATEGORIES || (self.text.len() + name.len()) as u64 > LARGEST {
            return Err(TooManyCategories);
        }
        self.rules.push(Gathered {
            at: u32::try_from(self.text.len()).map_err(|_| TooManyCategories)?,
            len: u8::try_from(name.len()).map_err(|_| TooManyCategories)?,
            mark: Mark::of(entry.scope, entry.action),
            category: u8::try_from(place).map_err(|_| TooManyCategories)?,
            important: entry.important,
            source,
        });
        self.text.extend_from_slice(name.as_bytes());
        Ok(())
    }

    /// How many rules were not taken because they are for single record types.
    pub const fn untold(&self) -> u64 {
        self.untold
    }

    /// The list.
    pub fn finish(mut self) -> NameList {
        self.unite_exceptions();
        let Self { categories, text, mut rules, .. } = self;
        let name = |rule: &Gathered| &text[rule.at as usize..][..usize::from(rule.len)];
        rules.sort_unstable_by(|one, other| name(one).cmp(name(other)));
        let mut order: Vec<usize> = (0..categories.len()).collect();
        order.sort_by_key(|place| &categories[*place]);
        let mut ranks = [0_usize; MOST_CATEGORIES];
        for (rank, place) in order.iter().enumerate() {
            ranks[*place] = rank;
        }
        let mut list = NameList::default();
        let mut used = 0_u64;
        for group in rules.chunk_by(|one, other| name(one) == name(other)) {
            let sets = sets(group, &ranks);
            let name = std::str::from_utf8(name(&group[0])).expect("names are put in as text");
            for mark in Mark::ALL {
                let set = sets[mark as usize];
                if set != 0 {
                    list.push(name, mark, set);
                    used |= set;
                }
            }
        }
        let words: Vec<String> = order.into_iter().map(|place| categories[place].clone()).collect();
        let kept = bits(used).map(|place| words[place].clone()).zip(bits(used)).collect();
        list.rank(&kept);
        list
    }

    /// Resolves the categories in which some source makes an exception.
    fn unite_exceptions(&mut self) {
        let excepted = |rule: &Gathered| rule.mark.read().1 == Action::Allow;
        let touched = self.rules.iter().filter(|rule| excepted(rule)).fold(0_u64, |set, rule| set | 1 << rule.category);
        for place in bits(touched) {
            let text = &self.text;
            let own = |rule: &Gathered| usize::from(rule.category) == place;
            let rules = self.rules.iter().filter(|rule| own(rule)).map(|rule| {
                let (scope, action) = rule.mark.read();
                let name = &text[rule.at as usize..][..usize::from(rule.len)];
                Rule { name, at: (rule.at, rule.len), scope, action, important: rule.important, source: rule.source }
            });
            let united = unite(rules.collect());
            self.rules.retain(|rule| !own(rule));
            let category = u8::try_from(place).expect("at most 64");
            self.rules.extend(united.into_iter().map(|((at, len), scope, action)| Gathered {
                at,
                len,
                mark: Mark::of(scope, action),
                category,
                important: false,
                source: SourceId(0),
            }));
        }
    }
}

/// For each mark the categories that rules at one name give it: in one form, an exception before a block.
fn sets(rules: &[Gathered], ranks: &[usize; MOST_CATEGORIES]) -> [u64; 6] {
    let (mut own, mut below, mut not_own, mut not_below) = (0_u64, 0, 0, 0);
    for rule in rules {
        let bit = 1 << ranks[usize::from(rule.category)];
        let (scope, action) = rule.mark.read();
        let (to_own, to_below) = match action {
            Action::Block => (&mut own, &mut below),
            Action::Allow => (&mut not_own, &mut not_below),
        };
        match scope {
            Scope::Exact => *to_own |= bit,
            Scope::Below => *to_below |= bit,
            Scope::Subtree => {
                *to_own |= bit;
                *to_below |= bit;
            }
        }
    }
    let (own, below) = (own & !not_own, below & !not_below);
    [own & below, own & !below, below & !own, not_own & not_below, not_own & !not_below, not_below & !not_own]
}
