//! Whoever stands between an office and a school, with and without stolen keys, brings nothing; what was verified stays.

use serde_json::{Value, json};

use super::forge::meta;
use super::{Office, Way};
use crate::fetch::Reason;
use crate::office::hexadecimal;
use crate::office::tuf::place;
use crate::office::tuf::verify::PUBLICATION;

/// A small change that any metadata can have.
fn later(signed: &mut Value) {
    signed["expires"] = json!("2027-01-02T03:04:05Z");
}

#[tokio::test]
async fn the_kit_is_believed_where_nobody_attacks() {
    let mut office = Office::new();
    let school = office.school().await;
    office.publish_later();
    school.ask(office.now).await.expect("it is verified");
    school.stands(2, office.now).await;
    let mut forge = office.forge();
    for name in ["root", "targets", "ministry", "publication", "snapshot", "timestamp"] {
        later(forge.of(name));
    }
    forge.write();
    school.ask(office.now).await.expect("it is verified");
    school.stands(2, office.now).await;
}

#[tokio::test]
async fn metadata_that_a_stranger_signed_is_refused_whoever_should_have() {
    for name in ["root", "targets", "snapshot", "timestamp", "ministry", "district-1", "publication"] {
        let office = Office::new();
        let school = office.school().await;
        let mut forge = office.forge();
        later(forge.of(name));
        forge.signed_by(name, &["stranger"]).write();
        school.keeps(1, office.now, Reason::Unverified, "the repository is refused: ").await;
    }
}

#[tokio::test]
async fn a_signature_of_another_role_is_none() {
    for (name, who) in [("ministry", "district-1"), ("publication", "ministry"), ("snapshot", "timestamp"), ("timestamp", "lan")]
    {
        let office = Office::new();
        let school = office.school().await;
        let mut forge = office.forge();
        later(forge.of(name));
        forge.signed_by(name, &[who]).write();
        school.keeps(1, office.now, Reason::Unverified, "the repository is refused: ").await;
    }
}

#[tokio::test]
async fn one_signature_where_two_must_sign_is_none() {
    for name in ["root", "targets"] {
        let office = Office::new();
        let school = office.school().await;
        let mut forge = office.forge();
        later(forge.of(name));
        forge.signed_by(name, &["lan"]).write();
        school.keeps(1, office.now, Reason::Unverified, "the repository is refused: ").await;
        // The same person twice is one person.
        let mut forge = office.forge();
        later(forge.of(name));
        let version = forge.of(name)["version"].clone();
        let twice = office.sign(&forge.signed[name], &["lan".to_owned()]);
        let mut twice: Value = serde_json::from_slice(&twice).expect("JSON");
        let signature = twice["signatures"][0].clone();
        twice["signatures"].as_array_mut().expect("a list").push(signature);
        let path = if name == "root" { "2.root.json".to_owned() } else { format!("{version}.targets.json") };
        school.way.fault(&path, Way::Octets(serde_json::to_vec(&twice).expect("JSON")));
        school.keeps(1, office.now, Reason::Unverified, "").await;
    }
}

#[tokio::test]
async fn a_file_under_another_role_s_name_is_refused() {
    let mut office = Office::new();
    let school = office.school().await;
    office.publish_later();
    let offered = school.ask(office.now).await.expect("it is verified");
    for file in ["names.zst", "decisions.json"] {
        // Of both roles the same kind of file, which is as long.
        let of = |role: &str| {
            let metadata: Value = serde_json::from_slice(&office.read(&format!("2.{role}.json"))).expect("JSON");
            let name = format!("{role}/{file}");
            place(&name, metadata["signed"]["targets"][&name]["hashes"]["sha256"].as_str().expect("a digest"))
        };
        school.way.fault(&of("ministry"), Way::Octets(office.read(&of("district-1"))));
        let kind = if file == "names.zst" { super::Kind::Names } else { super::Kind::Decisions };
        let refused = school.text(&offered, "ministry", kind).await.expect_err("it is the district's");
        assert!(matches!(refused.reason, Reason::Unverified | Reason::Truncated | Reason::TooLarge), "{refused:?}");
        school.way.mend();
    }
    school.stands(2, office.now).await;
}

