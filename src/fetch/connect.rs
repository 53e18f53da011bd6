//! A connection to a page's server: its addresses are looked up, each is checked, and what was checked is what is connected to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use url::Host;

use super::download::Limits;
use super::page;
use super::{Accept, Bootstrap, Failure, Page, Reason};

/// The most addresses of one host that are tried.
const TRIED: usize = 6;

/// Who vouches for servers.
#[derive(Debug, Clone, Default)]
pub enum Trust {
    /// The authorities that the system trusts, read anew each time.
    #[default]
    System,
    /// These authorities.
    Only(Arc<RootCertStore>),
}

/// A connection, with TLS or without.
pub(super) type Stream = Box<dyn Duplex>;

/// What octets go to and come from.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Whom a connection is opened to.
#[derive(Debug, Clone)]
pub(super) struct Peer<'p> {
    pub(super) host: Host<&'p str>,
    pub(super) port: u16,
    pub(super) accept: Accept,
}

/// Connects to the server of `page`.
pub(super) async fn open(page: &Page, bootstrap: &Bootstrap, trust: &Trust, limits: &Limits) -> Result<Stream, Failure> {
    let stream = connect(&page.peer(), bootstrap, limits).await?;
    if !page.is_secure() {
        return Ok(Box::new(stream));
    }
    let connector = TlsConnector::from(Arc::new(settings(trust).await?));
    let of_tls = |what: String| Failure::new(Reason::Tls, format!("{}: {what}", page.host()));
    let name = match page.host() {
        Host::Domain(host) => ServerName::try_from(host.to_owned()).map_err(|error| of_tls(error.to_string()))?,
        Host::Ipv4(address) => IpAddr::from(address).into(),
        Host::Ipv6(address) => IpAddr::from(address).into(),
    };
    match timeout(limits.connect, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => Err(of_tls(format!("the server could not prove who it is: {error}"))),
        Err(_) => Err(Failure::new(Reason::Timeout, format!("{}: TLS took longer than {:?}", page.host(), limits.connect))),
    }
}

/// Connects to a peer at one of the addresses that it may have.
pub(super) async fn connect(peer: &Peer<'_>, bootstrap: &Bootstrap, limits: &Limits) -> Result<TcpStream, Failure> {
    reach(peer, &addresses(peer, bootstrap).await?, limits).await
}

/// The addresses that a connection may be opened to.
pub(super) async fn addresses(peer: &Peer<'_>, bootstrap: &Bootstrap) -> Result<Vec<IpAddr>, Failure> {
    let found = match &peer.host {
        Host::Ipv4(address) => vec![(*address).into()],
        Host::Ipv6(address) => vec![(*address).into()],
        Host::Domain(host) => bootstrap.addresses(host).await?,
    };
    let mut refused = None;
    let mut allowed = Vec::new();
    for address in found {
        match page::allowed(address, peer.accept) {
            Ok(()) => allowed.push(address),
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        Some(error) if allowed.is_empty() => {
            Err(Failure::new(Reason::Forbidden, format!("the host {} {error}\nhint: {}", peer.host, error.hint())))
        }
        Some(_) | None => Ok(alternating(allowed)),
    }
}

/// Both families in turn, so that a network where one is broken costs one try.
fn alternating(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(IpAddr::is_ipv6);
    let most = first.len().max(second.len());
    (0..most).flat_map(|place| [first.get(place), second.get(place)]).flatten().copied().take(TRIED).collect()
}

async fn reach(peer: &Peer<'_>, addresses: &[IpAddr], limits: &Limits) -> Result<TcpStream, Failure> {
    let mut failure = Failure::new(Reason::Resolve, format!("the host {} has no address", peer.host));
    for &address in addresses {
        let at = SocketAddr::new(address, peer.port);
        failure = match timeout(limits.connect, TcpStream::connect(at)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => Failure::new(Reason::Connect, format!("{} at {at}: {error}", peer.host)),
            Err(_) => Failure::new(Reason::Timeout, format!("{} at {at}: no connection within {:?}", peer.host, limits.connect)),
        };
    }
    Err(failure)
}

/// What a server has to show. TLS 1.2 and 1.3, HTTP/1.1.
async fn settings(trust: &Trust) -> Result<ClientConfig, Failure> {
    let roots = match trust {
        Trust::Only(roots) => Arc::clone(roots),
        // Files are read off the threads that answer.
        Trust::System => {
            tokio::task::spawn_blocking(system_roots).await.map_err(|error| Failure::new(Reason::Local, error.to_string()))??
        }
    };
    let mut settings = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(Reason::Tls, error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(settings)
}

fn system_roots() -> Result<Arc<RootCertStore>, Failure> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let why = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        let said = format!("this machine trusts no certificate authority{why}\nhint: install the package ca-certificates");
        return Err(Failure::new(Reason::Tls, said));
    }
    Ok(Arc::new(roots))
}
