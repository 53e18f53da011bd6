//! What is written down of a block, in the store and as JSON; what is not; and that answers go on when nothing can be written.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use khien::dns::RecordType;
use khien::journal::{self, Filter, Line, Tally};
use serde_json::Value;

use crate::kit::School;
use crate::kit::names::ADDRESS;

const CONFIG: &str = r#"
[journal]
json = "journal.jsonl"
[clients]
rate_limit = "0"
[[group]]
id = "lab"
subnets = ["10.20.1.0/24"]
tier = "primary"
deny = ["denied.example"]
[[list]]
id = "toys"
category = "games"
source = "toys.txt"
[[list]]
id = "more-toys"
category = "games"
source = "more-toys.txt"
"#;

const CLIENT: &str = "10.20.1.7";

async fn school() -> School {
    School::start_with(CONFIG, &[("toys.txt", "spiele.example\n"), ("more-toys.txt", "www.spiele.example\n")]).await
}

async fn summary(school: &School, name: &str) -> String {
    school.ask(CLIENT, RecordType::A, name).await.summary()
}

/// Waits until every query has found its end; the counters then.
pub(crate) async fn settled(school: &School) -> Tally {
    let waited = async {
        while school.accounts().journal.tally().waiting() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        school.accounts().journal.tally()
    };
    let tally = tokio::time::timeout(Duration::from_secs(60), waited).await.expect("the journal flushes");
    assert_eq!(tally.noted, tally.written + tally.folded + tally.dropped + tally.withheld);
    tally
}

pub(crate) fn stored(school: &School) -> Vec<Line> {
    let mut lines = Vec::new();
    let keep = |line| {
        lines.push(line);
        Ok(ControlFlow::Continue(()))
    };
    journal::read(&school.path("state"), &Filter::default(), keep).expect("the store can be read");
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_written_with_all_that_explains_it() {
    let school = school().await;
    school.upstream.alias("harmlos.example", "cdn.spiele.example");
    for name in ["www.Spiele.example", "a.denied.example", "harmlos.example", "w88.com", "w88.com"] {
        assert_eq!(summary(&school, name).await, "blocked", "{name}");
    }
    assert_eq!(summary(&school, "olm.vn").await, ADDRESS);
    let tally = settled(&school).await;
    assert_eq!((tally.noted, tally.written, tally.folded), (5, 4, 1), "allowed names are not the journal's");

    let lines = stored(&school);
    let find = |name: &str| lines.iter().find(|line| line.name == name).unwrap_or_else(|| panic!("{name}: {lines:?}"));
    let listed = find("www.spiele.example");
    assert_eq!(listed.lists, ["more-toys", "toys"]);
    assert_eq!((listed.rule.as_str(), &*listed.category, &*listed.reason), ("www.spiele.example", "games", "tier"));
    let alias = find("harmlos.example");
    assert_eq!((alias.rule.as_str(), alias.lists.as_slice()), ("spiele.example", &["toys".to_owned()][..]));
    let denied = find("a.denied.example");
    assert_eq!((denied.rule.as_str(), &*denied.category, &*denied.reason), ("denied.example", "none", "deny"));
    let locked = find("w88.com");
    assert_eq!((&*locked.category, &*locked.reason, locked.repeats), ("gambling", "locked", 1));
    for line in &lines {
        assert_eq!((&*line.group, &*line.tier, &*line.verdict, &*line.transport), ("lab", "primary", "blocked", "udp"));
        assert_eq!((line.record_type.as_str(), &*line.rcode), ("A", "NOERROR"));
        assert_eq!(line.snapshot, school.accounts().snapshot.load().serial);
    }
    let clients: BTreeSet<&str> = lines.iter().map(|line| &*line.client).collect();
    assert!(clients.len() == 1 && !clients.contains(CLIENT), "one client, one pseudonym this week: {clients:?}");

    // The JSON output has the same fields, and a folded entry once more when its repeats are known.
    let json = std::fs::read_to_string(school.path("journal.jsonl")).expect("written");
    let first: Value = serde_json::from_str(json.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first, serde_json::to_value(listed).expect("JSON"));
    let fields = "category client group lists micros name rcode reason repeats rule snapshot tier time transport type verdict";
    let mut written: Vec<&String> = first.as_object().expect("an object").keys().collect();
    written.sort_unstable();
    assert_eq!(written, fields.split(' ').collect::<Vec<_>>());
    assert!(!json.contains(CLIENT), "{json}");
    school.close().await;
}

/// The files below `directory` that hold `text`.
fn holding(directory: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if path.is_file() {
            let bytes = std::fs::read(&path).unwrap_or_default();
            if bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes())) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_helps_is_nowhere_on_the_disk() {
    let config = CONFIG.replace("[journal]", "[journal]\nallowed = \"log\"");
    let files = [("toys.txt", "spiele.example\n"), ("more-toys.txt", "spiele.example\n")];
    let school = School::start_with(&config, &files).await;
    assert_eq!(summary(&school, "zimmer-neun.vn-cop.vn").await, ADDRESS);
    school.upstream.fail("zimmer-zehn.vn-cop.vn", hickory_proto::op::ResponseCode::ServFail);
    assert_eq!(summary(&school, "zimmer-zehn.vn-cop.vn").await, "servfail");
    assert_eq!(summary(&school, "zimmer-elf.example").await, ADDRESS);
    let tally = settled(&school).await;
    assert_eq!((tally.withheld, tally.written), (2, 1));
    assert!(!holding(&school.path(""), "zimmer-elf").is_empty(), "the search finds what is there");
    for hidden in ["zimmer-neun", "zimmer-zehn"] {
        assert_eq!(holding(&school.path(""), hidden), Vec::<String>::new());
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_go_on_while_nothing_can_be_written_and_losses_are_counted() {
    let school = school().await;
    assert_eq!(summary(&school, "w88.com").await, "blocked");
    assert_eq!(settled(&school).await.written, 1);

    // A file where the directory was: nothing can be written there, by root neither.
    std::fs::rename(school.path("state"), school.path("moved")).expect("renamed");
    std::fs::write(school.path("state"), "").expect("written");
    for number in 0..20 {
        assert_eq!(summary(&school, &format!("n{number}.spiele.example")).await, "blocked");
        assert_eq!(summary(&school, &format!("n{number}.offen.example")).await, ADDRESS);
    }
    let tally = settled(&school).await;
    assert_eq!((tally.written, tally.dropped), (1, 20), "{tally:?}");
    assert!(tally.store_errors > 0, "{tally:?}");

    // The directory is back: within a minute entries are written again.
    std::fs::remove_file(school.path("state")).expect("removed");
    std::fs::rename(school.path("moved"), school.path("state")).expect("renamed");
    school.at("2026-11-23T09:01");
    assert_eq!(summary(&school, "wieder.spiele.example").await, "blocked");
    assert_eq!(settled(&school).await.written, 2);

    // The directory is deleted while it serves.
    std::fs::remove_dir_all(school.path("state")).expect("removed");
    assert_eq!(summary(&school, "noch.spiele.example").await, "blocked");
    settled(&school).await;
    school.close().await;
}
