//! From a role's sources to its list and its image, once for each change: what was built stays below `built/`.
//!
//! The rules: the same sources give the same text; a source that is not read whole builds nothing; and what lies in `built/` is only
//! taken where the digest of all that it was made of is the same. An urgent decision does not wait for five million names.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::folder::{Folder, LeftOut, Reach, Role, SourceList};
use super::names::{self, Gathering, NameList, SourceId};
use super::{hexadecimal, patch};
use crate::dns::Name;
use crate::fault::Fault;
use crate::lists::compile::{self, Job, JobList, Report, Source};
use crate::lists::format::{Action, Entry, Format, Issues, Match, Reading, Scope, SingleLabels, TypeSet, excerpt, parse};
use crate::lists::store::{REPORT, Store, write_aside};
use crate::lists::{CategoryEntry, Force, Image, Index, List, ListAction, ListId, Owner, ProtectedNames, Standing};

/// The most octets of one source, unpacked.
const LARGEST_SOURCE: u64 = 2 << 30;

/// What is below the folder and made of it.
#[derive(Debug, Clone)]
pub struct Built {
    directory: PathBuf,
}

/// What was made of a role's sources.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RoleText {
    /// The digest of all that it was made of.
    pub(super) of: String,
    /// SHA-256 of the text.
    pub sha256: String,
    /// Octets of the text.
    pub length: u64,
    /// Its lines.
    pub count: u64,
    /// Names of each category.
    pub counts: BTreeMap<String, u64>,
    /// Entries of each source.
    pub sources: BTreeMap<String, u64>,
    /// Top-level domains that sources name: each with its source and line.
    pub top_level: Vec<(String, String, u32)>,
    /// Exceptions by category, as they are written in the text.
    pub exceptions: BTreeMap<String, Vec<String>>,
    /// What of the sources was not taken: for each source and kind how many lines, and the first of them.
    pub not_taken: Vec<NotTaken>,
    /// Entries that `leave-out.txt` took out.
    pub left_out: u64,
}

/// Lines of one kind that were not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotTaken {
    /// The source.
    pub source: String,
    /// What is the matter with them.
    pub what: String,
    /// How many.
    pub count: u64,
    /// The first: its line and its text.
    pub first: Option<(u32, String)>,
}

/// A role's list, looked up.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The index over its image. Of protected names it knows those of kind `help` alone: what else they are proof against, the
    /// gate says.
    pub index: Index,
    /// What the compiler saw.
    pub report: Report,
}

impl Built {
    /// What lies below `root`.
    pub fn below(root: &Path) -> Self {
        Self { directory: root.join("built") }
    }

    /// The packed text with this digest, where it lies here.
    pub fn packed(&self, sha256: &str) -> io::Result<Option<Vec<u8>>> {
        present(fs::read(self.text_path(sha256)))
    }

    /// The text with this digest, where it lies here whole.
    ///
    /// # Errors
    /// What the operating system says; a damaged copy counts as none.
    pub fn text(&self, sha256: &str) -> io::Result<Option<Vec<u8>>> {
        let packed = self.packed(sha256)?;
        let text = packed.and_then(|packed| patch::unpack(&packed, names::LARGEST).ok());
        Ok(text.filter(|text| hexadecimal(text) == sha256))
    }

    fn text_path(&self, sha256: &str) -> PathBuf {
        self.directory.join("texts").join(format!("{sha256}.zst"))
    }

