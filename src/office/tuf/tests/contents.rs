//! What is signed and wrong all the same: bombs, damaged texts, publications that name what nobody signed, and roles out of bounds.

use serde_json::{Value, json};

use super::forge::meta;
use super::{Dice, Kind, Office, Way};
use crate::fetch::Reason;
use crate::office::patch::{pack, patch};
use crate::office::{Shelf, SpeaksFor, hexadecimal};

/// Gives the ministry another packed list, which says that it is the text with the digest `text`.
fn packed(office: &Office, octets: &[u8], text: &str) {
    let mut forge = office.forge();
    forge.target("ministry", "ministry/names.zst", octets, json!({ "text": text }));
    forge.publication(|publication| {
        publication["serial"] = json!(publication["serial"].as_u64().expect("a number") + 1);
        publication["roles"]["ministry"]["names"]["sha256"] = json!(text);
    });
    forge.write();
}

#[tokio::test]
async fn what_unpacks_to_more_than_may_be_is_refused_before_it_is_held() {
    let office = Office::new();
    let school = office.school().await;
    let bomb = vec![b'a'; 64 << 20];
    packed(&office, &pack(&bomb), &hexadecimal(&bomb));
    let offered = school.ask(office.now).await.expect("it was signed");
    let refused = school.text(&offered, "ministry", Kind::Names).await.expect_err("it is a bomb");
    assert!(refused.reason == Reason::TooLarge && refused.said.contains("more than 1048576 octets"), "{refused:?}");
    // A frame that says that it is small, with the bomb behind it.
    let mut frames = pack(b"casino.example gambling\n");
    frames.extend(pack(&bomb));
    packed(&office, &frames, &hexadecimal(b"casino.example gambling\n"));
    let offered = school.ask(office.now).await.expect("it was signed");
    let refused = school.text(&offered, "ministry", Kind::Names).await.expect_err("it is a bomb");
    assert!(refused.reason == Reason::Unpack && refused.said.contains("it cannot be unpacked"), "{refused:?}");
}

#[tokio::test]
async fn a_difference_that_makes_too_much_or_another_text_is_left_for_the_whole() {
    let office = Office::new();
    let school = office.school().await;
    let (before, text) = (Office::text("ministry", 1).0, b"casino.example gambling\n".to_vec());
    let digest = hexadecimal(&before);
    let shelf = Shelf::below(school.state.path());
    std::fs::create_dir_all(shelf.text(&digest).parent().expect("below a folder")).expect("a directory");
    std::fs::write(shelf.text(&digest), pack(&before)).expect("written");
    let bomb = patch(&before, &vec![b'a'; 64 << 20]);
    let other = patch(&before, b"fremd.example gambling\n");
    let mut random = vec![0; 900];
    let mut dice = Dice(1);
    random.iter_mut().for_each(|octet| *octet = u8::try_from(dice.below(256)).expect("an octet"));
    // Large enough that a difference is the shorter way.
    let text = [text, random].concat();
    for difference in [bomb, other, b"no frame".to_vec(), Vec::new()] {
        let mut forge = office.forge();
        forge.target("ministry", "ministry/names.zst", &pack(&text), json!({ "text": hexadecimal(&text) }));
        let custom = json!({ "text": hexadecimal(&text), "from": digest });
        forge.target("ministry", "ministry/names-x.patch", &difference, custom);
        forge.publication(|publication| {
            publication["serial"] = json!(publication["serial"].as_u64().expect("a number") + 1);
            publication["roles"]["ministry"]["names"]["sha256"] = json!(hexadecimal(&text));
        });
        forge.write();
        let offered = school.ask(office.now).await.expect("it was signed");
        school.way.reads();
        let before = Some((&shelf, digest.as_str()));
        let came = school.text_after(&offered, "ministry", Kind::Names, before, 1 << 20).await.expect("the whole is there");
        assert_eq!(came, text);
        let reads = school.way.reads();
        let tried = difference.len() < pack(&text).len();
        assert_eq!(reads.iter().filter(|path| path.ends_with(".patch")).count(), usize::from(tried), "{reads:?}");
    }
}

#[tokio::test]
async fn a_damaged_text_with_the_right_digest_is_refused() {
    let office = Office::new();
    let school = office.school().await;
    let text = Office::text("ministry", 1).0;
    let mut damaged = pack(&text);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    // Damaged, another text, no frame, and nothing.
    let others =
        [(damaged, Reason::Unpack), (pack(b"x"), Reason::Unverified), (text.clone(), Reason::Unpack), (vec![], Reason::Unpack)];
    for (octets, reason) in others {
        packed(&office, &octets, &hexadecimal(&text));
        let offered = school.ask(office.now).await.expect("it was signed");
        let refused = school.text(&offered, "ministry", Kind::Names).await.expect_err("it is damaged");
        assert!(refused.reason == reason, "{reason:?}: {refused:?}");
        school.text(&offered, "district-1", Kind::Names).await.expect("the district is well");
    }
}

