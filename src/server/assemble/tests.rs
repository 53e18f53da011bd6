//! What the journal's look back finds out: names that lists block by their hash alone.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::config::{self, Surroundings};
use crate::dns::{Name, Rcode, Transport};
use crate::journal::{AllowedForm, ClientForm, Filter, Line, Moment, Note, Settings};
use crate::lists::compile::testkit::weak_image;
use crate::lists::{Force, Index, List, ListAction, Standing};
use crate::policy::Outcome;

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a test writes names")
}

/// A snapshot whose one list closes `spiele.example` as games, under a key by which names meet.
fn with_weak_lists(directory: &Path) -> Snapshot {
    let file = directory.join("khien.toml");
    std::fs::write(&file, "[upstream]\nservers = [\"udp://192.0.2.1\"]\n").expect("written");
    let surroundings = Surroundings { state: directory.to_owned(), now: START };
    let (program, _) = config::load_in(Some(&file), &surroundings).expect("no fault");
    let category = program.registry.find("games").expect("it is built in");
    let action = ListAction::Block;
    let games = List { id: "games".into(), category, standing: Standing::Content, action, force: Force::default() };
    let index = Arc::new(Index::new(vec![Arc::new(weak_image(games, &[name("spiele.example")]))]));
    let loaded = Loaded { index, missing: Vec::new(), ..Loaded::nothing(&program) };
    let (speakers, tally) = (Speakers::new(&program, None).expect("an upstream"), Tally::default());
    snapshot(&program, &loaded, office::InForce::default(), speakers, 7, &tally)
}

fn blocked<'a>(name: &'a Name, words: &'a [Arc<str>; 3]) -> Note<'a> {
    let [group, tier, category] = words;
    Note {
        time: START,
        client: [10, 20, 1, 7].into(),
        group,
        tier,
        name,
        record_type: RecordType::A,
        transport: Transport::Udp,
        outcome: Outcome::Blocked,
        reason: Reason::Tier,
        category: Some(category),
        rcode: Rcode::NOERROR,
        micros: 42,
        snapshot: 7,
        help: false,
        by_alias: None,
    }
}

fn lines(directory: &Path) -> Vec<Line> {
    let mut lines = Vec::new();
    let take = |line| {
        lines.push(line);
        Ok(ControlFlow::Continue(()))
    };
    journal::read(directory, &Filter::default(), take).expect("a store that can be read");
    lines
}

#[tokio::test]
async fn the_writer_finds_a_name_that_is_blocked_as_another_and_it_is_open_from_then_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let snapshot = Arc::new(with_weak_lists(directory.path()));
    let is_listed = |name: &Name| !snapshot.listed(name, RecordType::A).categories().is_empty();
    let mistaken = (0..).map(|number| name(&format!("n{number}.example"))).find(&is_listed).expect("thirteen bits run out");

    let settings = Settings {
        keep: Settings::KEEP,
        client: ClientForm::None,
        allowed: AllowedForm::Count,
        json: None,
        directory: directory.path().to_owned(),
    };
    let remembered = Arc::new(Remembered::new(Arc::clone(&snapshot)));
    let (journal, mut writer) = journal::open(settings, provenance(remembered));
    let words = ["lab".into(), "primary".into(), "games".into()];
    let listed = name("www.spiele.example");
    let edition = snapshot.edition();
    // The last of them was answered before the one above it was looked at.
    for name in [&listed, &mistaken, &name(&format!("www.{mistaken}"))] {
        assert!(is_listed(name));
        journal.note(&blocked(name, &words));
    }
    writer.flush(Moment { wall: START, uptime: Duration::ZERO });

    let told: Vec<(String, Vec<String>, String)> =
        lines(directory.path()).into_iter().map(|line| (line.name, line.lists, line.rule)).collect();
    let not_it = vec![MISTAKEN.to_owned()];
    let right = (listed.to_string(), vec!["games".to_owned()], "spiele.example".to_owned());
    let wrong = |name: String| (name, not_it.clone(), String::new());
    assert_eq!(told, [right, wrong(mistaken.to_string()), wrong(format!("www.{mistaken}"))]);
    assert_eq!((journal.tally().written, journal.tally().mismatches), (3, 1));
    assert_ne!(snapshot.edition(), edition, "what kept answers lead to is looked up anew");
    assert!(!is_listed(&mistaken) && !is_listed(&name(&format!("a.{mistaken}"))), "open from now on");
    assert!(is_listed(&listed) && is_listed(&name("spiele.example")), "what is listed stays closed");
}
