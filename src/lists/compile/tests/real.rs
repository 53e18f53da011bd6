//! The real lists that were gathered for this project, where they are at hand.

use std::path::PathBuf;

use super::{compiled, list, name};
use crate::dns::RecordType;
use crate::lists::compile::{Job, JobList, Loaded, Source};
use crate::lists::format::Match;
use crate::lists::{ListAction, Owner, Protected, Protection, Standing};

/// The directory of real lists; none where it is absent, which is printed.
fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("KHIEN_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    let lists = root.join("data/lists");
    if lists.is_dir() {
        return Some(lists);
    }
    println!("skipped: no real lists at {}", lists.display());
    None
}

#[test]
fn every_real_list_compiles_or_is_refused_with_a_reason() {
    let Some(lists) = shared() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let mut files: Vec<PathBuf> = ["hosts", "plain", "adblock", "crossformat", "dnsmasq", "unbound", "rpz", "wildcard", "other"]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(lists.join(folder)).expect("a folder of the data"))
        .map(|entry| entry.expect("a file of the data").path())
        .collect();
    files.sort();
    let jobs = files
        .iter()
        .map(|path| {
            let id = path.file_name().expect("a file").to_string_lossy().into_owned();
            let list = list(&id, 1, Standing::Threat, ListAction::Block);
            JobList { list, source: Source::File(path.clone()), format: None, matching: Match::AsFormat }
        })
        .collect();
    let popular = Protection::NONE.with(Protected::Popular).bits();
    let protected = ["youtube.com", "www.youtube.com", "zalo.me", "facebook.com", "wikipedia.org", "google.com"]
        .map(|name| (name.to_owned(), popular))
        .to_vec();
    let image = directory.path().join("school.img");
    let (report, index) = compiled(&Job { owner: Owner::School, lists: jobs, protected, image, kept: None });
    for list in &report.lists {
        assert_eq!(list.loaded == Loaded::Nothing, list.fault.is_some(), "{}", list.id);
        assert!(list.loaded == Loaded::Nothing || list.entries > 0 || list.patterns > 0, "{}", list.id);
    }
    let refused: Vec<&str> = report.lists.iter().filter(|list| list.fault.is_some()).map(|list| list.id.0.as_str()).collect();
    for known in ["nordic-hostsdeny.deny.zst", "chongluadao.ublacklist.txt.zst"] {
        assert!(refused.contains(&known), "{known} is no list of names; refused: {refused:?}");
    }
    for open in ["www.youtube.com", "zalo.me", "vi.wikipedia.org", "thanhnien.vn", "www.google.com"] {
        assert!(index.categories(&name(open), RecordType::A).categories().is_empty(), "{open}");
    }
    assert!(report.names > 800_000, "{}", report.names);
}
