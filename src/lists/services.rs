//! What people name when they allow, deny or restrict: services with their hosts and what they need.
//!
//! Read from the embedded `blocklists/services.toml`, an embedded table like the one of [`super::Registry::shipped`]: tested,
//! never at fault at run time.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::tables::{ServiceRow, TableFault, names};
use super::{Category, Registry};
use crate::dns::Name;

/// The text of `blocklists/services.toml`.
pub(super) const TEXT: &str = include_str!("../../blocklists/services.toml");

/// A thing that people name: YouTube, Zalo, Roblox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The word that `allow`, `deny`, `only` and `restricted` use.
    pub id: String,
    /// Its own name, the same in every language.
    pub name: String,
    /// What it is about, by its place in [`Registry::shipped`]; none for search engines with a safe mode and for learning.
    pub category: Option<Category>,
    /// Its own names; each stands for everything below it too.
    pub hosts: Vec<Name>,
    /// Names of others that it does not work without; each stands for everything below it too.
    pub needs: Vec<Name>,
    /// The ids of its restricted twins.
    pub twins: Vec<String>,
}

impl Service {
    /// Its hosts and then its needs: what to open so that it works.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.hosts.iter().chain(&self.needs)
    }
}

/// All services.
#[derive(Debug, Clone, Default)]
pub struct Services {
    services: Vec<Service>,
    by_id: HashMap<String, usize>,
}

impl Services {
    /// The services of `blocklists/services.toml`.
    pub fn shipped() -> Self {
        let File { service, twin: IgnoredAny } = toml::from_str(TEXT).expect("the embedded services are tested");
        Self::of_rows(service, &Registry::shipped()).expect("the embedded services are tested")
    }

    /// The services that `rows` say.
    ///
    /// # Errors
    /// Where an id stands twice, a host is no name, or a category is none of `categories`.
    pub fn of_rows(rows: impl IntoIterator<Item = ServiceRow>, categories: &Registry) -> Result<Self, TableFault> {
        let mut all = Self::default();
        for ServiceRow { id, name, category, hosts, needs, twins } in rows {
            let whose = format!("service `{id}`");
            let find =
                |word: String| categories.find(&word).ok_or_else(|| TableFault(format!("{whose}: `{word}` is no category")));
            let category = category.map(find).transpose()?;
            let (hosts, needs) = (names(&whose, &hosts)?, names(&whose, &needs)?);
            if all.by_id.insert(id.clone(), all.services.len()).is_some() {
                return Err(TableFault(format!("{whose} stands twice")));
            }
            all.services.push(Service { id, name, category, hosts, needs, twins });
        }
        Ok(all)
    }

    /// The service with this id.
    pub fn find(&self, id: &str) -> Option<&Service> {
        self.by_id.get(id).map(|place| &self.services[*place])
    }

    /// All services, in the order of the file.
    pub fn all(&self) -> &[Service] {
        &self.services
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    service: Vec<ServiceRow>,
    twin: IgnoredAny,
}

#[cfg(test)]
mod tests;
