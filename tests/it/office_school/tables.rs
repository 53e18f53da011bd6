//! Published tables at a school: in force with the lists that they came with, and refused where they would open or darken it.

use std::path::Path;
use std::time::Duration;

use khien::dns::RecordType;
use khien::lists::Words;
use khien::lists::tables::{CategoryRow, ServiceRow};
use khien::office::publication::Urgent;
use khien::office::registry::Tables;

use crate::kit::School;
use crate::kit::http;
use crate::kit::names::ADDRESS;
use crate::kit::office::{Role, SILENT};
use crate::kit::school::school_time;

const HOUR: Duration = Duration::from_secs(3600);

pub(super) const NAMES: &str = "=toys.example games\ncasino.example gambling\nloans.example loans\n";

const fn ministry(names: &str) -> Role<'_> {
    Role { role: "ministry", speaks_for: &["*"], names, decisions: "" }
}

pub(super) async fn asked(school: &School, client: &str, name: &str) -> String {
    school.ask(client, RecordType::A, name).await.summary()
}

pub(super) async fn summary(school: &School, name: &str) -> String {
    asked(school, "10.20.1.7", name).await
}

async fn due(school: &School) {
    school.later(HOUR);
    school.server().running().office_due().await;
}

/// Publishes these names, for all schools at once.
pub(super) async fn publish(school: &School, serial: u64, names: &str) {
    school.desk.publish(serial, school_time("2026-11-23T09:00"), Urgent::All, &[ministry(names)]);
    // Longer than it waits after a failure.
    school.later(24 * HOUR);
    due(school).await;
}

pub(super) async fn status(school: &School) -> serde_json::Value {
    http::json(school.http(), "/api/v1/status").await.1
}

/// A school that has publication 1, by the program's own tables.
pub(super) async fn school(config: &str) -> School {
    let school = School::try_start(config, &[]).await.expect("it starts");
    publish(&school, 1, NAMES).await;
    school.until_ready().await;
    school
}

/// The office's own category, which pupils of primary schools and younger do not see.
fn with_loans(tables: &mut Tables) {
    let words = Words { vi: "Vay nặng lãi".to_owned(), en: "Loan sharks".to_owned() };
    let description = words.clone();
    tables.category.insert(6, CategoryRow { id: "loans".to_owned(), name: words, description, locked: false, threat: false });
    tier(tables, "primary").push("loans".to_owned());
}

