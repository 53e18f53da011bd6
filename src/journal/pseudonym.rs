//! Pseudonyms: a client under the key of the calendar week, so that weeks cannot be joined and, without its key, none be undone.
//!
//! A pseudonym is `2026w48:` and 16 hex digits: the ISO week (UTC) that names the key, and the first 64 bits of
//! HMAC-SHA-256 (RFC 2104) over the address's octets. A key dies with the last entry it made, and its bytes on disk with it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, tz::TimeZone};
use sha2::Sha256;

/// The file of the keys, below the state directory.
pub const KEYS: &str = "journal-keys.json";

/// The most clients whose pseudonyms are remembered.
const REMEMBERED: usize = 16_384;

/// A week's key.
type Key = [u8; 32];

/// The keys that are alive.
#[derive(Debug)]
pub struct Pseudonyms {
    path: PathBuf,
    /// By the week's name, in the order of weeks.
    keys: BTreeMap<String, Key>,
    /// Whether the file lacks something that is here, or holds something that is not.
    unsaved: bool,
    /// What was computed for the week in `week`.
    known: HashMap<IpAddr, Arc<str>>,
    week: String,
    /// The days since 1970 for which `week` holds.
    day: i64,
}

impl Pseudonyms {
    /// Reads the keys below `directory`, to write under them: what a crash left aside is removed, and a file that cannot be
    /// understood is set aside. Where there is no file there is no key.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn load(directory: &Path, now: Timestamp) -> io::Result<Self> {
        let path = directory.join(KEYS);
        match fs::remove_file(path.with_extension("json.new")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        match Self::read(directory) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                super::store::set_aside(&path, now)?;
                Ok(Self::empty(directory))
            }
            read => read,
        }
    }

    /// Reads the keys below `directory` and changes nothing there. Where there is no file there is no key.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] for a file that cannot be understood, else those of the file system.
    pub fn read(directory: &Path) -> io::Result<Self> {
        let mut read = Self::empty(directory);
        match fs::read_to_string(&read.path) {
            Ok(text) => read.keys = understood(&text).ok_or(io::ErrorKind::InvalidData)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(read)
    }

    /// No keys yet; they will be kept below `directory`.
    pub(super) fn empty(directory: &Path) -> Self {
        let path = directory.join(KEYS);
        Self { path, keys: BTreeMap::new(), unsaved: false, known: HashMap::new(), week: String::new(), day: i64::MIN }
    }

    /// Takes over the keys of `other`, which were found late; for a week of both, its key wins, as the store has entries of it.
    pub(super) fn join(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.known.clear();
    }

    /// The client's pseudonym in the week of `time`; a week's first makes its key, which [`Pseudonyms::save`] keeps.
    pub fn pseudonym(&mut self, client: IpAddr, time: Timestamp) -> Arc<str> {
        let day = time.as_second().div_euclid(86_400);
        if day != self.day {
            let week = week_of(time);
            if week != self.week {
                self.known.clear();
                self.week = week;
            }
            self.day = day;
        }
        let client = client.to_canonical();
        if let Some(known) = self.known.get(&client) {
            return Arc::clone(known);
        }
        let key = self.keys.entry(self.week.clone()).or_insert_with(|| {
            self.unsaved = true;
            rand::random()
        });
        let pseudonym: Arc<str> = spelt(&self.week, key, client).into();
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(client, Arc::clone(&pseudonym));
        pseudonym
    }

    /// The client's pseudonyms under every live key.
    pub fn all(&self, client: IpAddr) -> Vec<String> {
        self.keys.iter().map(|(week, key)| spelt(week, key, client.to_canonical())).collect()
    }

    /// How many keys are alive.
    pub fn live(&self) -> usize {
        self.keys.len()
    }

    /// Destroys the keys of weeks that ended before `cutoff`, from when no entry is left.
    pub fn expire(&mut self, cutoff: Timestamp) {
        // Weeks are named so that they sort in time; the cutoff's own week is still going on at the cutoff.
        let first = week_of(cutoff);
        let live = self.keys.split_off(&first);
        for key in self.keys.values_mut() {
            key.fill(0);
            self.unsaved = true;
        }
        self.keys = live;
    }

    /// Writes the keys, where the file is not as it should be: aside, flushed, renamed, and the old file's bytes overwritten.
    ///
    /// # Errors
    /// Those of writing; the next call tries again.
    pub fn save(&mut self) -> io::Result<()> {
        if !self.unsaved && (self.keys.is_empty() || self.path.exists()) {
            return Ok(());
        }
        let aside = self.path.with_extension("json.new");
        match fs::remove_file(&aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
        file.write_all(self.text().as_bytes())?;
        file.sync_all()?;
        // Held open across the rename: a crash leaves either the old file whole or the new one.
        let old = OpenOptions::new().write(true).open(&self.path);
        fs::rename(&aside, &self.path)?;
        sync_directory(&self.path)?;
        if let Ok(old) = old {
            overwrite(old)?;
        }
        self.unsaved = false;
        Ok(())
    }

    fn text(&self) -> String {
        let keys: Vec<_> = self.keys.iter().map(|(week, key)| serde_json::json!({ "id": week, "key": hex(key) })).collect();
        serde_json::json!({ "version": 1, "keys": keys }).to_string()
    }
}

/// Writes zeros over all of `file`.
fn overwrite(mut file: File) -> io::Result<()> {
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    io::copy(&mut io::repeat(0).take(len), &mut file)?;
    file.sync_all()
}

/// Flushes the directory of `path`, so that a rename in it lasts.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn understood(text: &str) -> Option<BTreeMap<String, Key>> {
    let file: serde_json::Value = serde_json::from_str(text).ok()?;
    let pair = |entry: &serde_json::Value| Some((entry.get("id")?.as_str()?.to_owned(), unhex(entry.get("key")?.as_str()?)?));
    file.get("keys")?.as_array()?.iter().map(pair).collect()
}

/// The name of the ISO week of `time` in UTC.
fn week_of(time: Timestamp) -> String {
    let week = time.to_zoned_datetime(TimeZone::UTC).date().iso_week_date();
    format!("{:04}w{:02}", week.year(), week.week())
}

fn spelt(week: &str, key: &Key, client: IpAddr) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    match client {
        IpAddr::V4(address) => mac.update(&address.octets()),
        IpAddr::V6(address) => mac.update(&address.octets()),
    }
    format!("{week}:{}", hex(&mac.finalize().into_bytes()[..8]))
}

/// Lower-case hex digits of `bytes`.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

fn unhex(text: &str) -> Option<Key> {
    let mut key = [0; 32];
    if text.len() != 2 * key.len() || !text.is_ascii() {
        return None;
    }
    for (octet, digits) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *octet = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(key)
}

/// The subnet that stands for `client` where the form says so: /24 of IPv4, /56 of IPv6.
pub(super) fn subnet(client: IpAddr) -> String {
    match client.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => format!("{}/56", std::net::Ipv6Addr::from_bits(address.to_bits() & !(u128::MAX >> 56))),
    }
}

#[cfg(test)]
mod tests;
