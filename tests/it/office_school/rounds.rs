//! From a publication to the school: in its ring's time, decisions before lists, and nothing taken away whatever fails.

use std::sync::Arc;
use std::time::Duration;

use khien::dns::RecordType;
use khien::fetch::{Failure, Reason};
use khien::office::publication::Urgent;

use crate::kit::School;
use crate::kit::http;
use crate::kit::names::ADDRESS;
use crate::kit::office::{Role, SILENT};
use crate::kit::school::{COMPILER, school_time};

const HOUR: Duration = Duration::from_secs(3600);

const LOCK: &str = r#"{"decisions": [{"kind": "lock", "name": "gesperrt.example", "category": "phishing", "owner": "ministry",
 "by": "Lan", "reason": "now", "made": "2026-11-23"}]}"#;

const fn ministry<'t>(names: &'t str, decisions: &'t str) -> Role<'t> {
    Role { role: "ministry", speaks_for: &["*"], names, decisions }
}

async fn summary(school: &School, name: &str) -> String {
    school.ask("10.20.1.7", RecordType::A, name).await.summary()
}

/// A school of the first ring, or of another.
fn in_ring(ring: u8) -> String {
    SILENT.replace("[office]\n", &format!("[office]\nring = {ring}\n"))
}

/// A school that has publication 1, of the Monday before.
async fn school(config: &str) -> School {
    let school = School::try_start(config, &[]).await.expect("it starts");
    let first = ministry("casino.example gambling\n", "");
    school.desk.publish(1, school_time("2026-11-16T09:00"), Urgent::No, &[first]);
    due(&school).await;
    school.until_ready().await;
    school
}

/// A round of what the server does by itself.
async fn due(school: &School) {
    school.server().running().office_due().await;
}

