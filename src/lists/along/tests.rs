//! Which names a service takes along, and which stay where their lists put them.

use std::sync::Arc;

use super::Along;
use crate::dns::{Name, RecordType};
use crate::lists::compile::{Job, JobList, Source, run};
use crate::lists::format::Match;
use crate::lists::services::Services;
use crate::lists::{CategorySet, Force, Image, Index, List, ListAction, Owner, ProtectedNames, Registry, Standing};

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// An index of lists, each of a category of content and an action.
fn index(lists: &[(&str, ListAction, &str)]) -> Index {
    let directory = tempfile::tempdir().expect("a directory");
    let image = directory.path().join("school.img");
    let registry = Registry::shipped();
    let list = |place: usize, (category, action, text): &(&str, ListAction, &str)| JobList {
        list: List {
            id: format!("list-{place}").as_str().into(),
            category: registry.find(category).expect("shipped"),
            standing: Standing::Content,
            action: *action,
            force: Force::default(),
        },
        source: Source::Text((*text).to_owned()),
        format: None,
        matching: Match::AsFormat,
    };
    let lists = lists.iter().enumerate().map(|(place, row)| list(place, row)).collect();
    let protected = ProtectedNames::shipped();
    let protected = protected.as_map().iter().map(|(name, kinds)| (name.to_string(), kinds.bits())).collect();
    run(&Job { owner: Owner::School, lists, protected, image: image.clone(), kept: None }).expect("compiled");
    Index::new(vec![Arc::new(Image::open(&image).expect("sound"))])
}

/// What is said of a name, with what it is taken along with.
fn said(index: &Index, text: &str) -> CategorySet {
    let mut listed = index.categories(&name(text), RecordType::A);
    Along::new(&Services::shipped(), index).add(&name(text), &mut listed);
    listed.categories()
}

#[test]
fn a_list_that_names_youtube_takes_all_of_it_along() {
    let index = index(&[("video", ListAction::Block, "youtube.com\ngooglevideo.com\nother.example\nthird.example\n")]);
    let video: CategorySet = Registry::shipped().find("video").into_iter().collect();
    let services = Services::shipped();
    for known in services.find("youtube").expect("YouTube").names() {
        for text in [known.to_string(), format!("a.b.{known}")] {
            assert_eq!(said(&index, &text), video, "{text}");
        }
    }
    for other in ["restrict.youtube.com", "restrictmoderate.youtube.com", "www.google.com", "drive.google.com", "zadn.vn"] {
        assert!(said(&index, other).is_empty(), "{other}");
    }
    let along = Along::new(&services, &index);
    assert_eq!(along.with(&name("i.ytimg.com")), Some(&name("youtube.com")));
    assert_eq!(along.with(&name("m.youtube.com")), None, "the list names it itself");
}

#[test]
fn a_list_of_something_else_or_of_a_part_takes_nothing_along() {
    let table = [
        ("social", "youtube.com\na.example\nb.example\n"),
        ("video", "googlevideo.com\nvimeo.example\nb.example\n"),
        ("chat", "zalo.me\na.example\nb.example\n"),
    ];
    for (category, text) in table {
        let index = index(&[(category, ListAction::Block, text)]);
        for open in ["i.ytimg.com", "youtu.be", "zadn.vn"] {
            assert!(said(&index, open).is_empty(), "{category}: {open}");
        }
    }
}

#[test]
fn what_a_list_takes_out_stays_out() {
    let blocks = ("video", ListAction::Block, "||youtube.com^\n||a.example^\n@@||youtubekids.com^\n||youtubekids.com^\n");
    let allows = ("video", ListAction::Allow, "||ytimg.com^\n||b.example^\n||c.example^\n");
    for (lists, open) in [(vec![blocks], "youtubekids.com"), (vec![blocks, allows], "ytimg.com")] {
        let index = index(&lists);
        assert!(said(&index, open).is_empty(), "{open}");
        assert!(!said(&index, "youtu.be").is_empty());
    }
}
