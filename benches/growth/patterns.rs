//! Look-ups of clean names by how many patterns there are, made up as adblock lists have them for names.

use std::path::Path;

use super::compiled::Compiled;
use super::look_ups::{Asked, BATCH, How, compiled, look_up};
use super::names::Names;
use super::plot::{Plot, Scale};

/// Sets of patterns: the first so many kinds in turn. Beside others the later kinds make automata large, for what has begun goes on
/// while anything else may begin.
const SETS: [(usize, &str); 2] = [(1, "of one kind"), (5, "of five kinds")];

/// The words that they are about are made of these, one of each.
const FIRST: &str =
    "ad ads adv banner click count pixel metric stat track telemetry affil promo pop push sponsor beacon log survey market";
const SECOND: &str = "server serv image img media net link hub zone host cdn page view feed data sys api app file tag";
const THIRD: [&str; 4] = ["", "pro", "go", "max"];

/// Look-ups of clean names by how many patterns there are beside `count` names.
pub(crate) fn by_patterns(directory: &Path, names: &Names, count: usize, counts: &[usize], rounds: usize) -> Plot {
    let mut plot = Plot::new("Look-up of clean names by patterns", "patterns", Scale::Linear);
    println!("\n| patterns | how many | for which there was no room | automata, MiB | clean, by {BATCH} | clean, alone |");
    println!("|---|---:|---:|---:|---:|---:|");
    let mut bare = None;
    for (kinds, what) in SETS {
        for patterns in counts {
            let Compiled { index, report, .. } = compiled(directory, names, count, (0..*patterns).map(|at| pattern(at, kinds)));
            let list = report.lists.last().expect("that of the patterns");
            assert_eq!(list.patterns, *patterns, "a pattern is at fault: {:?}", list.issues);
            let left_out = list.patterns_left_out.len();
            let automata = (index.hot_bytes() - *bare.get_or_insert(index.hot_bytes())) as f64 / f64::from(1 << 20);
            let clean = Asked::clean(&index, names);
            let (together, alone) = (look_up(&index, &clean, How::Together, rounds), look_up(&index, &clean, How::Alone, rounds));
            println!("| {what} | {patterns} | {left_out} | {automata:.1} | {together} | {alone} |");
            plot.add(what, *patterns, together.median);
        }
    }
    plot
}

/// An expression, of `kinds` in turn; each is about another word.
fn pattern(number: usize, kinds: usize) -> String {
    let (first, second): (Vec<&str>, Vec<&str>) = (FIRST.split(' ').collect(), SECOND.split(' ').collect());
    let (one, two, three) = (number % first.len(), number / first.len() % second.len(), number / first.len() / second.len());
    let word = format!("{}{}{}", first[one], second[two], THIRD[three]);
    match number % kinds {
        0 => format!(r"^{word}s?[0-9]*\."),
        1 => format!(r"^(.+[_.-])?{word}[0-9]*[_.-]"),
        2 => format!(r"(^|\.){word}-[0-9]{{2,4}}\."),
        3 => format!(r"{word}[0-9]{{2,4}}\.(top|xyz|icu|club)$"),
        _ => format!(r"^{word}-?[a-z]*\.com$"),
    }
}
