//! A replay says per tier what schools would do differently, with how often it was asked for.

use std::fs;

use jiff::civil::date;

use super::*;

#[test]
fn journals_and_counts_are_read() {
    let counts =
        |text: &str| Asked::read(text).names.into_iter().map(|(name, count)| (name.to_string(), count)).collect::<Vec<_>>();
    let expected = vec![("a.example".to_owned(), 5), ("b.example".to_owned(), 1)];
    let json = "{\"name\":\"a.example\",\"tier\":\"primary\",\"repeats\":3}\n{\"name\":\"A.example.\"}\n{\"name\":\"b.example\",\"repeats\":0}\n";
    assert_eq!(counts(json), expected);
    assert_eq!(counts("\u{feff}time,name,repeats\nx,a.example,3\nx,a.example,0\nx,b.example,0\n"), expected);
    assert_eq!(counts("# counted\na.example 5\n1 b.example\n"), expected);
    assert_eq!(counts("a.example,5\nb.example\n"), expected);
    let asked = Asked::read("a.example 5\nhttp://x/ 3\nthree words here\n{\"time\":1}\n");
    assert_eq!((asked.names.len(), asked.unread), (1, 3));
}

#[test]
fn tiers_and_decisions_decide_as_at_schools() {
    let folder = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("below")).expect("a directory");
        fs::write(path, text).expect("a file");
    };
    write(
        "office.toml",
        "name = \"S\"\nurl = \"https://l.example/\"\n[[role]]\nid = \"ministry\"\nspeaks_for = [\"*\"]\n[[role]]\nid = \"d\"\nspeaks_for = [\"games\"]\n",
    );
    // YouTube's safe twin stays open at schools whatever stands above it; what a role does not speak for is cut.
    write("roles/ministry/lists/video.txt", "youtube.com\n");
    write("roles/ministry/lists/gambling.txt", "casino.example\n");
    write("roles/ministry/lists/games.txt", "game.example\n");
    write("roles/d/lists/gambling.txt", "cut.example\n");
    let allow = "[[allow]]\nname = \"good.game.example\"\nreason = \"r\"\nby = \"An\"\nmade = 2026-11-26\nuntil = 2026-12-01\n";
    write("roles/d/decisions.toml", allow);
    let read = Folder::read(folder.path()).unwrap_or_else(|faults| panic!("{faults:?}"));
    let asked = Asked::read(
        "www.youtube.com 9\nrestrict.youtube.com 8\nx.casino.example 7\ngood.game.example 6\ngame.example 5\ncut.example 4\nopen.example 3\n",
    );
    let old = NameList::parse(b"# khien names 1\nopen.example gambling\n").expect("canonical");
    let previous = Previous { publication: None, lists: BTreeMap::from([("ministry".to_owned(), old)]) };
    let changes = read.replay(&previous, &BTreeMap::new(), &asked, date(2026, 11, 30)).expect("it compiles");
    insta::assert_snapshot!(told(&changes, &asked, Language::English), @"");
    let later = read.replay(&previous, &BTreeMap::new(), &asked, date(2026, 12, 2)).expect("it compiles");
    let primary = |changes: &[TierChange]| changes.iter().find(|own| own.tier == "primary").expect("a tier").blocked.len();
    assert_eq!((primary(&changes), primary(&later)), (3, 4));
}