    /// The difference between two texts, made where it does not lie here; none where the old text is not here.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn difference(&self, old: &str, new: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.directory.join("patches").join(format!("{}-{}.patch", &old[..12], &new[..12]));
        if let Some(made) = present(fs::read(&path))? {
            return Ok(Some(made));
        }
        let (Some(from), Some(to)) = (self.text(old)?, self.text(new)?) else { return Ok(None) };
        let made = patch::patch(&from, &to);
        put(&path, &made)?;
        Ok(Some(made))
    }

    /// Removes texts, differences and images that no publication in `needed` (digests of texts) speaks of.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn sweep(&self, needed: &[&str], newest: &[&str]) -> io::Result<()> {
        let is_text = |file: &str| needed.iter().any(|digest| file.starts_with(digest));
        let is_patch = |file: &str| newest.iter().any(|digest| file.ends_with(&format!("-{}.patch", &digest[..12])));
        for (directory, keep) in [("texts", &is_text as &dyn Fn(&str) -> bool), ("patches", &is_patch)] {
            let Some(entries) = present(fs::read_dir(self.directory.join(directory)))? else { continue };
            for entry in entries {
                let entry = entry?;
                if !entry.file_name().to_str().is_some_and(keep) {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        Ok(())
    }

    /// A role's text, made of its sources or taken from what was made of the same.
    ///
    /// # Errors
    /// A fault for each source that cannot be read.
    pub fn role(&self, folder: &Folder, role: &Role) -> Result<RoleText, Vec<Fault>> {
        let of = fingerprint(role).map_err(|(path, error)| {
            vec![Fault::error(
                &path,
                None,
                format!("the list cannot be read: {error}"),
                "see to it that it is there and may be read",
            )]
        })?;
        let record = self.directory.join(format!("{}.json", role.id));
        let known: Option<RoleText> = fs::read(&record).ok().and_then(|text| serde_json::from_slice(&text).ok());
        if let Some(known) = known.filter(|known| known.of == of && self.text_path(&known.sha256).exists()) {
            return Ok(known);
        }
        let (made, text) = gather(folder, role, of)?;
        let unwritable = |error: io::Error| {
            let hint = "the folder needs room, and to be writable";
            vec![Fault::error(&self.directory, None, format!("what is built cannot be kept: {error}"), hint)]
        };
        let path = self.text_path(&made.sha256);
        if !path.exists() {
            put(&path, &patch::pack(&text)).map_err(unwritable)?;
        }
        let said = serde_json::to_vec_pretty(&made).expect("plain values are JSON");
        put(&record, &said).map_err(unwritable)?;
        Ok(made)
    }

    /// What a list that another machine built holds, kept here to be looked up.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn taken(&self, folder: &Folder, packed: &[u8], sources: &BTreeMap<String, u64>) -> Result<RoleText, String> {
        let text = patch::unpack(packed, names::LARGEST).map_err(|fault| fault.to_string())?;
        let list = NameList::parse(&text).map_err(|fault| fault.to_string())?;
        let mut made = RoleText { sources: sources.clone(), ..RoleText::default() };
        describe(&mut made, folder, &list, &text);
        let path = self.text_path(&made.sha256);
        if !path.exists() {
            put(&path, packed).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(made)
    }

    /// The index over the text of `role` with this digest, compiled where its image does not lie here.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn looked(&self, folder: &Folder, role: &str, sha256: &str) -> Result<Looked, String> {
        let store = Store::new(&self.directory).map_err(|error| format!("{}: {error}", self.directory.display()))?;
        let owner = Owner::Office(role.to_owned());
        let mut job = job(&owner, &self.text_path(sha256), folder.understood.registry.entries(), &folder.understood.protected);
        let fingerprint = job.fingerprint();
        job.image = store.image_path(&owner, fingerprint);
        let mut said = job.image.clone().into_os_string();
        said.push(REPORT);
        let said = PathBuf::from(said);
        if let Some(image) = store.reusable(&owner, fingerprint)
            && let Some(report) = fs::read(&said).ok().and_then(|text| serde_json::from_slice(&text).ok())
        {
            return Ok(Looked { index: Index::new(vec![Arc::new(image)]), report });
        }
        let report = compile::run(&job).map_err(|failure| failure.to_string())?;
        let text = serde_json::to_vec(&report).expect("plain values are JSON");
        let kept = put(&said, &text).and_then(|()| store.adopt(&owner, fingerprint));
        kept.map_err(|error| format!("{}: {error}", said.display()))?;
        let image = Image::open(&job.image).map_err(|fault| fault.to_string())?;
        Ok(Looked { index: Index::new(vec![Arc::new(image)]), report })
    }
}

