//! What the office does not let schools change of its tiers: a fault where somebody writes it, and a warning where the office says it
//! later; in either case the office's word is in force.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use khien::lists::tables::TwinRow;
use khien::office::SpeaksFor;
use khien::office::registry::Tables;

use super::tables::{NAMES, asked, publish, school, status, summary, tier};
use crate::kit::School;
use crate::kit::names::ADDRESS;
use crate::kit::office::SILENT;

const OPENING: &str = r#"
[[tier]]
id = "primary"
blocks = ["social", "video"]
[[tier]]
id = "staff"
blocks = []
"#;

/// All categories but this one.
fn all_but(tables: &Tables, category: &str) -> SpeaksFor {
    tables.category.iter().map(|row| row.id.clone()).filter(|id| id != category).collect::<BTreeSet<_>>().into()
}

fn no_school_opens(tables: &mut Tables, category: &str) {
    tables.schools.loosen = all_but(tables, category);
}

/// The school's file says `section` more, which is a fault with these words: at a reload what was in force stays.
async fn refused(school: &School, section: &str, what: &str) {
    school.rewrite(&format!("{SILENT}{section}"));
    let said = school.reload().await.expect_err("the office does not let it");
    assert!(said.contains(what), "{said}");
    assert!(said.contains("hint: "), "{said}");
}

