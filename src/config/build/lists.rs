//! What each `[[list]]` means: where it is, how it is read, and which categories its names get.

use super::Notes;
use crate::config::file::{self, At, Force};
use crate::config::program::{Fetched, ListPart, ListSource, Place};
use crate::fetch::{Copies, Limits, Origin};
use crate::lists::format::{Format, Match};
use crate::lists::{self, Category, List, ListId, Owner, Registry, Standing};
use std::collections::HashMap;
use std::path::Path;

/// The most lists that observe: each has a bit of one 64-bit word.
const MOST_OBSERVING: usize = 64;

/// The sources of all lists, in the order of the file.
pub(super) fn sources(
    written: Vec<file::List>,
    beside: &Path,
    copies: &Copies,
    registry: &Registry,
    notes: &mut Notes<'_>,
) -> Vec<ListSource> {
    let mut first: HashMap<String, u32> = HashMap::new();
    let mut observing = 0;
    let mut sources = Vec::with_capacity(written.len());
    for list in written {
        let id = list.id.value.as_str().to_owned();
        match first.get(&id) {
            Some(line) => notes.fault(list.id.line, format!("list `{id}` stands twice: on line {line} too"), "choose another id"),
            None => {
                first.insert(id, list.id.line);
            }
        }
        sources.push(source(list, (beside, copies), registry, &mut observing, notes));
    }
    sources
}

fn source(
    written: file::List,
    (beside, copies): (&Path, &Copies),
    registry: &Registry,
    observing: &mut usize,
    notes: &mut Notes<'_>,
) -> ListSource {
    let file::List { line, id, category, categories, source, largest, format, matches, refresh, action, force, optional } =
        written;
    let id = id.value.as_str();
    let force = lists::Force {
        protected: force.iter().any(|force| force.value == Force::Protected),
        public_suffix: force.iter().any(|force| force.value == Force::PublicSuffix),
    };
    let mut part = |folder: Option<String>, category: Category, notes: &mut Notes<'_>| {
        let action = match action {
            file::ListAction::Block => lists::ListAction::Block,
            file::ListAction::Allow => lists::ListAction::Allow,
            file::ListAction::Observe => {
                let bit = u8::try_from(*observing % MOST_OBSERVING).expect("below 64");
                *observing += 1;
                if *observing == MOST_OBSERVING + 1 {
                    notes.fault(line, "more than 64 lists with `action = \"observe\"`", "let some of them block, or remove them");
                }
                lists::ListAction::Observe(bit)
            }
        };
        let entry = registry.entry(category);
        let id = folder.as_ref().map_or_else(|| id.to_owned(), |folder| format!("{id}/{folder}"));
        let list = List { id: ListId(id), category, standing: Standing::of(entry), action, force };
        if entry.locked && list.action == lists::ListAction::Block && is_exact(format, matches) {
            let what = format!("list `{}` names sites of the locked category `{}` one host at a time", list.id, entry.id);
            notes.warn(line, what, "add `match = \"subtree\"`, or `www.` and other hosts of these sites stay open");
        }
        ListPart { folder, list }
    };
    let parts = match (category, categories) {
        (Some(category), None) => notes
            .category(registry, category.line, &category.value)
            .map(|category| part(None, category, notes))
            .into_iter()
            .collect(),
        (None, Some(folders)) => {
            if format.is_some_and(|format| format != Format::Ut1) {
                notes.fault(line, "`categories` with a format that has no folders", "write `category`, or `format = \"ut1\"`");
            }
            let mut parts = Vec::with_capacity(folders.len());
            for (At { value: folder, line }, id) in folders {
                if !is_folder(&folder) {
                    notes.fault(
                        line,
                        format!("`categories`: `{folder}` is no name of a folder"),
                        "write the name of one folder, without a path",
                    );
                } else if let Some(category) = notes.category(registry, id.line, &id.value) {
                    parts.push(part(Some(folder), category, notes));
                }
            }
            parts
        }
        (Some(category), Some(_)) => {
            notes.fault(category.line, "a list with both `category` and `categories`", "leave one of them out");
            Vec::new()
        }
        // Said when the file was read.
        (None, None) => Vec::new(),
    };
    // What comes by transfer is written as a policy zone, whatever else the list might seem to be.
    let is_zone = matches!(&source.value, file::Source::Fetched(Origin::Zone(_)));
    if is_zone && format.is_some_and(|format| format != Format::Rpz) {
        notes.fault(line, "a zone by transfer with another `format`", "leave `format` out: it is a policy zone, \"rpz\"");
    }
    let format = if is_zone { Some(Format::Rpz) } else { format };
    let place = match source.value {
        // Only what is elsewhere is fetched, so `refresh` and the bounds of fetching say nothing of a file.
        file::Source::File(path) => Place::File(beside.join(path)),
        file::Source::Fetched(origin) => Place::Fetched(Fetched {
            origin: origin.beside(beside),
            copy: copies.path(&ListId(id.to_owned())),
            refresh,
            limits: Limits::for_largest(largest.0),
        }),
    };
    ListSource {
        line,
        id: ListId(id.to_owned()),
        owner: Owner::School,
        place,
        source_line: source.line,
        format,
        matches,
        parts,
        optional,
    }
}

/// Whether each entry stands for one host alone, as far as the configuration tells.
fn is_exact(format: Option<Format>, matches: Match) -> bool {
    match matches {
        Match::Exact => true,
        Match::Subtree => false,
        Match::AsFormat => format == Some(Format::Hosts),
    }
}

/// Whether this is the name of one folder, and leads nowhere else.
fn is_folder(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!(parts.next(), Some(std::path::Component::Normal(only)) if only == name) && parts.next().is_none()
}
