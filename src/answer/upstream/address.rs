//! What `udp://192.0.2.53`, `tcp://[2001:db8::53]:5353` and `system` in `[upstream] servers` mean.
//!
//! The rule: an upstream that exists has an address and a port; a host name would need a resolver before there is one.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::dns::Transport;

/// The port of DNS over UDP and TCP (RFC 1035 section 4.2).
pub const PORT: u16 = 53;

/// One entry of `[upstream] servers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    /// The resolvers that the system itself uses; see [`super::addresses`].
    System,
    /// A server by its address.
    At(UpstreamAddress),
}

/// Where an upstream is, and how it is spoken to first (by UDP a truncated answer is fetched again by TCP).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UpstreamAddress {
    /// UDP or TCP.
    pub transport: Transport,
    /// Address and port.
    pub address: SocketAddr,
    /// As the operator wrote it: the name of this upstream in metrics and logs.
    pub text: String,
}

/// Why an entry of `[upstream] servers` names no upstream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing is written.
    #[error("the upstream is empty")]
    Empty,
    /// A transport that a later version speaks.
    #[error("upstreams by `{scheme}://` are not built into this version")]
    NotBuiltIn {
        /// `tls`, `https`, `h3`, `quic` or `sdns`.
        scheme: &'static str,
    },
    /// Something before `://` that is no transport.
    #[error("`{scheme}` is no transport of an upstream")]
    UnknownScheme {
        /// As written.
        scheme: String,
    },
    /// A host name: finding its address would need `bootstrap`.
    #[error("`{host}` is a host name; an upstream by UDP or TCP is named by its address")]
    HostName {
        /// As written.
        host: String,
    },
    /// Neither an address nor a host name.
    #[error("`{text}` is no address")]
    BadAddress {
        /// As written.
        text: String,
    },
    /// A port that is no number from 1 to 65535.
    #[error("`{text}` is no port")]
    BadPort {
        /// As written.
        text: String,
    },
    /// A path, query, fragment or user behind or before the address.
    #[error("nothing may follow the address but `:` and a port")]
    Trailing,
    /// `0.0.0.0`, `::`, a multicast or the broadcast address.
    #[error("`{address}` is no address of one server")]
    NotOneServer {
        /// As read.
        address: IpAddr,
    },
}

impl AddressError {
    /// What the operator can write instead.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "write for example \"udp://192.0.2.53\", or \"system\"",
            Self::NotBuiltIn { .. } => "this version speaks \"udp://\" and \"tcp://\"",
            Self::UnknownScheme { .. } => "write \"udp://\" or \"tcp://\" before the address",
            Self::HostName { .. } => "write the server's IP address, for example \"udp://192.0.2.53\"",
            Self::BadAddress { .. } | Self::Trailing => {
                "write for example \"udp://192.0.2.53\", \"tcp://192.0.2.53:5353\" or \"udp://[2001:db8::53]:53\""
            }
            Self::BadPort { .. } => "a port is a number from 1 to 65535",
            Self::NotOneServer { .. } => "name the address of the one server that is to be asked",
        }
    }
}

impl Server {
    /// Reads one entry: `system`, or an address with `udp://` (which may be left out) or `tcp://` before it; the port
    /// is 53 where none is given, and an IPv6 address may stand without brackets where no port follows.
    ///
    /// # Errors
    /// [`AddressError`] says what stands in the way; [`AddressError::hint`] what to write.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.eq_ignore_ascii_case("system") {
            return Ok(Self::System);
        }
        let (transport, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (transport(scheme)?, rest),
            None => (Transport::Udp, text),
        };
        let address = endpoint(rest.strip_suffix('/').unwrap_or(rest))?;
        Ok(Self::At(UpstreamAddress { transport, address, text: text.to_owned() }))
    }
}

impl UpstreamAddress {
    /// The upstream at `address`, named as an operator would write it.
    pub fn new(transport: Transport, address: SocketAddr) -> Self {
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let port = if address.port() == PORT { String::new() } else { format!(":{}", address.port()) };
        Self { transport, address, text: format!("{}://{host}{port}", transport.text()) }
    }
}

impl fmt::Display for UpstreamAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn transport(scheme: &str) -> Result<Transport, AddressError> {
    match scheme.to_ascii_lowercase().as_str() {
        "udp" | "dns" => Ok(Transport::Udp),
        "tcp" => Ok(Transport::Tcp),
        "tls" | "dot" => Err(AddressError::NotBuiltIn { scheme: "tls" }),
        "https" | "doh" => Err(AddressError::NotBuiltIn { scheme: "https" }),
        "h3" => Err(AddressError::NotBuiltIn { scheme: "h3" }),
        "quic" | "doq" => Err(AddressError::NotBuiltIn { scheme: "quic" }),
        "sdns" => Err(AddressError::NotBuiltIn { scheme: "sdns" }),
        _ => Err(AddressError::UnknownScheme { scheme: scheme.to_owned() }),
    }
}

/// Reads `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]` or `[2001:db8::53]:5353`.
fn endpoint(text: &str) -> Result<SocketAddr, AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if text.contains(['/', '?', '#', '@']) {
        return Err(AddressError::Trailing);
    }
    let bad = || AddressError::BadAddress { text: text.to_owned() };
    if let Ok(ip) = text.parse::<Ipv6Addr>() {
        return one_server(ip.into(), PORT);
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (host, tail) = rest.split_once(']').ok_or_else(bad)?;
        let ip = host.parse::<Ipv6Addr>().map_err(|_| bad())?;
        let port = match tail.strip_prefix(':') {
            Some(digits) => port(digits)?,
            None if tail.is_empty() => PORT,
            None => return Err(bad()),
        };
        return one_server(ip.into(), port);
    }
    let (host, port) = match text.split_once(':') {
        // More than one colon and no IPv6 address.
        Some((_, rest)) if rest.contains(':') => return Err(bad()),
        Some((host, digits)) => (host, port(digits)?),
        None => (text, PORT),
    };
    match host.parse::<Ipv4Addr>() {
        Ok(ip) => one_server(ip.into(), port),
        Err(_) if looks_like_host(host) => Err(AddressError::HostName { host: host.to_owned() }),
        Err(_) => Err(bad()),
    }
}

fn port(digits: &str) -> Result<u16, AddressError> {
    let bad = || AddressError::BadPort { text: digits.to_owned() };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad());
    }
    digits.parse().ok().filter(|port| *port != 0).ok_or_else(bad)
}

fn one_server(ip: IpAddr, port: u16) -> Result<SocketAddr, AddressError> {
    // An IPv4-mapped address is the IPv4 address it is, so that it is found equal to it (RFC 4291 section 2.5.5.2).
    let address = ip.to_canonical();
    if address.is_unspecified() || address.is_multicast() || address == IpAddr::V4(Ipv4Addr::BROADCAST) {
        return Err(AddressError::NotOneServer { address });
    }
    Ok(SocketAddr::new(address, port))
}

/// Whether the text could be a host's name: letters somewhere, and only what names are made of.
fn looks_like_host(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
        && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '.' | '_'))
}

#[cfg(test)]
mod tests;