async fn warned(school: &School, what: &str) {
    let said = status(school).await;
    assert!(said["warnings"].to_string().contains(what), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_office_does_not_let_schools_open_is_a_fault_at_a_reload() {
    let school = school(SILENT).await;
    school.desk.tables(|tables| no_school_opens(tables, "games"));
    publish(&school, 2, NAMES).await;
    let opening = format!("{SILENT}{OPENING}");
    school.rewrite(&opening);
    let refused = school.reload().await.expect_err("the office does not let it");
    let line = 1 + school.text().lines().position(|line| line == "[[tier]]").expect("it is there");
    assert!(refused.contains(&format!("khien.toml:{line}: tier `primary` leaves `games` open")), "{refused}");
    assert!(refused.contains("hint: "), "{refused}");
    assert_eq!(summary(&school, "toys.example").await, "blocked", "what was in force stays");
    let window = "[[group.schedule]]\ndays = [\"mon\"]\nfrom = \"00:00\"\nto = \"24:00\"\nopens = [\"games\"]\n";
    school.rewrite(&format!("{SILENT}{window}").replace("tier = \"staff\"", "tier = \"primary\""));
    let refused = school.reload().await.expect_err("a window opens no more");
    assert!(refused.contains("`opens` names `games`, and the office does not let schools open it"), "{refused}");
    // What the office lets schools open they open.
    school.rewrite(&opening.replace("\"social\", ", "\"games\", "));
    school.reload().await.expect("social is open to be opened");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_word_of_the_office_holds_against_the_school_and_darkens_nothing() {
    let opening = format!("{SILENT}{OPENING}");
    let school = school(&opening).await;
    assert_eq!(summary(&school, "toys.example").await, ADDRESS, "the school opened games");
    school.desk.tables(|tables| no_school_opens(tables, "games"));
    // Meanwhile somebody writes the file and has not said that it holds.
    school.rewrite("[[group]\n");
    publish(&school, 2, NAMES).await;
    assert_eq!(summary(&school, "toys.example").await, "blocked");
    assert_eq!(summary(&school, "olm.vn").await, ADDRESS);
    let said = status(&school).await;
    let warned = |said: &serde_json::Value| said["warnings"].to_string().contains("tier `primary` leaves `games` open");
    assert!(warned(&said), "{said}");
    assert_eq!(said["office"]["serial"], 2);
    school.rewrite(&opening);
    let school = school.restart_after(|_| {}).await;
    school.until_ready().await;
    assert_eq!(summary(&school, "toys.example").await, "blocked", "a start goes on filtering");
    assert!(warned(&status(&school).await));
    school.close().await;
}

const CLOSING: &str = "[[tier]]\nid = \"primary\"\nblocks = [\"games\"]\n[[tier]]\nid = \"staff\"\nblocks = [\"social\"]\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_office_does_not_let_schools_close_is_a_fault_and_stays_closed_where_it_was() {
    let names = "toys.example games\nfriends.example social\n";
    let keeps_open = |tables: &mut Tables| tables.schools.tighten = all_but(tables, "social");
    let closes = "tier `staff` blocks `social`, and the office does not let schools block it";
    let strict = school(SILENT).await;
    strict.desk.tables(keeps_open);
    publish(&strict, 2, names).await;
    assert_eq!(asked(&strict, "10.20.9.7", "friends.example").await, ADDRESS);
    refused(&strict, CLOSING, closes).await;
    assert_eq!(asked(&strict, "10.20.9.7", "friends.example").await, ADDRESS);
    strict.close().await;

    let earlier = school(&format!("{SILENT}{CLOSING}")).await;
    publish(&earlier, 2, names).await;
    assert_eq!(asked(&earlier, "10.20.9.7", "friends.example").await, "blocked");
    earlier.desk.tables(keeps_open);
    publish(&earlier, 3, names).await;
    warned(&earlier, closes).await;
    assert_eq!(asked(&earlier, "10.20.9.7", "friends.example").await, "blocked", "nothing opens behind a school's back");
    earlier.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_that_only_the_office_may_lock_is_not_locked_by_a_school() {
    let school = school(SILENT).await;
    school.desk.tables(|tables| tables.schools.tighten = all_but(tables, "social"));
    publish(&school, 2, NAMES).await;
    let lock = "[[category]]\nid = \"social\"\nlocked = true\n";
    refused(&school, lock, "category `social` is locked here, and the office does not let schools block it").await;
    school.rewrite(&format!("{SILENT}{}", lock.replace("social", "games")));
    school.reload().await.expect("games may be locked");
    assert_eq!(asked(&school, "10.20.9.7", "toys.example").await, "blocked", "for everybody");
    school.close().await;
}

const UNSAFE: &str =
    "[[tier]]\nid = \"primary\"\nblocks = [\"search-unsafe\", \"video\"]\nsafe_search = false\n[[tier]]\nid = \"staff\"\n";

/// The office's own search engine, which has a restricted form.
fn with_an_engine(tables: &mut Tables) {
    tables.twin.push(TwinRow {
        id: "such".to_owned(),
        switch: tables.twin[0].switch,
        target: None,
        addresses: vec![IpAddr::V4(Ipv4Addr::new(198, 51, 100, 77))],
        hosts: vec!["such.example".to_owned()],
        stems: Vec::new(),
        endings: Vec::new(),
    });
}

const RESTRICTED: &str = "198.51.100.77";

#[tokio::test(flavor = "multi_thread")]
async fn safe_search_follows_the_office_s_tables_and_its_word() {
    let school = school(&format!("{SILENT}{UNSAFE}")).await;
    school.desk.tables(with_an_engine);
    publish(&school, 2, NAMES).await;
    assert_eq!(summary(&school, "such.example").await, ADDRESS, "the school turned it off");
    school.desk.tables(|tables| {
        with_an_engine(tables);
        no_school_opens(tables, "search-unsafe");
    });
    publish(&school, 3, NAMES).await;
    assert_eq!(summary(&school, "such.example").await, RESTRICTED);
    assert_eq!(asked(&school, "10.20.9.7", "such.example").await, ADDRESS, "staff search as they like");
    let off = "tier `primary` turns safe search off, and the office does not let schools do that";
    warned(&school, off).await;
    let school = school.restart_after(|_| {}).await;
    school.until_ready().await;
    assert_eq!(summary(&school, "such.example").await, RESTRICTED, "from the first query on");
    refused(&school, UNSAFE, off).await;
    assert_eq!(summary(&school, "such.example").await, RESTRICTED);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_restricted_instead_of_closed_only_where_the_office_lets_schools_open_it() {
    let section = "[[tier]]\nid = \"primary\"\nblocks = [\"video\"]\nrestricted = [\"youtube\"]\nyoutube = \"moderate\"\n[[tier]]\nid = \"staff\"\n";
    let school = school(&format!("{SILENT}{section}")).await;
    let names = "youtube.com video\nfilms.example video\n";
    publish(&school, 2, names).await;
    assert_eq!(summary(&school, "films.example").await, "blocked");
    assert_eq!(summary(&school, "i.ytimg.com").await, ADDRESS, "it is restricted, and so has its parts");
    school.desk.tables(|tables| {
        tier(tables, "primary").push("video".to_owned());
        no_school_opens(tables, "video");
    });
    publish(&school, 3, names).await;
    assert_eq!(summary(&school, "www.youtube.com").await, "blocked");
    assert_eq!(summary(&school, "i.ytimg.com").await, "blocked");
    let restricts = "tier `primary` restricts `youtube`, and the office does not let schools open `video`";
    warned(&school, restricts).await;
    refused(&school, section, restricts).await;
    assert_eq!(summary(&school, "www.youtube.com").await, "blocked", "what was in force stays");
    school.close().await;
}