pub(super) fn tier<'t>(tables: &'t mut Tables, id: &str) -> &'t mut Vec<String> {
    &mut tables.tier.iter_mut().find(|tier| tier.id == id).expect("it is shipped").blocks
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_of_the_office_blocks_by_tier_and_goes_with_its_publication() {
    let school = school(SILENT).await;
    assert_eq!(summary(&school, "loans.example").await, ADDRESS, "nobody here knows the category yet");
    assert_eq!(status(&school).await["office"]["roles"][0]["cut"], serde_json::json!([["loans", 1]]));
    school.desk.tables(with_loans);
    publish(&school, 2, NAMES).await;
    assert_eq!(summary(&school, "loans.example").await, "blocked");
    assert_eq!(asked(&school, "10.20.9.7", "loans.example").await, ADDRESS, "staff may");
    assert_eq!(asked(&school, "10.20.9.7", "casino.example").await, "blocked", "and the law holds for all");
    assert_eq!(summary(&school, "toys.example").await, "blocked", "categories behind the new one mean what they meant");
    assert_eq!(asked(&school, "10.20.9.7", "toys.example").await, ADDRESS);
    assert_eq!(status(&school).await["office"]["roles"][0]["cut"], serde_json::json!([]));
    let (_, said) = http::json(school.http(), "/api/v1/explain?name=loans.example&group=lab").await;
    assert_eq!(said["explanations"][0]["lists"][0]["category"], "loans", "{said}");
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    assert!(metrics.contains("category=\"loans\"} 1\n"), "{metrics}");

    let school = school.restart_after(|_| {}).await;
    assert_eq!(summary(&school, "loans.example").await, "blocked", "from the first query on, without a network");
    assert_eq!(summary(&school, "toys.example").await, "blocked");

    school.server().running().office_back().await.expect("there is one before");
    assert_eq!(summary(&school, "loans.example").await, ADDRESS);
    assert_eq!(summary(&school, "toys.example").await, "blocked");
    assert_eq!(asked(&school, "10.20.9.7", "casino.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn masks_services_and_protected_names_of_the_office_count() {
    let school = school(&SILENT.replace("tier = \"staff\"", "tier = \"staff\"\ndeny = [\"toys.example\"]")).await;
    let names = "toys.example games\ncasino.example gambling\nhelp.example adult\nwww.school.example social\n";
    publish(&school, 2, names).await;
    for name in ["toys.example", "help.example", "www.school.example"] {
        assert_eq!(summary(&school, name).await, "blocked", "{name}");
    }
    school.desk.tables(|tables| {
        tier(tables, "upper-secondary").retain(|id| id != "games");
        tables.protected.help.push("help.example".to_owned());
        tables.protected.learning.push("school.example".to_owned());
        tables.service.push(ServiceRow {
            id: "spielzeug".to_owned(),
            name: "Spielzeug".to_owned(),
            category: Some("games".to_owned()),
            hosts: vec!["spielzeug.example".to_owned()],
            needs: Vec::new(),
            twins: Vec::new(),
        });
    });
    publish(&school, 3, names).await;
    assert_eq!(summary(&school, "toys.example").await, ADDRESS, "games are open now, to all");
    assert_eq!(summary(&school, "help.example").await, ADDRESS, "what helps is open");
    assert_eq!(summary(&school, "www.school.example").await, ADDRESS, "no list of content takes what pupils learn from");
    assert_eq!(summary(&school, "casino.example").await, "blocked");

    assert_eq!(summary(&school, "spielzeug.example").await, ADDRESS);
    school.rewrite(&SILENT.replace("tier = \"primary\"", "tier = \"primary\"\ndeny = [\"spielzeug\"]"));
    school.reload().await.expect("the service is known");
    assert_eq!(summary(&school, "spielzeug.example").await, "blocked");
    let refused = school.server().running().office_back().await.expect_err("the configuration names it");
    assert!(refused.contains("service `spielzeug` is not defined"), "{refused}");
    assert_eq!(summary(&school, "spielzeug.example").await, "blocked", "what was in force stays");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_would_open_or_darken_a_school_are_refused_with_their_lists() {
    let school = school(SILENT).await;
    let more = "casino.example gambling\nneu.example gambling\n";
    let mut serial = 1;
    let mut refused = async |text: Vec<u8>, why: &str| {
        serial += 1;
        school.desk.tables_text(text);
        publish(&school, serial, more).await;
        let office = status(&school).await["office"].clone();
        assert!(office["failure"].as_str().unwrap_or_default().contains(why), "{why}: {office}");
        assert_eq!(office["serial"], 1);
        assert_eq!(summary(&school, "neu.example").await, ADDRESS, "{why}");
        assert_eq!(summary(&school, "casino.example").await, "blocked", "{why}");
    };
    let changed = |change: &dyn Fn(&mut Tables)| {
        let mut tables = Tables::shipped();
        change(&mut tables);
        tables.to_json()
    };
    let row = |id: &str| Tables::shipped().category.iter().position(|row| row.id == id).expect("it is shipped");
    refused(b"{}".to_vec(), "no registry").await;
    refused(changed(&|tables| tables.category[row("gambling")].locked = false), "`gambling` is locked by law").await;
    refused(changed(&|tables| tables.category[row("malware")].threat = false), "`malware` is a danger").await;
    refused(changed(&|tables| drop(tables.category.remove(row("adult")))), "`adult` is locked by law").await;
    refused(changed(&|tables| tables.protected.help.clear()), "(help), and they drop it").await;
    refused(changed(&|tables| tables.protected.system.clear()), "(system), and they drop it").await;
    refused(changed(&|tables| tables.protected.help.push("com".to_owned())), "`com` is a public suffix").await;
    refused(changed(&|tables| tables.protected.system.push("github.io".to_owned())), "`github.io` is a public suffix").await;
    refused(changed(&|tables| drop(tables.tier.remove(1))), "tier `primary` is not defined").await;
    refused(changed(&|tables| tables.tier.reverse()), "which is older").await;
    refused(
        changed(&|tables| (tables.twin[0].hosts, tables.twin[0].stems) = (Vec::new(), Vec::new())),
        "has a restricted form, and they drop it",
    )
    .await;
    refused(vec![b' '; 5 << 20], "larger than 4 MiB").await;
    school.desk.tables(with_loans);
    publish(&school, 90, more).await;
    assert_eq!(summary(&school, "neu.example").await, "blocked", "sound ones are taken");
    assert!(status(&school).await["office"]["failure"].is_null());
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_are_not_those_that_are_named_are_refused() {
    let school = school(SILENT).await;
    school.desk.tables(with_loans);
    school.desk.publish(2, school_time("2026-11-23T09:00"), Urgent::All, &[ministry(NAMES)]);
    let digest = school.desk.tables_digest();
    school.desk.damage(&digest, &Tables::shipped().to_json());
    due(&school).await;
    let said = status(&school).await["office"]["failure"].to_string();
    assert!(said.contains("not those that the publication names"), "{said}");
    assert_eq!(summary(&school, "loans.example").await, ADDRESS);
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_office_does_not_know_of_holds_all_the_same() {
    let school = School::try_start(SILENT, &[]).await.expect("it starts");
    school.desk.tables(|tables| {
        tables.category.retain(|row| row.id != "gambling" && row.id != "games");
        tables.tier.iter_mut().for_each(|tier| tier.blocks.retain(|id| id != "games"));
        tables.service.retain(|row| !matches!(row.category.as_deref(), Some("games" | "gambling")));
        tables.protected.help.clear();
    });
    publish(&school, 1, "casino.example gambling\ntoys.example games\nvn-cop.vn gambling\n").await;
    school.until_ready().await;
    assert_eq!(asked(&school, "10.20.9.7", "casino.example").await, "blocked", "locked for everyone");
    assert_eq!(summary(&school, "toys.example").await, "blocked");
    assert_eq!(summary(&school, "vn-cop.vn").await, ADDRESS, "help stays open");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_kept_tables_give_way_to_those_before_and_come_again() {
    let school = school(SILENT).await;
    school.desk.tables(with_loans);
    publish(&school, 2, NAMES).await;
    assert_eq!(summary(&school, "loans.example").await, "blocked");
    let digest = school.desk.tables_digest();
    let damage = |directory: &Path| {
        std::fs::write(directory.join(format!("state/office/texts/{digest}.zst")), "broken").expect("written");
    };
    let school = school.restart_after(damage).await;
    school.until_ready().await;
    assert_eq!(summary(&school, "casino.example").await, "blocked", "it filters, by the tables before");
    let said = status(&school).await;
    assert!(said["office"]["failure"].as_str().unwrap_or_default().contains("tables cannot be read"), "{said}");
    due(&school).await;
    assert_eq!(summary(&school, "loans.example").await, "blocked", "they came again");
    assert!(status(&school).await["office"]["failure"].is_null());
    school.close().await;
}
