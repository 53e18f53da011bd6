//! What the office decided of single names: who wins over whom, until which day, and that `explain` and the journal say who decided.

use std::time::Duration;

use khien::dns::RecordType;
use khien::office::publication::Urgent;

use crate::kit::School;
use crate::kit::http;
use crate::kit::names::ADDRESS;
use crate::kit::office::{Role, SILENT, keep};
use crate::kit::school::school_time;

const DECISIONS: &str = r#"{"decisions": [
  {"kind": "lock", "name": "betrug.example", "category": "phishing", "owner": "ministry", "by": "Lan", "reason": "reported by a parent", "made": "2026-11-20"},
  {"kind": "lock", "name": "kurz.example", "category": "gambling", "owner": "ministry", "by": "Lan", "reason": "until the weekend", "made": "2026-11-20", "until": "2026-11-23"},
  {"kind": "lock", "name": "thay.truong.lan", "category": "malware", "owner": "ministry", "by": "Lan", "reason": "broken into", "made": "2026-11-20"},
  {"kind": "guarantee", "name": "sgk.example", "owner": "ministry", "by": "Minh", "reason": "schoolbooks", "made": "2026-11-01"},
  {"kind": "guarantee", "name": "thi.example", "owner": "ministry", "by": "Minh", "reason": "national exam", "made": "2026-11-01", "exam": true},
  {"kind": "allow", "name": "spiel.example", "owner": "ministry", "by": "Minh", "reason": "a learning game", "made": "2026-11-02"},
  {"kind": "allow", "name": "betrug.example", "owner": "ministry", "by": "Minh", "reason": "a mistake", "made": "2026-11-02"}
] }"#;

/// Lists of the ministry that name all of these.
const NAMES: &str = "sgk.example games\nspiel.example games\nthi.example social\n";

const MINISTRY: Role<'_> = Role { role: "ministry", speaks_for: &["*"], names: NAMES, decisions: DECISIONS };

/// A district that locks what it may not speak for, and what it may.
const DISTRICT: Role<'_> = Role {
    role: "district-1",
    speaks_for: &["games"],
    names: "",
    decisions: r#"{"decisions": [
  {"kind": "lock", "name": "olm.vn", "category": "malware", "owner": "district-1", "by": "Hoa", "reason": "a slip", "made": "2026-11-20"},
  {"kind": "lock", "name": "kurz.example", "category": "games", "owner": "district-1", "by": "Hoa", "reason": "all pupils play it", "made": "2026-11-21", "until": "2026-11-30"}
] }"#,
};

/// The lab denies what the office guarantees, allows what it locks, and has an exam in the morning.
const MORE: &str = r#"
[[group]]
id = "strict"
subnets = ["10.20.3.0/24"]
tier = "primary"
allow = ["betrug.example"]
deny = ["sgk.example", "spiel.example"]
[[group]]
id = "exam"
subnets = ["10.20.4.0/24"]
tier = "primary"
[[group.schedule]]
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
to = "10:00"
allow_only = true
only = ["pruefung.example"]
"#;

async fn school() -> School {
    let school = School::try_start(&(SILENT.to_owned() + MORE), &[]).await.expect("it starts");
    let school = school.restart_after(|directory| keep(directory, 7, &[MINISTRY, DISTRICT])).await;
    school.until_ready().await;
    school
}

