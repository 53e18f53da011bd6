//! Look-ups, size and compile time of the index at 10,000 to 4 million real names: `cargo bench --bench index`.
//!
//! Reads the gathered lists below `$KHIEN_SHARED` or `../shared`, and prints a line where they are absent.

use std::hint::black_box;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use khien::dns::{Name, RecordType};
use khien::lists::compile::{Job, JobList, Source, run};
use khien::lists::format::Match;
use khien::lists::{Category, Force, Image, Index, List, ListAction, Owner, Standing};

const LOOKUPS: usize = 2_000_000;

fn main() {
    let root = std::env::var_os("KHIEN_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    let union = root.join("data/lists/scale/union-4m.txt.zst");
    if !union.is_file() {
        println!("skipped: no {}", union.display());
        return;
    }
    let directory = std::env::temp_dir().join(format!("khien-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory for images");
    let mut listed = lines(&union);
    shuffle(&mut listed);
    let popular = names(&lines(&root.join("data/queries/tranco-1m-20250115.txt.zst")));
    println!("names compile_s image_B/name hot_B/name open_ms clean_ns blocked_ns");
    for count in [10_000, 100_000, 1_000_000, listed.len()] {
        measure(&directory, &listed[..count], &popular);
    }
    std::fs::remove_dir_all(&directory).expect("it was made above");
}

fn measure(directory: &Path, listed: &[String], popular: &[Name]) {
    let text = directory.join("list.txt");
    std::fs::write(&text, listed.join("\n")).expect("room for the list");
    let list = List {
        id: "union".into(),
        category: Category::at(5).expect("a place"),
        standing: Standing::Locked,
        action: ListAction::Block,
        force: Force::default(),
    };
    let list = JobList { list, source: Source::File(text), format: None, matching: Match::AsFormat };
    let image = directory.join("bench.img");
    let job = Job { owner: Owner::School, lists: vec![list], protected: Vec::new(), image: image.clone(), kept: None };
    let begun = Instant::now();
    let report = run(&job).expect("the list compiles");
    let compile = begun.elapsed();
    let begun = Instant::now();
    let opened = Image::open(&image).expect("the image is sound");
    let open = begun.elapsed();
    let per_name = |octets: u64| octets as f64 / report.names as f64;
    let (all, hot) = (per_name(opened.bytes()), per_name(opened.hot_bytes()));
    let index = Index::new(vec![Arc::new(opened)]);
    let is_clean = |name: &&Name| index.categories(name, RecordType::A).categories().is_empty();
    let clean: Vec<Name> = popular.iter().filter(is_clean).cloned().collect();
    let step = (listed.len() / 200_000).max(1);
    let blocked = names(&listed.iter().step_by(step).cloned().collect::<Vec<_>>());
    println!(
        "{} {:.2} {all:.1} {hot:.1} {:.1} {:.0} {:.0}",
        report.names,
        compile.as_secs_f64(),
        open.as_secs_f64() * 1e3,
        per_lookup(&index, &clean).as_nanos(),
        per_lookup(&index, &blocked).as_nanos(),
    );
}

fn per_lookup(index: &Index, names: &[Name]) -> Duration {
    let begun = Instant::now();
    for name in names.iter().cycle().take(LOOKUPS) {
        black_box(index.categories(black_box(name), RecordType::A));
    }
    begun.elapsed() / u32::try_from(LOOKUPS).expect("a few million")
}

fn lines(path: &Path) -> Vec<String> {
    let file = std::fs::File::open(path).expect("the data is whole");
    let text = BufReader::new(zstd::stream::read::Decoder::new(file).expect("a Zstandard file"));
    text.lines().map(|line| line.expect("text")).filter(|line| !line.starts_with('#')).collect()
}

fn names(lines: &[String]) -> Vec<Name> {
    let mut names: Vec<Name> = lines.iter().filter_map(|line| Name::parse(line).ok()).collect();
    shuffle(&mut names);
    names.truncate(200_000);
    names
}

/// The same order in every run, and none that the lists came in.
fn shuffle<T>(items: &mut [T]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for place in (1..items.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        items.swap(place, (state % (place as u64 + 1)) as usize);
    }
}
