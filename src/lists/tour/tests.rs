//! A tour against single look-ups: the same names, in order, and of each the same word.

use std::path::Path;
use std::sync::Arc;

use super::Stop;
use crate::dns::{Name, RecordType};
use crate::lists::compile::{Job, JobList, Source, run};
use crate::lists::format::Match;
use crate::lists::{Category, Force, Image, Index, List, ListAction, Owner, Protected, Protection, Standing};

const SCHOOL: &str = "||shop.example^\n@@||good.shop.example^\n|exact.example^\n||typed.example^$dnstype=TXT\n||x.typed.example^\n\
    ||deep.a.b.c.example^\n@@||a.b.c.example^$dnstype=A\n/^ads[0-9]/\n||ads1.example^\n||b.c.example^\n||zalo.example^\n";
const OFFICE: &str = "*.shop.example\n0.example\nb.c.example\n!x\nzz.example\n";

fn name(text: &str) -> Name {
    Name::parse(text).expect("a test writes names")
}

fn image(directory: &Path, owner: Owner, text: &str) -> Arc<Image> {
    let list = List {
        id: "l".into(),
        category: Category::at(usize::from(owner.is_office())).expect("a place"),
        standing: Standing::Content,
        action: ListAction::Block,
        force: Force::default(),
    };
    let image = directory.join(owner.text());
    let protected = vec![("help.shop.example".to_owned(), Protection::NONE.with(Protected::Help).bits())];
    let lists = vec![JobList { list, source: Source::Text(text.to_owned()), format: None, matching: Match::AsFormat }];
    run(&Job { owner, lists, protected, image: image.clone(), kept: None }).expect("compiled");
    Arc::new(Image::open(&image).expect("sound"))
}

fn index() -> Index {
    let directory = tempfile::tempdir().expect("a directory");
    let office = Owner::Office("ministry".to_owned());
    Index::new(vec![image(directory.path(), Owner::School, SCHOOL), image(directory.path(), office, OFFICE)])
}

#[test]
fn every_name_once_in_order_and_as_a_look_up_says() {
    let index = index();
    let others = ["good.shop.example", "x.other.example", "help.shop.example", "a.shop.example", "net"].map(name);
    for record_type in [RecordType::A, RecordType::TXT] {
        let tour = index.tour(record_type, others.to_vec()).expect("sound");
        let stops: Vec<Stop> = tour.map(|stop| stop.expect("sound")).collect();
        assert!(stops.windows(2).all(|pair| pair[0].name < pair[1].name), "in order, none twice");
        for wanted in
            others.iter().cloned().chain(["0.example", "exact.example", "deep.a.b.c.example", "typed.example"].map(name))
        {
            assert!(stops.iter().any(|stop| stop.name == wanted), "{wanted}");
        }
        let excepted = stops.iter().filter(|stop| stop.excepted).map(|stop| stop.name.to_string());
        assert_eq!(excepted.collect::<Vec<_>>(), ["a.b.c.example", "good.shop.example"]);
        assert!(stops.iter().any(|stop| stop.typed) && stops.iter().any(|stop| !stop.typed));
        for stop in &stops {
            assert_eq!(stop.own, index.categories(&stop.name, record_type), "{}", stop.name);
            let unnamed = name(&format!("unnamed.{}", stop.name));
            let looked_up = index.categories(&unnamed, record_type);
            assert_eq!(stop.below.categories(), looked_up.categories(), "{unnamed} as {record_type:?}");
            assert_eq!(stop.below.protected, looked_up.protected, "{unnamed}");
        }
    }
}

#[test]
fn the_nodes_are_counted_and_what_has_no_name_is_counted_apart() {
    let index = index();
    let nodes = index.tour(RecordType::A, Vec::new()).expect("sound").count() as u64;
    assert!(nodes > 10 && nodes <= index.nodes(), "{nodes} of {}", index.nodes());
    let all = crate::lists::CategorySet::from_bits(u64::MAX);
    assert_eq!(index.images()[0].nameless(all), (1, 0));
    assert_eq!(index.images()[0].nameless(crate::lists::CategorySet::EMPTY), (0, 0));
    assert!(Index::default().tour(RecordType::A, Vec::new()).expect("sound").next().is_none());
}
