//! `[office]`: the education office whose signed lists and decisions this school follows.

use super::At;
use super::lists::accepted;
use super::walk::{Keys, Section};
use crate::config::fault::Shown;
use crate::fetch::Page;
use std::path::PathBuf;
use std::time::Duration;

/// The keys of `[office]`.
pub(super) const OFFICE: Keys =
    Keys { section: "office", written: "[office]", keys: &["url", "root", "refresh", "ring", "accept"] };

/// The last ring that an office may name: more would make nobody's life easier.
const RINGS: u8 = 9;

/// The office that a school follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Where its repository is; none where the school follows no office.
    pub url: Option<At<Page>>,
    /// The root file that was installed; none where it is not named.
    pub root: Option<At<PathBuf>>,
    /// How often it is asked.
    pub refresh: Duration,
    /// In which ring of schools this one is.
    pub ring: u8,
}

impl Office {
    /// Reads the section.
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let refresh = Duration::from_secs(10)..=Duration::from_secs(86_400);
        let url = url(section);
        // An address that is at fault is said once.
        let is_faulty = url.is_none() && !section.or("url", String::new()).value.is_empty();
        Self {
            root: root(section).filter(|_| !is_faulty),
            url,
            refresh: section.within("refresh", Duration::from_secs(60), refresh, "from \"10s\" to \"1d\"").value,
            ring: section.within("ring", 3, 1..=RINGS, "from 1 to 9").value,
        }
    }
}

fn root(section: &Section<'_, '_>) -> Option<At<PathBuf>> {
    match section.or("root", String::new()).value.as_str() {
        "" => None,
        _ => section.optional("root"),
    }
}

fn url(section: &Section<'_, '_>) -> Option<At<Page>> {
    let accept = accepted(section);
    let At { value: text, line } = section.optional::<String>("url").filter(|url| !url.value.is_empty())?;
    // What stands in the repository is named from there on, so it is a folder.
    let folder = if text.ends_with('/') { text.clone() } else { format!("{text}/") };
    match Page::parse(&folder, accept) {
        Ok(page) if page.target().contains('?') => {
            section.fault(line, format!("`url`: {} has a question in it", text.quoted()), "name the folder of the repository");
            None
        }
        Ok(page) => Some(At { value: page, line }),
        Err(error) => {
            section.fault(line, format!("`url`: {} {}", text.quoted(), error.to_string().escaped()), error.hint());
            None
        }
    }
}
