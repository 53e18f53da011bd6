//! Each harm that real lists were found to do is refused, by name and place; what a person may override, and what nobody may.

use std::fmt::Write as _;
use std::path::Path;

use super::{Closed, May, Reason, Refusal, Shown, refusal_lines};
use crate::office::changes::Language;
use crate::office::content::Findings;
use crate::office::testkit::{OFFICE, decided, examined, folder, put, read, saying};

/// What is refused of a folder with these files: the name, and a word for the reason.
fn refused(files: &[(&str, &str)]) -> Vec<(String, &'static str)> {
    let root = folder(files);
    let mut told: Vec<_> = examined(root.path(), None, &[]).weighed.refusals.iter().map(told).collect();
    told.sort();
    told
}

fn told(refusal: &Refusal) -> (String, &'static str) {
    let reason = match &refusal.reason {
        Reason::Protected(names, _) => names[0].1.text(),
        Reason::OwnHost(_) => "own host",
        Reason::Suffix => "suffix",
        Reason::Platform => "platform",
        Reason::Popular(..) => "popular below",
        Reason::Bounds { .. } => "bounds",
        Reason::Excepts => "exception",
        Reason::OpensLocked(_) => "opens locked",
    };
    (refusal.what.clone(), reason)
}

fn pairs(expected: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    expected.iter().map(|(what, reason)| ((*what).to_owned(), *reason)).collect()
}

#[test]
fn harm_1_a_threat_list_that_names_youtube_and_zalo_is_refused() {
    // The publisher's own form has rules for the whole hosts; the lines with paths are not taken at all.
    let rules = "||www.youtube.com^\n||zalo.me^\n||bad-site.top^\n||sites.google.com^\n";
    let expected = [("sites.google.com", "popular"), ("www.youtube.com", "popular"), ("zalo.me", "popular")];
    assert_eq!(refused(&[("roles/ministry/lists/phishing.txt", rules)]), pairs(&expected));
    let paths = "www.youtube.com/watch?v=1\nzalo.me/g/abc\nbad-site.top\nworse-site.top\nworst-site.top\n";
    let root = folder(&[("roles/ministry/lists/phishing.txt", paths)]);
    let findings = examined(root.path(), None, &[]);
    assert_eq!(findings.weighed.refusals, []);
    assert_eq!(findings.texts[0].1.count, 3);
    let not_taken = &findings.texts[0].1.not_taken;
    assert_eq!((not_taken.len(), not_taken[0].count, not_taken[0].first.as_ref().map(|(line, _)| *line)), (1, 2, Some(1)));
}

#[test]
fn harm_2_whole_countries_and_kinds_of_sites_are_refused() {
    let text = ".vn\n.google\nedu.vn\nblogspot.com\nbad.edu.vn\nFacebook\n2024\n";
    let expected = [("blogspot.com", "platform"), ("edu.vn", "suffix"), ("google", "suffix"), ("vn", "suffix")];
    let root = folder(&[("roles/ministry/lists/ads.txt", text)]);
    let findings = examined(root.path(), None, &[]);
    let mut told: Vec<_> = findings
        .weighed
        .refusals
        .iter()
        .filter(|refusal| matches!(refusal.reason, Reason::Suffix | Reason::Platform))
        .map(told)
        .collect();
    told.sort();
    assert_eq!(told, pairs(&expected));
    // Words that are no top-level domain are slips, told and not taken.
    assert_eq!(findings.texts[0].1.not_taken.iter().map(|lines| lines.count).sum::<u64>(), 2);
}

#[test]
fn harm_3_an_allow_list_that_is_loaded_as_a_block_list_is_refused() {
    let text = "wikipedia.org\napple.com\nmicrosoft.com\ngstatic.com\nwindowsupdate.com\ntongdai111.vn\nmoet.gov.vn\n";
    let found = refused(&[("roles/ministry/lists/adult.txt", text)]);
    for (name, kind) in [
        ("wikipedia.org", "learning"),
        ("apple.com", "system"),
        ("microsoft.com", "system"),
        ("gstatic.com", "system"),
        ("windowsupdate.com", "system"),
        ("tongdai111.vn", "help"),
        ("moet.gov.vn", "learning"),
    ] {
        assert!(found.contains(&(name.to_owned(), kind)), "{name} {kind}: {found:?}");
    }
}

