//! `khien office key`: new keys, and whose keys count.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};

use super::desk::{Desk as At, new_passphrase, tell};
use crate::cli::{AT_FAULT, FINE};
use crate::lists::store::write_aside;
use crate::office::desk::{KEYS, Signs, signed_by};
use crate::office::folder::signing::is_key;
use crate::office::folder::{Folder, OFFICE};
use crate::office::tuf::sign::{SigningKey, key_id, public};

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Key {
    /// Make a key: NAME.key, which stays on its owner's machine, and NAME.pub for the office
    New(New),
    /// Let a key count: its owner hands you NAME.pub
    Add(Add),
    /// Let another key count in a key's place
    Rotate(Rotate),
    /// Let a key count no more
    Revoke(Revoke),
}

/// A new key.
#[derive(Debug, Args)]
pub(in crate::cli) struct New {
    /// The person or the machine
    name: String,
    /// Where to; else keys/ of the office's folder, or this directory where there is none
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Ask for a passphrase that the key is kept under
    #[arg(long)]
    passphrase: bool,
    #[command(flatten)]
    at: At,
}

/// A key more.
#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    /// The public key
    #[arg(value_name = "NAME.pub")]
    file: PathBuf,
    /// What it signs: people (root, tables and who may speak for what), publication, snapshot, timestamp, or a role
    #[arg(long = "for", value_name = "WHAT", default_value = "people")]
    signs: String,
    /// How many keys must sign it from now on
    #[arg(long, value_name = "N")]
    threshold: Option<u64>,
    #[command(flatten)]
    at: At,
}

/// A key in another's place.
#[derive(Debug, Args)]
pub(in crate::cli) struct Rotate {
    /// The key that goes
    old: String,
    /// The public key that comes
    #[arg(value_name = "NAME.pub")]
    new: PathBuf,
    #[command(flatten)]
    at: At,
}

/// A key less.
#[derive(Debug, Args)]
pub(in crate::cli) struct Revoke {
    /// The key that goes
    name: String,
    /// How many keys must sign from now on
    #[arg(long, value_name = "N")]
    threshold: Option<u64>,
    #[command(flatten)]
    at: At,
}

impl Key {
    pub(super) fn run(self) -> Result<u8> {
        match self {
            Self::New(new) => new.run(),
            Self::Add(add) => add.run(),
            Self::Rotate(rotate) => rotate.run(),
            Self::Revoke(revoke) => revoke.run(),
        }
    }
}

/// Makes a key in `folder`; says what it is known by.
pub(super) fn make(folder: &Path, name: &str, passphrase: Option<&str>) -> Result<String> {
    if !is_key(name) {
        bail!("`{name}` is no name of a key\nhint: use letters, digits, and -_.@");
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let key = SigningKey::generate();
    let (private, open) = (folder.join(format!("{name}.key")), folder.join(format!("{name}.pub")));
    if let Some(there) = [&private, &open].into_iter().find(|path| path.exists()) {
        bail!("{} is there already\nhint: a key is never overwritten; choose another name", there.display());
    }
    key.save(&private, passphrase)?;
    key.save_public(&open)?;
    Ok(key_id(&key.public()))
}

impl New {
    fn run(self) -> Result<u8> {
        let folder = match (self.out, self.at.root()) {
            (Some(out), _) => out,
            (None, Ok(root)) => root.join(KEYS),
            (None, Err(_)) => PathBuf::from("."),
        };
        let passphrase = if self.passphrase { Some(new_passphrase(&self.name)?) } else { None };
        let id = make(&folder, &self.name, passphrase.as_deref())?;
        println!("{}: the key; it stays on this machine, for you alone", folder.join(format!("{}.key", self.name)).display());
        println!("{}: for the office ({}…)", folder.join(format!("{}.pub", self.name)).display(), &id[..16]);
        Ok(FINE)
    }
}

/// A public key's name, by its file.
fn named(file: &Path) -> Result<String> {
    let name = file.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".pub"));
    match name.filter(|name| is_key(name)) {
        Some(name) => Ok(name.to_owned()),
        None => bail!("{} is not called NAME.pub\nhint: `khien office key new NAME` makes it", file.display()),
    }
}

