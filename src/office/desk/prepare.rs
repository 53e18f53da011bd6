//! From what a folder makes to what can be published: whatever has its signatures goes in, and what has not waits alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use tough::schema::{Root, Signed, Targets};

use super::parts::Carried;
use super::staged::{Staging, kept};
use super::{Desk, taken_back};
use crate::lists::Words;
use crate::office::SpeaksFor;
use crate::office::changes::{self, RoleChange};
use crate::office::content::REGISTRY;
use crate::office::publication::{Override, Publication, RolePart, SIGNER};
use crate::office::tuf::sign::{
    Delegation, NewFile, SignFault, Staged, Tops, add, delegation_ids, enough, enough_by, enough_of, first_root, key_id,
    next_root, publication_part, role_part, root_ids, same_root, same_targets, signers_of, signs_text, top_part,
};

/// What waits for signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What it is called in `staged/`.
    pub name: String,
    /// Who has signed it, by the names of their keys.
    pub signed: Vec<String>,
    /// Who of those that may has not.
    pub missing: Vec<String>,
    /// How many more must.
    pub more: u64,
}

/// What can be published.
#[derive(Debug)]
pub struct Prepared {
    /// The root.
    pub(super) root: Signed<Root>,
    /// The top-level targets.
    pub(super) targets: Signed<Targets>,
    /// The roles that change, the one that signs publications among them.
    pub(super) roles: BTreeMap<String, Signed<Targets>>,
    /// New files.
    pub(super) files: Vec<NewFile>,
    /// The publication.
    pub publication: Publication,
    /// Whether it says anything that the last one does not.
    pub is_news: bool,
    /// What waits for signatures, and so is not in it.
    pub waiting: Vec<Waiting>,
    /// Roles whose list was taken back and is still what their sources make: it stays away.
    pub stays_back: Vec<String>,
}

/// What is prepared of.
#[derive(Debug)]
pub struct Made<'m> {
    /// The publication as it would be, if all of it had its signatures.
    pub publication: Publication,
    /// The targets of the roles that this machine builds, and the tables.
    pub targets: &'m BTreeMap<String, Vec<u8>>,
}

/// Signed metadata, and its new files.
type Signing = (Signed<Targets>, Vec<NewFile>);

