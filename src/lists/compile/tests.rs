//! Tests of the compiler: against a model that knows no tree, and on the harms that real lists do.

mod harms;
mod mistaken;
mod model;
mod real;
mod runs;

use std::path::Path;
use std::sync::Arc;

use super::testkit::{bytes_of, content};
use super::{Job, JobList, Report, Source, run};
use crate::dns::{Name, RecordType};
use crate::lists::format::{Entry, Match};
use crate::lists::image::PatternRow;
use crate::lists::{Category, Force, Image, Index, List, ListAction, Owner, Protected, Protection, Standing};

fn name(text: &str) -> Name {
    Name::parse(text).expect("a test writes names")
}

fn category(place: usize) -> Category {
    Category::at(place).expect("a test uses few categories")
}

fn list(id: &str, place: usize, standing: Standing, action: ListAction) -> List {
    List { id: id.into(), category: category(place), standing, action, force: Force::default() }
}

fn job(directory: &Path, lists: Vec<(List, &str)>, protected: &[(&str, Protected)]) -> Job {
    let lists = lists
        .into_iter()
        .map(|(list, text)| JobList { list, source: Source::Text(text.to_owned()), format: None, matching: Match::AsFormat })
        .collect();
    let protected = protected.iter().map(|(name, kind)| ((*name).to_owned(), Protection::NONE.with(*kind).bits())).collect();
    Job { owner: Owner::School, lists, protected, image: directory.join("school.img"), kept: Some(directory.to_owned()) }
}

fn compiled(job: &Job) -> (Report, Index) {
    let report = run(job).expect("the job can be done");
    let image = Image::open(&job.image).expect("the image is sound");
    (report, Index::new(vec![Arc::new(image)]))
}

/// Why is asked of the file, or of octets in memory; a name of a hundred lists and one of a typed rule among others.
#[test]
fn why_is_read_from_the_file_as_from_memory() {
    let directory = tempfile::tempdir().expect("a directory");
    let texts: Vec<String> = (0..100)
        .map(|number| {
            format!(
                "||everywhere.example^\n||only{number}.example^\n||typed.example^$dnstype=AAAA\n@@||www.only{number}.example^\n"
            )
        })
        .collect();
    let lists = (0..).zip(&texts).map(|(number, text)| {
        (list(&format!("list-{number:03}"), number % 20, Standing::Content, ListAction::Block), text.as_str())
    });
    let (_, by_file) = compiled(&job(directory.path(), lists.collect(), &[("only7.example", Protected::Learning)]));
    let octets = std::fs::read(directory.path().join("school.img")).expect("it was written");
    let in_memory = Index::new(vec![Arc::new(Image::from_bytes(octets).expect("sound"))]);
    let mut rows = 0;
    for text in [
        "everywhere.example",
        "a.everywhere.example",
        "only7.example",
        "www.only7.example",
        "typed.example",
        "none.example",
        "example",
    ] {
        for record_type in [RecordType::A, RecordType::AAAA] {
            let (name, why) = (name(text), by_file.why(&name(text), record_type));
            assert_eq!(why, in_memory.why(&name, record_type), "{text}");
            assert_eq!(by_file.categories(&name, record_type), in_memory.categories(&name, record_type), "{text}");
            rows += why.len();
        }
    }
    assert!(rows > 400, "{rows}");
}

