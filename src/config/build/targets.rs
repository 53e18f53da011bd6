//! What `allow`, `deny` and `only` name: names as they are written, and services by what they consist of.

use super::Notes;
use crate::config::file::{At, Target};
use crate::dns::Name;
use crate::lists::services::{Service, Services};
use crate::lists::{Protected, ProtectedNames};
use crate::policy::Origin;
use std::sync::LazyLock;

/// What targets are looked up in.
pub(super) struct Targets {
    services: Services,
    protected: ProtectedNames,
}

impl Targets {
    /// The shipped services and protected names; they are the same for every configuration, and read once.
    pub(super) fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Targets> =
            LazyLock::new(|| Targets { services: Services::shipped(), protected: ProtectedNames::shipped() });
        &SHIPPED
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
                notes.fault(target.line, what, "leave it out");
            } else if kinds.has(Protected::System) {
                let what = format!("`deny` names `{name}`, which devices need to find out that they are online, or the time");
                notes.warn(target.line, what, "leave it out, unless that is meant");
            }
        }
        names
    }

    fn names(&self, target: &At<Target>, of: impl FnOnce(&Service) -> Vec<Name>, notes: &mut Notes<'_>) -> Vec<(Name, Origin)> {
        match &target.value {
            Target::Name(name) => vec![((**name).clone(), Origin::Written)],
            Target::Service(id) => match self.services.find(id.as_str()) {
                Some(service) => of(service).into_iter().map(|name| (name, Origin::Service(service.id.clone()))).collect(),
                None => {
                    let known = self.services.all().iter().map(|service| service.id.as_str());
                    notes.unknown(target.line, "service", id.as_str(), known);
                    Vec::new()
                }
            },
        }
    }
}