#[tokio::test]
async fn metadata_under_another_name_is_refused() {
    let mut office = Office::new();
    let school = office.school().await;
    office.publish_later();
    let pairs = [
        ("2.ministry.json", "2.district-1.json"),
        ("2.district-1.json", "2.publication.json"),
        ("2.snapshot.json", "1.targets.json"),
        ("1.targets.json", "2.ministry.json"),
        ("2.root.json", "1.root.json"),
        ("2.root.json", "timestamp.json"),
        ("timestamp.json", "2.snapshot.json"),
        ("timestamp.json", "1.root.json"),
    ];
    for (path, other) in pairs {
        school.way.fault(path, Way::Octets(office.read(other)));
        let refused = school.ask(office.now).await.expect_err("it is another");
        let expected = [Reason::Unverified, Reason::Unparsable, Reason::TooLarge, Reason::Older];
        assert!(expected.contains(&refused.reason), "{path} {other}: {refused:?}");
        school.way.mend();
        school.stands(1, office.now).await;
    }
    // Whoever stole the machine's keys chains one role's metadata as another's.
    let octets = office.read("2.district-1.json");
    std::fs::write(office.path().join("3.ministry.json"), &octets).expect("written");
    let mut forge = office.forge();
    forge.of("snapshot")["meta"]["ministry.json"] = meta(&json!(3), &octets);
    forge.write();
    school.keeps(1, office.now, Reason::Unverified, "the repository is refused: ").await;
}

#[tokio::test]
async fn a_role_that_signs_as_another_with_the_same_key_says_nothing_there() {
    let office = Office::new();
    let school = office.school().await;
    let mut forge = office.forge();
    // The top counts the district's key for the ministry too; the district's metadata is chained as the ministry's.
    let (id, key) = office.key_value("district-1");
    let delegations = &mut forge.of("targets")["delegations"];
    delegations["keys"][&id] = key;
    let roles = delegations["roles"].as_array_mut().expect("a list");
    roles.iter_mut().find(|role| role["name"] == "ministry").expect("it is there")["keyids"] = json!([id]);
    let mut theirs = forge.of("district-1").clone();
    theirs["version"] = json!(2);
    *forge.of("ministry") = theirs;
    forge.signed_by("ministry", &["district-1"]).write();
    school.keeps(1, office.now, Reason::Unverified, "").await;
}

#[tokio::test]
async fn an_old_timestamp_and_an_old_snapshot_are_refused() {
    let mut office = Office::new();
    let (timestamp, snapshot) = (office.read("timestamp.json"), office.read("1.snapshot.json"));
    let new_before = office.new_school();
    office.publish_later();
    let school = office.school().await;
    school.way.fault("timestamp.json", Way::Octets(timestamp.clone()));
    school.keeps(2, office.now, Reason::Older, "").await;
    school.way.fault("2.snapshot.json", Way::Octets(snapshot.clone()));
    school.stands(2, office.now).await;
    // The machine that signs timestamps was taken over: an old snapshot under a new timestamp.
    let mut forge = office.forge();
    forge.of("timestamp")["meta"]["snapshot.json"] = meta(&json!(1), &snapshot);
    forge.write();
    school.keeps(2, office.now, Reason::Older, "").await;
    // And the one of snapshots too: an old part of a role.
    let part = office.read("1.ministry.json");
    let mut forge = office.forge();
    forge.of("snapshot")["version"] = json!(4);
    forge.of("snapshot")["meta"]["ministry.json"] = meta(&json!(1), &part);
    forge.write();
    school.keeps(2, office.now, Reason::Older, "").await;
    // One who has seen nothing yet cannot know better.
    new_before.way.fault("timestamp.json", Way::Octets(timestamp));
    assert_eq!(new_before.ask(office.now).await.expect("it was signed").newest(), 1);
}

#[tokio::test]
async fn an_old_snapshot_in_place_of_the_new_one_is_not_what_the_timestamp_names() {
    let mut office = Office::new();
    let school = office.school().await;
    office.publish_later();
    school.way.fault("2.snapshot.json", Way::Octets(office.read("1.snapshot.json")));
    school.keeps(1, office.now, Reason::Unverified, "").await;
    school.ask(office.now).await.expect("it is verified");
    school.stands(2, office.now).await;
}

