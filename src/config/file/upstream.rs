//! `[upstream]`: who is asked, in which order, and for how long.

use super::At;
use super::walk::{Keys, Section, Wrong};
use crate::answer::upstream::{Server, Strategy};
use std::time::Duration;

/// The keys of `[upstream]`.
pub(super) const UPSTREAM: Keys = Keys {
    section: "upstream",
    written: "[upstream]",
    keys: &["servers", "bootstrap", "strategy", "timeout", "trust_ad", "validate", "rebinding", "private_zones", "zone"],
};

/// The keys of `[[upstream.zone]]`, of a later version.
pub(super) const UPSTREAM_ZONE: Keys =
    Keys { section: "upstream.zone", written: "[[upstream.zone]]", keys: &["name", "servers"] };

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The servers, the preferred first.
    pub servers: Vec<At<Server>>,
    /// Which of them is asked first.
    pub strategy: Strategy,
    /// How long a question may take, all tries together.
    pub timeout: Duration,
    /// Whether clients are told that an upstream validated an answer.
    pub trust_ad: bool,
    /// What becomes of private addresses for public names.
    pub rebinding: Rebinding,
}

/// What becomes of private addresses in answers for public names; a later version carries it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebinding {
    /// They are passed on, and noted.
    Log,
    /// They are passed on.
    Off,
}

impl Upstream {
    /// Reads the section.
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        for later in ["bootstrap", "private_zones", "validate"] {
            section.later(later, &[]);
        }
        for zone in section.sections("zone", &UPSTREAM_ZONE) {
            let Wrong { what, hint } = Wrong::not_built();
            zone.fault(zone.line(), format!("[[upstream.zone]] {what}"), hint);
        }
        let strategies =
            [("fastest", Some(Strategy::Fastest)), ("in-order", Some(Strategy::InOrder)), ("parallel", Some(Strategy::Parallel))];
        let rebinding = [("log", Some(Rebinding::Log)), ("off", Some(Rebinding::Off)), ("block", None)];
        let timeouts = Duration::from_millis(100)..=Duration::from_secs(30);
        let servers = section.array("servers").unwrap_or_else(|| vec![At { value: Server::System, line: section.line() }]);
        if section.is_empty_array("servers") {
            section.fault(
                section.line_of("servers"),
                "`servers` names no server",
                "write \"system\" to ask whom the machine itself asks",
            );
        }
        Self {
            servers,
            strategy: section.word("strategy", &strategies).map_or(Strategy::Fastest, |strategy| strategy.value),
            timeout: section.within("timeout", Duration::from_secs(2), timeouts, "from \"100ms\" to \"30s\"").value,
            trust_ad: section.or("trust_ad", false).value,
            rebinding: section.word("rebinding", &rebinding).map_or(Rebinding::Log, |rebinding| rebinding.value),
        }
    }
}
