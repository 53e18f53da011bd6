//! Look-ups in the index, of clean names and of blocked ones, in batches as workers make them and one at a time.
//!
//! The rule: the names of a round are new ones, drawn from all there are into one small piece of memory and read there before the
//! time begins. A server has its names at hand, for it just received them; what the lists say of them it has to fetch from anywhere.

use std::hint::black_box;
use std::path::Path;

use khien::dns::{Name, RecordType};
use khien::lists::compile::Source;
use khien::lists::format::Format;
use khien::lists::{Index, Listed};

use super::compiled::{Compiled, list};
use super::names::Names;
use super::plot::{Plot, Scale};
use super::random::Random;
use super::rounds::{Work, measure, on_two as both};
use super::spread::Spread;
use super::texts::Texts;

/// As many packets as a worker receives at once.
pub(super) const BATCH: usize = 32;

/// The names of a round: half a mebioctet.
const DRAWN: usize = 64 * BATCH;

/// How names are asked for.
#[derive(Clone, Copy)]
pub(super) enum How {
    Together,
    Alone,
}

/// Which names are asked for: those at some places among all.
pub(super) struct Asked<'a> {
    texts: &'a Texts,
    places: Vec<usize>,
}

impl<'a> Asked<'a> {
    /// The first `count`, where the index lists them, or where it does not.
    fn new(index: &Index, texts: &'a Texts, count: usize, listed: impl Fn(&Listed) -> bool) -> Self {
        let is_so =
            |place: &usize| Name::parse(texts.at(*place)).is_ok_and(|name| listed(&index.categories(&name, RecordType::A)));
        Self { texts, places: (0..count).filter(is_so).collect() }
    }

    pub(super) fn clean(index: &Index, names: &'a Names) -> Self {
        Self::new(index, &names.popular, names.popular.len(), |listed| listed.categories().is_empty())
    }

    fn blocked(index: &Index, names: &'a Names, count: usize) -> Self {
        Self::new(index, &names.listed, count, |listed| !listed.categories().is_empty())
    }
}

struct LookUps<'a> {
    index: &'a Index,
    asked: &'a Asked<'a>,
    how: How,
    random: Random,
    drawn: Vec<Name>,
}

impl<'a> LookUps<'a> {
    /// Those of one thread; each draws others.
    fn new(index: &'a Index, asked: &'a Asked<'a>, how: How, thread: u64) -> Self {
        Self { index, asked, how, random: Random::new(thread), drawn: vec![Name::root(); DRAWN] }
    }
}

impl Work for LookUps<'_> {
    fn ready(&mut self) {
        for name in &mut self.drawn {
            let place = self.asked.places[self.random.below(self.asked.places.len())];
            *name = Name::parse(self.asked.texts.at(place)).expect("it was parsed before");
        }
        black_box(
            self.drawn.iter().map(|name| name.as_wire().iter().map(|octet| usize::from(*octet)).sum::<usize>()).sum::<usize>(),
        );
    }

    fn run(&mut self) -> usize {
        match self.how {
            How::Together => {
                let mut listed = [Listed::default(); BATCH];
                for names in self.drawn.chunks(BATCH) {
                    self.index.categories_of(names.iter().zip(&mut listed).map(|(name, listed)| (name, RecordType::A, listed)));
                    black_box(&listed);
                }
            }
            How::Alone => {
                for name in &self.drawn {
                    black_box(self.index.categories(name, RecordType::A));
                }
            }
        }
        self.drawn.len()
    }
}

/// One thread's look-ups.
pub(super) fn look_up(index: &Index, asked: &Asked<'_>, how: How, rounds: usize) -> Spread {
    measure(vec![LookUps::new(index, asked, how, 0)], rounds)
}

/// The first `count` names as a list, and beside it one of patterns, where there are any.
pub(super) fn compiled(directory: &Path, names: &Names, count: usize, patterns: impl Iterator<Item = String>) -> Compiled {
    let text = directory.join("list.txt");
    names.listed.write(count, &text);
    let mut lists = vec![list("names", Source::File(text), Format::Domains)];
    let patterns: String = patterns.map(|pattern| format!("/{pattern}/\n")).collect();
    if !patterns.is_empty() {
        lists.push(list("patterns", Source::Text(patterns), Format::Adblock));
    }
    Compiled::new(directory, lists)
}

/// Look-ups by how many names are listed.
pub(crate) fn by_names(directory: &Path, names: &Names, counts: &[usize], rounds: usize) -> Plot {
    let mut plot = Plot::new("Look-up by names listed", "names", Scale::Logarithmic);
    println!("\n{} names are at hand to be listed; those beyond are made in their likeness.\n", grouped(names.real as u64));
    println!(
        "| names | text to image, s | image, B/name | hot part, B/name | open and verify, ms | clean, by {BATCH} | blocked, by {BATCH} | clean, alone | blocked, alone |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for count in counts {
        let compiled = compiled(directory, names, *count, std::iter::empty());
        let Compiled { index, report, compile, open } = &compiled;
        let (all, hot) = compiled.per_name();
        let (clean, blocked) = (Asked::clean(index, names), Asked::blocked(index, names, *count));
        let mut cells = String::new();
        for (how, by) in [(How::Together, "by 32"), (How::Alone, "alone")] {
            for (what, asked) in [("clean", &clean), ("blocked", &blocked)] {
                let spread = look_up(index, asked, how, rounds);
                cells += &format!(" {spread} |");
                plot.add(&format!("{what}, {by}"), *count, spread.median);
            }
        }
        let (compile, open) = (compile.as_secs_f64(), open.as_secs_f64() * 1e3);
        println!("| {} | {compile:.2} | {all:.1} | {hot:.1} | {open:.1} |{cells}", grouped(report.names));
    }
    plot
}

/// Look-ups among `count` names on one thread and on two.
pub(crate) fn on_two(directory: &Path, names: &Names, count: usize, rounds: usize) {
    let Compiled { index, .. } = &compiled(directory, names, count, std::iter::empty());
    for (what, asked) in [("clean", &Asked::clean(index, names)), ("blocked", &Asked::blocked(index, names, count))] {
        let what = format!("look-up by {BATCH}, {what}");
        both(&what, rounds, |thread| LookUps::new(index, asked, How::Together, thread));
    }
}

/// A number with a comma at every third place.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let (head, tail) = digits.split_at(digits.len() % 3);
    let threes = tail.as_bytes().chunks(3).map(|three| std::str::from_utf8(three).expect("digits"));
    std::iter::once(head).filter(|head| !head.is_empty()).chain(threes).collect::<Vec<_>>().join(",")
}
