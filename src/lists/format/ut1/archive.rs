//! A tree in a tar, read from front to back without unpacking: once for its folders, once for their names.
//!
//! Nothing of it is written to disk; paths and links only ever name folders of the tree.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use tar::{Archive, Entry, EntryType};

use super::super::Fault;
use super::{Found, inside, out_of_tree, sibling, usage};

/// The most octets that an archive may unpack to, against archives made to unpack without end.
const LARGEST: u64 = 8 << 30;

/// The most octets of a `usage` file that are read.
const LARGEST_USAGE: u64 = 64 * 1024;

/// How zstd's frames start (RFC 8878 section 3.1.1).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Looks for folders.
pub(super) fn survey(path: &Path) -> Result<BTreeMap<String, Found>, Fault> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    walk(path, &mut |parts, entry| {
        let kind = entry.header().entry_type();
        if kind == EntryType::Symlink {
            let link = entry.link_name()?.unwrap_or_default().into_owned();
            let target = sibling(&link).ok_or_else(|| out_of_tree(&link))?;
            if let Some(name) = parts.last() {
                found.entry(name.clone()).or_default().alias_of = Some(target);
            }
        }
        if let (EntryType::Regular, [.., folder, file]) = (kind, parts) {
            match file.as_str() {
                "domains" => found.entry(folder.clone()).or_default().domains = true,
                "usage" => {
                    let mut text = Vec::new();
                    entry.take(LARGEST_USAGE).read_to_end(&mut text)?;
                    found.entry(folder.clone()).or_default().usage = usage(&String::from_utf8_lossy(&text));
                }
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(found)
}

/// Hands the text of each folder's names to `take`.
pub(super) fn each(path: &Path, take: &mut dyn FnMut(&str, &mut dyn BufRead) -> Result<(), Fault>) -> Result<(), Fault> {
    walk(path, &mut |parts, entry| match (entry.header().entry_type(), parts) {
        (EntryType::Regular, [.., folder, file]) if file == "domains" => {
            take(folder, &mut BufReader::with_capacity(64 * 1024, entry))
        }
        _ => Ok(()),
    })
}

type Visit<'v> = dyn FnMut(&[String], &mut Entry<'_, Box<dyn Read>>) -> Result<(), Fault> + 'v;

fn walk(path: &Path, visit: &mut Visit<'_>) -> Result<(), Fault> {
    let mut file = BufReader::new(File::open(path)?);
    let head = file.fill_buf()?;
    if head.is_empty() {
        return Err(Fault::Empty);
    }
    let text: Box<dyn Read> = match head.starts_with(&ZSTD) {
        true => Box::new(zstd::Decoder::with_buffer(file)?.take(LARGEST)),
        // A tar says what it is at a fixed place (POSIX.1-1988, ustar).
        false if head.get(257..262) == Some(b"ustar") => Box::new(file.take(LARGEST)),
        false => return Err(Fault::Binary),
    };
    for entry in Archive::new(text).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let parts = inside(&path).ok_or_else(|| out_of_tree(&path))?;
        visit(&parts, &mut entry)?;
    }
    Ok(())
}
