//! A tree's archive, as the publisher might have made it or somebody else: it is read or refused, and white folders never block.

#![no_main]

use std::io::Write as _;

use khien::lists::format::ut1::{Tree, Usage};
use khien::lists::format::{Action, Reading};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("room on the disk");
    let Ok(tree) = Tree::open(file.path()) else { return };
    let wanted: Vec<(&str, usize)> =
        tree.folders().iter().enumerate().map(|(place, folder)| (folder.name.as_str(), place)).collect();
    let _ = tree.read(&wanted, Reading::default(), Action::Block, &mut |place: usize, _| {
        assert_ne!(tree.folders()[place].usage, Usage::White, "a white folder blocks");
    });
});