/// Puts a public key beside the others.
fn take(root: &Path, file: &Path) -> Result<String> {
    let name = named(file)?;
    let key = public(file)?;
    let place = root.join(KEYS).join(format!("{name}.pub"));
    if place.exists() {
        if key_id(&public(&place)?) != key_id(&key) {
            bail!("{} is another key\nhint: give the new one a name of its own, as in {name}-2.pub", place.display());
        }
        return Ok(name);
    }
    fs::create_dir_all(root.join(KEYS))?;
    let text = fs::read(file)?;
    write_aside(&place, |to| std::io::Write::write_all(to, &text))?;
    println!("{} is {}…: compare it with what its owner reads out", place.display(), &key_id(&key)[..16]);
    Ok(name)
}

/// Edits who signs, and says what follows.
fn edit(at: &At, change: impl Fn(&Folder) -> Result<Vec<(Signs, Vec<String>, Option<u64>)>>) -> Result<u8> {
    let root = at.root()?;
    let folder = match Folder::read(&root) {
        Ok(folder) => folder,
        Err(faults) => return Ok(tell(&faults)),
    };
    let path = root.join(OFFICE);
    let before = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut text = before.clone();
    for (signs, names, threshold) in change(&folder)? {
        text = match signed_by(&folder, &text, &signs, &names, threshold) {
            Ok(text) => text,
            Err(fault) => return Ok(tell(&[fault])),
        };
    }
    if text == before {
        println!("nothing changes");
        return Ok(FINE);
    }
    write_aside(&path, |to| std::io::Write::write_all(to, text.as_bytes()))?;
    if let Err(faults) = Folder::read(&root) {
        // It is no better than before, so that before is what stays.
        write_aside(&path, |to| std::io::Write::write_all(to, before.as_bytes()))?;
        tell(&faults);
        eprintln!("{} stays as it was", path.display());
        return Ok(AT_FAULT);
    }
    println!("{} says so; it counts once it is signed and published: khien office build", path.display());
    Ok(FINE)
}

impl Add {
    fn run(self) -> Result<u8> {
        let name = take(&self.at.root()?, &self.file)?;
        edit(&self.at, |folder| {
            let signs = Signs::named(&self.signs, &folder.rules).with_context(|| {
                let roles: Vec<&str> = folder.rules.roles.iter().map(|role| role.id.as_str()).collect();
                format!(
                    "`{}` is nothing that is signed\nhint: write people, publication, snapshot, timestamp or a role: {}",
                    self.signs,
                    roles.join(", ")
                )
            })?;
            let mut names = signs.signers(&folder.rules).map(|signers| signers.keys.clone()).unwrap_or_default();
            if !names.contains(&name) {
                names.push(name.clone());
            }
            Ok(vec![(signs, names, self.threshold)])
        })
    }
}

impl Rotate {
    fn run(self) -> Result<u8> {
        let name = take(&self.at.root()?, &self.new)?;
        edit(&self.at, |folder| {
            let all: Vec<Signs> = Signs::of(&self.old, &folder.rules).collect();
            if all.is_empty() {
                bail!("the key `{}` signs nothing here\nhint: `khien office status` says who signs what", self.old);
            }
            let replaced = |signs: Signs| {
                let keys = signs.signers(&folder.rules).map(|signers| signers.keys.clone()).unwrap_or_default();
                let mut names: Vec<String> = Vec::new();
                for key in keys.into_iter().map(|key| if key == self.old { name.clone() } else { key }) {
                    if !names.contains(&key) {
                        names.push(key);
                    }
                }
                (signs, names, None)
            };
            Ok(all.into_iter().map(replaced).collect())
        })
    }
}

impl Revoke {
    fn run(self) -> Result<u8> {
        edit(&self.at, |folder| {
            let all: Vec<Signs> = Signs::of(&self.name, &folder.rules).collect();
            if all.is_empty() {
                bail!("the key `{}` signs nothing here\nhint: `khien office status` says who signs what", self.name);
            }
            let mut changes = Vec::new();
            for signs in all {
                let Some(signers) = signs.signers(&folder.rules) else { continue };
                let names: Vec<String> = signers.keys.iter().filter(|key| **key != self.name).cloned().collect();
                let threshold = self.threshold.filter(|_| matches!(signs, Signs::People)).unwrap_or(signers.threshold.get());
                if (names.len() as u64) < threshold {
                    bail!(
                        "without `{}` there are fewer keys than must sign\nhint: put another in its place: khien office key rotate {} NEW.pub",
                        self.name,
                        self.name
                    );
                }
                changes.push((signs, names, self.threshold));
            }
            Ok(changes)
        })
    }
}
