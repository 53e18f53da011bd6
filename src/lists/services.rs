//! What people name when they allow, deny or restrict: services with their hosts and what they need.
//!
//! Read from the embedded `blocklists/services.toml`, an embedded table like the one of [`super::Registry::shipped`]: tested,
//! never at fault at run time.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

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
        let categories = Registry::shipped();
        let services: Vec<Service> = service.into_iter().map(|row| row.read(&categories)).collect();
        let by_id = services.iter().enumerate().map(|(place, service)| (service.id.clone(), place)).collect();
        Self { services, by_id }
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceRow {
    id: String,
    name: String,
    category: Option<String>,
    hosts: Vec<String>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    twins: Vec<String>,
}

impl ServiceRow {
    fn read(self, categories: &Registry) -> Service {
        let Self { id, name, category, hosts, needs, twins } = self;
        let category = category.map(|id| categories.find(&id).expect("embedded services name embedded categories"));
        Service { id, name, category, hosts: names(&hosts), needs: names(&needs), twins }
    }
}

fn names(texts: &[String]) -> Vec<Name> {
    texts.iter().map(|text| host_name(text)).collect()
}

fn host_name(text: &str) -> Name {
    Name::parse(text).expect("the embedded services are tested")
}

#[cfg(test)]
mod tests;
