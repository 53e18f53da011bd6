//! Safe twins: what the hosts of search engines and of YouTube are answered as where a setting restricts them.
//!
//! The rule: a twin stands for its exact hosts, and for no name above or below them. Read from `blocklists/services.toml`, an
//! embedded table like the one of [`super::Registry::shipped`]: tested, never at fault at run time.

use std::net::IpAddr;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::services::TEXT;
use super::tables::{TableFault, TwinRow, names};
use crate::dns::{Name, NameMap};

/// A restricted form of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// The word that a service refers to it by.
    pub id: String,
    /// What turns it on.
    pub switch: TwinSwitch,
    /// What is given in place of the site's own addresses.
    pub target: TwinTarget,
    /// The hosts, exactly these and none below them, that are answered as the target.
    pub hosts: Vec<Name>,
}

/// What a host with a twin is answered as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TwinTarget {
    /// An alias of this name, with its addresses.
    Name(Box<Name>),
    /// These addresses, and nothing for other types.
    Addresses(Vec<IpAddr>),
}

impl std::fmt::Display for TwinTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Addresses(addresses) => {
                let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                f.write_str(&texts.join(", "))
            }
        }
    }
}

/// The setting that turns a twin on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TwinSwitch {
    /// `safe_search = true`.
    SafeSearch,
    /// `youtube = "strict"`.
    YoutubeStrict,
    /// `youtube = "moderate"`.
    YoutubeModerate,
}

/// All twins, found by their hosts.
#[derive(Debug, Clone, Default)]
pub struct Twins {
    twins: Vec<Twin>,
    /// The places of each host's twins.
    by_host: NameMap<Vec<usize>>,
}

impl Twins {
    /// The twins of `blocklists/services.toml`.
    pub fn shipped() -> Self {
        Self::read(TEXT)
    }

    /// The twins of a table.
    pub(super) fn read(text: &str) -> Self {
        let File { twin, service: IgnoredAny } = toml::from_str(text).expect("the embedded twins are tested");
        Self::of_rows(twin).expect("the embedded twins are tested")
    }

    /// The twins that `rows` say.
    ///
    /// # Errors
    /// Where a host is no name, or a twin says neither a name nor addresses.
    pub fn of_rows(rows: impl IntoIterator<Item = TwinRow>) -> Result<Self, TableFault> {
        let twins: Vec<Twin> = rows.into_iter().map(twin).collect::<Result<_, _>>()?;
        let mut by_host: NameMap<Vec<usize>> = NameMap::default();
        for (place, twin) in twins.iter().enumerate() {
            for host in &twin.hosts {
                match by_host.exact_mut(host) {
                    Some(places) => places.push(place),
                    None => drop(by_host.insert(host, vec![place])),
                }
            }
        }
        Ok(Self { twins, by_host })
    }

    /// The twin that `host` is answered as where the settings are those of which `is_on` knows.
    pub fn of(&self, host: &Name, is_on: impl Fn(TwinSwitch) -> bool) -> Option<&Twin> {
        let places = self.by_host.exact(host)?;
        places.iter().map(|place| &self.twins[*place]).find(|twin| is_on(twin.switch))
    }

    /// All twins, in the order of the file.
    pub fn all(&self) -> &[Twin] {
        &self.twins
    }

    /// The twin with this id.
    pub fn find(&self, id: &str) -> Option<&Twin> {
        self.twins.iter().find(|twin| twin.id == id)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    twin: Vec<TwinRow>,
    #[serde(default, rename = "service")]
    service: IgnoredAny,
}

/// Puts every stem before every ending: an engine has a host in each country.
fn twin(row: TwinRow) -> Result<Twin, TableFault> {
    let TwinRow { id, switch, target, addresses, hosts, stems, endings } = row;
    let whose = format!("twin `{id}`");
    let spread = stems.iter().flat_map(|stem| endings.iter().map(move |ending| format!("{stem}{ending}")));
    let hosts: Vec<String> = hosts.into_iter().chain(spread).collect();
    let target = match target {
        Some(target) => TwinTarget::Name(Box::new(names(&whose, [&target])?.remove(0))),
        None if addresses.is_empty() => return Err(TableFault(format!("{whose} has neither `target` nor `addresses`"))),
        None => TwinTarget::Addresses(addresses),
    };
    Ok(Twin { hosts: names(&whose, &hosts)?, id, switch, target })
}

#[cfg(test)]
mod tests;
