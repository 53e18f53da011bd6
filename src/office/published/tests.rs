//! What was published last is found where a working folder keeps it, whole or not at all.

use super::Last;
use crate::office::testkit::folder;

#[test]
fn before_the_first_publication_there_is_none() {
    let root = folder(&[]);
    let last = Last::of(root.path()).expect("nothing to read");
    assert!(last.current.is_none() && last.publication.is_none() && last.decided.is_empty());
}
