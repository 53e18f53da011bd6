//! office.toml keeps its comments and order while keys come and go.

use super::*;
use crate::office::testkit::{folder, put, read};

#[test]
fn keys_are_edited_and_all_else_stays() {
    let root = folder(&[]);
    let text = std::fs::read_to_string(root.path().join(OFFICE)).expect("it is there");
    put(root.path(), OFFICE, &format!("{text}\n# who signs\n[signing]\npeople = [\"lan\", \"an\", \"binh\"] # the three\n"));
    let folder = read(root.path());
    let text = std::fs::read_to_string(root.path().join(OFFICE)).expect("it is there");
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let edited = signed_by(&folder, &text, &Signs::People, &names(&["lan", "an", "chi"]), Some(2)).expect("edited");
    assert!(
        edited.contains("# who signs\n[signing]\npeople = [\"lan\", \"an\", \"chi\"] # the three\nthreshold = 2\n"),
        "{edited}"
    );
    let edited = signed_by(&folder, &edited, &Signs::Role("ministry".to_owned()), &names(&["bo"]), None).expect("edited");
    assert!(edited.contains("id = \"ministry\"") && edited.contains("keys = [\"bo\"]"), "{edited}");
    let edited = signed_by(&folder, &edited, &Signs::Machine("timestamp"), &names(&["t2"]), None).expect("edited");
    put(root.path(), OFFICE, &edited);
    let rules = read(root.path()).rules;
    assert_eq!(rules.signing.people.keys, ["lan", "an", "chi"]);
    assert_eq!(rules.signing.timestamp.keys, ["t2"]);
    assert_eq!(rules.role("ministry").expect("it is there").signers.keys, ["bo"]);
    assert_eq!(Signs::of("t2", &rules).collect::<Vec<_>>(), [Signs::Machine("timestamp")]);
    assert_eq!(Signs::of("bo", &rules).collect::<Vec<_>>(), [Signs::Role("ministry".to_owned())]);
}
