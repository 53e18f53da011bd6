//! Names that a service takes along: what YouTube consists of and needs is closed, or restricted, as one thing.
//!
//! Lists name the site and seldom all its hosts: without this a tier that blocks what they call `video` would leave open the
//! app's interface and the pictures. The rule: for services that have a restricted form, and whose first host a list names in the
//! service's own category. What a list takes out of that category, or `blocklists/protected.toml` protects, stays out.

use super::services::Services;
use super::{CategorySet, Effect, Index, Listed, Protected, Protection};
use crate::dns::{Name, NameMap, RecordType};

/// The names that the lists in force bring with a service, and do not name themselves.
#[derive(Debug, Clone, Default)]
pub struct Along {
    names: NameMap<Taken>,
}

/// What a name is taken along with.
#[derive(Debug, Clone)]
struct Taken {
    /// What the office's lists say of the service.
    office: CategorySet,
    /// What the school's lists say of it.
    school: CategorySet,
    /// The service's first host.
    host: Name,
}

impl Along {
    /// What the lists of `index` bring with the services that they name.
    pub fn new(services: &Services, index: &Index) -> Self {
        let mut names = NameMap::default();
        for service in services.all().iter().filter(|service| !service.twins.is_empty()) {
            let (Some(category), Some(host)) = (service.category, service.hosts.first()) else { continue };
            let only: CategorySet = std::iter::once(category).collect();
            let named = index.categories(host, RecordType::A);
            let (office, school) = (named.office.and(only), named.school.and(only));
            if office.union(school).is_empty() {
                continue;
            }
            let taken_out = |name: &Name| {
                let against = |effect| matches!(effect, Effect::Excepted | Effect::Overruled);
                index.why(name, RecordType::A).iter().any(|why| why.category == category && against(why.effect))
            };
            for name in service.names().filter(|name| !taken_out(name)) {
                names.insert(name, Taken { office, school, host: host.clone() });
            }
        }
        Self { names }
    }

    /// Adds what `name` is taken along with to what the lists say of it.
    pub fn add(&self, name: &Name, listed: &mut Listed) {
        let Some((labels, taken)) = self.names.covering(name).filter(|_| may_be_taken(listed.protected)) else { return };
        listed.office = listed.office.union(taken.office);
        listed.school = listed.school.union(taken.school);
        listed.rule_labels = listed.rule_labels.max(u8::try_from(labels).unwrap_or(u8::MAX));
    }

    /// The names that are taken along, each with what is below it.
    pub fn names(&self) -> impl Iterator<Item = Name> + '_ {
        self.names.names()
    }

    /// The service's host that a list names, where `name` is taken along with it.
    pub fn with(&self, name: &Name) -> Option<&Name> {
        self.names.covering(name).map(|(_, taken)| &taken.host).filter(|host| !name.is_at_or_below(host))
    }
}

/// Whether a category of content may take a name that is so protected.
fn may_be_taken(protection: Protection) -> bool {
    ![Protected::System, Protected::Help, Protected::Learning].into_iter().any(|kind| protection.has(kind))
}

#[cfg(test)]
mod tests;
