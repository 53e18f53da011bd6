//! A role's part on its way from the machine that signs it to the one that publishes: a folder, carried by any means.
//!
//! ```text
//! staged/part-ROLE/ROLE.json     the signed metadata
//! staged/part-ROLE/part.json     what the publication is to say of it
//! staged/part-ROLE/targets/…     the files that it names, as they will lie in the repository
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use jiff::civil::Date;
use tough::schema::{Signed, Targets};

use super::Desk;
use super::staged::STAGED;
use crate::lists::store::write_aside;
use crate::office::build::Built;
use crate::office::changes::{Lists, RoleChange};
use crate::office::decisions::{self, Decision};
use crate::office::folder::{Folder, Role, RoleDecision};
use crate::office::gate::{self, Examined, Weighed};
use crate::office::hexadecimal;
use crate::office::names::NameList;
use crate::office::publication::{Override, Publication, RolePart, is_role};
use crate::office::published::PUBLISHED;
use crate::office::tuf::sign::{NewFile, SignFault, Staged, signed_files};

/// A role's signed part.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// The role.
    pub role: String,
    /// What it signed.
    pub signed: Signed<Targets>,
    /// What the publication is to say of it.
    pub part: RolePart,
    /// The files, but for those that were published already.
    pub files: Vec<NewFile>,
    /// Refusals of the desk's gate that a person at the desk answered for: they are published with it.
    pub overrides: Vec<Override>,
}

/// The file of refusals that a person at the desk answered for.
const OVERRIDES: &str = "overrides.json";

/// How the folder of a role's part is called.
pub(super) fn folder_of(role: &str) -> String {
    format!("part-{role}")
}

impl Desk<'_> {
    /// What a part changes that another machine built.
    ///
    /// # Errors
    /// [`SignFault::Unready`] where it holds what cannot be read.
    pub fn change(&self, part: &Carried) -> Result<RoleChange, SignFault> {
        let decided = self.last.decided.get(&part.role).map(Vec::as_slice).unwrap_or_default();
        let last = self.last.publication.as_ref().and_then(|last| last.roles.get(&part.role));
        let before = last.map(|last| last.names.sha256.as_str());
        if before.is_some_and(|before| matches!(Built::below(&self.folder.root).text(before), Ok(None))) {
            self.look_at_published(&part.role);
        }
        part.change(self.folder, before, decided)
    }

    /// Lays the list of a role that is published beside those that were built here: changes are told by it.
    fn look_at_published(&self, role: &str) {
        let signed = self.last.current.as_ref().and_then(|current| current.roles.get(role));
        for (place, _) in signed.into_iter().flat_map(signed_files).filter(|(place, _)| place.ends_with(".names.zst")) {
            if let Ok(packed) = fs::read(self.folder.root.join(PUBLISHED).join(place)) {
                // One that cannot be read is told of where it is verified; here nothing can be said of what it was.
                let _ = Built::below(&self.folder.root).taken(self.folder, &packed, &BTreeMap::new());
            }
        }
    }
}

impl Carried {
    /// Reads the folder of a part, and checks that its files are what was signed. Who signed is checked where it is published.
    ///
    /// # Errors
    /// [`SignFault`].
    pub fn read(folder: &Path) -> Result<Self, SignFault> {
        let name = folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("part-"));
        let role = name.filter(|role| is_role(role)).ok_or_else(|| {
            SignFault::Unready(format!(
                "{} is no role's part\nhint: `khien office build` writes one on the role's machine, in staged/part-ROLE",
                folder.display()
            ))
        })?;
        let read = |name: String| {
            let path = folder.join(name);
            fs::read(&path).map_err(SignFault::file(&path))
        };
        let Staged::Targets(signed) = Staged::read(&read(format!("{role}.json"))?)? else {
            return Err(SignFault::Unready(format!("{} holds no role's metadata", folder.display())));
        };
        let part: RolePart = serde_json::from_slice(&read("part.json".to_owned())?)
            .map_err(|error| SignFault::Unready(format!("{}: part.json: {error}", folder.display())))?;
        let own = format!("{role}/");
        let mut names = signed.signed.targets.keys();
        // Schools refuse all that is published with such a part; and what is not below the role's folder would be written there.
        if let Some(name) = names.find(|name| name.raw() != name.resolved() || !name.raw().starts_with(&own)) {
            let said = format!("{} signs `{}`, which is not role {role}'s own", folder.display(), name.raw().escape_debug());
            return Err(SignFault::Unready(format!("{said}\nhint: let the role's machine build its part anew")));
        }
        if signed.signed.delegations.is_some() {
            let said = format!("{} lets others sign for role {role}", folder.display());
            return Err(SignFault::Unready(format!("{said}\nhint: who signs is said in office.toml, for the top to sign")));
        }
        let mut files = Vec::new();
        for (place, sha256) in signed_files(&signed) {
            let path = folder.join(&place);
            if !path.exists() {
                continue;
            }
            let octets = fs::read(&path).map_err(SignFault::file(&path))?;
            if hexadecimal(&octets) != sha256 {
                return Err(SignFault::Unready(format!(
                    "{} is not what was signed\nhint: it was damaged on its way; carry the folder again",
                    path.display()
                )));
            }
            files.push(NewFile { place, octets });
        }
        // What another machine says of refusals is for the desk to say.
        let overrides =
            fs::read(folder.join(OVERRIDES)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Ok(Self { role: role.to_owned(), signed, part, files, overrides })
    }