/// A list for each category, all of one text.
fn job(owner: &Owner, text: &Path, categories: &[CategoryEntry], protected: &ProtectedNames) -> Job {
    let list = |(place, entry): (usize, &CategoryEntry)| JobList {
        list: List {
            id: ListId(entry.id.clone()),
            category: crate::lists::Category::at(place).expect("a registry has at most 64 categories"),
            standing: Standing::of(entry),
            action: ListAction::Block,
            force: Force::default(),
        },
        source: Source::Names { file: text.to_owned(), category: entry.id.clone() },
        format: Some(Format::Names),
        matching: Match::AsFormat,
    };
    let help = protected.of_kind(crate::lists::Protected::Help);
    let help = help.map(|name| (name.to_string(), crate::lists::Protection::NONE.with(crate::lists::Protected::Help).bits()));
    let lists = categories.iter().enumerate().map(list).collect();
    Job { owner: owner.clone(), lists, protected: help.collect(), image: PathBuf::new(), kept: None }
}

/// The digest of everything that a role's text is made of.
fn fingerprint(role: &Role) -> Result<String, (PathBuf, io::Error)> {
    let mut hasher = blake3::Hasher::new_derive_key("khien office: sources of a role");
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    for source in &role.sources {
        let at = |error| (source.path.clone(), error);
        hasher.update(source.id.as_bytes());
        let mut own = blake3::Hasher::new();
        own.update_reader(fs::File::open(&source.path).map_err(at)?).map_err(at)?;
        hasher.update(own.finalize().as_bytes());
    }
    for LeftOut { name, reach } in &role.leave_out {
        hasher.update(name.as_wire());
        hasher.update(match reach {
            Reach::Below => b"below",
            Reach::Entry => b"entry",
        });
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// Reads the sources, and puts them together.
fn gather(folder: &Folder, role: &Role, of: String) -> Result<(RoleText, Vec<u8>), Vec<Fault>> {
    let mut gathering = Gathering::default();
    let mut faults = Vec::new();
    let mut made = RoleText {
        of,
        sha256: String::new(),
        length: 0,
        count: 0,
        counts: BTreeMap::new(),
        sources: BTreeMap::new(),
        top_level: Vec::new(),
        exceptions: BTreeMap::new(),
        not_taken: Vec::new(),
        left_out: 0,
    };
    for (place, source) in (0_u16..).zip(&role.sources) {
        match one(SourceId(place), source, &role.leave_out, &mut gathering, &mut made) {
            Ok(()) => {}
            Err(said) => {
                let (what, hint) = said.split_once("\nhint: ").unwrap_or((&said, "mend the list, or take it out of the folder"));
                faults.push(Fault::error(&source.path, None, what, hint));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let list: NameList = gathering.finish();
    let text = list.to_text();
    describe(&mut made, folder, &list, &text);
    Ok((made, text))
}

/// Notes what a list holds.
fn describe(made: &mut RoleText, folder: &Folder, list: &NameList, text: &[u8]) {
    made.sha256 = hexadecimal(text);
    made.length = text.len() as u64;
    made.count = list.len() as u64;
    made.counts = list.counts().into_iter().map(|(category, count)| (category.to_owned(), count)).collect();
    let is_locked = |category: &str| {
        let registry = &folder.understood.registry;
        registry.find(category).is_some_and(|category| registry.entry(category).locked)
    };
    for entry in list.entries().filter(|entry| entry.action == Action::Allow) {
        for category in list.words(entry.categories).filter(|category| is_locked(category)) {
            made.exceptions.entry(category.to_owned()).or_default().push(entry.name.to_owned());
        }
    }
}

/// Reads one source.
fn one(
    place: SourceId,
    source: &SourceList,
    leave_out: &[LeftOut],
    gathering: &mut Gathering,
    made: &mut RoleText,
) -> Result<(), String> {
    let text =
        open(&source.path).map_err(|error| format!("the list cannot be read: {error}\nhint: see to it that you may read it"))?;
    let untold = gathering.untold();
    let (mut entries, mut slips, mut first_slip, mut full) = (0_u64, 0_u64, None, None);
    let is_left_out = |name: &Name| {
        leave_out.iter().any(|left| match left.reach {
            Reach::Below => name.is_at_or_below(&left.name),
            Reach::Entry => *name == left.name,
        })
    };
    let mut sink = |entry: Entry<'_>| {
        if is_left_out(entry.name) {
            made.left_out += 1;
            return;
        }
        if entry.name.label_count() < 2 {
            // A word that is no top-level domain is a slip, and takes nothing along.
            match is_top_level(entry.name) && entry.action == Action::Block {
                true => made.top_level.push((entry.name.to_string(), source.id.clone(), entry.line)),
                false => {
                    slips += 1;
                    first_slip.get_or_insert_with(|| (entry.line, entry.name.to_string()));
                }
            }
            return;
        }
        entries += 1;
        if full.is_none() {
            full = gathering.add(place, &source.category, &entry).err();
        }
        let below = leave_out.iter().filter(|left| left.reach == Reach::Below).map(|left| &left.name);
        for name in below.filter(|name| entry.action == Action::Block && name.is_at_or_below(entry.name)) {
            let except =
                Entry { name, scope: Scope::Subtree, action: Action::Allow, types: TypeSet::ALL, important: true, ..entry };
            full = full.or(gathering.add(place, &source.category, &except).err());
        }
    };
    let reading = Reading { format: None, matching: Match::AsFormat, single_labels: SingleLabels::HandOn };
    let parsed = parse(text, reading, &mut sink).map_err(|fault| fault.to_string())?;
    if let Some(full) = full {
        return Err(format!("{full}\nhint: let several roles share the names"));
    }
    made.sources.insert(source.id.clone(), entries);
    note(made, &source.id, &parsed.issues);
    let mut also = |what: &str, count: u64, first: Option<(u32, String)>| {
        if count > 0 {
            made.not_taken.push(NotTaken { source: source.id.clone(), what: what.to_owned(), count, first });
        }
    };
    also("a single label: a slip", slips, first_slip);
    let pattern = parsed.patterns.first().map(|pattern| (pattern.line, excerpt(pattern.regex.as_bytes())));
    also("a pattern, which a list of names cannot say", parsed.patterns.len() as u64, pattern);
    let network = parsed.networks.first().map(|network| (network.line, network.network.to_string()));
    also("a network, which a list of names cannot say", parsed.networks.len() as u64, network);
    also("for single record types, which a list of names cannot say", gathering.untold() - untold, None);
    Ok(())
}

fn note(made: &mut RoleText, source: &str, issues: &Issues) {
    for (kind, count) in issues.counts() {
        let first = issues.kept().iter().find(|issue| issue.what == kind).map(|issue| (issue.line, issue.text.clone()));
        made.not_taken.push(NotTaken { source: source.to_owned(), what: kind.text().to_owned(), count: count.into(), first });
    }
}

/// Whether a single label is a top-level domain that the public suffix list knows.
fn is_top_level(name: &Name) -> bool {
    psl::suffix(name.to_string().as_bytes()).is_some_and(|suffix| suffix.is_known())
}

/// The text of a source, unpacked.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("this is no regular file"));
    }
    let mut file = BufReader::with_capacity(256 * 1024, fs::File::open(path)?);
    if file.fill_buf()?.starts_with(&ZSTANDARD) {
        let text = zstd::stream::read::Decoder::with_buffer(file)?;
        return Ok(Box::new(BufReader::new(text.take(LARGEST_SOURCE))));
    }
    Ok(Box::new(file.take(LARGEST_SOURCE)))
}

fn present<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    write_aside(path, |to| to.write_all(bytes))
}
