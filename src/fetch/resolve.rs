//! The addresses of a list's host, from the servers of `[upstream] bootstrap`, and never through this program itself.
//!
//! The rule: what answers here needs no list to be ready, so that no list waits for another, or for itself.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::Resolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;

use super::{Failure, Reason};
use crate::dns::Transport;

/// How long one server may take for one try.
const PATIENCE: Duration = Duration::from_secs(3);

/// Who is asked for the addresses of hosts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bootstrap {
    /// The servers, in the order in which they are asked, each spoken to first by the transport that stands with it.
    pub servers: Vec<(Transport, SocketAddr)>,
}

impl Bootstrap {
    /// The addresses of `host`, from the first server that knows any.
    ///
    /// # Errors
    /// [`Reason::Resolve`], with what the last server said.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let mut said = "no server is named in [upstream] bootstrap or servers".to_owned();
        for &(transport, server) in &self.servers {
            match ask(transport, server, host).await {
                Ok(found) if !found.is_empty() => return Ok(found),
                Ok(_) => said = format!("{server} knows no address"),
                Err(error) => said = format!("{server}: {error}"),
            }
        }
        Err(Failure::new(Reason::Resolve, format!("the host {host} has no address: {said}")))
    }
}

/// Asks one server. Each has a resolver of its own, because one that is shared stops at the first server's SERVFAIL.
async fn ask(transport: Transport, server: SocketAddr, host: &str) -> Result<Vec<IpAddr>, String> {
    let mut tcp = ConnectionConfig::tcp();
    tcp.port = server.port();
    let mut udp = ConnectionConfig::udp();
    udp.port = server.port();
    let connections = match transport {
        Transport::Udp => vec![udp, tcp],
        Transport::Tcp => vec![tcp],
    };
    let server = NameServerConfig::new(server.ip(), true, connections);
    let config = ResolverConfig::from_name_servers(vec![server]);
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    // The addresses are those of the DNS: a line in this machine's hosts file must not send lists elsewhere.
    options.use_hosts_file = ResolveHosts::Never;
    options.timeout = PATIENCE;
    options.attempts = 2;
    options.cache_size = 0;
    let resolver = builder.build().map_err(|error| error.to_string())?;
    // With its final dot it is looked up as it stands, without the suffixes that this machine's settings add.
    let name = format!("{}.", host.trim_end_matches('.'));
    let found = resolver.lookup_ip(name).await.map_err(|error| error.to_string())?;
    Ok(found.iter().map(|address| address.to_canonical()).collect())
}
