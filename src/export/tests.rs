//! One small world in every format, and what each cannot say of it.

use std::sync::Arc;

use super::{Format, Said, Wanted, export, length};
use crate::config::{self, Surroundings};
use crate::decisions::{Decision, Guarantee, Ruling};
use crate::dns::Name;
use crate::lists::compile::{Job, JobList, Source, run};
use crate::lists::format::Match;
use crate::lists::{Force, Image, Index, List, ListAction, Owner, Protected, Protection, Standing};
use crate::server::{Compiler, offline};
use crate::snapshot::Snapshot;

/// An exception inside a site, in it a block; a host alone; an exception for a host alone; a rule for TXT alone; a pattern.
const ADBLOCK: &str = "||site.example^\n@@||good.site.example^\n||ads.good.site.example^\n|host.example^\n||wide.example^\n\
    @@|www.wide.example^\n||deep.a.good.site.example^\n||text.example^$dnstype=TXT\n/^ads[0-9]/\n||shop.example^\n||my_shop.example^\n";

/// What is below a name and not itself.
const ZONE: &str = "*.below.example CNAME .\n";

fn name(text: &str) -> Name {
    Name::parse(text).expect("a test writes names")
}

fn decision(ruling: Ruling) -> Decision {
    Decision {
        ruling,
        owner: Owner::Office("ministry".to_owned()),
        by: "Lan".to_owned(),
        reason: "a test".to_owned(),
        made: jiff::civil::date(2026, 11, 20),
        until: None,
        publication: 7,
    }
}

/// The built-in configuration over these lists and nothing else.
fn snapshot() -> Snapshot {
    let directory = tempfile::tempdir().expect("a directory");
    let surroundings =
        Surroundings { state: directory.path().join("state"), now: "2026-11-23T02:00:00Z".parse().expect("a time") };
    let (program, _) = config::load_in(None, &surroundings).expect("the built-in configuration is sound");
    let games = program.registry.find("games").expect("it is shipped");
    let part = |id: &str, text: &str| JobList {
        list: List {
            id: id.into(),
            category: games,
            standing: Standing::Content,
            action: ListAction::Block,
            force: Force::default(),
        },
        source: Source::Text(text.to_owned()),
        format: None,
        matching: Match::AsFormat,
    };
    let protected = [("help.shop.example".to_owned(), Protection::NONE.with(Protected::Help).bits())];
    let image = directory.path().join("image");
    let job = Job {
        owner: Owner::School,
        lists: vec![part("a", ADBLOCK), part("z", ZONE)],
        protected: protected.to_vec(),
        image: image.clone(),
        kept: None,
    };
    run(&job).expect("compiled");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _inside = runtime.enter();
    let mut snapshot = offline(&program, Compiler::at("/nonexistent".into())).expect("its upstreams can be used");
    snapshot.index = Arc::new(Index::new(vec![Arc::new(Image::open(&image).expect("sound"))]));
    snapshot.missing_lists.clear();
    let decisions = [("lesson.site.example", Ruling::Guarantee(Guarantee::OutsideExams)), ("locked.example", Ruling::Lock(None))];
    snapshot.shared.office = decisions.into_iter().map(|(text, ruling)| (name(text), decision(ruling))).collect();
    snapshot
}

/// What a format says of the world, without what stands at its head and without the names of ways round the filter.
fn said(format: Format, snapshot: &Snapshot, tier: &str) -> (String, Said) {
    let tier = snapshot.shared.tiers.find(tier).expect("it is shipped");
    let at = snapshot.school_time("2026-11-23T02:00:00Z".parse().expect("a time"));
    let wanted = Wanted { snapshot, tier, at, format, serial: 7 };
    let (mut out, mut passed) = (Vec::new(), 0);
    let said = export(&wanted, &mut out, &mut |count| passed = count).expect("memory");
    assert!(passed > 0 && length(&wanted) > 0);
    let mut again = Vec::new();
    assert_eq!(export(&wanted, &mut again, &mut |_| {}).expect("memory"), said);
    assert_eq!(out, again, "the same lists give the same file");
    let text = String::from_utf8(out).expect("text");
    let ours: Vec<&str> = text.lines().filter(|line| line.contains(".example")).collect();
    (ours.join("\n"), said)
}

#[test]
fn one_world_in_every_format() {
    let world = snapshot();
    let mut all = String::new();
    for format in Format::ALL {
        let (text, said) = said(format, &world, "primary");
        all.push_str(&format!("== {}\n{text}\n", format.text()));
        said.unsaid().for_each(|(count, what)| all.push_str(&format!("-- {count} {what}\n")));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn other_tiers_have_other_files() {
    let world = snapshot();
    let (text, said) = said(Format::Domains, &world, "staff");
    assert_eq!((text.as_str(), said.lines), ("locked.example", 1), "games are open to them, what the office locks is not");
}

#[test]
fn what_cannot_be_said_is_told_with_how_much_of_it() {
    let said = Said { lines: 4, alone: 2, patterns: 1, ..Said::default() };
    let rows: Vec<(u64, &str)> = said.unsaid().collect();
    assert_eq!(rows, [(2, "names are blocked alone, and not what is below them"), (1, "patterns are left out")]);
    assert_eq!(Said::default().unsaid().count(), 0);
}

#[test]
fn formats_have_the_words_that_are_typed() {
    assert_eq!(Format::ALL.map(Format::text), ["rpz", "hosts", "domains", "unbound", "dnsmasq"]);
}
