//! The newest publication is found among the files of a repository, whatever else lies there.

use std::collections::BTreeMap;
use std::path::Path;

use super::Last;
use crate::office::content::{Content, PUBLICATION};
use crate::office::hexadecimal;
use crate::office::testkit::{built, decided, folder, put};

fn publish(root: &Path, content: &Content) {
    for (target, bytes) in &content.targets {
        let (directory, file) = target.rsplit_once('/').map_or(("", target.as_str()), |(directory, file)| (directory, file));
        let path = root.join("published/targets").join(directory).join(format!("{}.{file}", hexadecimal(bytes)));
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("a directory");
        std::fs::write(path, bytes).expect("written");
    }
}

#[test]
fn the_newest_is_found_with_its_decisions() {
    let root = folder(&[("roles/ministry/decisions.toml", &decided(&[("allow", "a.example", "")]))]);
    assert!(Last::of(root.path()).expect("nothing to read").publication.is_none());
    let first = built(root.path(), None, &BTreeMap::new()).expect("nothing is refused");
    publish(root.path(), &first);
    put(root.path(), "roles/ministry/decisions.toml", &decided(&[("allow", "b.example", "")]));
    let second = built(root.path(), Some(&first.publication), &BTreeMap::new()).expect("nothing is refused");
    publish(root.path(), &second);
    put(root.path(), &format!("published/targets/{}.{PUBLICATION}", "0".repeat(64)), "{}");
    let last = Last::of(root.path()).expect("it can be read");
    assert_eq!(last.publication, Some(second.publication));
    let names: Vec<String> = last.decided["ministry"].iter().map(|decision| decision.name.to_string()).collect();
    assert_eq!(names, ["b.example"]);
}
