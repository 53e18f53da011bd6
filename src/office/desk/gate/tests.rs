//! Each harm that real lists have done is refused, with its name and its place; and what is right passes.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::office::desk::content::Saying;

const OFFICE: &str = "name = \"Sở\"\nurl = \"https://lists.example.vn/khien/\"\npopular = \"popular.txt\"\n[bounds]\nbelow = 3\nleast = 10\n\
    [[role]]\nid = \"ministry\"\nspeaks_for = [\"*\"]\n[[role]]\nid = \"district-1\"\nspeaks_for = [\"games\"]\n";
const POPULAR: &str = "a.host.example\nb.host.example\nc.host.example\nd.host.example\nhost.example\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a directory");
    let own = [("office.toml", OFFICE), ("popular.txt", POPULAR)];
    for (path, text) in own.iter().chain(files) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it is below the folder")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn read(folder: &TempDir) -> Folder {
    Folder::read(folder.path()).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// The words of all refusals.
fn words(files: &[(&str, &str)]) -> Vec<String> {
    let folder = folder(files);
    let mut words: Vec<String> = read(&folder).judge(&Previous::default()).refused.iter().map(Refusal::word).collect();
    words.sort();
    words
}

/// The words of the refusals of one list of the ministry's.
fn of_list(file: &str, text: &str) -> Vec<String> {
    words(&[(&format!("roles/ministry/lists/{file}"), text)])
}

fn decision(kind: &str, name: &str, category: &str) -> String {
    let category = if category.is_empty() { String::new() } else { format!("category = \"{category}\"\n") };
    format!("[[{kind}]]\nname = \"{name}\"\n{category}reason = \"r\"\nby = \"An\"\nmade = 2026-11-26\n\n")
}

#[test]
fn harm_1_platforms_on_a_list_of_threats() {
    // As ChongLuaDao has them: hosts with paths, which are never cut to their hosts, and the publisher's own whole hosts.
    let paths = "bad.example\nwww.facebook.com/scam\nwww.youtube.com/watch\nsites.google.com/view/x\nzalo.me/123\n";
    assert_eq!(of_list("phishing.txt", paths), Vec::<String>::new());
    let hosts = "||www.youtube.com^\n||zalo.me^\n||oa.zalo.me^\n||play.google.com^\n||apps.apple.com^\n||bad.example^\n";
    let expected = ["apps.apple.com", "oa.zalo.me", "play.google.com", "www.youtube.com", "zalo.me"];
    assert_eq!(of_list("phishing.txt", hosts), expected.map(|name| format!("protected:ministry:{name}:phishing")));
}

#[test]
fn harm_2_whole_top_level_domains() {
    let text = "*.vn\n*.google\n*.edu.vn\nbad.example\nen\n";
    let expected = ["edu.vn", "google", "vn"].map(|name| format!("public-suffix:ministry:{name}:malware"));
    assert_eq!(of_list("malware.txt", text), expected);
    let expected = ["protected:ministry:edu.vn", "public-suffix:ministry:edu.vn"].map(|word| format!("{word}:malware"));
    let lock = decision("lock", "edu.vn", "malware");
    let found = words(&[("roles/ministry/decisions.toml", &lock)]);
    assert!(expected[1..].iter().all(|word| found.contains(word)), "{found:?}");
}

#[test]
fn harm_3_allow_lists_loaded_as_blocks() {
    // Of UT1's folders of allowed names.
    let text = "wikipedia.org\napple.com\nmicrosoft.com\ngstatic.com\nwindowsupdate.com\n";
    for category in ["adult", "games", "malware", "shopping"] {
        let found = of_list(&format!("{category}.txt"), text);
        for name in text.lines() {
            assert!(found.contains(&format!("protected:ministry:{name}:{category}")), "{name} {category}: {found:?}");
        }
    }
}