#[tokio::test]
async fn a_publication_that_makes_no_sense_is_refused_and_the_one_before_stays() {
    type Change = fn(&mut Value);
    let cases: [(Change, Reason, &str); 9] = [
        (
            |publication| drop(publication["roles"].as_object_mut().expect("roles").remove("district-1")),
            Reason::Unverified,
            "leaves out role district-1",
        ),
        (
            |publication| publication["roles"]["ministry"]["names"]["sha256"] = json!("a".repeat(64)),
            Reason::Unverified,
            "names a text of role ministry that the role did not sign (aaaa",
        ),
        (
            |publication| publication["roles"]["ministry"] = publication["roles"]["district-1"].clone(),
            Reason::Unverified,
            "names a text of role ministry",
        ),
        (
            |publication| publication["roles"]["district-1"]["decisions"]["sha256"] = json!("b".repeat(64)),
            Reason::Unverified,
            "names a text of role district-1",
        ),
        (|publication| publication["tables"] = json!("c".repeat(64)), Reason::Unverified, "names tables that nobody signed"),
        (|publication| publication["serial"] = json!(1), Reason::Older, "publication 1 is older than 2, which is known"),
        (|publication| publication["serial"] = json!(1_000_003), Reason::Unverified, "publication 1000003 is too far beyond 2"),
        (|publication| publication["serial"] = json!(u64::MAX), Reason::Unverified, "is too far beyond 2"),
        (|publication| publication["tables"] = json!("../x"), Reason::Unparsable, "a digest of its tables is none"),
    ];
    for (change, reason, piece) in cases {
        let mut office = Office::new();
        office.publish_later();
        let school = office.school().await;
        let mut forge = office.forge();
        forge.publication(|publication| {
            (publication["history"], publication["serial"]) = (json!([]), json!(3));
            change(publication);
        });
        forge.write();
        school.keeps(2, office.now, reason, piece).await;
    }
}

#[tokio::test]
async fn two_publications_with_one_serial_say_the_same_or_are_refused() {
    let office = Office::new();
    let school = office.school().await;
    let mut forge = office.forge();
    forge.publication(|publication| publication["note"]["en"] = json!("another"));
    forge.write();
    school.keeps(1, office.now, Reason::Unverified, "two publications with the serial 1 say different things").await;
}

#[tokio::test]
async fn a_role_speaks_for_what_the_top_lets_it_and_for_nothing_where_that_is_not_said() {
    let only = |words: &[&str]| SpeaksFor::Only(words.iter().map(ToString::to_string).collect());
    let said = [
        (
            json!({ "speaks_for": { "ministry": ["*"], "district-1": ["games", "social"] } }),
            SpeaksFor::All,
            only(&["games", "social"]),
        ),
        (json!({ "speaks_for": { "ministry": ["games"] } }), only(&["games"]), only(&[])),
        (json!({ "speaks_for": { "district-1": "*", "ministry": 7 } }), only(&[]), only(&[])),
        (json!({ "speaks_for": [] }), only(&[]), only(&[])),
        (json!(null), only(&[]), only(&[])),
    ];
    for (extra, ministry, district) in said {
        let office = Office::new();
        let school = office.new_school();
        let mut forge = office.forge();
        forge.of("targets")["khien"] = extra.clone();
        forge.write();
        let offered = school.ask(office.now).await.expect("it is verified");
        let expected = [("ministry".to_owned(), ministry), ("district-1".to_owned(), district)];
        assert_eq!(offered.roles, expected, "{extra}");
        let due = offered.due(crate::office::publication::Ring::FIRST, office.now).expect("it is due");
        assert!(due.lists.roles.iter().all(|part| expected.contains(&(part.role.clone(), part.speaks_for.clone()))));
    }
}

/// Lets `by` delegate to `role` with the district's key, who may say `words` there.
fn delegate(office: &Office, forge: &mut super::forge::Forge<'_>, by: &str, role: &str, key: &str, words: &[&str]) {
    let (id, key) = office.key_value(key);
    let delegated = json!({ "name": role, "keyids": [&id], "threshold": 1, "paths": ["*"], "terminating": true });
    forge.of(by)["delegations"] = json!({ "keys": { &id: key }, "roles": [delegated] });
    forge.of(by)["khien"] = json!({ "speaks_for": { role: words } });
}

