//! The tree of lists that the University of Toulouse publishes: a folder a category, as a directory or as its tar.
//!
//! Only `domains` files are read. A folder that its own `usage` file calls white never blocks, a link is another name of the
//! folder it leads to and no second category, and nothing outside the tree is ever opened.

mod archive;
mod directory;

use std::io::BufRead;
use std::path::{Component, Path, PathBuf};

use super::{Action, Entry, Fault, Parsed, Reading};

/// A tree whose folders are known; its names are read by [`Tree::read`].
#[derive(Debug)]
pub struct Tree {
    source: Source,
    folders: Vec<Folder>,
}

#[derive(Debug)]
enum Source {
    Directory(PathBuf),
    Archive(PathBuf),
}

/// One folder of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its name, the publisher's word for the category.
    pub name: String,
    /// What the publisher made it for.
    pub usage: Usage,
    /// The folder that this is only another name of.
    pub alias_of: Option<String>,
}

/// What a folder's `usage` file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Usage {
    /// Names to be blocked; also where nothing is said.
    Black,
    /// Names to be allowed: it never blocks.
    White,
    /// Either, as the operator wants it.
    Either,
}

/// What came of one folder that was asked for.
#[derive(Debug)]
pub struct FolderRead<C> {
    /// The folder, by the name it was asked for.
    pub folder: String,
    /// What the caller keeps for it.
    pub category: C,
    /// What was read besides its entries, or why it was not read.
    pub outcome: Result<Parsed, Fault>,
}

/// A folder that was asked for, and the one that has its names.
struct Wanted<C> {
    folder: String,
    target: String,
    category: C,
    outcome: Option<Result<Parsed, Fault>>,
}

/// What a survey of a tree collects of a folder.
#[derive(Debug, Default)]
struct Found {
    domains: bool,
    usage: Option<Usage>,
    alias_of: Option<String>,
}

impl Tree {
    /// Looks through a directory, or a tar (plain or compressed by zstd), for its folders.
    ///
    /// # Errors
    /// [`Fault::Io`] where it cannot be read, [`Fault::OutOfTree`] where an entry or a link leads out of it, [`Fault::Binary`]
    /// where the file is no such archive, [`Fault::Empty`] where no folder has names.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let (source, found) = if path.is_dir() {
            let root = directory::root(path);
            let found = directory::survey(&root)?;
            (Source::Directory(root), found)
        } else {
            (Source::Archive(path.to_owned()), archive::survey(path)?)
        };
        let mut folders: Vec<Folder> = Vec::new();
        for (name, folder) in &found {
            let target = folder.alias_of.as_ref().map_or(Some(folder), |target| found.get(target));
            if let Some(target) = target.filter(|target| target.domains) {
                let usage = folder.usage.or(target.usage).unwrap_or(Usage::Black);
                folders.push(Folder { name: name.clone(), usage, alias_of: folder.alias_of.clone() });
            }
        }
        if folders.is_empty() { Err(Fault::Empty) } else { Ok(Self { source, folders }) }
    }

    /// Its folders with names in them, links among them, by name.
    pub fn folders(&self) -> &[Folder] {
        &self.folders
    }

    /// Reads the folders in `wanted` and hands their entries to `sink`, each with what `wanted` keeps for the folder.
    ///
    /// `action` says what the list is for: white folders are read only for [`Action::Allow`]. A folder that is asked for by two
    /// names for the same category is read once.
    ///
    /// # Errors
    /// Where the tree itself cannot be read; what is wrong with a folder stands in its outcome.
    pub fn read<C: Copy + PartialEq>(
        &self,
        wanted: &[(&str, C)],
        reading: Reading,
        action: Action,
        sink: &mut dyn FnMut(C, Entry<'_>),
    ) -> Result<Vec<FolderRead<C>>, Fault> {
        let mut plan: Vec<Wanted<C>> = Vec::new();
        let mut done = Vec::new();
        for (name, category) in wanted {
            let (folder, category) = ((*name).to_owned(), *category);
            match self.target(name, action) {
                Ok(target) if plan.iter().any(|other| other.target == target && other.category == category) => {}
                Ok(target) => plan.push(Wanted { folder, target, category, outcome: None }),
                Err(fault) => done.push(FolderRead { folder, category, outcome: Err(fault) }),
            }
        }
        let mut take = |folder: &str, text: &mut dyn BufRead| -> Result<(), Fault> {
            // Two categories may want one folder: its text is read once and held for them, which is rare.
            let mut takers: Vec<&mut Wanted<C>> = plan.iter_mut().filter(|wanted| wanted.target == folder).collect();
            match takers.as_mut_slice() {
                [] => {}
                [one] => one.outcome = Some(parse(text, reading, one.category, sink)),
                several => {
                    let mut held = Vec::new();
                    text.read_to_end(&mut held)?;
                    for one in several {
                        one.outcome = Some(parse(&mut &held[..], reading, one.category, sink));
                    }
                }
            }
            Ok(())
        };
        match &self.source {
            Source::Directory(root) => directory::each(root, &self.folders, &mut take)?,
            Source::Archive(path) => archive::each(path, &mut take)?,
        }
        done.extend(plan.into_iter().map(|wanted| FolderRead {
            folder: wanted.folder,
            category: wanted.category,
            outcome: wanted.outcome.unwrap_or(Err(Fault::NoSuchFolder)),
        }));
        Ok(done)
    }

    /// The folder that has the names of the one called `name`.
    fn target(&self, name: &str, action: Action) -> Result<String, Fault> {
        let folder = self.folders.iter().find(|folder| folder.name == name).ok_or(Fault::NoSuchFolder)?;
        match (folder.usage, action) {
            (Usage::White, Action::Block) => Err(Fault::WhiteFolder),
            (Usage::White, Action::Allow) | (Usage::Black | Usage::Either, _) => {
                Ok(folder.alias_of.clone().unwrap_or_else(|| name.to_owned()))
            }
        }
    }
}

fn parse<C: Copy>(
    text: &mut dyn BufRead,
    reading: Reading,
    category: C,
    sink: &mut dyn FnMut(C, Entry<'_>),
) -> Result<Parsed, Fault> {
    let reading = Reading { format: Some(super::Format::Ut1), ..reading };
    super::parse(text, reading, &mut |entry| sink(category, entry))
}

/// Reads a `usage` file: words, one a line; other words than these two are other names of the category.
fn usage(text: &str) -> Option<Usage> {
    let has = |word: &str| text.lines().any(|line| line.trim() == word);
    match (has("black"), has("white")) {
        (true, true) => Some(Usage::Either),
        (true, false) => Some(Usage::Black),
        (false, true) => Some(Usage::White),
        (false, false) => None,
    }
}

/// The parts of a path inside a tree; none where it leads out.
fn inside(path: &Path) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts)
}

/// The folder beside it that a link leads to; none where it leads anywhere else.
fn sibling(target: &Path) -> Option<String> {
    let mut parts = inside(target)?;
    let name = parts.pop()?;
    parts.is_empty().then_some(name)
}

fn out_of_tree(path: &Path) -> Fault {
    Fault::OutOfTree(super::excerpt(path.to_string_lossy().as_bytes()))
}

#[cfg(test)]
mod tests;
