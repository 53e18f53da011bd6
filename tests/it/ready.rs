//! Never unfiltered, never dark: what is answered before the lists are there, after a restart, and from a damaged image.

use std::path::{Path, PathBuf};
use std::time::Duration;

use khien::dns::{Name, RecordType, Source, Transport};
use khien::pipeline::Met;

use crate::kit::names::ADDRESS;
use crate::kit::reply::Reply;
use crate::kit::{School, http, question};

const CONFIG: &str = r#"
[clients]
rate_limit = "0"
[[group]]
id = "lab"
subnets = ["10.20.1.0/24"]
tier = "primary"
[[list]]
id = "toys"
category = "games"
source = "toys.txt"
"#;

const CLIENT: &str = "10.20.1.7";

async fn summary(school: &School, name: &str) -> String {
    school.ask(CLIENT, RecordType::A, name).await.summary()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_configured_list_only_help_and_system_names_resolve() {
    let school = School::try_start(CONFIG, &[]).await.expect("it starts");
    for name in ["olm.vn", "w88.com", "www.spiele.example"] {
        let reply = school.ask(CLIENT, RecordType::A, name).await;
        assert_eq!((reply.rcode().as_str(), reply.ede().map(|(code, _)| code)), ("SERVFAIL", Some(14)), "{name}");
    }
    for name in ["vn-cop.vn", "captive.apple.com"] {
        assert_eq!(summary(&school, name).await, ADDRESS, "{name}");
    }
    let (status, why) = http::get(school.http(), "/readyz").await;
    assert!(status == 503 && why.contains("toys"), "{status} {why}");
    assert_eq!(http::get(school.http(), "/healthz").await.0, 200);
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    assert!(metrics.contains("khien_ready 0\n"), "{metrics}");

    school.write("toys.txt", "spiele.example\n");
    school.reload().await.expect("the list is there");
    assert_eq!(http::get(school.http(), "/readyz").await.0, 200);
    assert_eq!(summary(&school, "www.spiele.example").await, "blocked");
    assert_eq!(summary(&school, "olm.vn").await, ADDRESS);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_list_is_not_waited_for() {
    let school = School::start(&format!("{CONFIG}optional = true\n")).await;
    assert_eq!(http::get(school.http(), "/readyz").await.0, 200);
    assert_eq!(summary(&school, "olm.vn").await, ADDRESS);
    assert_eq!(summary(&school, "w88.com").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_filters_at_once_even_where_the_lists_are_gone() {
    let school = School::start_with(CONFIG, &[("toys.txt", "spiele.example\n")]).await;
    let mut school = school.restart_after(|files| std::fs::remove_file(files.join("toys.txt")).expect("removed")).await;
    assert_eq!(summary(&school, "spiele.example").await, "blocked");

    // Without the kept copy there is nothing to compile from; what was loaded once still counts, at the next restart too.
    for _ in 0..2 {
        school = school
            .restart_after(|files| {
                std::fs::remove_dir_all(files.join("state/sources")).ok();
            })
            .await;
        assert_eq!(summary(&school, "spiele.example").await, "blocked");
        assert_eq!(summary(&school, "olm.vn").await, ADDRESS);
        let refused = async {
            while !http::get(school.http(), "/metrics").await.1.contains("khien_reloads_total{result=\"failed\"} 1\n") {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), refused).await.expect("the compilation in the background is refused");
        assert_eq!(http::get(school.http(), "/readyz").await.0, 200);
        assert_eq!(summary(&school, "spiele.example").await, "blocked");
    }
    school.close().await;
}

/// The image that the manifest names current, and the one that it names previous.
fn images(files: &Path) -> (PathBuf, PathBuf) {
    let images = files.join("state/images");
    let manifest = std::fs::read(images.join("manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
    let kept = &manifest["owners"]["school"];
    let path = |which: &str| images.join(kept[which].as_str().unwrap_or_else(|| panic!("no {which} image: {manifest}")));
    (path("current"), path("previous"))
}

fn damage(image: &Path) {
    let mut bytes = std::fs::read(image).expect("an image");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8].iter_mut().for_each(|byte| *byte ^= 0xff);
    std::fs::write(image, bytes).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_image_gives_way_to_the_one_before_then_to_a_rebuild() {
    let school = School::start_with(CONFIG, &[("toys.txt", "spiele.example\n")]).await;
    school.write("toys.txt", "spiele.example\nneu.example\n");
    school.reload().await.expect("the list is sound");
    let school = school.restart_after(|files| damage(&images(files).0)).await;
    assert_eq!(summary(&school, "spiele.example").await, "blocked", "the previous image filters from the first query on");
    let rebuilt = async {
        while summary(&school, "neu.example").await != "blocked" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), rebuilt).await.expect("the current lists are compiled anew");

    let school = school
        .restart_after(|files| {
            for entry in std::fs::read_dir(files.join("state/images")).expect("images").flatten() {
                if entry.path().extension().is_some_and(|extension| extension == "img") {
                    damage(&entry.path());
                }
            }
        })
        .await;
    let waited = async {
        loop {
            match summary(&school, "spiele.example").await.as_str() {
                "blocked" => return,
                "servfail" => tokio::time::sleep(Duration::from_millis(5)).await,
                other => panic!("unfiltered: {other}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waited).await.expect("rebuilt from the lists");
    school.close().await;
}

/// A start does not read the part that only "why" is asked of; what is wrong with it is found, and mended, while answers go on.
#[tokio::test(flavor = "multi_thread")]
async fn damage_to_what_only_why_reads_is_mended_behind_the_start() {
    /// In the first record, right behind the header.
    const PLACE: usize = 324;
    let school = School::start_with(CONFIG, &[("toys.txt", "neu.example\n")]).await;
    school.write("toys.txt", "spiele.example\n");
    school.reload().await.expect("the list is sound");
    let (mut image, mut sound) = (PathBuf::new(), Vec::new());
    let school = school
        .restart_after(|files| {
            image = images(files).0;
            sound = std::fs::read(&image).expect("an image");
            let mut bytes = sound.clone();
            bytes[PLACE] ^= 0xff;
            std::fs::write(&image, bytes).expect("written");
        })
        .await;
    assert_eq!(summary(&school, "spiele.example").await, "blocked", "this image filters from the first query on");
    let mended = async {
        while std::fs::read(&image).ok().as_ref() != Some(&sound) {
            assert_eq!(summary(&school, "spiele.example").await, "blocked");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), mended).await.expect("the same sources give the same octets");
    assert_eq!(summary(&school, "spiele.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_judged_under_the_snapshot_that_it_was_looked_up_under() {
    let school = School::try_start(CONFIG, &[]).await.expect("it starts");
    let accounts = school.accounts();
    let client = format!("{CLIENT}:4242").parse().expect("an address");
    let packet = question::packet(&Name::parse("spiele.example").expect("a name"), RecordType::A);
    let packets = [(packet.as_slice(), Source::new(client, school.dns(), Transport::Udp))];
    let (mut view, mut out) = (accounts.view(), Vec::new());
    accounts.take_in(&mut view, packets.into_iter());

    // The lists come in force between look-up and verdict.
    school.write("toys.txt", "spiele.example\n");
    school.reload().await.expect("the list is sound");
    school.until_ready().await;
    assert!(matches!(accounts.answer(&mut view, 0, &mut out), Met::Answered), "nobody is asked for it");
    assert_eq!(Reply::read(&out).rcode(), "SERVFAIL", "as it was when the query came in");

    accounts.take_in(&mut view, packets.into_iter());
    assert!(matches!(accounts.answer(&mut view, 0, &mut out), Met::Answered));
    assert!(Reply::read(&out).is_blocked());
    school.close().await;
}
