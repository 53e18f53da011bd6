//! Look-ups, size and compile time of the index at 10,000 to 4 million real names: `cargo bench --bench index`.
//!
//! Reads the gathered lists below `$KHIEN_SHARED` or `../shared`, and prints a line where they are absent.

#[path = "kit/compiled.rs"]
mod compiled;
#[path = "kit/random.rs"]
mod random;
#[path = "kit/shared.rs"]
mod shared;
#[path = "kit/texts.rs"]
mod texts;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use compiled::{Compiled, directory, list};
use khien::dns::{Name, RecordType};
use khien::lists::Index;
use khien::lists::compile::Source;
use khien::lists::format::Format;
use shared::shared;
use texts::Texts;

const LOOKUPS: usize = 2_000_000;

/// The most different names that are asked for.
const ASKED: usize = 200_000;

fn main() {
    let union = shared("data/lists/scale/union-4m.txt.zst");
    if !union.is_file() {
        println!("skipped: no {}", union.display());
        return;
    }
    let directory = directory();
    let listed = Texts::read(&union, usize::MAX);
    let popular = Texts::read(&shared("data/queries/tranco-1m-20250115.txt.zst"), ASKED);
    let popular = names(&popular, popular.len(), 1);
    println!("names compile_s image_B/name hot_B/name open_ms clean_ns blocked_ns");
    for count in [10_000, 100_000, 1_000_000, listed.len()] {
        measure(&directory, &listed, count, &popular);
    }
    std::fs::remove_dir_all(&directory).expect("it was made above");
}

fn measure(directory: &Path, listed: &Texts, count: usize, popular: &[Name]) {
    let text = directory.join("list.txt");
    listed.write(count, &text);
    let compiled = Compiled::new(directory, vec![list("union", Source::File(text), Format::Domains)]);
    let Compiled { index, report, compile, open } = &compiled;
    let (all, hot) = compiled.per_name();
    let is_clean = |name: &&Name| index.categories(name, RecordType::A).categories().is_empty();
    let clean: Vec<Name> = popular.iter().filter(is_clean).cloned().collect();
    let blocked = names(listed, count, (count / ASKED).max(1));
    println!(
        "{} {:.2} {all:.1} {hot:.1} {:.1} {:.0} {:.0}",
        report.names,
        compile.as_secs_f64(),
        open.as_secs_f64() * 1e3,
        per_lookup(index, &clean).as_nanos(),
        per_lookup(index, &blocked).as_nanos(),
    );
}

fn per_lookup(index: &Index, names: &[Name]) -> Duration {
    let begun = Instant::now();
    for name in names.iter().cycle().take(LOOKUPS) {
        black_box(index.categories(black_box(name), RecordType::A));
    }
    begun.elapsed() / u32::try_from(LOOKUPS).expect("a few million")
}

/// Each `step`-th of the first `count` names.
fn names(texts: &Texts, count: usize, step: usize) -> Vec<Name> {
    (0..count).step_by(step).filter_map(|place| Name::parse(texts.at(place)).ok()).collect()
}
