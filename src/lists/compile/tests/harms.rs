//! Each harm that real lists were found to do, with the lines that did it.

use super::{category, compiled, job, list, name};
use crate::dns::RecordType;
use crate::lists::compile::{Loaded, Source};
use crate::lists::{CategorySet, Effect, Force, Index, List, ListAction, Protected, Standing};

const PHISHING: usize = 1;
const GAMES: usize = 2;

fn threat(id: &str) -> List {
    list(id, PHISHING, Standing::Threat, ListAction::Block)
}

fn content(id: &str) -> List {
    list(id, GAMES, Standing::Content, ListAction::Block)
}

fn categories(index: &Index, text: &str) -> CategorySet {
    index.categories(&name(text), RecordType::A).categories()
}

#[test]
fn a_path_on_youtube_does_not_take_youtube() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = "bad-site.top\nwww.youtube.com/watch?v=1\nzalo.me/g/abc\nsites.google.com/view/x\nother-bad.xyz\nthird-bad.xyz\n";
    let (report, index) = compiled(&job(directory.path(), vec![(threat("chongluadao"), text)], &[]));
    assert!(!categories(&index, "bad-site.top").is_empty());
    for open in ["www.youtube.com", "zalo.me", "sites.google.com"] {
        assert!(categories(&index, open).is_empty(), "{open}");
    }
    assert_eq!(report.lists[0].issues.iter().map(|issue| issue.count).sum::<u32>(), 3);
}

#[test]
fn a_threat_list_that_names_youtube_and_zalo_leaves_them_open_and_is_reported() {
    let directory = tempfile::tempdir().expect("a directory");
    let protected = [("youtube.com", Protected::Popular), ("zalo.me", Protected::Popular)];
    let text = "||www.youtube.com^\n||zalo.me^\n||bad-site.top^\n||evil.zalo.me^\n||youtube.com^\n";
    let (report, index) = compiled(&job(directory.path(), vec![(threat("abp"), text)], &protected));
    for open in ["youtube.com", "zalo.me", "oa.zalo.me", "m.youtube.com"] {
        assert!(categories(&index, open).is_empty(), "{open}");
    }
    // Strictly below a popular name a rule stands for itself.
    assert!(!categories(&index, "evil.zalo.me").is_empty());
    let tried: Vec<&str> = report.lists[0].guarded.tried.iter().map(|tried| tried.name.as_str()).collect();
    assert_eq!(tried, ["youtube.com", "zalo.me"]);
    let why = index.why(&name("oa.zalo.me"), RecordType::A);
    assert_eq!(why.iter().map(|why| why.effect).collect::<Vec<_>>(), [Effect::Protected]);
    // A content category may close what is popular.
    let (_, index) = compiled(&job(directory.path(), vec![(content("video"), text)], &protected));
    assert!(!categories(&index, "m.youtube.com").is_empty());
}

#[test]
fn whole_countries_are_refused_entry_by_entry() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = ".xyz\n.vn\n.google\n.top\n";
    let lines = "vn\nedu.vn\ncom.vn\nkobe.jp\nhedmark.no\nbad.edu.vn\nblogspot.com\n";
    let lists = vec![(threat("toplevel"), text), (threat("suffixes"), lines)];
    let (report, index) = compiled(&job(directory.path(), lists, &[]));
    for open in ["thanhnien.vn", "hanoi.edu.vn", "vnexpress.net", "blog.google", "x.com.vn", "city.kobe.jp", "a.xyz"] {
        assert!(categories(&index, open).is_empty(), "{open}");
    }
    assert!(!categories(&index, "www.bad.edu.vn").is_empty());
    assert!(!categories(&index, "someone.blogspot.com").is_empty());
    let guarded = &report.lists[1].guarded;
    let mut refused: Vec<&str> = guarded.suffixes.iter().map(|(name, _)| name.as_str()).collect();
    refused.sort_unstable();
    assert_eq!(refused, ["com.vn", "edu.vn", "hedmark.no", "kobe.jp"]);
    assert_eq!(guarded.platforms, [("blogspot.com".to_owned(), 7)]);
}

#[test]
fn a_list_that_may_take_countries_takes_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let list = List { force: Force { protected: false, public_suffix: true }, ..threat("toplevel") };
    let (_, index) = compiled(&job(directory.path(), vec![(list, ".xyz\n.top\n.edu.vn\n")], &[]));
    for closed in ["a.xyz", "www.b.top", "hanoi.edu.vn"] {
        assert!(!categories(&index, closed).is_empty(), "{closed}");
    }
}