#[tokio::test]
async fn a_version_without_signature_is_refused_however_large() {
    let mut office = Office::new();
    let school = office.school().await;
    office.publish_later();
    let mut forge = office.forge();
    forge.of("timestamp")["version"] = json!(1_u64 << 63);
    forge.signed_by("timestamp", &[]).write();
    school.keeps(1, office.now, Reason::Unverified, "timestamp").await;
}

#[tokio::test]
async fn versions_out_of_reach_are_refused_and_the_office_goes_on() {
    for version in [1_u64 << 63, u64::MAX, 1_000_002] {
        let mut office = Office::new();
        let school = office.school().await;
        let honest = office.read("timestamp.json");
        let mut forge = office.forge();
        forge.of("timestamp")["version"] = json!(version);
        forge.write();
        school.keeps(1, office.now, Reason::Unverified, "too far beyond 1").await;
        std::fs::write(office.path().join("timestamp.json"), honest).expect("written");
        office.publish_later();
        school.ask(office.now).await.expect("the office goes on");
        school.stands(2, office.now).await;
    }
}

#[tokio::test]
async fn a_new_timestamp_key_ends_what_a_stolen_one_made() {
    for version in [2, 1_000_000] {
        let mut office = Office::new();
        let school = office.school().await;
        let honest = office.read("timestamp.json");
        let mut forge = office.forge();
        forge.of("timestamp")["version"] = json!(version);
        forge.write();
        school.ask(office.now).await.expect("who stole the key can do that");
        std::fs::write(office.path().join("timestamp.json"), honest).expect("written");
        // The office's own is older now.
        let (_, chi) = office.key_value("chi");
        office.publish_later();
        if version > 2 {
            school.keeps(1, office.now, Reason::Older, "timestamp").await;
        }
        let id = office.key_value("chi").0;
        let mut forge = office.forge();
        forge.of("root")["keys"][&id] = chi;
        forge.of("root")["roles"]["timestamp"]["keyids"] = json!([id]);
        // The version that the thief's had, by chance.
        forge.of("timestamp")["version"] = json!(version);
        forge.as_it_is("timestamp").signed_by("timestamp", &["chi"]).write();
        school.ask(office.now).await.expect("the office goes on");
        school.stands(2, office.now).await;
        // What the thief signs from now on is nothing.
        let mut forge = office.forge();
        later(forge.of("timestamp"));
        forge.write();
        school.keeps(2, office.now, Reason::Unverified, "timestamp").await;
    }
}

#[tokio::test]
async fn two_timestamps_with_one_number_are_refused() {
    let office = Office::new();
    let school = office.school().await;
    let mut forge = office.forge();
    later(forge.of("timestamp"));
    forge.of("timestamp")["version"] = json!(1);
    let octets = office.sign(&forge.signed["timestamp"], &["timestamp".to_owned()]);
    school.way.fault("timestamp.json", Way::Octets(octets));
    school.keeps(1, office.now, Reason::Unverified, "two timestamps with the number 1").await;
}

