//! How costs grow: with the names that are listed, with groups and subnets, with patterns, and on two cores against one.
//!
//! `cargo bench --bench growth` prints the tables of `docs/performance.md`, and with `-- --plots docs/plots` draws them too.
//! `cargo test --bench growth` tries it with few names and rounds, as `-- --quick` does.

#[path = "../kit/compiled.rs"]
mod compiled;
mod look_ups;
mod names;
mod patterns;
mod plot;
#[path = "../kit/random.rs"]
mod random;
mod rounds;
#[path = "../kit/served.rs"]
mod served;
mod serving;
#[path = "../kit/shared.rs"]
mod shared;
#[path = "../kit/spread.rs"]
mod spread;
#[path = "../kit/texts.rs"]
mod texts;

use std::path::PathBuf;

use clap::Parser as _;
use names::Names;

/// Measures how costs grow.
#[derive(clap::Parser)]
struct Arguments {
    /// Few names and few rounds: whether it works, and no figures
    #[arg(long)]
    quick: bool,
    /// Where plots are put
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
    /// What cargo says where figures are wanted
    #[arg(long, hide = true)]
    bench: bool,
}

/// How much is measured.
struct Size {
    /// The most real names that are listed; what is asked beyond is made in their likeness.
    most_real: usize,
    /// How many names are listed, besides all the real ones.
    listed: &'static [usize],
    /// How many names are listed where that is not what changes.
    beside: usize,
    rounds: usize,
}

const WHOLE: Size =
    Size { most_real: usize::MAX, listed: &[10_000, 100_000, 1_000_000, 10_000_000], beside: 1_000_000, rounds: 201 };

const QUICK: Size = Size { most_real: 60_000, listed: &[10_000, 100_000], beside: 10_000, rounds: 5 };

const GROUPS: [usize; 4] = [1, 10, 100, 1000];

const PATTERNS: [usize; 5] = [0, 10, 100, 500, 1500];

fn main() {
    let arguments = Arguments::parse();
    let size = if arguments.quick || !arguments.bench { QUICK } else { WHOLE };
    let names = Names::gather(size.most_real, *size.listed.last().expect("some are listed"));
    let mut listed = [size.listed, &[names.real]].concat();
    listed.sort_unstable();
    listed.dedup();
    let directory = compiled::directory();
    let plots = [
        ("names", look_ups::by_names(&directory, &names, &listed, size.rounds)),
        ("groups", serving::by_groups(&GROUPS, size.rounds)),
        ("patterns", patterns::by_patterns(&directory, &names, size.beside, &PATTERNS, size.rounds)),
    ];
    println!("\n| at once | one thread, ns | two, ns each | one thread, million a second | two, million a second |");
    println!("|---|---:|---:|---:|---:|");
    look_ups::on_two(&directory, &names, size.beside, size.rounds);
    serving::on_two(size.rounds);
    std::fs::remove_dir_all(&directory).expect("it was made above");
    if let Some(folder) = arguments.plots {
        std::fs::create_dir_all(&folder).expect("a folder for plots");
        for (name, plot) in plots {
            std::fs::write(folder.join(name).with_extension("svg"), plot.svg()).expect("room for a plot");
        }
    }
}
