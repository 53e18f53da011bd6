//! One list, or some, compiled in this process to an image and opened, and how long both took.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use khien::lists::compile::{Job, JobList, Report, Source, run};
use khien::lists::format::{Format, Match};
use khien::lists::{Category, Force, Image, Index, List, ListAction, Owner, Standing};

/// Some lists, ready to be asked.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// The lists.
    pub(crate) index: Index,
    /// What the compiler says of them.
    pub(crate) report: Report,
    /// How long it took.
    pub(crate) compile: Duration,
    /// How long opening and verifying took.
    pub(crate) open: Duration,
}

/// A directory for images and texts of this process.
pub(crate) fn directory() -> PathBuf {
    let directory = std::env::temp_dir().join(format!("khien-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory for images");
    directory
}

/// A list that blocks.
pub(crate) fn list(id: &str, source: Source, format: Format) -> JobList {
    let list = List {
        id: id.into(),
        category: Category::at(5).expect("a place"),
        standing: Standing::Locked,
        action: ListAction::Block,
        force: Force::default(),
    };
    JobList { list, source, format: Some(format), matching: Match::AsFormat }
}

impl Compiled {
    /// Compiles and opens them; the image lies in `directory`, in the place of the one before.
    pub(crate) fn new(directory: &Path, lists: Vec<JobList>) -> Self {
        let image = directory.join("bench.img");
        let job = Job { owner: Owner::School, lists, protected: Vec::new(), image: image.clone(), kept: None };
        let begun = Instant::now();
        let report = run(&job).expect("the lists compile");
        let compile = begun.elapsed();
        let begun = Instant::now();
        let opened = Image::open(&image).expect("the image is sound");
        let open = begun.elapsed();
        Self { index: Index::new(vec![Arc::new(opened)]), report, compile, open }
    }

    /// Octets of the image for each name: all of them, and those that queries touch.
    pub(crate) fn per_name(&self) -> (f64, f64) {
        let per_name = |octets: u64| octets as f64 / self.report.names as f64;
        (per_name(self.index.bytes()), per_name(self.index.hot_bytes()))
    }
}
