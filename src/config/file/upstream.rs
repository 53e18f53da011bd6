//! `[upstream]`: who is asked, in which order, and for how long.

use super::At;
use super::values::nearest;
use super::walk::{Keys, Section, Value, Wrong};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use toml::de::DeValue;

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

/// A server that answers questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The servers that the machine itself uses.
    System,
    /// Plain DNS over UDP, and over TCP where an answer is cut.
    Udp(SocketAddr),
    /// DNS over TCP.
    Tcp(SocketAddr),
}

/// Which server is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// The one that answered fastest of late.
    Fastest,
    /// The first that works, in the order written.
    InOrder,
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
        let strategies = [("fastest", Some(Strategy::Fastest)), ("in-order", Some(Strategy::InOrder)), ("parallel", None)];
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

impl Value for Server {
    const WANTED: &'static str = "a server in quotes, such as \"udp://192.0.2.53\", \"tcp://192.0.2.53\" or \"system\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        value.as_str().map(server).transpose()
    }
}

fn server(text: &str) -> Result<Server, Wrong> {
    const SCHEMES: [&str; 5] = ["udp", "tcp", "tls", "https", "quic"];
    if text == "system" {
        return Ok(Server::System);
    }
    let wanted = || format!("write {}", Server::WANTED);
    let Some((scheme, rest)) = text.split_once("://") else {
        let hint = match address(text) {
            Some(_) => format!("say how to ask it: \"udp://{text}\""),
            None => wanted(),
        };
        return Err(Wrong::new("is no server", hint));
    };
    let server: fn(SocketAddr) -> Server = match scheme {
        "udp" => Server::Udp,
        "tcp" => Server::Tcp,
        "tls" | "https" | "quic" => return Err(Wrong { hint: wanted(), ..Wrong::not_built() }),
        other => {
            let hint =
                nearest(other, SCHEMES.into_iter()).map_or_else(wanted, |near| format!("did you mean \"{near}://{rest}\"?"));
            return Err(Wrong::new("asks in an unknown way", hint));
        }
    };
    let Some(address) = address(rest) else {
        let hint = "write its address, not its name: \"udp://192.0.2.53\", \"udp://192.0.2.53:5353\" or \"udp://[2001:db8::53]\"";
        return Err(Wrong::new("names no address", hint));
    };
    if address.ip().is_unspecified() || address.ip().is_multicast() || address.port() == 0 {
        return Err(Wrong::new("is no server's address", wanted()));
    }
    Ok(server(address))
}

/// An address with or without a port, IPv6 with or without brackets. DNS has port 53 (RFC 1035 section 4.2).
fn address(text: &str) -> Option<SocketAddr> {
    const DNS: u16 = 53;
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    text.parse().ok().or_else(|| Some(SocketAddr::new(bare.parse::<IpAddr>().ok()?, DNS)))
}
