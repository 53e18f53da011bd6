//! `[[zone]]` and `[[upstream.zone]]`: names that are answered here, and such as are asked of servers of their own.

use super::At;
use super::upstream::{STRATEGIES, TIMEOUTS, TIMEOUTS_TEXT};
use super::walk::{Keys, Section};
use crate::answer::upstream::{Server, Strategy};
use crate::dns::Name;
use std::path::PathBuf;
use std::time::Duration;

/// The keys of `[[zone]]`.
pub(super) const ZONE: Keys = Keys { section: "zone", written: "[[zone]]", keys: &["name", "file"] };

/// The keys of `[[upstream.zone]]`.
pub(super) const UPSTREAM_ZONE: Keys =
    Keys { section: "upstream.zone", written: "[[upstream.zone]]", keys: &["name", "servers", "strategy", "timeout"] };

/// A zone of the school's own names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: At<Name>,
    /// Its master file, relative to the configuration.
    pub file: At<PathBuf>,
}

/// A zone that other servers are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamZone {
    /// Its name.
    pub name: At<Name>,
    /// The servers, the preferred first.
    pub servers: Vec<At<Server>>,
    /// Which of them is asked first; left out: as `[upstream]` says.
    pub strategy: Option<Strategy>,
    /// How long a question may take; left out: as `[upstream]` says.
    pub timeout: Option<Duration>,
}

impl Zone {
    /// Reads the section; none where it lacks what it cannot do without.
    pub(super) fn read(section: &Section<'_, '_>) -> Option<Self> {
        let (name, file) = (section.required("name"), section.required("file"));
        Some(Self { name: name?, file: file? })
    }
}

impl UpstreamZone {
    /// Reads the section; none where it lacks what it cannot do without.
    pub(super) fn read(section: &Section<'_, '_>) -> Option<Self> {
        let name = section.required("name");
        let servers = section.array("servers");
        let none_named = !section.has("servers") || section.is_empty_array("servers");
        if none_named {
            let what = "[[upstream.zone]] without a server in `servers`";
            section.fault(section.line_of("servers"), what, "name who is to be asked, for example \"udp://10.0.0.1\"");
        }
        let timeout =
            section.has("timeout").then(|| section.within("timeout", Duration::from_secs(2), TIMEOUTS, TIMEOUTS_TEXT).value);
        let strategy = section.word("strategy", &STRATEGIES).map(|strategy| strategy.value);
        Some(Self { name: name?, servers: servers.filter(|servers| !servers.is_empty())?, strategy, timeout })
    }
}