#[test]
fn harm_4_learning_and_safe_search_on_lists_of_content() {
    assert_eq!(of_list("chat.txt", "teams.microsoft.com\n"), ["protected:ministry:teams.microsoft.com:chat"]);
    let examination = of_list("cheating.txt", "github.com\nkahoot.it\nduckduckgo.com\n");
    let expected = ["duckduckgo.com", "github.com", "kahoot.it"].map(|name| format!("protected:ministry:{name}:cheating"));
    assert_eq!(examination, expected);
    // YouTube is where it belongs: its safe twins stay open below it at every school.
    assert_eq!(of_list("video.txt", "youtube.com\n"), Vec::<String>::new());
    assert_eq!(of_list("adult.txt", "youtube.com\n"), ["protected:ministry:youtube.com:adult"]);
    let twins = "forcesafesearch.google.com\nrestrict.youtube.com\nstrict.bing.com\n";
    let expected = ["forcesafesearch.google.com", "restrict.youtube.com", "strict.bing.com"];
    assert_eq!(of_list("search-unsafe.txt", twins), expected.map(|name| format!("protected:ministry:{name}:search-unsafe")));
}

#[test]
fn harm_5_signals_against_encrypted_dns_are_no_harm() {
    // They are answered so that devices do not use them, whatever a list says: nothing to refuse.
    assert_eq!(of_list("bypass.txt", "use-application-dns.net\nmask.icloud.com\n"), Vec::<String>::new());
}

#[test]
fn help_is_taken_by_nobody_neither_above_nor_below() {
    assert_eq!(of_list("adult.txt", "chat.childline.org.uk\n"), ["protected:ministry:chat.childline.org.uk:adult"]);
    let lock = decision("lock", "who.int", "malware") + &decision("lock", "x.who.int", "malware");
    let found = words(&[("roles/ministry/decisions.toml", &lock)]);
    assert_eq!(found, ["protected:ministry:who.int:malware", "protected:ministry:x.who.int:malware"]);
}

#[test]
fn a_learning_site_is_taken_for_malware_only_and_by_someone_who_says_why() {
    assert_eq!(of_list("malware.txt", "vnedu.vn\n"), ["unexplained:ministry:vnedu.vn:malware"]);
    let lock = decision("lock", "vnedu.vn", "malware");
    let files = [("roles/ministry/lists/malware.txt", "vnedu.vn\n"), ("roles/ministry/decisions.toml", lock.as_str())];
    assert_eq!(words(&files), Vec::<String>::new());
    let games = decision("lock", "vnedu.vn", "games");
    assert_eq!(words(&[("roles/ministry/decisions.toml", &games)]), ["protected:ministry:vnedu.vn:games"]);
}

#[test]
fn the_offices_own_host_and_crowds_stay_open() {
    assert_eq!(of_list("malware.txt", "example.vn\n"), ["own-host:ministry:example.vn:malware"]);
    let lock = decision("lock", "lists.example.vn", "malware");
    assert_eq!(words(&[("roles/ministry/decisions.toml", &lock)]), ["own-host:ministry:lists.example.vn:malware"]);
    assert_eq!(of_list("malware.txt", "host.example\n"), ["crowd:ministry:host.example:malware"]);
    assert_eq!(of_list("malware.txt", "=a.host.example\na.host.example\n"), Vec::<String>::new());
    let lock = decision("lock", "host.example", "malware");
    assert_eq!(words(&[("roles/ministry/decisions.toml", &lock)]), ["crowd:ministry:host.example:malware"]);
}

#[test]
fn nothing_opens_a_locked_category() {
    let list = ("roles/ministry/lists/gambling.txt", "||casino.example^\n");
    let allow = decision("allow", "www.casino.example", "");
    let expected = ["opens-locked:ministry:www.casino.example:gambling"];
    assert_eq!(words(&[list, ("roles/ministry/decisions.toml", &allow)]), expected);
    let guarantee = decision("guarantee", "casino.example", "");
    let expected = ["opens-locked:district-1:casino.example:gambling"];
    assert_eq!(words(&[list, ("roles/district-1/decisions.toml", &guarantee)]), expected);
    let excepted = "||casino.example^\n@@||x.casino.example^\n";
    assert_eq!(of_list("gambling.txt", excepted), ["opens-locked:ministry:x.casino.example:gambling"]);
    assert_eq!(of_list("games.txt", excepted), Vec::<String>::new());
    // What was published once is weighed no more.
    let folder = folder(&[("roles/ministry/lists/gambling.txt", excepted)]);
    let read = read(&folder);
    let names = NameList::parse(&read.roles[0].names.to_text()).expect("canonical");
    let previous = Previous { publication: None, lists: BTreeMap::from([("ministry".to_owned(), names)]) };
    assert_eq!(read.judge(&previous).refused, Vec::new());
    // Another role's lock counts too, and a category that is not locked may be opened.
    let lock = decision("lock", "x.example", "games");
    let allow = decision("allow", "x.example", "");
    let files = [("roles/ministry/decisions.toml", lock.as_str()), ("roles/district-1/decisions.toml", allow.as_str())];
    assert_eq!(words(&files), ["opens-locked:district-1:x.example:games"]);
    let files = [("roles/ministry/lists/games.txt", "x.example\n"), ("roles/district-1/decisions.toml", allow.as_str())];
    assert_eq!(words(&files), Vec::<String>::new());
}