#[tokio::test]
async fn metadata_that_is_held_back_changes_nothing() {
    let mut office = Office::new();
    let school = office.school().await;
    office.publish_later();
    let publication = office.forge().signed["publication"]["targets"][PUBLICATION]["hashes"]["sha256"].clone();
    let publication = place(PUBLICATION, publication.as_str().expect("a digest"));
    let files = ["timestamp.json", "2.snapshot.json", "2.ministry.json", "2.publication.json", "2.district-1.json", &publication];
    for file in files {
        for (way, reason, piece) in [
            (Way::Absent, Reason::Status, "is not there"),
            (Way::Broken, Reason::Connect, "the connection broke"),
            (Way::Endless, Reason::TooLarge, "more than"),
        ] {
            school.way.fault(file, way);
            school.keeps(1, office.now, reason, piece).await;
        }
    }
    // A connection that breaks is no sign that there is no newer root.
    school.way.fault("2.root.json", Way::Broken);
    school.keeps(1, office.now, Reason::Connect, "the connection broke").await;
    school.way.fault("2.root.json", Way::Endless);
    school.keeps(1, office.now, Reason::TooLarge, "2.root.json").await;
    // A snapshot of stolen keys that says nothing of a role.
    for name in ["district-1", "publication"] {
        let office = Office::new();
        let school = office.school().await;
        let mut forge = office.forge();
        forge.of("snapshot")["meta"].as_object_mut().expect("an object").remove(&format!("{name}.json"));
        forge.write();
        school.keeps(1, office.now, Reason::Older, "").await;
        let new = office.new_school();
        new.refuses(office.now, Reason::Unverified, "it holds back").await;
        assert!(new.kept(office.now).await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_ends_is_ended() {
    let mut office = Office::new();
    let school = office.school().await;
    office.publish_later();
    let publication = office.forge().signed["publication"]["targets"][PUBLICATION]["hashes"]["sha256"].clone();
    let publication = place(PUBLICATION, publication.as_str().expect("a digest"));
    for file in ["timestamp.json", "2.root.json", "2.snapshot.json", "2.ministry.json", &publication] {
        school.way.fault(file, Way::Stuck);
        school.keeps(1, office.now, Reason::Timeout, "did not come within").await;
    }
    school.ask(office.now).await.expect("it is verified");
    school.stands(2, office.now).await;
}

#[tokio::test]
async fn a_round_reads_a_bounded_number_of_files_and_none_twice() {
    let mut office = Office::new();
    let school = office.school().await;
    office.publish_later();
    school.way.reads();
    school.ask(office.now).await.expect("it is verified");
    let mut reads = school.way.reads();
    assert_eq!(reads.len(), 8, "{reads:?}");
    reads.sort();
    reads.dedup();
    assert_eq!(reads.len(), 8, "{reads:?}");
    school.ask(office.now).await.expect("there is nothing new");
    assert_eq!(school.way.reads(), ["timestamp.json"]);
}

#[tokio::test]
async fn more_roles_than_may_be_are_refused() {
    let office = Office::new();
    let school = office.school().await;
    let mut forge = office.forge();
    let empty = {
        let mut empty = forge.of("district-1").clone();
        (empty["version"], empty["targets"]) = (json!(1), json!({}));
        empty
    };
    let mut role = forge.of("targets")["delegations"]["roles"][2].clone();
    let octets = office.sign(&empty, &["district-1".to_owned()]);
    for number in 0..511 {
        let name = format!("more-{number}");
        role["name"] = json!(name);
        forge.of("targets")["delegations"]["roles"].as_array_mut().expect("a list").push(role.clone());
        forge.of("snapshot")["meta"][format!("{name}.json")] = meta(&json!(1), &octets);
        std::fs::write(office.path().join(format!("1.{name}.json")), &octets).expect("written");
    }
    forge.write();
    school.keeps(1, office.now, Reason::Unverified, "it delegates to more than 512 roles").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_chain_of_delegations_ends_where_roles_do() {
    let office = Office::new();
    let school = office.school().await;
    let mut forge = office.forge();
    // A district delegates to a part of it, that to a part of its own, and so on: who holds the machine's keys chains them all.
    let (id, key) = office.key_value("district-1");
    let delegate = |to: usize| {
        let role = json!({ "name": format!("deep-{to}"), "keyids": [id], "threshold": 1, "paths": ["*"], "terminating": true });
        json!({ "keys": { &id: key }, "roles": [role] })
    };
    forge.of("district-1")["delegations"] = delegate(0);
    let mut deep = forge.of("district-1").clone();
    (deep["version"], deep["targets"]) = (json!(1), json!({}));
    for number in 0..600 {
        deep["delegations"] = delegate(number + 1);
        let octets = office.sign(&deep, &["district-1".to_owned()]);
        forge.of("snapshot")["meta"][format!("deep-{number}.json")] = meta(&json!(1), &octets);
        std::fs::write(office.path().join(format!("1.deep-{number}.json")), &octets).expect("written");
    }
    forge.write();
    school.keeps(1, office.now, Reason::Unverified, "it delegates more than 8 levels deep, to role deep-7").await;
}

#[tokio::test]
async fn a_target_outside_of_its_role_s_folder_is_refused() {
    for name in ["ministry/names.zst", "district-1/../ministry/x", "registry.json", "publication/publication.json"] {
        let office = Office::new();
        let school = office.school().await;
        let mut forge = office.forge();
        let target = json!({ "length": 1, "hashes": { "sha256": hexadecimal(b"x") } });
        forge.of("district-1")["targets"][name] = target;
        forge.write();
        school.keeps(1, office.now, Reason::Unverified, "the repository is refused").await;
    }
}
