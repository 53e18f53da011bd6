//! Names that have the hash of a listed one: found, looked up by the records from then on, and never at a listed name's cost.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use super::model::{Dice, ROUNDS, TYPES, World, any_name, check_closed, entry, universe, world};
use super::{list, name};
use crate::dns::{Name, RecordType};
use crate::lists::compile::testkit::{bytes_of, content, weak_image};
use crate::lists::{CategorySet, Image, Index, ListAction, Listed, Owner, Protected, Protection, Standing, Taken};

/// What the rules say one by one.
fn expected(worlds: &[World], asked: &Name, record_type: RecordType, found: Listed) -> Listed {
    let mut expected = Listed::default();
    worlds.iter().for_each(|world| world.add(asked, record_type, &mut expected));
    Listed { closed: found.closed, ..expected }
}

/// Under hashes of thirteen bits many names are taken for others; once each has been asked for, none is.
#[test]
fn what_has_the_hash_of_a_listed_name_is_answered_by_the_rules_once_it_was_verified() {
    let universe = universe();
    let mut wrong = 0;
    for seed in 3000..3000 + ROUNDS {
        let mut dice = Dice::new(seed);
        let protected: Vec<(Name, Protection)> =
            (0..dice.below(3)).map(|_| (any_name(&mut dice), Protection::NONE.with(Protected::ALL[dice.below(4)]))).collect();
        let owners = [Owner::School, Owner::Office("province".to_owned())];
        let worlds = owners.map(|owner| world(&mut dice, owner, &protected));
        let index = Index::new(worlds.iter().map(|world| Arc::new(world.weak_image())).collect());
        for asked in &universe {
            let differs = TYPES.into_iter().any(|record_type| {
                let found = index.categories(asked, record_type);
                found != expected(&worlds, asked, record_type, found)
            });
            let verified = index.verify(asked, RecordType::A);
            assert!(!differs || !verified.mistaken.is_empty(), "seed {seed}: {asked} is answered wrongly and nobody sees it");
            wrong += usize::from(differs);
            for mistaken in &verified.mistaken {
                assert!(asked.is_at_or_below(&mistaken.name), "seed {seed}: {asked}, {mistaken:?}");
                assert!(matches!(mistaken.taken, Taken::Quarantined | Taken::Known), "seed {seed}: {asked}, {mistaken:?}");
            }
            assert_eq!(verified.why, index.why(asked, RecordType::A), "seed {seed}: {asked}");
        }
        for asked in &universe {
            for record_type in TYPES {
                let found = index.categories(asked, record_type);
                assert_eq!(found, expected(&worlds, asked, record_type, found), "seed {seed}: {asked} {record_type}");
            }
            assert!(index.verify(asked, RecordType::A).mistaken.iter().all(|mistaken| mistaken.taken == Taken::Known));
        }
        check_closed(&index, &universe, &worlds, seed);
    }
    assert!(wrong > 50, "{wrong} names were answered as others, too few to show anything");
}

/// Whoever puts a listed name into the quarantine, and whichever, its answer stays.
#[test]
fn a_listed_name_in_the_quarantine_is_answered_as_ever() {
    let universe = universe();
    let mut listed = 0;
    for seed in 4000..4000 + ROUNDS {
        let mut dice = Dice::new(seed);
        let protected = [(any_name(&mut dice), Protection::NONE.with(Protected::Popular))];
        let world = world(&mut dice, Owner::School, &protected);
        let image = Arc::new(world.image());
        let index = Index::new(vec![Arc::clone(&image)]);
        let answers = || -> Vec<Listed> {
            universe.iter().flat_map(|asked| TYPES.map(|record_type| index.categories(asked, record_type))).collect()
        };
        let before = answers();
        for asked in universe.iter().filter(|_| dice.below(3) == 0) {
            assert!(matches!(image.take_in(asked), Some(Taken::Quarantined | Taken::Known)));
        }
        assert_eq!(answers(), before, "seed {seed}");
        listed += before.iter().filter(|listed| **listed != Listed::default()).count();
    }
    assert!(listed > 10_000, "{listed}");
}