#[test]
fn harm_4_lists_of_content_take_learning_and_the_twins_of_safe_search_along() {
    let found = refused(&[
        ("roles/ministry/lists/chat.txt", "teams.microsoft.com\nzalo.me\n"),
        ("roles/ministry/lists/video.txt", "youtube.com\n"),
        ("roles/ministry/lists/games.txt", "poki.com\ny8.com\nroblox.com\n"),
        ("roles/ministry/lists/search-unsafe.txt", "bing.com\n"),
    ]);
    // What is popular may be in a category of content; what devices and lessons need may not.
    assert_eq!(found, pairs(&[("bing.com", "system"), ("teams.microsoft.com", "learning"), ("youtube.com", "system")]));
}

#[test]
fn harm_5_names_that_keep_devices_on_the_filter_are_no_harm() {
    assert_eq!(
        refused(&[("roles/ministry/lists/bypass.txt", "use-application-dns.net\nmask.icloud.com\ndns.google\n")]),
        pairs(&[])
    );
}

#[test]
fn help_is_refused_at_its_name_above_it_and_below() {
    let text = "unicef.org\nchat.childline.org.uk\n";
    assert_eq!(
        refused(&[("roles/ministry/lists/self-harm.txt", text)]),
        pairs(&[("chat.childline.org.uk", "help"), ("unicef.org", "help")])
    );
    let locks = decided(&[("lock", "www.unicef.org", "illegal"), ("lock", "chat.childline.org.uk", "illegal")]);
    let found = refused(&[("roles/ministry/decisions.toml", &locks)]);
    assert_eq!(found, pairs(&[("chat.childline.org.uk", "help"), ("www.unicef.org", "help")]));
}

#[test]
fn the_offices_own_host_stays_open() {
    assert_eq!(refused(&[("roles/ministry/lists/ads.txt", "so.edu.vn\nother.example\n")]), pairs(&[("so.edu.vn", "own host")]));
    let lock = decided(&[("lock", "lists.so.edu.vn", "malware")]);
    assert_eq!(refused(&[("roles/ministry/decisions.toml", &lock)]), pairs(&[("lists.so.edu.vn", "own host")]));
}

#[test]
fn an_entry_above_many_popular_names_is_refused() {
    let mut popular = String::new();
    for number in 0..21 {
        writeln!(popular, "s{number}.big.example").expect("memory");
    }
    let office = format!("popular = \"top.txt\"\n{OFFICE}");
    let list = "big.example\ns1.big.example\nsmall.example\n";
    let files = |popular| [("office.toml", office.as_str()), ("top.txt", popular), ("roles/ministry/lists/games.txt", list)];
    assert_eq!(refused(&files(&popular)), pairs(&[("big.example", "popular below")]));
    let fewer = popular.replace("s20.big.example\n", "");
    assert_eq!(refused(&files(&fewer)), pairs(&[]));
    let lock = decided(&[("lock", "big.example", "illegal")]);
    let files =
        [("office.toml", office.as_str()), ("top.txt", popular.as_str()), ("roles/ministry/decisions.toml", lock.as_str())];
    assert_eq!(refused(&files), pairs(&[("big.example", "popular below")]));
}

