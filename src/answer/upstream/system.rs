//! The resolvers that the system itself uses, read behind a local stub, and never this program itself.
//!
//! The rule: what `system` means is found at start and at a reload, and again when the files say something else; a loop to our
//! own listeners is refused.

use std::fs;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::PathBuf;

use hickory_resolver::system_conf::parse_resolv_conf;

use super::address::{PORT, Server, UpstreamAddress};
use crate::dns::Transport;

/// The files in which a system names its resolvers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemFiles {
    /// The file that programs read.
    pub first: PathBuf,
    /// Where a local stub's own upstreams are found; the first file that names some is taken.
    pub behind: Vec<PathBuf>,
}

impl Default for SystemFiles {
    fn default() -> Self {
        Self {
            first: PathBuf::from("/etc/resolv.conf"),
            behind: [
                "/run/systemd/resolve/resolv.conf",
                "/run/NetworkManager/no-stub-resolv.conf",
                "/run/NetworkManager/resolv.conf",
                "/run/dnsmasq/resolv.conf",
                "/run/resolvconf/resolv.conf",
            ]
            .map(PathBuf::from)
            .to_vec(),
        }
    }
}

/// Why there is nobody to ask.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// No server is named.
    #[error("no upstream is named")]
    None,
    /// The system names none.
    #[error("`system` as upstream: {} names no resolver", file.display())]
    NoSystemResolver {
        /// The file that was read.
        file: PathBuf,
    },
    /// An upstream, or the system's only resolver, is one of our listeners.
    #[error("the upstream `{text}` is this program itself")]
    Own {
        /// As the operator wrote it.
        text: String,
    },
}

impl SetupError {
    /// What the operator can do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::None | Self::NoSystemResolver { .. } => {
                "name a resolver in [upstream] servers, for example \"udp://192.0.2.53\""
            }
            Self::Own { .. } => "name another server in [upstream] servers: a question must not come back to where it was asked",
        }
    }
}

/// The upstreams that `servers` means, each address once, in order.
///
/// # Errors
/// [`SetupError`] where none is left, or a named one is among `own`, our listeners.
pub fn addresses(servers: &[Server], files: &SystemFiles, own: &[SocketAddr]) -> Result<Vec<UpstreamAddress>, SetupError> {
    let mut found: Vec<UpstreamAddress> = Vec::new();
    let mut add = |server: UpstreamAddress| {
        if !found.iter().any(|known| known.address == server.address && known.transport == server.transport) {
            found.push(server);
        }
    };
    for server in servers {
        match server {
            Server::At(server) if is_own(server.address, own) => return Err(SetupError::Own { text: server.text.clone() }),
            Server::At(server) => add(server.clone()),
            Server::System => resolvers(files, own)?.into_iter().for_each(&mut add),
        }
    }
    if found.is_empty() { Err(SetupError::None) } else { Ok(found) }
}

/// Whether asking `address` would be asking ourselves: it is one of `own`, or a listener on all addresses has its port
/// and the address is this machine's.
pub fn is_own(address: SocketAddr, own: &[SocketAddr]) -> bool {
    let ip = address.ip().to_canonical();
    own.iter().any(|listener| {
        let listens = listener.ip().to_canonical();
        listener.port() == address.port() && (listens == ip || listens.is_unspecified() && is_local(ip))
    })
}

/// Whether `ip` is an address of this machine: only to such a one can a socket be bound.
fn is_local(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified() || UdpSocket::bind((ip, 0)).is_ok()
}

/// The system's resolvers; where all of them are loopback stubs (127.0.0.53), those behind them.
fn resolvers(files: &SystemFiles, own: &[SocketAddr]) -> Result<Vec<UpstreamAddress>, SetupError> {
    let named = nameservers(&files.first);
    let stubs_only = !named.is_empty() && named.iter().all(IpAddr::is_loopback);
    let behind = if stubs_only || named.is_empty() {
        let others = |file| nameservers(file).into_iter().filter(|ip| !ip.is_loopback()).collect::<Vec<_>>();
        files.behind.iter().map(others).find(|found| !found.is_empty())
    } else {
        None
    };
    let chosen = behind.unwrap_or(named);
    if chosen.is_empty() {
        return Err(SetupError::NoSystemResolver { file: files.first.clone() });
    }
    let others: Vec<_> = chosen
        .into_iter()
        .map(|ip| UpstreamAddress::new(Transport::Udp, SocketAddr::new(ip, PORT)))
        .filter(|server| !is_own(server.address, own))
        .collect();
    if others.is_empty() { Err(SetupError::Own { text: "system".into() }) } else { Ok(others) }
}

/// The addresses that a file in the form of resolv.conf(5) names; none where it cannot be read.
fn nameservers(file: &PathBuf) -> Vec<IpAddr> {
    let Ok(bytes) = fs::read(file) else { return Vec::new() };
    let Ok((config, _)) = parse_resolv_conf(bytes) else { return Vec::new() };
    let usable = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_unspecified(),
        // A link-local server cannot be reached without its interface, which the parser leaves out.
        IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_unicast_link_local(),
    };
    config.name_servers().iter().map(|server| server.ip.to_canonical()).filter(usable).collect()
}

#[cfg(test)]
mod tests;