impl Desk<'_> {
    /// Prepares what can be published of `made`. What lacks signatures is staged.
    ///
    /// # Errors
    /// [`SignFault`]; [`SignFault::Unready`] where nothing can be published before somebody signs, with who has to.
    pub fn prepare(&self, made: Made<'_>) -> Result<Prepared, SignFault> {
        if self.folder.rules.signing.people.keys.is_empty() {
            let said = "nobody signs for this office yet\n\
                        hint: each of two or three people: khien office key new NAME; then here: khien office key add NAME.pub";
            return Err(SignFault::Unready(said.to_owned()));
        }
        let staging = Staging::below(&self.folder.root);
        let mut waiting = Vec::new();
        let mut new = self.own_parts(&made, &staging, &mut waiting)?;
        let merged = self.merged(&staging)?;
        let elsewhere: BTreeSet<String> = merged.keys().cloned().collect();
        new.extend(merged);
        let (root, top) = self.tops(&made, &staging, &new, &mut waiting)?;
        let Some((targets, mut files)) = top else {
            return Err(SignFault::Unready(format!("nothing can be published before it is signed:\n{}", lines(&waiting))));
        };
        let mut publication = made.publication;
        publication.tables = tables_of(&targets)?;
        let (mut roles, mut parts, mut brought) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for delegated in targets.signed.delegations.iter().flat_map(|delegations| &delegations.roles) {
            let role = &delegated.name;
            if role == SIGNER {
                continue;
            }
            let before = self.last.publication.as_ref().and_then(|last| last.roles.get(role));
            let current = self.last.current.as_ref().and_then(|current| current.roles.get(role));
            let is_newer = |part: &Carried| current.is_none_or(|current| current.signed.version < part.signed.signed.version);
            // While a new key of a role waits for the top's signatures, what it signed waits with it.
            match new.remove(role).filter(|part| is_newer(part) && enough_of(&targets, &part.signed, role).is_ok()) {
                Some(part) => {
                    if elsewhere.contains(role) {
                        brought.push((self.change(&part)?, part.overrides.clone()));
                    }
                    roles.insert(role.clone(), part.signed);
                    files.extend(part.files);
                    parts.insert(role.clone(), part.part);
                    publication.overrides.extend(part.overrides);
                }
                None => {
                    // What the publication says of a role whose own part stays: an earlier text of its, or the last one.
                    let wanted =
                        publication.roles.get(role).filter(|part| current.is_some_and(|signed| signs_text(signed, part)));
                    parts.extend(wanted.or(before).map(|part| (role.clone(), part.clone())));
                }
            }
        }
        publication.roles = parts;
        self.note(&mut publication.note, brought);
        let stays_back = taken_back::keep_away(&mut publication, self.last.publication.as_ref());
        let is_news = self.last.publication.as_ref().is_none_or(|last| says_more(last, &publication));
        if !is_news && let Some(last) = &self.last.publication {
            publication = last.clone();
        }
        if let Some((signed, of_desk)) = self.publication_signed(&publication, &targets, is_news)? {
            roles.insert(SIGNER.to_owned(), signed);
            files.extend(of_desk);
        }
        Ok(Prepared { root, targets, roles, files, publication, is_news, waiting, stays_back })
    }

    /// Says in the note what parts change that other machines built, and what was overridden for them.
    fn note(&self, note: &mut Words, brought: Vec<(RoleChange, Vec<Override>)>) {
        let (changes, overrides): (Vec<_>, Vec<_>) = brought.into_iter().unzip();
        let said = |changes: &[RoleChange], overrides: &[Override]| {
            changes::note(changes, overrides, &self.folder.rules, &self.folder.understood.registry)
        };
        let (more, nothing) = (said(&changes, &overrides.concat()), said(&[], &[]));
        if more == nothing {
            return;
        }
        if *note == nothing {
            *note = more;
        } else {
            note.vi = format!("{}\n{}", note.vi, more.vi);
            note.en = format!("{}\n{}", note.en, more.en);
        }
    }

    /// The parts of `made` for the machine that publishes, where this is not the one, and what of them waits for signatures.
    ///
    /// # Errors
    /// [`SignFault`].
    pub fn carry(&self, made: &Made<'_>) -> Result<(Vec<Carried>, Vec<Waiting>), SignFault> {
        let mut waiting = Vec::new();
        let parts = self.own_parts(made, &Staging::below(&self.folder.root), &mut waiting)?;
        Ok((parts.into_values().collect(), waiting))
    }

    /// The parts that this machine builds and that have their signatures; those that say nothing new are left out. What lacks
    /// signatures is staged.
    fn own_parts(
        &self,
        made: &Made<'_>,
        staging: &Staging,
        waiting: &mut Vec<Waiting>,
    ) -> Result<BTreeMap<String, Carried>, SignFault> {
        let current = self.last.current.as_ref();
        let lifetime = self.folder.rules.signing.lifetimes.targets;
        let mut parts = BTreeMap::new();
        for role in self.folder.roles.iter().filter(|role| made.targets.contains_key(&format!("{}/names.zst", role.id))) {
            let (Some(part), Some(rules)) = (made.publication.roles.get(&role.id), self.folder.rules.role(&role.id)) else {
                continue;
            };
            let signers = self.keys.signers(&rules.signers)?;
            let ids: Vec<String> = signers.keys.iter().map(key_id).collect();
            // Which of the texts that it signed is meant says who publishes; another machine is told by a part that says it again.
            let last = self.last.publication.as_ref().and_then(|last| last.roles.get(&role.id));
            let is_said = self.publishes_here()
                || last.is_some_and(|last| (&last.names, &last.decisions) == (&part.names, &part.decisions));
            if let Some(signed) = current.and_then(|current| current.roles.get(&role.id))
                && is_said
                && signs_text(signed, part)
                && self.is_fresh(&signed.signed.expires, lifetime)
                && signers_of(signed).iter().filter(|id| ids.contains(id)).count() as u64 >= signers.threshold.get()
            {
                continue;
            }
            let new = role_part(&role.id, made.targets, &made.publication, current, self.until(lifetime)?)?;
            let mut signed = kept(staging.targets(&role.id), new.targets, same_targets);
            self.sign(&mut signed, &ids)?;
            if enough_by(&signers, &signed, &role.id).is_err() {
                staging.put(&role.id, &Staged::Targets(signed.clone()))?;
                waiting.push(self.waiting(&role.id, &signers_of(&signed), &ids, signers.threshold.get()));
                continue;
            }
            let id = role.id.clone();
            parts.insert(id.clone(), Carried { role: id, signed, part: part.clone(), files: new.files, overrides: Vec::new() });
        }
        Ok(parts)
    }

    /// The parts that came from other machines, signed by whom office.toml names.
    fn merged(&self, staging: &Staging) -> Result<BTreeMap<String, Carried>, SignFault> {
        let mut parts = BTreeMap::new();
        for role in self.folder.rules.roles.iter().filter(|role| self.folder.role(&role.id).is_none()) {
            if let Some(part) = Carried::merged(staging.folder(), &role.id)
                && enough_by(&self.keys.signers(&role.signers)?, &part.signed, &role.id).is_ok()
            {
                parts.insert(role.id.clone(), part);
            }
        }
        Ok(parts)
    }

    /// Root and top-level targets: new ones where they are needed and signed, else those that are published.
    fn tops(
        &self,
        made: &Made<'_>,
        staging: &Staging,
        new: &BTreeMap<String, Carried>,
        waiting: &mut Vec<Waiting>,
    ) -> Result<(Signed<Root>, Option<Signing>), SignFault> {
        let current = self.last.current.as_ref();
        let has_part = |role: &str| new.contains_key(role) || current.is_some_and(|current| current.roles.contains_key(role));
        let delegations = self.delegations(has_part)?;
        let new_root = self.new_root(staging)?;
        if let Some(new) = &new_root {
            let before = current.map(|current| &current.root.signed);
            let is_enough = enough(&new.signed, new).is_ok() && before.is_none_or(|before| enough(before, new).is_ok());
            let top = self.top(&new.signed, made, staging, &delegations)?;
            if is_enough && enough(&new.signed, &top.0).is_ok() {
                return Ok((new.clone(), Some(top)));
            }
            staging.put("root", &Staged::Root(new.clone()))?;
            if !is_enough {
                let (mut ids, threshold) = root_ids(&new.signed);
                ids.extend(before.map(|before| root_ids(before).0).unwrap_or_default());
                waiting.push(self.waiting("root", &signers_of(new), &ids, threshold));
            }
            // Both are signed at one sitting.
            if enough(&new.signed, &top.0).is_err() {
                self.wait_for_targets(&new.signed, &top.0, staging, waiting)?;
            }
        }
        let Some(current) = current else {
            let root = new_root.ok_or_else(|| SignFault::Metadata("there is no root".to_owned()))?;
            return Ok((root, None));
        };
        let top = self.top(&current.root.signed, made, staging, &delegations)?;
        if enough(&current.root.signed, &top.0).is_ok() {
            return Ok((current.root.clone(), Some(top)));
        }
        if waiting.iter().all(|waiting| waiting.name != "targets") {
            self.wait_for_targets(&current.root.signed, &top.0, staging, waiting)?;
        }
        Ok((current.root.clone(), Some((current.targets.clone(), Vec::new()))))
    }

    fn wait_for_targets(
        &self,
        root: &Root,
        top: &Signed<Targets>,
        staging: &Staging,
        waiting: &mut Vec<Waiting>,
    ) -> Result<(), SignFault> {
        staging.put("targets", &Staged::Targets(top.clone()))?;
        let (ids, threshold) = root_ids(root);
        waiting.push(self.waiting("targets", &signers_of(top), &ids, threshold));
        Ok(())
    }

    /// The root that office.toml wants, where it is not the one that is published or that one comes to its end.
    fn new_root(&self, staging: &Staging) -> Result<Option<Signed<Root>>, SignFault> {
        let signing = &self.folder.rules.signing;
        let people = self.keys.signers(&signing.people)?;
        let tops = Tops {
            root: people.clone(),
            targets: people,
            snapshot: self.keys.signers(&signing.snapshot)?,
            timestamp: self.keys.signers(&signing.timestamp)?,
        };
        let expires = self.until(signing.lifetimes.root)?;
        let made = match &self.last.current {
            None => first_root(&tops, expires)?,
            Some(current) => {
                let next = next_root(&current.root.signed, &tops, expires)?;
                let mut as_it_is = current.root.signed.clone();
                as_it_is.version = next.version;
                if same_root(&as_it_is, &next) && self.is_fresh(&current.root.signed.expires, signing.lifetimes.root) {
                    return Ok(None);
                }
                next
            }
        };
        let mut ids = root_ids(&made).0;
        ids.extend(self.last.current.as_ref().map(|current| root_ids(&current.root.signed).0).unwrap_or_default());
        let mut signed = kept(staging.root(), made, same_root);
        self.sign(&mut signed, &ids)?;
        Ok(Some(signed))
    }

    /// The top's part under `root`: what is published, where that says the same and still counts.
    fn top(&self, root: &Root, made: &Made<'_>, staging: &Staging, delegations: &[Delegation]) -> Result<Signing, SignFault> {
        let lifetime = self.folder.rules.signing.lifetimes.targets;
        let nothing = Vec::new();
        let registry = made.targets.get(REGISTRY).unwrap_or(&nothing);
        let current = self.last.current.as_ref();
        let new = if made.targets.contains_key(REGISTRY) {
            top_part(registry, &made.publication, delegations, current, self.until(lifetime)?)?
        } else if let Some(current) = current {
            let tables = current.tables()?;
            top_part(&tables, &made.publication, delegations, Some(current), self.until(lifetime)?)?
        } else {
            return Err(SignFault::Metadata(format!("{REGISTRY} is missing")));
        };
        if let Some(current) = current
            && says_the_same(&current.targets.signed, &new.targets)
            && self.is_fresh(&current.targets.signed.expires, lifetime)
            && enough(root, &current.targets).is_ok()
        {
            return Ok((current.targets.clone(), Vec::new()));
        }
        let mut signed = kept(staging.targets("targets"), new.targets, same_targets);
        self.sign(&mut signed, &root_ids(root).0)?;
        Ok((signed, new.files))
    }

    fn delegations(&self, has_part: impl Fn(&str) -> bool) -> Result<Vec<Delegation>, SignFault> {
        let rules = &self.folder.rules;
        let signers = self.keys.signers(&rules.signing.publication)?;
        let nothing = SpeaksFor::Only(BTreeSet::new());
        let mut delegations = vec![Delegation { role: SIGNER.to_owned(), signers, speaks_for: nothing }];
        for role in rules.roles.iter().filter(|role| has_part(&role.id)) {
            let signers = self.keys.signers(&role.signers)?;
            delegations.push(Delegation { role: role.id.clone(), signers, speaks_for: role.speaks_for.clone() });
        }
        Ok(delegations)
    }

    /// The publication, signed, where it is new or its signature comes to its end.
    fn publication_signed(
        &self,
        publication: &Publication,
        targets: &Signed<Targets>,
        is_news: bool,
    ) -> Result<Option<Signing>, SignFault> {
        let current = self.last.current.as_ref();
        let lifetime = self.folder.rules.signing.lifetimes.snapshot;
        if !is_news
            && let Some(signed) = current.and_then(|current| current.roles.get(SIGNER))
            && self.is_fresh(&signed.signed.expires, lifetime)
            && enough_of(targets, signed, SIGNER).is_ok()
        {
            return Ok(None);
        }
        let new = publication_part(&publication.to_json(), current, self.until(lifetime)?)?;
        let mut signed = Signed { signed: new.targets, signatures: Vec::new() };
        self.sign(&mut signed, &delegation_ids(targets, SIGNER).0)?;
        Ok(Some((signed, new.files)))
    }

    /// Signs with those keys that are here.
    pub(super) fn sign<T: tough::schema::Role>(&self, signed: &mut Signed<T>, ids: &[String]) -> Result<(), SignFault> {
        let done = signers_of(signed);
        let open: Vec<String> = ids.iter().filter(|id| !done.contains(id)).cloned().collect();
        let keys = self.keys.here(&open)?;
        add(signed, &keys.iter().map(AsRef::as_ref).collect::<Vec<_>>())
    }

    fn waiting(&self, name: &str, signed: &[String], ids: &[String], threshold: u64) -> Waiting {
        let names = |has: bool| {
            let all: BTreeSet<String> =
                ids.iter().filter(|id| signed.contains(id) == has).map(|id| self.keys.name_of(id)).collect();
            all.into_iter().collect::<Vec<_>>()
        };
        let (signed, missing) = (names(true), names(false));
        Waiting { name: name.to_owned(), more: threshold.saturating_sub(signed.len() as u64).max(1), signed, missing }
    }

    /// When what is signed now for `lifetime` expires.
    pub(super) fn until(&self, lifetime: SignedDuration) -> Result<Timestamp, SignFault> {
        self.now.checked_add(lifetime).map_err(|error| SignFault::Metadata(error.to_string()))
    }

    /// Whether more than a quarter of its lifetime is left.
    fn is_fresh(&self, expires: &impl ToString, lifetime: SignedDuration) -> bool {
        let expires: Option<Timestamp> = expires.to_string().parse().ok();
        expires.is_some_and(|expires| expires.duration_since(self.now) > lifetime / 4)
    }
}

