//! From what is kept alone: an image for each role, each for itself, and nothing beyond a delegation.

use std::collections::BTreeMap;
use std::path::Path;

use khien::dns::RecordType;

use crate::kit::School;
use crate::kit::http;
use crate::kit::names::ADDRESS;
use crate::kit::office::{Role, SILENT, keep};

const MINISTRY: Role<'_> = Role {
    role: "ministry",
    speaks_for: &["*"],
    names: "=exact.example malware\ncasino.example gambling\n!news.casino.example gambling\ntoys.example games\n",
    decisions: "",
};

const DISTRICT: Role<'_> = Role {
    role: "district-1",
    speaks_for: &["games", "social"],
    names: "olm.vn malware\nspiele.example games\ntoys.example adult,social\n",
    decisions: "",
};

async fn summary(school: &School, client: &str, name: &str) -> String {
    school.ask(client, RecordType::A, name).await.summary()
}

/// A school that finds these roles of publication 7 in its state.
async fn school_with(roles: &[Role<'_>]) -> School {
    let school = School::try_start(SILENT, &[]).await.expect("it starts");
    let school = school.restart_after(|directory| keep(directory, 7, roles)).await;
    school.until_ready().await;
    // What the start compiles is compiled, kept and swept before anything else is.
    school.server().running().renew_lists().await.expect("nothing has changed");
    school
}

/// The images in a state directory, with what tells one writing of a file from another.
fn images(school: &Path) -> BTreeMap<String, u64> {
    use std::os::unix::fs::MetadataExt;
    let entries = std::fs::read_dir(school.join("state/images")).expect("it is there").flatten();
    let named = entries.filter_map(|entry| Some((entry.file_name().display().to_string(), entry.metadata().ok()?.ino())));
    named.filter(|(name, _)| name.ends_with(".img")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_that_never_loaded_its_office_is_not_ready_and_says_so() {
    let school = School::try_start(SILENT, &[]).await.expect("it starts");
    let (code, why) = http::get(school.http(), "/readyz").await;
    assert_eq!(code, 503);
    assert!(why.contains("the education office's lists"), "{why}");
    assert_eq!(summary(&school, "10.20.1.7", "olm.vn").await, "servfail");
    assert_eq!(summary(&school, "10.20.1.7", "vn-cop.vn").await, ADDRESS, "help resolves");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_a_school_starts_from_what_it_kept() {
    let school = school_with(&[MINISTRY, DISTRICT]).await;
    assert_eq!(summary(&school, "10.20.9.7", "www.casino.example").await, "blocked", "locked for everyone");
    assert_eq!(summary(&school, "10.20.9.7", "news.casino.example").await, ADDRESS, "the list's own exception");
    assert_eq!(summary(&school, "10.20.9.7", "exact.example").await, "blocked");
    assert_eq!(summary(&school, "10.20.9.7", "www.exact.example").await, ADDRESS, "that name alone");
    assert_eq!(summary(&school, "10.20.1.7", "spiele.example").await, "blocked");
    assert_eq!(summary(&school, "10.20.9.7", "spiele.example").await, ADDRESS, "games are open to teachers");

    let (_, said) = http::json(school.http(), "/api/v1/explain?name=www.casino.example&group=teachers").await;
    let listing = &said["explanations"][0]["lists"][0];
    let told = ["list", "owner", "publication", "category", "effect"].map(|key| listing[key].to_string());
    assert_eq!(told, ["\"ministry/gambling\"", "\"office-ministry\"", "7", "\"gambling\"", "\"applied\""]);

    // It is served by the images from the first query on, before anything is compiled.
    let school = school.restart_after(|_| {}).await;
    assert_eq!(summary(&school, "10.20.1.7", "spiele.example").await, "blocked");
    assert_eq!(http::get(school.http(), "/readyz").await.0, 200);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_role_may_not_speak_for_changes_nothing_and_is_counted() {
    let school = school_with(&[MINISTRY, DISTRICT]).await;
    assert_eq!(summary(&school, "10.20.1.7", "olm.vn").await, ADDRESS, "a district that says malware");
    let (_, said) = http::json(school.http(), "/api/v1/explain?name=toys.example&group=lab").await;
    let lists = said["explanations"][0]["lists"].as_array().expect("lists");
    let named: Vec<_> = lists.iter().map(|list| list["list"].as_str().expect("a word")).collect();
    assert_eq!(named, ["ministry/games", "district-1/social"], "what it may say of the name it says");
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    assert!(metrics.contains("khien_office_cut_entries{role=\"district-1\"} 2\n"), "{metrics}");
    assert!(metrics.contains("khien_office_serial 7\n"));
    let (_, status) = http::json(school.http(), "/api/v1/status").await;
    let district = &status["office"]["roles"][1];
    assert_eq!(district["cut"], serde_json::json!([["adult", 1], ["malware", 1]]));
    assert_eq!(district["entries"], 2);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_image_whose_source_changed_is_compiled_anew() {
    let school = school_with(&[MINISTRY, DISTRICT]).await;
    let before = images(&school.path(""));
    assert_eq!(before.len(), 3, "{before:?}");
    let changed = Role { names: "spiele.example games\nneu.example games\n", ..DISTRICT };
    let school = school.restart_after(|directory| keep(directory, 8, &[MINISTRY, changed])).await;
    school.server().running().renew_lists().await.expect("they are compiled");
    assert_eq!(summary(&school, "10.20.1.7", "neu.example").await, "blocked");
    let after = images(&school.path(""));
    let same = |prefix: &str| {
        let of = |all: &BTreeMap<String, u64>| {
            all.iter()
                .filter(|(name, _)| name.starts_with(prefix))
                .map(|(name, inode)| (name.clone(), *inode))
                .collect::<Vec<_>>()
        };
        of(&before).iter().all(|image| of(&after).contains(image)) && of(&before).len() == of(&after).len()
    };
    assert!(same("school-") && same("office-ministry-"), "{before:?} {after:?}");
    assert_eq!(after.len(), 4, "the district's before stays beside its new one: {after:?}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_no_more_has_nothing_to_say() {
    let school = school_with(&[MINISTRY, DISTRICT]).await;
    let school = school.restart_after(|directory| keep(directory, 8, &[MINISTRY])).await;
    school.server().running().renew_lists().await.expect("they are compiled");
    assert_eq!(summary(&school, "10.20.1.7", "spiele.example").await, ADDRESS);
    assert_eq!(summary(&school, "10.20.1.7", "casino.example").await, "blocked");
    let left = images(&school.path(""));
    assert!(!left.keys().any(|name| name.starts_with("office-district")), "{left:?}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_image_gives_way_to_the_one_before_and_then_to_the_kept_text() {
    let school = school_with(&[MINISTRY]).await;
    let more = Role { names: "casino.example gambling\nneu.example gambling\n", ..MINISTRY };
    let school = school.restart_after(|directory| keep(directory, 8, &[more])).await;
    school.server().running().renew_lists().await.expect("they are compiled");
    assert_eq!(summary(&school, "10.20.9.7", "neu.example").await, "blocked");

    let damage = |directory: &Path, which: &dyn Fn(&str) -> bool| {
        for name in images(directory).into_keys().filter(|name| name.starts_with("office-ministry") && which(name)) {
            let path = directory.join("state/images").join(name);
            let mut octets = std::fs::read(&path).expect("an image");
            let middle = octets.len() / 2;
            octets[middle..].fill(0x55);
            // Another file in its place: what is mapped of it stays as it is.
            std::fs::remove_file(&path).expect("it can go");
            std::fs::write(&path, octets).expect("it can be written");
        }
    };
    let manifest = std::fs::read_to_string(school.path("state/images/manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let current = manifest["owners"]["office-ministry"]["current"].as_str().expect("a file").to_owned();
    let school = school.restart_after(|directory| damage(directory, &|name| name == current)).await;
    assert_eq!(summary(&school, "10.20.9.7", "casino.example").await, "blocked", "by the image before, or the new one already");
    school.server().running().renew_lists().await.expect("it is made again");
    assert_eq!(summary(&school, "10.20.9.7", "neu.example").await, "blocked");

    let school = school.restart_after(|directory| damage(directory, &|_| true)).await;
    school.until_ready().await;
    assert_eq!(summary(&school, "10.20.9.7", "neu.example").await, "blocked", "made of the kept text");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_cannot_be_read_leaves_the_image_before_and_all_others() {
    let school = school_with(&[MINISTRY, DISTRICT]).await;
    let changed = Role { names: "neu.example games\n", ..DISTRICT };
    let school = school
        .restart_after(|directory| {
            keep(directory, 8, &[MINISTRY, changed]);
            let texts = directory.join("state/office/texts");
            let digest = khien::office::hexadecimal(b"# khien names 1\nneu.example games\n");
            std::fs::write(texts.join(format!("{digest}.zst")), "broken").expect("written");
        })
        .await;
    school.server().running().renew_lists().await.expect("what can be compiled is");
    assert_eq!(summary(&school, "10.20.1.7", "spiele.example").await, "blocked", "the district's image before");
    assert_eq!(summary(&school, "10.20.1.7", "casino.example").await, "blocked");
    let (_, status) = http::json(school.http(), "/api/v1/status").await;
    let fault = status["office"]["roles"][1]["fault"].as_str().unwrap_or_default();
    assert!(!fault.is_empty(), "{status}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_that_follows_no_office_any_more_has_nothing_of_it() {
    let school = school_with(&[MINISTRY]).await;
    let groups = SILENT.split("[office]").next().expect("the clients").to_owned()
        + "[[group]]\nid = \"lab\"\nsubnets = [\"10.20.1.0/24\"]\ntier = \"primary\"\n";
    school.rewrite(&groups);
    school.reload().await.expect("a sound file");
    assert_eq!(summary(&school, "10.20.1.7", "casino.example").await, ADDRESS);
    let (_, status) = http::json(school.http(), "/api/v1/status").await;
    assert!(status["office"].is_null(), "{status}");
    school.close().await;
}