#[test]
fn the_order_of_lists_and_of_equal_lines_changes_no_octet() {
    let make = |turned: [usize; 2], mut lines: Vec<(&str, u32)>, back: bool| {
        if back {
            lines.reverse();
        }
        let ids = ["first", "second"];
        let lists = ids.map(|id| list(id, 1, Standing::Content, ListAction::Block)).to_vec();
        let mut content = content(Owner::School, lists, &[]);
        for place in turned {
            for (text, line) in &lines {
                let name = name(text);
                let entry = Entry {
                    name: &name,
                    scope: crate::lists::format::Scope::Subtree,
                    action: crate::lists::format::Action::Block,
                    types: crate::lists::format::TypeSet::ALL,
                    important: false,
                    line: *line,
                };
                content.rules.add(u16::try_from(place).expect("two lists"), &entry);
            }
        }
        bytes_of(content)
    };
    let lines = vec![("b.example.com", 1), ("example.com", 2), ("a.example.org", 3), ("example.com", 2)];
    let straight = make([0, 1], lines.clone(), false);
    assert_eq!(straight, make([1, 0], lines, true));
    assert!(Image::from_bytes(straight).is_ok());
}

#[test]
fn damage_is_refused_wherever_it_is() {
    let lists = vec![list("l", 1, Standing::Content, ListAction::Block)];
    let mut content = content(Owner::School, lists, &[(name("zalo.me"), Protection::NONE.with(Protected::Popular))]);
    for number in 0..400 {
        let name = name(&format!("n{number}.example{}.com", number % 7));
        content.rules.add(0, &model::entry(&name, number + 1));
    }
    content.patterns.push(PatternRow {
        list: 0,
        line: 9,
        regex: "^ads[0-9]".to_owned(),
        allow: false,
        important: false,
        types: 0,
    });
    let sound = bytes_of(content);
    assert!(Image::from_bytes(sound.clone()).is_ok());
    let mut places = model::Dice::new(4);
    for _ in 0..10_000 {
        let mut damaged = sound.clone();
        let place = places.below(damaged.len());
        damaged[place] ^= 1 << places.below(8);
        assert!(Image::from_bytes(damaged).is_err(), "octet {place}");
    }
    for len in (0..sound.len()).step_by(97) {
        assert!(Image::from_bytes(sound[..len].to_vec()).is_err(), "cut at {len}");
    }
}

#[test]
fn octets_of_no_sense_under_a_right_checksum_never_panic() {
    let lists = vec![list("l", 1, Standing::Content, ListAction::Block)];
    let mut content = content(Owner::School, lists, &[]);
    let names: Vec<Name> = (0..100).map(|number| name(&format!("n{number}.example{}.com", number % 7))).collect();
    for (line, name) in (1..).zip(&names) {
        content.rules.add(0, &model::entry(name, line));
    }
    let sound = bytes_of(content);
    let mut dice = model::Dice::new(5);
    for _ in 0..5_000 {
        let mut damaged = sound.clone();
        for _ in 0..1 + dice.below(4) {
            let place = dice.below(damaged.len());
            damaged[place] = u8::try_from(dice.below(256)).expect("an octet");
        }
        crate::lists::image::seal(&mut damaged);
        let Ok(image) = Image::from_bytes(damaged) else { continue };
        let index = Index::new(vec![Arc::new(image)]);
        for name in &names {
            index.categories(name, crate::dns::RecordType::A);
            index.why(name, crate::dns::RecordType::A);
        }
    }
}

#[test]
fn an_image_with_more_than_65536_classes_is_read_right() {
    let lists: Vec<List> =
        (0..64).map(|place| list(&format!("l{place:02}"), 1, Standing::Content, ListAction::Observe(place))).collect();
    let mut content = content(Owner::School, lists, &[]);
    let places = |number: usize| (0..17).filter(move |bit| (number + 1) >> bit & 1 == 1);
    for number in 0..70_000 {
        let name = name(&format!("n{number}.com"));
        for place in places(number) {
            content.rules.add(u16::try_from(place).expect("17 lists"), &model::entry(&name, 1));
        }
    }
    let index = Index::new(vec![Arc::new(Image::from_bytes(bytes_of(content)).expect("sound"))]);
    for number in (0..70_000).step_by(13) {
        let listed = index.categories(&name(&format!("x.n{number}.com")), crate::dns::RecordType::A);
        assert_eq!(listed.observed, u64::try_from(number + 1).expect("small"), "{number}");
    }
}