/// The digest of the tables that the top signs.
fn tables_of(targets: &Signed<Targets>) -> Result<String, SignFault> {
    crate::office::tuf::sign::tables_of(targets).ok_or_else(|| SignFault::Metadata(format!("{REGISTRY} is not signed")))
}

/// Whether two targets are the same but for version and expiry.
fn says_the_same(one: &Targets, other: &Targets) -> bool {
    let mut as_other = one.clone();
    as_other.version = other.version;
    same_targets(&as_other, other)
}

/// Whether `new` is worth a new serial.
fn says_more(last: &Publication, new: &Publication) -> bool {
    let digests = |roles: &BTreeMap<String, RolePart>| -> Vec<(String, String, String)> {
        roles.iter().map(|(role, part)| (role.clone(), part.names.sha256.clone(), part.decisions.sha256.clone())).collect()
    };
    digests(&last.roles) != digests(&new.roles)
        || last.tables != new.tables
        || last.rings != new.rings
        || last.taken_back != new.taken_back
        || new.urgent > last.urgent
        // A serial beyond the next is somebody's wish.
        || new.serial > last.serial + 1
}

/// What waits, a line each.
pub fn lines(waiting: &[Waiting]) -> String {
    let line = |waiting: &Waiting| {
        let Waiting { name, signed, missing, more } = waiting;
        let signed = if signed.is_empty() { String::new() } else { format!(" (signed by {})", signed.join(", ")) };
        format!("  staged/{name}.json waits for {more} of: {}{signed}", missing.join(", "))
    };
    waiting.iter().map(line).collect::<Vec<_>>().join("\n")
}
