//! Each harm that real lists were found to do, with the lines that did it.

use super::{category, compiled, job, list, name};
use crate::dns::RecordType;
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
