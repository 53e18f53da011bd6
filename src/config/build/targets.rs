//! What `allow`, `deny` and `only` name: names as they are written, and services by what they consist of.

use super::Notes;
use crate::config::fault::Shown;
use crate::config::file::{At, Id, Target};
use crate::dns::Name;
use crate::lists::services::{Service, Services};
use crate::lists::twins::{TwinSwitch, Twins};
use crate::lists::{Protected, ProtectedNames};
use crate::office::here::Here;
use crate::office::registry::Understood;
use crate::policy::{Origin, Restricted, Settings};

/// What targets are looked up in.
pub(super) struct Targets<'t> {
    known: &'t Understood,
    services: &'t Services,
    twins: &'t Twins,
    protected: &'t ProtectedNames,
}

impl<'t> Targets<'t> {
    /// The services and protected names of the tables.
    pub(super) fn new(known: &'t Understood) -> Self {
        Self { known, services: &known.services, twins: &known.twins, protected: &known.protected }
    }

    /// The tables.
    pub(super) const fn known(&self) -> &'t Understood {
        self.known
    }

    /// The names to open so that the target works: a service's hosts, and what they need.
    pub(super) fn opened(&self, target: &At<Target>, notes: &mut Notes<'_>) -> Vec<(Name, Origin)> {
        self.names(target, |service| service.names().cloned().collect(), notes)
    }

    /// The names to close so that the target does not work: of a service its own hosts. What it needs serves others too.
    pub(super) fn closed(&self, target: &At<Target>, notes: &mut Notes<'_>) -> Vec<(Name, Origin)> {
        let names = self.names(target, |service| service.hosts.clone(), notes);
        for (name, _) in &names {
            let kinds = self.protected.kinds(name);
            if kinds.has(Protected::Help) {
                let what = format!("`deny` names `{name}`, which helps against abuse, suicide or illness: nothing closes it");
                // What only the office protects came after the file was written; it stays open in any case.
                match Here::shipped().known.protected.kinds(name).has(Protected::Help) {
                    true => notes.fault(target.line, what, "leave it out"),
                    false => notes.against_office(target.line, what, "leave it out"),
                }
            } else if kinds.has(Protected::System) {
                let what = format!("`deny` names `{name}`, which devices need to find out that they are online, or the time");
                notes.warn(target.line, what, "leave it out, unless that is meant");
            }
        }
        names
    }

    /// What of a service stays open for a tier of these settings because it is restricted; there is a restricted form, and it is
    /// on.
    pub(super) fn restricted(
        &self,
        tier: &str,
        service: &At<Id>,
        settings: Settings,
        notes: &mut Notes<'_>,
    ) -> Option<Restricted> {
        let found = self.service(&service.value, service.line, notes)?;
        let id = &found.id;
        let mut switches = found.twins.iter().filter_map(|twin| self.twins.find(twin)).map(|twin| twin.switch).peekable();
        let Some(first) = switches.peek().copied() else {
            let what = format!("`restricted` names `{id}`, which has no restricted form");
            notes.fault(service.line, what, "leave it out; a group's `allow` opens a service as it is");
            return None;
        };
        if !switches.any(|switch| settings.turn_on(switch)) {
            let (off, on) = match first {
                TwinSwitch::SafeSearch => ("safe_search = false", "safe_search = true"),
                TwinSwitch::YoutubeStrict | TwinSwitch::YoutubeModerate => ("youtube = \"off\"", "youtube = \"strict\""),
            };
            let what = format!("tier {} restricts `{id}`, and `{off}` leaves it as it is", tier.quoted());
            notes.fault(service.line, what, format!("write `{on}`, or leave `{id}` out of `restricted`"));
            return None;
        }
        let (names, categories) = (found.names().cloned().collect(), found.category.into_iter().collect());
        Some(Restricted { service: id.clone(), names, categories })
    }

    /// The service of this id, where there is one.
    fn service(&self, id: &Id, line: u32, notes: &mut Notes<'_>) -> Option<&Service> {
        let word = id.as_str();
        let found = self.services.find(word);
        let is_category = || self.known.registry.find(word).is_some();
        if found.is_none() && !is_category() && psl::suffix(word.as_bytes()).is_some_and(|suffix| suffix.is_known()) {
            // A near service would be a wrong guess: whoever writes "vn" means the country.
            let what = format!("service `{word}` is not defined");
            notes.fault(line, what, format!("for every name below `{word}` write \"{word}.\", with a dot"));
        } else if found.is_none() {
            notes.unknown(line, "service", word, self.services.all().iter().map(|service| service.id.as_str()));
        }
        found
    }

    fn names(&self, target: &At<Target>, of: impl FnOnce(&Service) -> Vec<Name>, notes: &mut Notes<'_>) -> Vec<(Name, Origin)> {
        match &target.value {
            Target::Name(name) => vec![((**name).clone(), Origin::Written)],
            Target::Service(id) => {
                let found = self.service(id, target.line, notes);
                let Some(service) = found else { return Vec::new() };
                of(service).into_iter().map(|name| (name, Origin::Service(service.id.clone()))).collect()
            }
        }
    }
}
