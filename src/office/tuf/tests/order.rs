//! Publishing that ends early at any write leaves the old publication or the new one, whole.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Office, School, Scripted};
use crate::office::desk::mirror;

/// The files below a folder, with what is in them.
fn all(office: &Office) -> Vec<(String, Vec<u8>)> {
    office.files().into_iter().map(|file| (file.clone(), office.read(&file))).collect()
}

fn put(folder: &Path, file: &str, octets: &[u8]) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("below a folder")).expect("a directory");
    fs::write(path, octets).expect("written");
}

/// Whoever reads `folder` has publication `old` or the one after, whole, and whoever is new too.
async fn is_whole(office: &Office, folder: PathBuf, old: u64, what: &str) -> u64 {
    let school = School { way: Scripted::over(&folder), ..office.new_school() };
    let offered = school.ask(office.now).await.unwrap_or_else(|failure| panic!("{what}: {failure:?}"));
    assert!([old, old + 1].contains(&offered.newest()), "{what}");
    school.stands(offered.newest(), office.now).await;
    offered.newest()
}

#[tokio::test]
async fn publishing_that_ends_at_any_write_leaves_one_publication_whole() {
    let mut office = Office::new();
    office.publish_later();
    let before = all(&office);
    office.publish_later();
    let after = all(&office);
    // In the order in which they were written: the times of files are too coarse, so by what `write` says of itself.
    let mut written: Vec<_> = after.iter().filter(|file| !before.contains(file)).cloned().collect();
    written.sort_by_key(|(file, _)| match file.as_str() {
        "timestamp.json" => 2,
        file if file.starts_with("targets/") => 0,
        _ => 1,
    });
    assert!(written.len() > 8, "{}", written.len());
    let folder = tempfile::tempdir().expect("a directory");
    before.iter().for_each(|(file, octets)| put(folder.path(), file, octets));
    for (count, (file, octets)) in written.iter().enumerate() {
        assert_eq!(is_whole(&office, folder.path().to_owned(), 2, file).await, 2, "after {count} writes");
        put(folder.path(), file, octets);
    }
    assert_eq!(is_whole(&office, folder.path().to_owned(), 2, "the end").await, 3);
}

#[tokio::test]
async fn a_mirror_that_stops_at_any_file_shows_one_publication_whole() {
    let mut office = Office::new();
    office.publish_later();
    let www = tempfile::tempdir().expect("a directory");
    mirror(office.path(), www.path()).expect("it is copied");
    let before = all(&office);
    office.publish_later();
    let after = all(&office);
    let changed: Vec<String> = after.iter().filter(|file| !before.contains(file)).map(|(file, _)| file.clone()).collect();
    for stop in &changed {
        let folder = tempfile::tempdir().expect("a directory");
        mirror(www.path(), folder.path()).expect("it is copied");
        // A folder where its writing begins stops it there.
        let aside = folder.path().join(format!("{stop}.{}.new", std::process::id()));
        fs::create_dir_all(&aside).expect("a directory");
        mirror(office.path(), folder.path()).expect_err("it cannot be written");
        fs::remove_dir(&aside).expect("it is there");
        assert_eq!(is_whole(&office, folder.path().to_owned(), 2, stop).await, 2, "{stop}");
        mirror(office.path(), folder.path()).expect("it is copied");
        assert_eq!(is_whole(&office, folder.path().to_owned(), 2, stop).await, 3, "{stop}");
    }
}

#[tokio::test]
async fn writing_that_stops_at_any_file_leaves_the_publication_before() {
    let mut office = Office::new();
    office.publish_later();
    let before = all(&office);
    let (finished, files, current) = office.prepared();
    let mut places: Vec<String> =
        files.iter().map(|file| file.place.clone()).filter(|place| !office.path().join(place).exists()).collect();
    places.extend(
        ["3.ministry.json", "3.district-1.json", "3.publication.json", "3.snapshot.json", "timestamp.json"].map(str::to_owned),
    );
    for stop in places {
        let aside = office.path().join(format!("{stop}.{}.new", std::process::id()));
        fs::create_dir_all(&aside).expect("a directory");
        super::write(office.path(), &finished, &files, current.as_ref()).expect_err("it cannot be written");
        fs::remove_dir(&aside).expect("it is there");
        assert!(before.iter().all(|(file, octets)| office.read(file) == *octets), "{stop}");
        assert_eq!(is_whole(&office, office.path().to_owned(), 2, &stop).await, 2);
    }
    super::write(office.path(), &finished, &files, current.as_ref()).expect("it is written");
    assert_eq!(is_whole(&office, office.path().to_owned(), 2, "the end").await, 3);
}

#[tokio::test]
async fn metadata_that_did_not_change_keeps_its_octets() {
    let mut office = Office::new();
    let before = all(&office);
    office.publish_later();
    for (file, octets) in before.iter().filter(|(file, _)| file != "timestamp.json") {
        assert!(office.read(file) == *octets, "{file}");
    }
    let names: Vec<String> = office.files().into_iter().filter(|file| !file.starts_with("targets/")).collect();
    assert!(!names.contains(&"2.targets.json".to_owned()) && !names.contains(&"2.root.json".to_owned()), "{names:?}");
}
