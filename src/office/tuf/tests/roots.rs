//! Roots: who was revoked counts no more, and a root file that is none, or is another's, is told.

use serde_json::{Value, json};

use super::forge::Forge;
use super::{Office, School, Way};
use crate::fetch::Reason;
use crate::office::repository::Repository as _;
use crate::office::tuf::trust::Tuf;

/// The root after, in which Chi signs in place of Bình.
fn revoke<'o>(office: &'o Office) -> Forge<'o> {
    let mut forge = office.forge();
    let ((chi, key), binh) = (office.key_value("chi"), office.key_value("binh").0);
    let root = forge.of("root");
    root["keys"].as_object_mut().expect("an object").remove(&binh);
    root["keys"][&chi] = key;
    for role in ["root", "targets"] {
        let ids = root["roles"][role]["keyids"].as_array_mut().expect("a list");
        ids.retain(|id| *id != json!(binh));
        ids.push(json!(chi));
    }
    forge
}

fn later(signed: &mut Value) {
    signed["expires"] = json!("2027-01-02T03:04:05Z");
}

#[tokio::test]
async fn what_a_revoked_person_signs_is_refused() {
    let office = Office::new();
    let school = office.school().await;
    let mut forge = revoke(&office);
    later(forge.of("targets"));
    forge.write();
    school.ask(office.now).await.expect("it is verified");
    school.stands(1, office.now).await;
    for (name, who) in [("targets", ["lan", "binh"]), ("root", ["an", "binh"])] {
        let mut forge = office.forge();
        forge.of(name)["expires"] = json!("2027-02-03T04:05:06Z");
        forge.signed_by(name, &who).write();
        school.keeps(1, office.now, Reason::Unverified, "the repository is refused").await;
        if name == "root" {
            std::fs::remove_file(office.path().join("3.root.json")).expect("it was written");
        }
    }
}

#[tokio::test]
async fn a_root_counts_from_when_it_came_even_where_nothing_else_did() {
    let office = Office::new();
    let school = office.school().await;
    revoke(&office).write();
    // The targets are Lan's and Bình's still.
    school.keeps(1, office.now, Reason::Unverified, "targets").await;
    // The new root is held back now, and what Bình signs is refused all the same.
    for way in [Way::Absent, Way::Broken] {
        let mut forge = office.forge();
        later(forge.of("targets"));
        forge.signed_by("targets", &["lan", "binh"]).write();
        school.way.fault("2.root.json", way);
        school.keeps(1, office.now, Reason::Unverified, "targets").await;
    }
    let mut forge = office.forge();
    later(forge.of("targets"));
    forge.signed_by("targets", &["chi", "an"]).write();
    school.ask(office.now).await.expect("it is verified");
    school.stands(1, office.now).await;
}

#[tokio::test]
async fn a_root_that_does_not_follow_is_refused() {
    let office = Office::new();
    let school = office.school().await;
    // Two of the new ones, of whom one alone counted before.
    let mut forge = revoke(&office);
    forge.signed_by("root", &["lan", "chi"]).write();
    school.keeps(1, office.now, Reason::Unverified, "root").await;
    // Two of the old ones, of whom one alone counts now.
    let mut forge = revoke(&office);
    forge.signed_by("root", &["lan", "binh"]);
    *forge.of("root") = {
        let mut root = forge.signed["root"].clone();
        root["version"] = json!(2);
        root
    };
    std::fs::write(office.path().join("2.root.json"), office.sign(&forge.signed["root"], &["lan".into(), "binh".into()]))
        .expect("written");
    school.keeps(1, office.now, Reason::Unverified, "root").await;
    // A version left out.
    let mut root = office.forge().signed["root"].clone();
    root["version"] = json!(3);
    std::fs::write(office.path().join("2.root.json"), office.sign(&root, &["lan".into(), "an".into()])).expect("written");
    school.keeps(1, office.now, Reason::Older, "root").await;
    // Files that may change under their names.
    let mut forge = office.forge();
    forge.of("root")["version"] = json!(2);
    forge.of("root")["consistent_snapshot"] = json!(false);
    std::fs::write(office.path().join("2.root.json"), office.sign(&forge.signed["root"], &["lan".into(), "an".into()]))
        .expect("written");
    school.way.fault("snapshot.json", Way::Octets(office.read("1.snapshot.json")));
    let refused = school.ask(office.now).await;
    school.way.mend();
    assert!(refused.is_err() || school.kept(office.now).await.is_some());
    school.stands(1, office.now).await;
}

#[tokio::test]
async fn an_installed_root_that_is_none_is_told_with_what_to_do() {
    let mut office = Office::new();
    let school = office.school().await;
    office.publish_later();
    let root = office.read("1.root.json");
    for octets in [&b""[..], b"{}", b"<html></html>", &root[..root.len() / 2], &office.read("2.snapshot.json")] {
        std::fs::write(&school.root, octets).expect("written");
        assert_eq!(school.kept(office.now).await, None);
        school.refuses(office.now, Reason::Local, "hint: ask the office for its root file").await;
    }
    // One that nobody signed.
    let mut unsigned: Value = serde_json::from_slice(&root).expect("JSON");
    unsigned["signatures"] = json!([]);
    std::fs::write(&school.root, serde_json::to_vec(&unsigned).expect("JSON")).expect("written");
    school.refuses(office.now, Reason::Local, "hint: ask the office for its root file").await;
    std::fs::remove_file(&school.root).expect("it is there");
    let way = crate::office::repository::Way::Folder(office.path().to_owned());
    let refused = Tuf::default().ask(school.state.path(), &school.root, &way, office.now).await.expect_err("there is none");
    assert!(refused.reason == Reason::Local && refused.said.contains("office-root.json"), "{refused:?}");
    // The right one again: nothing was lost.
    std::fs::write(&school.root, &root).expect("written");
    school.stands(1, office.now).await;
    school.ask(office.now).await.expect("it is verified");
    school.stands(2, office.now).await;
}

#[tokio::test]
async fn another_office_s_root_begins_anew_and_believes_nothing_of_the_first() {
    let (first, second) = (Office::new(), Office::new());
    let school = first.school().await;
    std::fs::write(&school.root, second.read("1.root.json")).expect("written");
    assert_eq!(school.kept(first.now).await, None);
    // The first one's repository is none by that root.
    school.refuses(first.now, Reason::Unverified, "timestamp").await;
    assert_eq!(school.kept(first.now).await, None);
    let moved = School { state: school.state, root: school.root, way: super::Scripted::over(second.path()) };
    moved.ask(second.now).await.expect("it is verified");
    moved.stands(1, second.now).await;
}

#[tokio::test]
async fn a_long_way_from_root_to_root_is_gone() {
    let office = Office::new();
    let school = office.school().await;
    for _ in 0..40 {
        let mut forge = office.forge();
        let expires = format!("2028-01-02T03:04:{:02}Z", forge.of("root")["version"].as_u64().expect("a number") % 60);
        forge.of("root")["expires"] = json!(expires);
        forge.write();
    }
    let mut forge = office.forge();
    later(forge.of("timestamp"));
    forge.write();
    school.ask(office.now).await.expect("it is verified");
    school.way.reads();
    let mut forge = office.forge();
    forge.of("timestamp")["expires"] = json!("2027-02-02T03:04:05Z");
    forge.write();
    school.ask(office.now).await.expect("it is verified");
    let roots = school.way.reads().iter().filter(|path| path.ends_with("root.json")).count();
    assert_eq!(roots, 1, "the way is gone once");
    school.stands(1, office.now).await;
}