async fn office(school: &School) -> serde_json::Value {
    http::json(school.http(), "/api/v1/status").await.1["office"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_blocked_at_the_running_school() {
    let school = school(&in_ring(1)).await;
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    assert_eq!(summary(&school, "neu.example").await, ADDRESS);
    let both = ministry("casino.example gambling\nneu.example gambling\n", LOCK);
    school.desk.publish(2, school_time("2026-11-23T09:00"), Urgent::No, &[both]);
    school.later(Duration::from_secs(61));
    due(&school).await;
    assert_eq!(summary(&school, "neu.example").await, "blocked");
    assert_eq!(summary(&school, "gesperrt.example").await, "blocked");
    let status = office(&school).await;
    assert_eq!((&status["serial"], &status["decisions_serial"], &status["newest"]), (&2.into(), &2.into(), &2.into()));
    assert_eq!(school.desk.asked(), 2, "once a minute");
    due(&school).await;
    assert_eq!(school.desk.asked(), 2);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_comes_when_it_is_due_in_the_schools_ring() {
    let school = school(&in_ring(2)).await;
    let both = ministry("casino.example gambling\nneu.example gambling\n", LOCK);
    school.desk.publish(2, school_time("2026-11-23T09:00"), Urgent::No, &[both]);
    school.at("2026-11-24T08:58");
    due(&school).await;
    assert_eq!(summary(&school, "neu.example").await, ADDRESS, "a minute too early");
    assert_eq!(summary(&school, "gesperrt.example").await, ADDRESS);
    assert_eq!(office(&school).await["newest"], 2, "it is known");
    // Nobody answers any more: what is due comes of what was verified before.
    school.at("2026-11-24T09:00");
    due(&school).await;
    assert_eq!(summary(&school, "neu.example").await, "blocked");
    assert_eq!(summary(&school, "gesperrt.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_urgent_comes_at_once_in_every_ring() {
    let school = school(&in_ring(3)).await;
    let both = ministry("casino.example gambling\nneu.example gambling\n", LOCK);
    school.desk.publish(2, school_time("2026-11-23T09:00"), Urgent::Decisions, &[both]);
    school.later(Duration::from_secs(61));
    due(&school).await;
    assert_eq!(summary(&school, "gesperrt.example").await, "blocked");
    assert_eq!(summary(&school, "neu.example").await, ADDRESS, "lists wait");
    let status = office(&school).await;
    assert_eq!((&status["serial"], &status["decisions_serial"]), (&1.into(), &2.into()));
    let all = ministry("dringend.example gambling\n", LOCK);
    school.desk.publish(3, school_time("2026-11-23T09:02"), Urgent::All, &[all]);
    school.later(Duration::from_secs(61));
    due(&school).await;
    assert_eq!(summary(&school, "dringend.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_that_come_late_take_no_newer_ones_place() {
    let school = school(&in_ring(1)).await;
    let let_go = school.desk.hold(LOCK);
    school.desk.publish(2, school_time("2026-11-23T09:00"), Urgent::Decisions, &[ministry("casino.example gambling\n", LOCK)]);
    school.later(Duration::from_secs(61));
    let (running, fetched) = (Arc::clone(school.server().running()), school.desk.fetched().len());
    let late = tokio::spawn(async move { running.office_asked().await });
    while school.desk.fetched().len() == fetched {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    school.desk.publish(3, school_time("2026-11-23T09:01"), Urgent::Decisions, &[ministry("casino.example gambling\n", "")]);
    school.later(Duration::from_secs(61));
    due(&school).await;
    assert_eq!(office(&school).await["decisions_serial"], 3);
    let_go.send(true).expect("somebody waits");
    late.await.expect("no panic");
    assert_eq!(office(&school).await["decisions_serial"], 3);
    assert_eq!(summary(&school, "gesperrt.example").await, ADDRESS);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_in_force_at_once_while_lists_are_compiled() {
    let real = env!("CARGO_BIN_EXE_khien");
    // It waits while there is a file called `gate` beside it.
    let slow = format!("#!/bin/sh\nwhile [ -e \"${{0%/*}}/gate\" ]; do sleep 0.02; done\nexec {real} \"$@\"\n");
    let school = School::try_start(&in_ring(1), &[(COMPILER, &slow)]).await.expect("it starts");
    let first = ministry("casino.example gambling\n", "");
    school.desk.publish(1, school_time("2026-11-16T09:00"), Urgent::No, &[first]);
    due(&school).await;
    school.until_ready().await;

    school.write("gate", "");
    let lists = ministry("casino.example gambling\nneu.example gambling\n", "");
    school.desk.publish(2, school_time("2026-11-23T09:00"), Urgent::No, &[lists]);
    school.later(Duration::from_secs(61));
    school.server().running().office_asked().await;
    let decided = ministry("casino.example gambling\nneu.example gambling\n", LOCK);
    school.desk.publish(3, school_time("2026-11-23T09:01"), Urgent::Decisions, &[decided]);
    school.later(Duration::from_secs(61));
    school.server().running().office_asked().await;
    assert_eq!(summary(&school, "gesperrt.example").await, "blocked", "although a compiler is at work");
    assert_eq!(summary(&school, "neu.example").await, ADDRESS);

    std::fs::remove_file(school.path("gate")).expect("it is there");
    due(&school).await;
    assert_eq!(summary(&school, "neu.example").await, "blocked");
    assert_eq!(summary(&school, "gesperrt.example").await, "blocked", "the lists took nothing from the decisions");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_that_fails_takes_nothing_away_and_is_told() {
    let school = school(&in_ring(1)).await;
    school.desk.fail(Some(Failure::new(Reason::Connect, "nobody is at 192.0.2.1")));
    for _ in 0..3 {
        school.later(HOUR);
        due(&school).await;
    }
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    let status = office(&school).await;
    assert_eq!((&status["failures"], &status["failure"]), (&3.into(), &"nobody is at 192.0.2.1".into()));
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    assert!(metrics.contains("khien_office_failures_total{reason=\"connect\"} 3\n"), "{metrics}");
    assert_eq!(http::get(school.http(), "/readyz").await.0, 200);

    school.desk.fail(None);
    school.later(HOUR);
    due(&school).await;
    assert!(office(&school).await["failure"].is_null());
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_repository_stays_in_force_for_ever_and_readyz_says_so() {
    let school = school(&in_ring(1)).await;
    school.desk.expires(school_time("2026-12-01T00:00"));
    school.later(Duration::from_secs(61));
    due(&school).await;
    assert_eq!(http::get(school.http(), "/readyz").await, (200, "ready\n".to_owned()));
    school.desk.fail(Some(Failure::new(Reason::Connect, "nobody")));
    school.at("2031-12-01T09:00");
    due(&school).await;
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    let (code, said) = http::get(school.http(), "/readyz").await;
    assert_eq!(code, 200);
    assert!(said.starts_with("ready\n") && said.contains("expired"), "{said}");
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    assert!(metrics.contains("khien_office_expires_timestamp_seconds 1796058000\n"), "{metrics}");

    let school = school.restart_after(|_| {}).await;
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_to_1970_opens_nothing_and_is_told() {
    let school = school(&in_ring(2)).await;
    school.at("1970-01-02T09:00");
    due(&school).await;
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    let (_, said) = http::get(school.http(), "/readyz").await;
    assert!(said.contains("clock"), "{said}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_going_back_only_a_newer_serial_is_taken() {
    let school = school(&in_ring(1)).await;
    let wrong = ministry("falsch.example gambling\n", "");
    school.desk.publish(2, school_time("2026-11-23T09:00"), Urgent::No, &[wrong]);
    school.later(Duration::from_secs(61));
    due(&school).await;
    assert_eq!(summary(&school, "falsch.example").await, "blocked");
    school.server().running().office_back().await.expect("there is one before");
    school.later(HOUR);
    due(&school).await;
    assert_eq!(summary(&school, "falsch.example").await, ADDRESS, "it is not taken again");
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    let right = ministry("casino.example gambling\nrichtig.example gambling\n", "");
    school.desk.publish(3, school_time("2026-11-23T10:00"), Urgent::No, &[right]);
    school.later(HOUR);
    due(&school).await;
    assert_eq!(summary(&school, "richtig.example").await, "blocked");
    assert!(office(&school).await["held"].is_null());
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_brings_an_office_that_is_new() {
    let groups = SILENT.replace("[office]", "#").replace("url =", "#").replace("root =", "#").replace("accept =", "#");
    let school = School::start(&groups).await;
    assert_eq!(summary(&school, "casino.example").await, ADDRESS);
    school.rewrite(SILENT);
    let refused = school.reload().await.expect_err("nobody is there");
    assert!(refused.contains("the education office's lists"), "{refused}");
    assert_eq!(summary(&school, "casino.example").await, ADDRESS, "nothing has changed");
    let first = ministry("casino.example gambling\n", LOCK);
    school.desk.publish(1, school_time("2026-11-16T09:00"), Urgent::No, &[first]);
    school.reload().await.expect("it is brought");
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    assert_eq!(summary(&school, "gesperrt.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_that_was_away_for_a_month_catches_up_in_one_step() {
    let school = school(&in_ring(1)).await;
    for serial in 2..=30 {
        let names = format!("casino.example gambling\nneu{serial}.example gambling\n");
        school.desk.publish(serial, school_time("2026-11-23T09:00"), Urgent::No, &[ministry(&names, "")]);
    }
    school.at("2026-12-23T09:00");
    due(&school).await;
    assert_eq!(summary(&school, "neu30.example").await, "blocked");
    assert_eq!(school.desk.fetched().len(), 3, "the first list, its decisions, and the newest list");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_without_a_link_takes_a_publication_from_a_stick() {
    let school = School::try_start(&in_ring(1), &[]).await.expect("it starts");
    let stick = tempfile::tempdir().expect("a stick");
    std::fs::create_dir_all(stick.path().join("khien/targets")).expect("a folder");
    std::fs::write(stick.path().join("khien/timestamp.json"), "{}").expect("written");
    let staged = khien::server::stage_import(&school.path("state"), stick.path()).expect("it is a repository");
    assert!(school.path("state/import/timestamp.json").exists() && school.path("state/import/targets").exists());
    let refused = school.server().running().office_import().await.expect_err("nothing on it can be verified");
    assert!(refused.contains("what was in force stays in force"), "{refused}");
    school.desk.publish(1, school_time("2026-11-16T09:00"), Urgent::No, &[ministry("casino.example gambling\n", LOCK)]);
    let said = school.server().running().office_import().await.expect("it is verified");
    assert!(said.contains("lists of publication 1 and decisions of publication 1 are in force"), "{said}");
    drop(staged);
    assert!(!school.path("state/import").exists());
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    assert_eq!(summary(&school, "gesperrt.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_socket_goes_back_and_the_network_does_not() {
    let school = school(&in_ring(1)).await;
    let (code, _) = http::get(school.http(), "/api/v1/office/rollback").await;
    assert_eq!(code, 404, "what listens on the network only reads");
    school.close().await;
}