#[test]
fn a_white_list_that_is_loaded_as_a_block_list_leaves_protected_names_open() {
    let directory = tempfile::tempdir().expect("a directory");
    let protected = [
        ("gstatic.com", Protected::System),
        ("wikipedia.org", Protected::Popular),
        ("moet.gov.vn", Protected::Learning),
        ("tongdai111.vn", Protected::Help),
    ];
    let text = "wikipedia.org\ngstatic.com\nmoet.gov.vn\ntongdai111.vn\nwww.tongdai111.vn\n";
    let locked = list("liste_bu", 3, Standing::Locked, ListAction::Block);
    let (report, index) = compiled(&job(directory.path(), vec![(locked, text)], &protected));
    for open in ["vi.wikipedia.org", "www.gstatic.com", "moet.gov.vn", "www.tongdai111.vn"] {
        assert!(categories(&index, open).is_empty(), "{open}");
    }
    assert_eq!(report.lists[0].guarded.tried.len(), 5);
    assert!(index.categories(&name("www.tongdai111.vn"), RecordType::A).protected.has(Protected::Help));
}

#[test]
fn a_twin_for_safe_search_does_not_fall_with_its_parent() {
    let directory = tempfile::tempdir().expect("a directory");
    let protected = [("restrict.youtube.com", Protected::System), ("youtube.com", Protected::Popular)];
    let (_, index) = compiled(&job(directory.path(), vec![(content("audio-video"), "youtube.com\nvimeo.com\n")], &protected));
    assert!(!categories(&index, "www.youtube.com").is_empty());
    assert!(categories(&index, "restrict.youtube.com").is_empty());
    assert!(index.categories(&name("youtube.com"), RecordType::A).closed.is_empty(), "NXDOMAIN would take the twin along");
    assert!(!index.categories(&name("vimeo.com"), RecordType::A).closed.is_empty());
}

#[test]
fn a_list_that_allows_takes_names_out_of_its_own_category_only() {
    let directory = tempfile::tempdir().expect("a directory");
    let allow = list("platforms", GAMES, Standing::Content, ListAction::Allow);
    let lists = vec![
        (content("games"), "garena.vn\npoki.com\nteams.microsoft.com\n"),
        (threat("phishing"), "poki.com\n"),
        (allow, "@@||teams.microsoft.com^\n@@||poki.com^\n"),
    ];
    let (_, index) = compiled(&job(directory.path(), lists, &[]));
    assert_eq!(categories(&index, "garena.vn"), CategorySet::from_iter([category(GAMES)]));
    assert_eq!(categories(&index, "poki.com"), CategorySet::from_iter([category(PHISHING)]));
    assert!(categories(&index, "teams.microsoft.com").is_empty());
}

#[test]
fn a_white_folder_of_a_tree_never_blocks_and_a_lost_tree_gives_way_to_the_copies() {
    let directory = tempfile::tempdir().expect("a directory");
    let tree = directory.path().join("blacklists");
    for (folder, usage, names) in [("games", "black\n", "poki.com\ny8.com\n"), ("liste_bu", "white\n", "wikipedia.org\n")] {
        std::fs::create_dir_all(tree.join(folder)).expect("a folder");
        std::fs::write(tree.join(folder).join("domains"), names).expect("written");
        std::fs::write(tree.join(folder).join("usage"), usage).expect("written");
    }
    let mut job = job(directory.path(), vec![(content("ut1-games"), ""), (content("ut1-white"), "")], &[]);
    for (list, folder) in job.lists.iter_mut().zip(["games", "liste_bu"]) {
        list.source = Source::Folder { tree: tree.clone(), folder: folder.to_owned() };
    }
    let (report, index) = compiled(&job);
    assert_eq!([report.lists[0].loaded, report.lists[1].loaded], [Loaded::Fresh, Loaded::Nothing]);
    assert!(report.lists[1].fault.as_deref().is_some_and(|fault| fault.contains("white")), "{:?}", report.lists[1].fault);
    assert!(categories(&index, "vi.wikipedia.org").is_empty());
    assert!(!categories(&index, "www.poki.com").is_empty());
    std::fs::remove_dir_all(&tree).expect("the tree is lost");
    let (report, index) = compiled(&job);
    assert_eq!((report.lists[0].loaded, report.lists[0].fault.is_some()), (Loaded::Kept, true));
    assert!(!categories(&index, "www.poki.com").is_empty());
}

#[test]
fn a_list_that_became_a_web_page_gives_way_to_the_copy() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("games.txt");
    std::fs::write(&file, "poki.com\ny8.com\n").expect("written");
    let mut job = job(directory.path(), vec![(content("games"), "")], &[]);
    job.lists[0].source = Source::File(file.clone());
    let before = job.fingerprint();
    let (report, _) = compiled(&job);
    assert_eq!((report.lists[0].loaded, &report.lists[0].fault), (Loaded::Fresh, &None));
    std::fs::write(&file, "<!DOCTYPE html><html><body>Log in</body></html>\n").expect("written");
    assert_ne!(job.fingerprint(), before);
    let (report, index) = compiled(&job);
    assert_eq!((report.lists[0].loaded, report.lists[0].fault.is_some()), (Loaded::Kept, true));
    assert!(!categories(&index, "poki.com").is_empty());
}