#[test]
fn a_role_says_what_it_speaks_for() {
    let files = [("roles/district-1/lists/malware.txt", "x.example\n"), ("roles/district-1/lists/games.txt", "y.example\n")];
    assert_eq!(words(&files), ["not-its-category:district-1:malware"]);
    let lock = decision("lock", "x.example", "adult");
    assert_eq!(words(&[("roles/district-1/decisions.toml", &lock)]), ["not-its-category:district-1:x.example:adult"]);
}

#[test]
fn sources_keep_about_their_size() {
    let text = |count: usize| (0..count).map(|number| format!("n{number}.example\n")).collect::<String>();
    let of = |before: usize, after: usize| {
        let (was, is) = (text(before), text(after));
        let file = "roles/ministry/lists/games.txt";
        let first = folder(&[(file, &was)]);
        let now = "2026-11-26T08:00:00Z".parse().expect("a time");
        let publication = read(&first).content(None, now, Saying::default()).publication;
        let second = folder(&[(file, &is)]);
        let previous = Previous { publication: Some(publication), lists: BTreeMap::new() };
        read(&second).judge(&previous).refused.into_iter().map(|refusal| refusal.reason).collect::<Vec<_>>()
    };
    assert_eq!(of(100, 301), [Reason::Grew(100, 301)]);
    assert_eq!(of(100, 300), []);
    assert_eq!(of(100, 69), [Reason::Shrank(100, 69)]);
    assert_eq!(of(100, 70), []);
    assert_eq!(of(2, 9), []);
}

#[test]
fn a_named_person_sets_one_refusal_aside() {
    let overrides = "[[override]]\nwhat = \"protected:ministry:zalo.me:phishing\"\nby = \"An\"\nreason = \"phối hợp với công an\"\n\
        [[override]]\nwhat = \"crowd:ministry:gone.example:adult\"\nby = \"An\"\nreason = \"x\"\n";
    let list = ("roles/ministry/lists/phishing.txt", "zalo.me\nwww.youtube.com\n");
    let folder = folder(&[list, ("overrides.toml", overrides)]);
    let verdict = read(&folder).judge(&Previous::default());
    assert!(!verdict.is_open());
    assert_eq!(verdict.refused.iter().map(Refusal::word).collect::<Vec<_>>(), ["protected:ministry:www.youtube.com:phishing"]);
    assert_eq!(verdict.overrides().iter().map(|own| own.by.as_str()).collect::<Vec<_>>(), ["An"]);
    assert_eq!(verdict.needless.len(), 1);
}

#[test]
fn a_refusal_tells_place_reason_and_names() {
    let lock = decision("lock", "google.com", "illegal");
    let files = [
        ("roles/ministry/lists/adult.txt", "# x\nok.example\nwikipedia.org\n"),
        ("roles/ministry/decisions.toml", lock.as_str()),
    ];
    let folder = folder(&files);
    let verdict = read(&folder).judge(&Previous::default());
    let told = |language| {
        let all: Vec<String> = verdict.refused.iter().map(|refusal| refusal.told(language)).collect();
        all.concat().replace(&folder.path().display().to_string(), "FOLDER")
    };
    insta::assert_snapshot!(told(Language::Vietnamese) + "\n" + &told(Language::English), @"");
}

#[test]
fn the_projects_own_folder_passes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("blocklists");
    let folder = Folder::read(&path).unwrap_or_else(|faults| panic!("{faults:?}"));
    let verdict = folder.judge(&Previous::default());
    let told: String = verdict.refused.iter().map(|refusal| refusal.told(Language::English)).collect();
    assert!(verdict.is_open(), "{told}");
}
