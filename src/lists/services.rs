//! What people name when they allow or deny: services with their hosts, and the restricted twins of search engines and YouTube.
//!
//! Read from the embedded `blocklists/services.toml`, an embedded table like the one of [`super::Registry::shipped`]: tested,
//! never at fault at run time.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Category, Registry};
use crate::dns::Name;

/// The text of `blocklists/services.toml`.
const TEXT: &str = include_str!("../../blocklists/services.toml");

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

/// A restricted form of a site: a name that is answered in place of the site's own hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// The word that a service refers to it by.
    pub id: String,
    /// What turns it on.
    pub switch: TwinSwitch,
    /// The name whose addresses are given.
    pub target: Name,
    /// The hosts, exactly these and none below them, that are answered as the target.
    pub hosts: Vec<Name>,
}

/// The setting that turns a twin on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TwinSwitch {
    /// `safe_search = true`.
    SafeSearch,
    /// `youtube = "strict"`.
    YoutubeStrict,
    /// `youtube = "moderate"`.
    YoutubeModerate,
}

/// All services and twins.
#[derive(Debug, Clone, Default)]
pub struct Services {
    services: Vec<Service>,
    twins: Vec<Twin>,
    by_id: HashMap<String, usize>,
    by_host: HashMap<(TwinSwitch, Name), usize>,
}

impl Services {
    /// The services of `blocklists/services.toml`.
    pub fn shipped() -> Self {
        let file: File = toml::from_str(TEXT).expect("the embedded services are tested");
        let categories = Registry::shipped();
        let services: Vec<Service> = file.service.into_iter().map(|row| row.read(&categories)).collect();
        let twins: Vec<Twin> = file.twin.into_iter().map(TwinRow::read).collect();
        let by_id = services.iter().enumerate().map(|(place, service)| (service.id.clone(), place)).collect();
        let hosts = twins
            .iter()
            .enumerate()
            .flat_map(|(place, twin)| twin.hosts.iter().map(move |host| ((twin.switch, host.clone()), place)));
        let by_host = hosts.collect();
        Self { services, twins, by_id, by_host }
    }

    /// The service with this id.
    pub fn find(&self, id: &str) -> Option<&Service> {
        self.by_id.get(id).map(|place| &self.services[*place])
    }

    /// All services, in the order of the file.
    pub fn all(&self) -> &[Service] {
        &self.services
    }

    /// The twin that `host`, and no name above or below it, is answered as where `switch` is on.
    pub fn twin(&self, switch: TwinSwitch, host: &Name) -> Option<&Twin> {
        self.by_host.get(&(switch, host.clone())).map(|place| &self.twins[*place])
    }

    /// All twins, in the order of the file.
    pub fn twins(&self) -> &[Twin] {
        &self.twins
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    service: Vec<ServiceRow>,
    twin: Vec<TwinRow>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwinRow {
    id: String,
    switch: TwinSwitch,
    target: String,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    stems: Vec<String>,
    #[serde(default)]
    endings: Vec<String>,
}

impl TwinRow {
    /// Puts every stem before every ending: an engine has a host in each country.
    fn read(self) -> Twin {
        let Self { id, switch, target, hosts, stems, endings } = self;
        let spread = stems.iter().flat_map(|stem| endings.iter().map(move |ending| format!("{stem}{ending}")));
        let hosts: Vec<String> = hosts.into_iter().chain(spread).collect();
        Twin { id, switch, target: host_name(&target), hosts: names(&hosts) }
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
