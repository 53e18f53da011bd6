//! Keys by their names: the public ones, which office.toml speaks of, and the private ones that lie here, opened when they are needed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use tough::schema::key::Key;

use crate::office::folder::signing::Signers as Named;
use crate::office::tuf::sign::{SignFault, Signers, SigningKey, key_id, public};

/// Asked for the passphrase of the key in a file; none where nobody can say it.
pub type Unlock = dyn Fn(&Path) -> Option<String>;

/// The folder of keys.
pub const KEYS: &str = "keys";

/// Keys of a working folder.
pub struct Keys {
    folder: PathBuf,
    public: BTreeMap<String, Key>,
    unlock: Box<Unlock>,
    opened: RefCell<BTreeMap<String, Rc<SigningKey>>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("folder", &self.folder).field("names", &self.public.keys()).finish_non_exhaustive()
    }
}

impl Keys {
    /// The keys of the working folder at `root`. `unlock` is asked once for each private one that is under a passphrase and needed.
    ///
    /// # Errors
    /// Where a public key's file cannot be read, or holds none.
    pub fn below(root: &Path, unlock: Box<Unlock>) -> Result<Self, SignFault> {
        let folder = root.join(KEYS);
        let mut keys = BTreeMap::new();
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            read => Some(read.map_err(SignFault::file(&folder))?),
        };
        for entry in entries.into_iter().flatten() {
            let path = entry.map_err(SignFault::file(&folder))?.path();
            if let Some(name) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".pub")) {
                keys.insert(name.to_owned(), public(&path)?);
            }
        }
        Ok(Self { folder, public: keys, unlock, opened: RefCell::default() })
    }

    /// The public key of this name.
    ///
    /// # Errors
    /// Where it is not here.
    pub fn public(&self, name: &str) -> Result<&Key, SignFault> {
        self.public.get(name).ok_or_else(|| {
            SignFault::Unready(format!(
                "office.toml names the key `{name}`, and {name}.pub is not in {}\n\
                 hint: its owner makes it with `khien office key new {name}` and hands you {name}.pub, never {name}.key",
                self.folder.display()
            ))
        })
    }

    /// The signers with these names.
    ///
    /// # Errors
    /// As [`Keys::public`].
    pub fn signers(&self, named: &Named) -> Result<Signers, SignFault> {
        let keys = named.keys.iter().map(|name| self.public(name).cloned()).collect::<Result<_, _>>()?;
        Ok(Signers { keys, threshold: named.threshold })
    }

    /// The private keys that lie here, of those with one of these ids.
    ///
    /// # Errors
    /// Where one cannot be read, or stays closed.
    pub fn here(&self, ids: &[String]) -> Result<Vec<Rc<SigningKey>>, SignFault> {
        let named = self.public.iter().filter(|(_, key)| ids.contains(&key_id(key))).map(|(name, _)| name);
        let present = named.map(|name| (name, self.private_path(name))).filter(|(_, path)| path.exists());
        present.map(|(name, path)| self.open(name, &path)).collect()
    }

    fn open(&self, name: &str, path: &Path) -> Result<Rc<SigningKey>, SignFault> {
        if let Some(opened) = self.opened.borrow().get(name) {
            return Ok(Rc::clone(opened));
        }
        let key = Rc::new(open(path, &*self.unlock)?);
        self.opened.borrow_mut().insert(name.to_owned(), Rc::clone(&key));
        Ok(key)
    }

    /// Where the private key of this name lies, where it does.
    pub fn private_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }

    /// What the key with this id is called here.
    pub fn name_of(&self, id: &str) -> String {
        let found = self.public.iter().find(|(_, key)| key_id(key) == id);
        found.map_or_else(|| format!("{}…", id.get(..8).unwrap_or(id)), |(name, _)| name.clone())
    }
}

/// Opens a private key.
///
/// # Errors
/// [`SignFault`].
pub fn open(path: &Path, unlock: &Unlock) -> Result<SigningKey, SignFault> {
    let passphrase = if SigningKey::is_encrypted(path)? { unlock(path) } else { None };
    SigningKey::load(path, passphrase.as_deref())
}