#[tokio::test]
async fn who_is_delegated_to_by_a_role_says_no_more_than_the_role() {
    for (words, may) in
        [(&["*"][..], &["games", "social"][..]), (&["games", "gambling"], &["games"]), (&["gambling"], &[]), (&[], &[])]
    {
        let office = Office::new();
        let school = office.school().await;
        let mut forge = office.forge();
        forge.of("targets")["delegations"]["roles"][2]["paths"] = json!(["district-1/*", "ward-1/*"]);
        delegate(&office, &mut forge, "district-1", "ward-1", "stranger", words);
        let mut ward = forge.of("ministry").clone();
        (ward["version"], ward["targets"]) = (json!(1), json!({}));
        forge.signed.insert("ward-1".to_owned(), ward);
        let (names, decisions) = Office::text("ward-1", 1);
        forge.target("ward-1", "ward-1/names.zst", &pack(&names), json!({ "text": hexadecimal(&names) }));
        forge.target("ward-1", "ward-1/decisions.json", &decisions, Value::Null);
        forge.publication(|publication| {
            publication["serial"] = json!(2);
            publication["roles"]["ward-1"] = json!({
                "names": { "sha256": hexadecimal(&names), "length": names.len(), "count": 41 },
                "decisions": { "sha256": hexadecimal(&decisions) },
            });
        });
        forge.as_it_is("ward-1").signed_by("ward-1", &["stranger"]).write();
        let offered = school.ask(office.now).await.expect("it is verified");
        let ward = offered.roles.iter().find(|(role, _)| role == "ward-1").expect("it is delegated to");
        assert_eq!(ward.1, SpeaksFor::Only(may.iter().map(ToString::to_string).collect()));
        assert_eq!(school.text(&offered, "ward-1", Kind::Names).await.expect("it is there"), names);
    }
}

#[tokio::test]
async fn a_role_takes_nothing_from_one_that_the_top_delegates_to() {
    let office = Office::new();
    let school = office.school().await;
    let mut forge = office.forge();
    // The district comes first, and delegates to the ministry with the ministry's own key.
    forge.of("targets")["delegations"]["roles"].as_array_mut().expect("a list").reverse();
    delegate(&office, &mut forge, "district-1", "ministry", "ministry", &["games"]);
    forge.write();
    school.keeps(1, office.now, Reason::Unverified, "Invalid file permissions").await;
    // As it does with a key of its own.
    let mut forge = office.forge();
    delegate(&office, &mut forge, "district-1", "ministry", "district-1", &["games"]);
    forge.write();
    school.keeps(1, office.now, Reason::Unverified, "Failed to verify").await;
    // Where the top lets it sign the ministry's files too, the ministry says what the top lets it say all the same.
    let mut forge = office.forge();
    forge.of("targets")["delegations"]["roles"][0]["paths"] = json!(["*"]);
    delegate(&office, &mut forge, "district-1", "ministry", "ministry", &["games"]);
    forge.write();
    let offered = school.ask(office.now).await.expect("it is verified");
    assert!(offered.roles.contains(&("ministry".to_owned(), SpeaksFor::All)), "{:?}", offered.roles);
    school.stands(1, office.now).await;
}

#[tokio::test]
async fn a_role_whose_name_is_none_is_refused() {
    for name in ["..", "a/b", "Ämter", "timestamp", ""] {
        let office = Office::new();
        let school = office.school().await;
        let mut forge = office.forge();
        delegate(&office, &mut forge, "district-1", name, "stranger", &["games"]);
        forge.of("snapshot")["meta"][format!("{name}.json")] = meta(&json!(1), b"{}");
        forge.write();
        school.keeps(1, office.now, Reason::Unverified, "which is no role's id").await;
    }
}

#[tokio::test]
async fn what_is_read_is_never_longer_than_it_was_signed_to_be() {
    let office = Office::new();
    let school = office.school().await;
    let offered = school.kept(office.now).await.expect("it is believed");
    for (end, kind) in [("names.zst", Kind::Names), ("decisions.json", Kind::Decisions)] {
        let path =
            office.files().into_iter().find(|file| file.starts_with("targets/ministry/") && file.ends_with(end)).expect("one");
        let octets = office.read(&path);
        for (way, reason) in [
            (Way::Endless, Reason::TooLarge),
            (Way::Octets([&octets[..], b"x"].concat()), Reason::TooLarge),
            (Way::Absent, Reason::Status),
            (Way::Broken, Reason::Connect),
        ] {
            school.way.fault(&path, way);
            let refused = school.text(&offered, "ministry", kind).await.expect_err("it is not what was signed");
            assert_eq!(refused.reason, reason, "{refused:?}");
            school.way.mend();
        }
        let mut dice = Dice(7);
        for _ in 0..50 {
            school.way.fault(&path, Way::Octets(octets[..dice.below(octets.len())].to_vec()));
            let refused = school.text(&offered, "ministry", kind).await.expect_err("the end is missing");
            assert_eq!(refused.reason, Reason::Truncated, "{refused:?}");
        }
        school.way.mend();
    }
    school.stands(1, office.now).await;
}
