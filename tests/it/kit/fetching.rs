//! Fetching one list without a server around it, with bounds that a test can wait for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use khien::fetch::{
    Accept, Bootstrap, Change, Copies, Failure, Fetcher, Limits, News, Origin, Page, Primary, Reader, Record, Trust, Wanted,
    Watch,
};
use khien::lists::compile::{JobList, Source};
use khien::lists::format::{Format, Match};
use khien::lists::{Category, Force, List, ListAction, ListId, Standing};

/// All that the operator can allow.
pub const ANYWHERE: Accept = Accept { private_address: true, http: true, port: true };

/// One list that is fetched by hand.
pub struct Bench {
    pub directory: tempfile::TempDir,
    pub fetcher: Fetcher,
    pub wanted: Wanted,
}

impl Bench {
    /// A list at `page`, with bounds of a second or two.
    pub fn new(page: &str, accept: Accept) -> Self {
        Self::of(Origin::Page(Page::parse(page, accept).expect("a page")), None)
    }

    /// A list that comes from a zone.
    pub fn of_zone(primary: Primary) -> Self {
        Self::of(Origin::Zone(Box::new(primary)), Some(Format::Rpz))
    }

    fn of(origin: Origin, format: Option<Format>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let list = ListId::from("toys");
        let copies = Copies::below(directory.path());
        let part = JobList {
            list: List {
                id: list.clone(),
                category: Category::at(0).expect("a place"),
                standing: Standing::Content,
                action: ListAction::Block,
                force: Force::default(),
            },
            source: Source::File(copies.path(&list)),
            format,
            matching: Match::AsFormat,
        };
        let limits = Limits {
            connect: Duration::from_secs(2),
            head: Duration::from_millis(500),
            total: Duration::from_secs(20),
            window: Duration::from_millis(500),
            least: 1024,
            largest: 4 << 20,
        };
        let reader = Reader { program: PathBuf::from(env!("CARGO_BIN_EXE_khien")), memory_limit: 2 << 30 };
        let fetcher = Fetcher {
            copies,
            bootstrap: Bootstrap::default(),
            trust: Trust::System,
            reader,
            reading: Arc::new(tokio::sync::Semaphore::new(1)),
        };
        Self { directory, fetcher, wanted: Wanted { list, origin, parts: vec![part], limits } }
    }

    /// Fetches it once.
    pub async fn fetch(&self) -> (News, Record) {
        self.fetch_with(Change::Bounded).await
    }

    /// Fetches it once, as a person says.
    pub async fn fetch_with(&self, change: Change) -> (News, Record) {
        let now = "2026-11-23T02:00:00Z".parse().expect("a time");
        let watch: Watch = Arc::new(|_| {});
        let known = self.fetcher.copies.record(&self.wanted.list);
        self.fetcher.fetch(&self.wanted, change, known, now, &watch).await
    }

    /// Fetches it once, which fails.
    pub async fn failure(&self) -> Failure {
        let (news, record) = self.fetch().await;
        assert_eq!(news, News::Failed, "{record:?}");
        record.failure.expect("a failure has a reason")
    }

    /// The last good copy, unpacked; none before there is one.
    pub fn copy(&self) -> Option<String> {
        let packed = std::fs::read(self.fetcher.copies.path(&self.wanted.list)).ok()?;
        Some(String::from_utf8(zstd::decode_all(packed.as_slice()).expect("a whole frame")).expect("text"))
    }

    /// The files of the state directory that are neither copy nor record.
    pub fn leftovers(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.directory.path().join("fetched")).into_iter().flatten().flatten();
        let names = files.map(|entry| entry.file_name().display().to_string());
        names.filter(|name| !["toys.copy", "toys.record", "toys.lock"].contains(&name.as_str())).collect()
    }
}