#[test]
fn what_is_below_a_mistaken_name_is_known_with_it() {
    let games = list("games", 1, Standing::Content, ListAction::Block);
    let image = Arc::new(weak_image(games, &[name("spiele.example")]));
    let index = Index::new(vec![Arc::clone(&image)]);
    let is_listed = |asked: &Name| index.categories(asked, RecordType::A).categories() != CategorySet::default();
    let mistaken = (0..).map(|number| name(&format!("n{number}.example"))).find(is_listed).expect("thirteen bits run out");
    let below = |number: u32| name(&format!("x{number}.{mistaken}"));
    assert!(is_listed(&below(1)) && is_listed(&below(2)));
    let taken: Vec<Taken> =
        [1, 2].into_iter().flat_map(|number| index.verify(&below(number), RecordType::A).mistaken).map(|one| one.taken).collect();
    assert_eq!(taken, [Taken::Quarantined, Taken::Known]);
    assert!(!is_listed(&mistaken) && !is_listed(&below(3)));
    assert!(is_listed(&name("spiele.example")) && is_listed(&name("www.spiele.example")));
    // The index of a reload that keeps the image knows it too; an image that is made anew begins without.
    assert!(Index::new(vec![image]).categories(&mistaken, RecordType::A).categories().is_empty());
}

#[test]
fn the_quarantine_has_an_end_and_what_is_beyond_it_is_answered_as_before() {
    let games = list("games", 1, Standing::Content, ListAction::Block);
    let image = weak_image(games, &[name("spiele.example")]);
    for number in 0..1_024 {
        assert_eq!(image.take_in(&name(&format!("n{number}.test"))), Some(Taken::Quarantined));
    }
    assert_eq!(image.take_in(&name("one.more.test")), Some(Taken::Full));
    assert_eq!(image.take_in(&name("x.n7.test")), Some(Taken::Known));
    let index = Index::new(vec![Arc::new(image)]);
    assert!(!index.categories(&name("www.spiele.example"), RecordType::A).categories().is_empty());
}

/// A disk that loses octets of an image in use shows other labels, or none: neither opens a listed name.
#[test]
fn damage_is_taken_for_no_mistake() {
    let directory = tempfile::tempdir().expect("a directory");
    let games = list("games", 1, Standing::Content, ListAction::Block);
    let mut content = content(Owner::School, vec![games], &[]);
    for text in ["spiele.example", "zocken.example"] {
        content.rules.add(0, &entry(&name(text), 1));
    }
    let octets = bytes_of(content);
    let label = octets.windows(7).position(|octets| octets == b"\x06spiele").expect("the record of a node") as u64;
    let blocked = |index: &Index| !index.categories(&name("spiele.example"), RecordType::A).categories().is_empty();
    for (at, octet, says) in [(label + 3, b'q', Some(Taken::Damaged)), (label, 0xff, None)] {
        for quarantined in [false, true] {
            let path = directory.path().join(format!("{octet}-{quarantined}.img"));
            std::fs::write(&path, &octets).expect("written");
            let image = Arc::new(Image::open(&path).expect("sound"));
            let index = Index::new(vec![Arc::clone(&image)]);
            if quarantined && says.is_none() {
                assert_eq!(image.take_in(&name("spiele.example")), Some(Taken::Quarantined));
            }
            let file = OpenOptions::new().write(true).open(&path).expect("it is there");
            file.write_all_at(&[octet], at).expect("written");
            let told = |index: &Index| index.verify(&name("spiele.example"), RecordType::A).mistaken.first().map(|one| one.taken);
            assert_eq!(told(&index), says);
            assert_eq!(told(&index), None, "said once");
            assert!(blocked(&index), "{octet}, {quarantined}");
        }
    }
}