    /// What the gate says of it at the desk: whoever built it, it goes to every school.
    ///
    /// # Errors
    /// [`SignFault::Unready`] where it holds no list, or none that can be read.
    pub fn weigh(&self, folder: &Folder, last: Option<&Publication>, today: Date) -> Result<Weighed, SignFault> {
        let role = &self.role;
        let unready = |what: String| SignFault::Unready(format!("the part of role {role}: {what}"));
        let rules = folder.rules.role(role);
        let rules =
            rules.ok_or_else(|| unready("office.toml has no such role\nhint: add [[role]] with its id first".to_owned()))?;
        let (built, mut refusals) = (Built::below(&folder.root), Vec::new());
        let mut own = Role::new(role, &folder.root.join("roles").join(role), rules.speaks_for.clone());
        let before = last.and_then(|last| last.roles.get(role));
        // Of a list that was published already there is nothing new to say.
        let is_new = before.is_none_or(|before| before.names != self.part.names);
        if let Some(packed) = self.newest("names.zst").filter(|_| is_new) {
            let text = built.taken(folder, packed, &self.part.sources).map_err(unready)?;
            if text.sha256 != self.part.names.sha256 {
                return Err(unready("its list is not the one that it names".to_owned()));
            }
            let looked = built.looked(folder, role, &text.sha256).map_err(unready)?;
            refusals.extend(gate::of_list(&Examined { folder, role: &own, text: &text, looked: &looked }));
            if let Some(before) = before {
                refusals.extend(gate::of_sources(&own, &text, &before.sources, folder.rules.bounds));
            }
        }
        if let Some(text) = self.newest("decisions.json") {
            let decisions = decisions::read(text).map_err(|fault| unready(fault.to_string()))?;
            let file = folder.root.join(STAGED).join(folder_of(role)).join("decisions.json");
            own.decisions =
                (1..).zip(decisions).map(|(line, decision)| RoleDecision { decision, file: file.clone(), line }).collect();
            refusals.extend(gate::of_decisions(folder, &own, &[], today));
        }
        Ok(gate::weigh(refusals, &folder.overrides))
    }

    /// What it changes after a publication with the list `before` and these decisions. Of a list whose text before is not here nothing
    /// is said.
    fn change(&self, folder: &Folder, before: Option<&str>, decided: &[Decision]) -> Result<RoleChange, SignFault> {
        let unready = |what: String| SignFault::Unready(format!("the part of role {}: {what}", self.role));
        let built = Built::below(&folder.root);
        // The next change of the list is told by this text.
        if let Some(packed) = self.newest("names.zst") {
            built.taken(folder, packed, &self.part.sources).map_err(unready)?;
        }
        let list = |sha256: &str| {
            let text = built.text(sha256).map_err(|error| unready(error.to_string()))?;
            text.map(|text| NameList::parse(&text)).transpose().map_err(|fault| unready(fault.to_string()))
        };
        let is_new = before != Some(self.part.names.sha256.as_str());
        let (old, new) = if is_new { (before.map(list).transpose()?, list(&self.part.names.sha256)?) } else { (None, None) };
        let lists = match (&old, &new) {
            (Some(None), _) | (_, None) => None,
            (old, Some(new)) => Some(Lists { old: old.as_ref().and_then(Option::as_ref), new }),
        };
        let decisions = match self.newest("decisions.json") {
            Some(text) => decisions::read(text).map_err(|fault| unready(fault.to_string()))?,
            None => decided.to_vec(),
        };
        Ok(RoleChange::of(&self.role, lists, decided, &decisions, folder.popular.as_ref()))
    }

    /// The newest file of this name: its digest, and nothing else, stands before it.
    fn newest(&self, name: &str) -> Option<&[u8]> {
        let is_it = |file: &&NewFile| {
            let own = file.place.rsplit('/').next().and_then(|file| file.split_once('.'));
            own.is_some_and(|(_, rest)| rest == name)
        };
        self.files.iter().find(is_it).map(|file| file.octets.as_slice())
    }

    /// The part of `role` that was merged into `staged`; none where there is none that can be read.
    pub(super) fn merged(staged: &Path, role: &str) -> Option<Self> {
        Self::read(&staged.join(folder_of(role))).ok()
    }

    /// Writes it into `staged`.
    ///
    /// # Errors
    /// [`SignFault::File`].
    pub fn keep(&self, staged: &Path) -> Result<(), SignFault> {
        let folder = staged.join(folder_of(&self.role));
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(SignFault::file(&folder))?;
        }
        let put = |place: &str, octets: &[u8]| {
            let path = folder.join(place);
            let made = path.parent().map_or(Ok(()), fs::create_dir_all);
            made.and_then(|()| write_aside(&path, |to| to.write_all(octets))).map_err(SignFault::file(&path))
        };
        for file in &self.files {
            put(&file.place, &file.octets)?;
        }
        let part = serde_json::to_vec_pretty(&self.part).map_err(|error| SignFault::Metadata(error.to_string()))?;
        put("part.json", &part)?;
        if !self.overrides.is_empty() {
            let overrides = serde_json::to_vec_pretty(&self.overrides).map_err(|error| SignFault::Metadata(error.to_string()))?;
            put(OVERRIDES, &overrides)?;
        }
        put(&format!("{}.json", self.role), &Staged::Targets(self.signed.clone()).text())
    }
}