async fn summary(school: &School, client: &str, name: &str) -> String {
    school.ask(client, RecordType::A, name).await.summary()
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_beat_all_and_guarantees_beat_what_a_school_says() {
    let school = school().await;
    for (client, name, expected, why) in [
        ("10.20.9.7", "www.betrug.example", "blocked", "a lock holds for teachers, and below its name"),
        ("10.20.3.7", "betrug.example", "blocked", "neither a group's allow nor an office allow opens it"),
        ("10.20.1.7", "sgk.example", ADDRESS, "a guarantee beats the tier"),
        ("10.20.3.7", "sgk.example", ADDRESS, "and a deny"),
        ("10.20.4.7", "sgk.example", "blocked", "but no exam"),
        ("10.20.4.7", "thi.example", ADDRESS, "unless exams need it"),
        ("10.20.1.7", "spiel.example", ADDRESS, "an office allow beats the tier"),
        ("10.20.3.7", "spiel.example", "blocked", "but no deny"),
        ("10.20.1.7", "olm.vn", ADDRESS, "a district has no say in malware"),
    ] {
        assert_eq!(summary(&school, client, name).await, expected, "{client} {name}: {why}");
    }
    let reply = school.ask("10.20.9.7", RecordType::A, "betrug.example").await;
    assert_eq!(reply.ede().map(|(code, _)| code), Some(16), "forbidden to everyone");
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    assert!(metrics.contains("khien_office_cut_entries{role=\"district-1\"} 1\n"), "{metrics}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_ends_with_its_day_and_the_next_roles_counts() {
    let school = school().await;
    let owner = async |at: &str| {
        let path = format!("/api/v1/explain?name=kurz.example&group=teachers&at={at}");
        let (_, said) = http::json(school.http(), &path).await;
        let rules = said["explanations"][0]["rules"].as_array().expect("rules").clone();
        let decided = rules.iter().find(|rule| rule["decided"] == true).cloned().expect("one decides");
        (decided["rule"].clone(), decided["decision"]["owner"].clone())
    };
    assert_eq!(owner("2026-11-23T23:59").await, ("locked".into(), "office-ministry".into()));
    assert_eq!(owner("2026-11-24T00:00").await, ("locked".into(), "office-district-1".into()));
    assert_eq!(owner("2026-12-01T00:00").await, ("open".into(), serde_json::Value::Null));
    school.at("2026-12-01T09:00");
    assert_eq!(summary(&school, "10.20.9.7", "kurz.example").await, ADDRESS);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_client_remembers_a_name_beyond_the_end_of_what_opened_it() {
    let school = school().await;
    school.at("2026-11-23T23:59");
    let reply = school.ask("10.20.1.7", RecordType::A, "other.example").await;
    assert!(reply.summary() == ADDRESS, "{}", reply.summary());
    let ttl = reply.ttl().expect("an answer");
    assert!(ttl <= 60, "{ttl} s, and a decision ends at midnight");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_names_owner_person_reason_day_and_publication() {
    let school = school().await;
    let decision = async |name: &str, group: &str| {
        let (_, said) = http::json(school.http(), &format!("/api/v1/explain?name={name}&group={group}")).await;
        let rules = said["explanations"][0]["rules"].as_array().expect("rules").clone();
        rules.iter().find(|rule| rule["decided"] == true).cloned().expect("one decides")
    };
    let lock = decision("www.betrug.example", "lab").await;
    let expected = serde_json::json!({
        "owner": "office-ministry", "by": "Lan", "reason": "reported by a parent", "made": "2026-11-20", "until": null, "publication": 7
    });
    assert_eq!((&lock["rule"], &lock["category"], &lock["decision"]), (&"locked".into(), &"phishing".into(), &expected));
    assert_eq!(lock["name"], "betrug.example");
    for (name, group, rule, reason) in [
        ("sgk.example", "strict", "guarantee", "schoolbooks"),
        ("spiel.example", "lab", "office-allow", "a learning game"),
        ("thi.example", "exam", "exam", "national exam"),
    ] {
        let decided = decision(name, group).await;
        assert_eq!((&decided["rule"], &decided["decision"]["reason"]), (&rule.into(), &reason.into()), "{name}");
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_role_that_decides_what_cannot_be_read_stops_no_other() {
    let school = School::try_start(SILENT, &[]).await.expect("it starts");
    let district = |decisions| Role { role: "district-1", speaks_for: &["games"], names: "", decisions };
    let lock = "{\"decisions\": [{\"kind\": \"lock\", \"name\": \"alt.example\", \"category\": \"games\", \"owner\": \"district-1\", \
                \"by\": \"An\", \"reason\": \"r\", \"made\": \"2026-11-20\"}]}";
    let at = school_time("2026-11-20T09:00");
    let none = Role { decisions: "", ..MINISTRY };
    school.desk.publish(1, at, Urgent::No, &[none, district(lock)]);
    school.server().running().office_due().await;
    school.until_ready().await;
    assert_eq!(summary(&school, "10.20.1.7", "alt.example").await, "blocked");
    school.desk.publish(2, at, Urgent::All, &[MINISTRY, district("{\"decisions\": 7}")]);
    school.later(Duration::from_secs(4000));
    school.server().running().office_due().await;
    assert_eq!(summary(&school, "10.20.1.7", "www.betrug.example").await, "blocked", "the ministry's lock is in force");
    assert_eq!(summary(&school, "10.20.1.7", "alt.example").await, "blocked", "what the district decided before stays");
    let (_, status) = http::json(school.http(), "/api/v1/status").await;
    assert_eq!(status["office"]["decisions_serial"], 2, "{status}");
    assert!(status["office"]["roles"].to_string().contains("its newest decisions cannot be read"), "{status}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_decisions_give_way_to_those_before() {
    let lock = |name: &str| {
        format!(
            "{{\"decisions\": [{{\"kind\": \"lock\", \"name\": \"{name}\", \"category\": \"phishing\", \"owner\": \"ministry\", \
             \"by\": \"Lan\", \"reason\": \"r\", \"made\": \"2026-11-20\"}}]}}"
        )
    };
    let (old, new) = (lock("alt.example"), lock("neu.example"));
    let school = School::try_start(SILENT, &[]).await.expect("it starts");
    let school = school
        .restart_after(|directory| {
            keep(directory, 7, &[Role { decisions: &old, ..MINISTRY }]);
            keep(directory, 8, &[Role { decisions: &new, ..MINISTRY }]);
            let text = format!("state/office/texts/{}.zst", khien::office::hexadecimal(new.as_bytes()));
            std::fs::write(directory.join(text), "damaged").expect("it is there");
        })
        .await;
    school.until_ready().await;
    assert_eq!(summary(&school, "10.20.1.7", "alt.example").await, "blocked", "what was decided before holds");
    let (_, status) = http::json(school.http(), "/api/v1/status").await;
    assert_eq!(status["office"]["decisions_serial"], 0, "they are asked for again: {status}");
    let at = school_time("2026-11-20T09:00");
    school.desk.publish(8, at, Urgent::All, &[Role { decisions: &new, ..MINISTRY }]);
    school.later(Duration::from_secs(4000));
    school.server().running().office_due().await;
    assert_eq!(summary(&school, "10.20.1.7", "neu.example").await, "blocked", "they came again");
    assert_eq!(summary(&school, "10.20.1.7", "alt.example").await, ADDRESS);
    let (_, status) = http::json(school.http(), "/api/v1/status").await;
    assert_eq!(status["office"]["decisions_serial"], 8, "{status}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_that_cannot_be_read_are_asked_for_again_and_lists_stay() {
    let broken = Role { decisions: "{\"decisions\": [{\"kind\": \"lock\"}]}", ..MINISTRY };
    let school = School::try_start(SILENT, &[]).await.expect("it starts");
    let school = school.restart_after(|directory| keep(directory, 7, &[broken])).await;
    school.until_ready().await;
    assert_eq!(summary(&school, "10.20.1.7", "spiel.example").await, "blocked", "by the list, for nothing allows it");
    let (_, status) = http::json(school.http(), "/api/v1/status").await;
    assert_eq!(status["office"]["decisions_serial"], 0, "{status}");
    school.close().await;
}
