//! The state directory's part for lists: images with a manifest of the current and the previous one, and kept sources.
//!
//! Whatever happens while something is written, what stood there before stays whole: files are written aside, flushed, renamed,
//! and their directory flushed.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Image, ImageFault, Owner};

/// The images and kept sources below a state directory.
#[derive(Debug, Clone)]
pub struct Store {
    images: PathBuf,
    sources: PathBuf,
}

/// Which images are in force.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Manifest {
    owners: BTreeMap<String, Kept>,
}

/// The images of one owner, by file name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Kept {
    current: String,
    previous: Option<String>,
}

/// The best image that could be opened for an owner.
#[derive(Debug)]
pub struct Opened {
    /// The image; none where there is no sound one: it must be compiled from the kept sources.
    pub image: Option<Image>,
    /// The images that should have been it, and what is wrong with them.
    pub faults: Vec<(PathBuf, ImageFault)>,
}

impl Store {
    /// The store below `state`, whose directories are made where they are missing.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn new(state: &Path) -> io::Result<Self> {
        let store = Self { images: state.join("images"), sources: state.join("sources") };
        // What a school blocks and keeps is its own matter.
        for directory in [&store.images, &store.sources] {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        Ok(store)
    }

    /// The directory of kept sources.
    pub fn sources(&self) -> &Path {
        &self.sources
    }

    /// Where the image of an owner with this fingerprint belongs.
    pub fn image_path(&self, owner: &Owner, fingerprint: [u8; 32]) -> PathBuf {
        self.images.join(file_name(owner, fingerprint))
    }

    /// The image with this fingerprint, where a sound one is there: its sources need no compiling.
    pub fn reusable(&self, owner: &Owner, fingerprint: [u8; 32]) -> Option<Image> {
        let image = Image::open(&self.image_path(owner, fingerprint)).ok()?;
        (image.fingerprint() == fingerprint && image.owner() == owner).then_some(image)
    }

    /// The current image of an owner, or the previous one where that is damaged, in the part by which queries are answered; whether
    /// the other part is sound too is found by [`Store::reusable`].
    pub fn open_best(&self, owner: &Owner) -> Opened {
        let mut faults = Vec::new();
        let kept = self.manifest().owners.remove(&owner.text()).unwrap_or_default();
        for file in [Some(kept.current), kept.previous].into_iter().flatten().filter(|file| !file.is_empty()) {
            let path = self.images.join(file);
            match Image::open_hot(&path) {
                Ok(image) if image.owner() == owner => return Opened { image: Some(image), faults },
                Ok(_) => faults.push((path, ImageFault::Damaged("it holds another owner's lists"))),
                Err(fault) => faults.push((path, fault)),
            }
        }
        Opened { image: None, faults }
    }

    /// Makes the image with this fingerprint, which stands at [`Store::image_path`], the owner's current one, and the one before
    /// it the previous; removes what is older.
    ///
    /// # Errors
    /// What the operating system says; the manifest is then the old one.
    pub fn adopt(&self, owner: &Owner, fingerprint: [u8; 32]) -> io::Result<()> {
        let mut manifest = self.manifest();
        let kept = manifest.owners.entry(owner.text()).or_default();
        let current = file_name(owner, fingerprint);
        if kept.current != current {
            let before = std::mem::replace(&mut kept.current, current);
            kept.previous = Some(before).filter(|file| !file.is_empty());
        }
        let text = serde_json::to_vec_pretty(&manifest)?;
        write_aside(&self.images.join(MANIFEST), |to| to.write_all(&text))?;
        self.sweep(owner, &manifest)
    }

    /// Forgets the owners that `keep` says no to, and removes their images.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn retain(&self, keep: &dyn Fn(&str) -> bool) -> io::Result<()> {
        let mut manifest = self.manifest();
        let before = manifest.owners.len();
        let gone: Vec<Kept> = manifest.owners.extract_if(.., |owner, _| !keep(owner)).map(|(_, kept)| kept).collect();
        if manifest.owners.len() == before {
            return Ok(());
        }
        let text = serde_json::to_vec_pretty(&manifest)?;
        write_aside(&self.images.join(MANIFEST), |to| to.write_all(&text))?;
        for file in gone.into_iter().flat_map(|kept| [Some(kept.current), kept.previous]).flatten() {
            // What is mapped stays readable; a report that is not there was never written.
            for file in [file.clone() + REPORT, file].into_iter().filter(|file| !file.starts_with(REPORT) && !file.is_empty()) {
                match fs::remove_file(self.images.join(file)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    Ok(()) | Err(_) => {}
                }
            }
        }
        Ok(())
    }

    /// The owners that have an image.
    pub fn owners(&self) -> Vec<String> {
        self.manifest().owners.into_keys().collect()
    }

    /// The manifest; an empty one where it is missing or damaged, for images can be compiled again.
    fn manifest(&self) -> Manifest {
        fs::read(self.images.join(MANIFEST)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Removes images of one owner, and what was left half-written, that the manifest does not name.
    fn sweep(&self, owner: &Owner, manifest: &Manifest) -> io::Result<()> {
        let kept = manifest.owners.get(&owner.text());
        let named = |file: &str| {
            let image = file.strip_suffix(REPORT).unwrap_or(file);
            kept.is_some_and(|kept| kept.current == image || kept.previous.as_deref() == Some(image))
        };
        for entry in fs::read_dir(&self.images)? {
            let entry = entry?;
            let file = entry.file_name();
            if file.to_str().is_some_and(|file| is_of(owner, file) && !named(file)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

const MANIFEST: &str = "manifest.json";

/// What is added to an image's name for the report that stands beside it: it goes when the image goes.
pub const REPORT: &str = ".json";

/// How the file names of an owner's images begin.
fn file_prefix(owner: &Owner) -> String {
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    owner.text().chars().map(safe).chain(['-']).collect()
}

fn file_name(owner: &Owner, fingerprint: [u8; 32]) -> String {
    let digits: String = fingerprint[..DIGITS / 2].iter().map(|octet| format!("{octet:02x}")).collect();
    format!("{}{digits}.img", file_prefix(owner))
}

/// The digits of a fingerprint in a file's name.
const DIGITS: usize = 32;

/// Whether a file is an image of this owner, or was to become one.
fn is_of(owner: &Owner, file: &str) -> bool {
    let rest = file.strip_prefix(&file_prefix(owner)).unwrap_or_default();
    let digits = rest.get(..DIGITS).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    digits && rest[DIGITS..].starts_with(".img")
}

/// Writes a file beside `path`, flushes it, and gives it its name; until then what stood at `path` is untouched.
///
/// # Errors
/// What `write` or the operating system says; nothing is left behind then.
pub fn write_aside(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".{}.new", std::process::id()));
    let aside = PathBuf::from(aside);
    let outcome = (|| {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(&aside)?);
        write(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&aside, path)?;
        match path.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    })();
    if outcome.is_err() {
        // It may be that not even the file could be made; the first fault is the one to tell.
        let _ = fs::remove_file(&aside);
    }
    outcome
}

#[cfg(test)]
mod tests;
