//! A replay says tier by tier what would be answered otherwise than by the last publication, and how often that was asked for.

use std::collections::BTreeMap;

use jiff::civil::date;

use super::{Replay, replay};
use crate::office::asked::Asked;
use crate::office::changes::Language;
use crate::office::content::decisions_of;
use crate::office::publication::Publication;
use crate::office::testkit::{built, decided, examined, folder, put, read};

const ASKED: &[u8] = b"roblox.com 900\nwww.casino.example 50\nhoc.roblox.com 20\nold.example 7\nproxy.example 5\nlocked.example 4\nopen.example 3\n# nothing\nvn 2\n";

/// What a replay of [`ASKED`] says of the folder at `root` after the publication of `before`.
fn replayed(root: &std::path::Path, last: Option<&Publication>, before: &[(&str, &str, &str)]) -> Replay {
    let before = folder(&[("roles/ministry/decisions.toml", &decided(before))]);
    let before: BTreeMap<_, _> = read(before.path()).roles.iter().map(|role| (role.id.clone(), decisions_of(role))).collect();
    let findings = examined(root, last, &[]);
    replay(&read(root), &findings, &before, &Asked::read(ASKED).expect("names"), date(2026, 11, 26))
}

fn moved(replay: &Replay, tier: &str) -> (Vec<String>, Vec<String>) {
    let tier = replay.tiers.iter().find(|own| own.tier == tier).expect("a tier");
    let names = |moved: &super::Moved| moved.top.iter().map(|own| format!("{} {}", own.name, own.category)).collect();
    (names(&tier.blocked), names(&tier.opened))
}

#[test]
fn each_tier_is_told_what_changes_for_it() {
    let root = folder(&[("roles/ministry/lists/gambling.txt", "old.example\n")]);
    let last = built(root.path(), None, &BTreeMap::new()).expect("it is published").publication;
    put(root.path(), "roles/ministry/lists/gambling.txt", "casino.example\n");
    put(root.path(), "roles/ministry/lists/games.txt", "roblox.com\n");
    put(root.path(), "roles/ministry/lists/bypass.txt", "proxy.example\n");
    let decisions = decided(&[("lock", "locked.example", "illegal"), ("allow", "hoc.roblox.com", "")]);
    put(root.path(), "roles/ministry/decisions.toml", &decisions);
    let replay = replayed(root.path(), Some(&last), &[("lock", "open.example", "illegal")]);
    let strings = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let opened = strings(&["old.example gambling", "open.example illegal"]);
    let blocked = strings(&["roblox.com games", "www.casino.example gambling", "proxy.example bypass", "locked.example illegal"]);
    assert_eq!(moved(&replay, "primary"), (blocked, opened.clone()));
    // Grown-ups are closed what the law closes, and nothing else of this.
    assert_eq!(moved(&replay, "staff"), (strings(&["www.casino.example gambling", "locked.example illegal"]), opened));
    let told = |language| replay.lines(&read(root.path()).understood.registry, language).join("\n");
    insta::assert_snapshot!(told(Language::Vietnamese) + "\n\n" + &told(Language::English));
}

#[test]
fn a_list_that_is_gone_is_taken_to_be_as_it_is_now() {
    let root = folder(&[("roles/ministry/lists/games.txt", "roblox.com\n")]);
    let last = built(root.path(), None, &BTreeMap::new()).expect("it is published").publication;
    put(root.path(), "roles/ministry/lists/games.txt", "roblox.com\nold.example\n");
    std::fs::remove_dir_all(root.path().join("built")).expect("safe to delete");
    let replay = replayed(root.path(), Some(&last), &[]);
    assert_eq!((moved(&replay, "primary"), replay.unknown), ((vec![], vec![]), vec!["ministry".to_owned()]));
    // Before the first publication everything is new.
    let replay = replayed(root.path(), None, &[]);
    assert_eq!(moved(&replay, "primary").0.len(), 3);
}

#[test]
fn the_masks_are_those_of_the_policy() {
    let registry = crate::lists::Registry::shipped();
    let shipped = crate::lists::tier_defaults::shipped();
    let (program, _) = crate::config::load(None).expect("the built-in configuration is fine");
    assert_eq!(super::masks(&shipped, &registry), program.shared.tiers.all().iter().map(|tier| tier.mask).collect::<Vec<_>>());
}