#[test]
fn an_exception_from_a_locked_category_is_refused() {
    let rules = "||casino.example^\n@@||news.casino.example^\n";
    assert_eq!(refused(&[("roles/ministry/lists/gambling.txt", rules)]), pairs(&[("news.casino.example", "exception")]));
    assert_eq!(refused(&[("roles/ministry/lists/games.txt", rules)]), pairs(&[]));
    // A person who leaves out what is below an entry makes such an exception; leaving out the entry makes none.
    let list = ("roles/ministry/lists/gambling.txt", "casino.example\nother.example\n");
    let found = refused(&[list, ("roles/ministry/leave-out.txt", "news.casino.example\n")]);
    assert_eq!(found, pairs(&[("news.casino.example", "exception")]));
    let country = ("roles/ministry/lists/malware.txt", ".top\nbad.top\nworse.top\nedu.vn\nbad.edu.vn\n");
    assert_eq!(refused(&[country, ("roles/ministry/leave-out.txt", "=top # why\n=edu.vn\n")]), pairs(&[]));
    let root = folder(&[list, ("roles/ministry/leave-out.txt", "casino.example # why\n")]);
    let findings = examined(root.path(), None, &[]);
    assert_eq!((findings.weighed.refusals.len(), findings.texts[0].1.count, findings.texts[0].1.left_out), (0, 1, 1));
}

#[test]
fn nothing_opens_what_the_office_itself_locks() {
    let decisions = decided(&[
        ("lock", "a.example", "illegal"),
        ("guarantee", "b.a.example", ""),
        ("allow", "casino.example", ""),
        ("allow", "game.example", ""),
    ]);
    let root = folder(&[
        ("roles/ministry/lists/gambling.txt", "casino.example\n"),
        ("roles/ministry/lists/games.txt", "game.example\n"),
        ("roles/ministry/decisions.toml", &decisions),
    ]);
    let refusals = examined(root.path(), None, &[]).weighed.refusals;
    assert_eq!(
        refusals.iter().map(told).collect::<Vec<_>>(),
        pairs(&[("b.a.example", "opens locked"), ("casino.example", "opens locked")])
    );
    assert_eq!(refusals[1].reason, Reason::OpensLocked(Closed::List("ministry".to_owned(), "gambling".to_owned())));
    assert!(refusals.iter().all(|refusal| refusal.may() == May::Never));
}

#[test]
fn a_decision_may_close_a_learning_site_that_was_broken_into() {
    let threat = decided(&[("lock", "olm.vn", "malware")]);
    assert_eq!(refused(&[("roles/ministry/decisions.toml", &threat)]), pairs(&[]));
    let illegal = decided(&[("lock", "olm.vn", "illegal")]);
    assert_eq!(refused(&[("roles/ministry/decisions.toml", &illegal)]), pairs(&[("olm.vn", "learning")]));
    // In a list nobody says why.
    let list = [("roles/ministry/lists/malware.txt", "olm.vn\nbad.example\n")];
    assert_eq!(refused(&list), pairs(&[("olm.vn", "learning")]));
    let root = folder(&list);
    assert_eq!(examined(root.path(), None, &[saying("olm.vn")]).weighed.refusals, []);
}

#[test]
fn a_person_overrides_what_schools_would_obey_and_nothing_else() {
    let files = [
        ("roles/ministry/lists/phishing.txt", "zalo.me\nunicef.org\nc.lencr.org\nedu.vn\nblogspot.com\n"),
        ("roles/ministry/lists/adult.txt", "||big.example^\n@@||fine.big.example^\n||moet.gov.vn^\n"),
    ];
    let root = folder(&files);
    let names =
        ["zalo.me", "unicef.org", "c.lencr.org", "edu.vn", "blogspot.com", "fine.big.example", "moet.gov.vn", "nobody.example"];
    let weighed = examined(root.path(), None, &names.map(saying)).weighed;
    let mut stand: Vec<_> = weighed.refusals.iter().map(|refusal| refusal.what.as_str()).collect();
    stand.sort_unstable();
    stand.dedup();
    assert_eq!(stand, ["c.lencr.org", "edu.vn", "moet.gov.vn", "unicef.org"]);
    let said =
        |overrides: &[crate::office::publication::Override]| overrides.iter().map(|said| said.what.clone()).collect::<Vec<_>>();
    assert_eq!(
        said(&weighed.overridden),
        [
            "ministry/adult/fine.big.example/exception",
            "ministry/phishing/blogspot.com/platform",
            "ministry/phishing/zalo.me/popular"
        ]
    );
    let idle = [
        "ministry/phishing/unicef.org/help",
        "ministry/phishing/c.lencr.org/system",
        "ministry/phishing/edu.vn/suffix",
        "ministry/adult/moet.gov.vn/learning",
        "nobody.example",
    ];
    assert_eq!(said(&weighed.idle), idle);
}

