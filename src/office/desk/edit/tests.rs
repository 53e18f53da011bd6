//! What people wrote stays, what is added is read back, and a file at fault is left as it is.

use jiff::civil::date;

use super::*;

fn decision(kind: Kind, name: &str) -> Decision {
    Decision {
        kind,
        name: normalise(name).expect("a name"),
        category: (kind == Kind::Lock).then(|| "games".to_owned()),
        owner: "ministry".to_owned(),
        by: "An".to_owned(),
        reason: "\"r\"".to_owned(),
        made: date(2026, 11, 26),
        until: None,
        exam: false,
    }
}

#[test]
fn comments_stay_and_changes_are_whole() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path();
    let file = decisions_file(path, "ministry");
    add(path, "ministry", &[decision(Kind::Allow, "a.example")]).expect("it is added");
    let written = format!("# ours\n{}", fs::read_to_string(&file).expect("it is there"));
    fs::write(&file, &written).expect("a file");
    add(path, "ministry", &[decision(Kind::Lock, "b.example"), decision(Kind::Allow, "c.example")]).expect("they are added");
    let three = fs::read_to_string(&file).expect("it is there");
    assert!(three.starts_with(&written) && three.contains("[[lock]]"));
    let again = add(path, "ministry", &[decision(Kind::Lock, "d.example"), decision(Kind::Lock, "b.example")]);
    assert!(again.expect_err("it stands there").to_string().contains("b.example has a lock already\nhint: "));
    assert_eq!(fs::read_to_string(&file).expect("it is there"), three);
    let names = |texts: &[&str]| texts.iter().map(|text| normalise(text).expect("a name")).collect::<Vec<_>>();
    assert!(remove(path, "ministry", &names(&["b.example", "z.example"])).is_err());
    assert_eq!(fs::read_to_string(&file).expect("it is there"), three);
    remove(path, "ministry", &names(&["b.example", "c.example"])).expect("they are there");
    assert_eq!(fs::read_to_string(&file).expect("it is there").trim(), written.trim());
    fs::write(&file, "[[lock").expect("a file");
    assert!(matches!(add(path, "ministry", &[decision(Kind::Lock, "d.example")]), Err(EditFault::NotToml(_))));
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "[[lock");
}
