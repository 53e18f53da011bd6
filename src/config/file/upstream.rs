//! `[upstream]`: who is asked, in which order, and for how long.

use super::At;
use super::walk::{Keys, Section};
use super::zones::{UPSTREAM_ZONE, UpstreamZone};
use crate::answer::RebindingMode;
use crate::answer::upstream::{Server, Strategy};
use crate::dns::Name;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The keys of `[upstream]`.
pub(super) const UPSTREAM: Keys = Keys {
    section: "upstream",
    written: "[upstream]",
    keys: &["servers", "bootstrap", "strategy", "timeout", "trust_ad", "validate", "rebinding", "private_zones", "zone"],
};

/// The words of `strategy`.
pub(super) const STRATEGIES: [(&str, Option<Strategy>); 3] =
    [("fastest", Some(Strategy::Fastest)), ("in-order", Some(Strategy::InOrder)), ("parallel", Some(Strategy::Parallel))];

/// What `timeout` may be.
pub(super) const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(30);

/// The same in words.
pub(super) const TIMEOUTS_TEXT: &str = "from \"100ms\" to \"30s\"";

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The servers, the preferred first.
    pub servers: Vec<At<Server>>,
    /// Who is asked for the hosts of lists; none where the servers are.
    pub bootstrap: Vec<At<Server>>,
    /// Which of them is asked first.
    pub strategy: Strategy,
    /// How long a question may take, all tries together.
    pub timeout: Duration,
    /// Whether clients are told that an upstream validated an answer.
    pub trust_ad: bool,
    /// What becomes of private addresses for public names.
    pub rebinding: RebindingMode,
    /// Names that may have private addresses.
    pub private_zones: Vec<At<Name>>,
    /// Zones that other servers are asked for.
    pub zones: Vec<UpstreamZone>,
}

impl Upstream {
    /// Reads the section.
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        section.later("validate", &[]);
        let rebinding =
            [("log", Some(RebindingMode::Log)), ("off", Some(RebindingMode::Off)), ("block", Some(RebindingMode::Block))];
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
            strategy: section.word("strategy", &STRATEGIES).map_or(Strategy::Fastest, |strategy| strategy.value),
            timeout: section.within("timeout", Duration::from_secs(2), TIMEOUTS, TIMEOUTS_TEXT).value,
            zones: super::whole(&section.sections("zone", &UPSTREAM_ZONE), UpstreamZone::read),
            bootstrap: section.array("bootstrap").unwrap_or_default(),
            trust_ad: section.or("trust_ad", false).value,
            rebinding: section.word("rebinding", &rebinding).map_or(RebindingMode::Log, |rebinding| rebinding.value),
            private_zones: section.array("private_zones").unwrap_or_default(),
        }
    }
}