#[test]
fn an_override_passes_one_refusal_and_no_other() {
    let root = folder(&[
        ("roles/ministry/lists/phishing.txt", "zalo.me\nolm.vn\nother.example\n"),
        ("roles/ministry/lists/gambling.txt", "zalo.me\nblogspot.com\n"),
        ("roles/ministry/decisions.toml", &decided(&[("lock", "blogspot.com", "gambling")])),
    ]);
    let words = |overrides: &[crate::office::publication::Override]| {
        let weighed = examined(root.path(), None, overrides).weighed;
        let mut words: Vec<_> = weighed.refusals.iter().map(Refusal::word).collect();
        words.sort();
        (words, weighed.overridden.len(), weighed.idle.len())
    };
    let all = [
        "ministry/gambling/blogspot.com/platform",
        "ministry/gambling/zalo.me/popular",
        "ministry/lock/blogspot.com/platform",
        "ministry/phishing/olm.vn/learning",
        "ministry/phishing/zalo.me/popular",
    ];
    let all_but = |left_out: &[&str]| -> Vec<String> {
        all.iter().filter(|word| !left_out.contains(word)).map(|word| (*word).to_owned()).collect()
    };
    // Two refusals are called so: neither passes, until a person says which.
    assert_eq!(words(&[saying("zalo.me"), saying("blogspot.com")]), (all_but(&[]), 0, 2));
    assert_eq!(words(&[saying(all[1])]), (all_but(&[all[1]]), 1, 0));
    assert_eq!(words(&[saying(all[2]), saying("olm.vn")]), (all_but(&[all[2], all[3]]), 2, 0));
    // In the file that is kept a name alone would pass what nobody has seen yet.
    let kept = |what: &str| format!("[[override]]\nwhat = \"{what}\"\nby = \"Lan\"\nreason = \"lệnh\"\nmade = 2026-11-26\n");
    put(root.path(), "overrides.toml", &kept("olm.vn"));
    assert_eq!(words(&[]), (all_but(&[]), 0, 1));
    put(root.path(), "overrides.toml", &kept(all[3]));
    assert_eq!(words(&[]), (all_but(&[all[3]]), 1, 0));
}

/// The report in both languages.
fn report(findings: &Findings, root: &Path) -> String {
    let folder = read(root);
    let mut text = String::new();
    for language in [Language::Vietnamese, Language::English] {
        let lines = refusal_lines(&findings.weighed.refusals, Shown { folder: &folder, language });
        let _ = writeln!(text, "{}\n", lines.join("\n"));
    }
    text
}

#[test]
fn the_report_reads_well_in_both_languages() {
    let decisions = decided(&[
        ("lock", "google.com", "illegal"),
        ("allow", "casino.example", ""),
        ("lock", "a.example", "illegal"),
        ("allow", "b.a.example", ""),
    ]);
    let root = folder(&[
        ("roles/ministry/lists/phishing.txt", "# mẫu\nbad.example\nzalo.me\nedu.vn\nso.edu.vn\n.vn\n"),
        ("roles/ministry/lists/gambling.lists.txt", "||casino.example^\n@@||news.casino.example^\n||blogspot.com^\n"),
        ("roles/ministry/decisions.toml", &decisions),
    ]);
    insta::assert_snapshot!(report(&examined(root.path(), None, &[]), root.path()));
}
