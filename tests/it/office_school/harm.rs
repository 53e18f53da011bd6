//! A school whose shares jump after a change goes back by itself, says so, and stays there until the office publishes anew.

use std::time::Duration;

use khien::dns::RecordType;
use khien::office::publication::Urgent;

use crate::kit::School;
use crate::kit::http;
use crate::kit::names::ADDRESS;
use crate::kit::office::{Role, SILENT};
use crate::kit::school::school_time;

const fn ministry(names: &str) -> Role<'_> {
    Role { role: "ministry", speaks_for: &["*"], names, decisions: "" }
}

/// Six hundred queries, one of ten for a name that is listed, and a round of watching after them.
async fn lesson(school: &School) {
    for turn in 0..600 {
        let name = if turn % 10 == 0 { "casino.example" } else { "suche.example" };
        school.ask("10.20.1.7", RecordType::A, name).await;
    }
    school.later(Duration::from_secs(11));
    school.server().running().office_due().await;
}

async fn school() -> School {
    let school = School::try_start(&SILENT.replace("[office]\n", "[office]\nring = 1\n"), &[]).await.expect("it starts");
    school.desk.publish(1, school_time("2026-11-16T09:00"), Urgent::No, &[ministry("casino.example gambling\n")]);
    school.server().running().office_due().await;
    school.until_ready().await;
    // From here on it is counted.
    school.later(Duration::from_secs(11));
    school.server().running().office_due().await;
    school
}

async fn publish(school: &School, serial: u64, names: &str) {
    school.desk.publish(serial, school.clock.wall(), Urgent::No, &[ministry(names)]);
    school.later(Duration::from_secs(61));
    school.server().running().office_due().await;
}

async fn summary(school: &School, name: &str) -> String {
    school.ask("10.20.1.7", RecordType::A, name).await.summary()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_takes_what_everybody_asks_for_is_gone_back_from() {
    let school = school().await;
    lesson(&school).await;
    publish(&school, 2, "casino.example gambling\nsuche.example gambling\n").await;
    assert_eq!(summary(&school, "suche.example").await, "blocked");
    lesson(&school).await;
    assert_eq!(summary(&school, "suche.example").await, ADDRESS, "the school went back");
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    for line in ["khien_office_held 1", "khien_office_serial 1", "khien_office_rollbacks_total{cause=\"blocked\"} 1"] {
        assert!(metrics.lines().any(|own| own == line), "{line}: {metrics}");
    }
    let (_, status) = http::json(school.http(), "/api/v1/status").await;
    let why = status["office"]["held"]["why"].as_str().expect("a reason");
    assert_eq!(why, "the share of blocked queries rose from 10 % to 100 % after publication 2 came in force");

    // It stays there, and takes what comes next.
    school.later(Duration::from_secs(3600));
    school.server().running().office_due().await;
    assert_eq!(summary(&school, "suche.example").await, ADDRESS);
    publish(&school, 3, "casino.example gambling\nneu.example gambling\n").await;
    assert_eq!(summary(&school, "neu.example").await, "blocked");
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    assert!(metrics.contains("khien_office_held 0\n"), "{metrics}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_does_no_harm_stays() {
    let school = school().await;
    lesson(&school).await;
    publish(&school, 2, "casino.example gambling\nneu.example gambling\n").await;
    lesson(&school).await;
    assert_eq!(summary(&school, "neu.example").await, "blocked");
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    assert!(metrics.contains("khien_office_serial 2\n") && metrics.contains("khien_office_held 0\n"), "{metrics}");
    school.close().await;
}
