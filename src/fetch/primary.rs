//! What `axfr://…` in a list's `source` means: a zone, and the server that gives it away.
//!
//! The rule: where its host leads is looked at as a page's is, so that a zone's server is no way inside either.

use std::fmt;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use url::Host;

use super::connect::Peer;
use super::page::{Accept, PageError, allowed};
use super::{Failure, Reason};
use crate::dns::{Name, TsigAlgorithm, TsigKey};

/// The port of DNS.
const PORT: u16 = 53;

/// The largest file that a secret is read from, in octets: a key has a hundred.
const MOST: u64 = 4096;

/// A zone at its primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Primary {
    host: Host,
    port: u16,
    zone: Name,
    accept: Accept,
    signer: Option<Signer>,
}

/// The key that transfers are signed with, as the operator names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// Its name.
    pub name: Name,
    /// How it signs.
    pub algorithm: TsigAlgorithm,
    /// The file that holds the secret, in base64.
    pub secret: PathBuf,
}

/// Why a text names no zone that a list may be fetched from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrimaryError {
    /// It is not `axfr://HOST/ZONE`.
    #[error("names no zone at a server")]
    Unreadable,
    /// A port other than 53.
    #[error("has the port {0}, which is not that of name servers")]
    Port(u16),
    /// An address of the school's own networks, or of nothing.
    #[error(transparent)]
    Address(PageError),
}

impl PrimaryError {
    /// What the operator can do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable => "write \"axfr://HOST/ZONE\", and where the server has another port \"axfr://HOST:5353/ZONE\"",
            Self::Port(_) => "where this is the server's own port, add `accept = [\"port\"]`",
            Self::Address(error) => error.hint(),
        }
    }
}

impl Primary {
    /// Reads what stands behind `axfr://`.
    ///
    /// # Errors
    /// [`PrimaryError`] says why nothing may be fetched from there.
    pub fn parse(text: &str, accept: Accept, signer: Option<Signer>) -> Result<Self, PrimaryError> {
        let rest = text.strip_prefix("axfr://").ok_or(PrimaryError::Unreadable)?;
        let (authority, zone) = rest.split_once('/').ok_or(PrimaryError::Unreadable)?;
        let zone = zone.trim_end_matches('.');
        let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
        if zone.is_empty() || !zone.bytes().all(is_plain) {
            return Err(PrimaryError::Unreadable);
        }
        let zone = Name::parse(zone).map_err(|_| PrimaryError::Unreadable)?;
        // The brackets of an IPv6 address hold colons of their own.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            Some(_) | None => (authority, None),
        };
        let port = port.map_or(Ok(PORT), |port| port.parse().map_err(|_| PrimaryError::Unreadable))?;
        // Read as a page's host is, so that no spelling of an address is a name here.
        let host = Host::parse(host).map_err(|_| PrimaryError::Unreadable)?;
        if port == 0 || port != PORT && !accept.port {
            return Err(PrimaryError::Port(port));
        }
        let address = match &host {
            Host::Ipv4(address) => Some((*address).into()),
            Host::Ipv6(address) => Some((*address).into()),
            Host::Domain(_) => None,
        };
        address.map_or(Ok(()), |address| allowed(address, accept)).map_err(PrimaryError::Address)?;
        Ok(Self { host, port, zone, accept, signer })
    }

    pub(super) fn beside(self, folder: &Path) -> Self {
        let signer = self.signer.map(|signer| Signer { secret: folder.join(&signer.secret), ..signer });
        Self { signer, ..self }
    }

    /// The zone.
    pub const fn zone(&self) -> &Name {
        &self.zone
    }

    /// The host's name; none where an address stands in its place.
    pub fn domain(&self) -> Option<&str> {
        match &self.host {
            Host::Domain(name) => Some(name),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        }
    }

    /// Whom a connection is opened to.
    pub(super) fn peer(&self) -> Peer<'_> {
        let host = match &self.host {
            Host::Domain(name) => Host::Domain(name.as_str()),
            Host::Ipv4(address) => Host::Ipv4(*address),
            Host::Ipv6(address) => Host::Ipv6(*address),
        };
        Peer { host, port: self.port, accept: self.accept }
    }

    /// The key that transfers are signed with; none where they are not. For a thread that may wait.
    ///
    /// # Errors
    /// [`Reason::Local`], where the file cannot be read or holds no base64.
    pub fn key(&self) -> Result<Option<TsigKey>, Failure> {
        self.signer.as_ref().map(Signer::key).transpose()
    }
}

impl Signer {
    fn key(&self) -> Result<TsigKey, Failure> {
        let path = self.secret.display();
        let fault = |what: String| {
            let hint = "hint: `secret_file` holds the key's secret in base64, as `tsig-keygen` and `keymgr -t` print it";
            Failure::new(Reason::Local, format!("the secret of the key {} in {path} {what}\n{hint}", self.name))
        };
        let size = std::fs::metadata(&self.secret).map_err(|error| fault(format!("cannot be read: {error}")))?.len();
        if size > MOST {
            return Err(fault("is larger than any secret".to_owned()));
        }
        let text = std::fs::read_to_string(&self.secret).map_err(|error| fault(format!("cannot be read: {error}")))?;
        let compact: String = text.split_whitespace().collect();
        let secret = BASE64.decode(compact.as_bytes()).map_err(|error| fault(format!("is no base64: {error}")))?;
        if secret.is_empty() {
            return Err(fault("is empty".to_owned()));
        }
        Ok(TsigKey::new(self.name.clone(), self.algorithm, secret))
    }
}

impl fmt::Display for Primary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            PORT => write!(f, "axfr://{}/{}", self.host, self.zone),
            port => write!(f, "axfr://{}:{port}/{}", self.host, self.zone),
        }
    }
}

#[cfg(test)]
mod tests;
