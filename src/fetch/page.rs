//! What `https://…` in a list's `source` means: a page that may be fetched, as far as its address tells.
//!
//! The rule: an address is read as browsers read it, so that none is one thing here and another on the way; where it leads is looked
//! at again when its name is resolved, and at each redirect.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use super::address::{Reach, reach};
use super::connect::Peer;

/// What the operator lets a list's address be, against the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accept {
    /// Its host may have a private address.
    pub private_address: bool,
    /// It may come without TLS.
    pub http: bool,
    /// Its port may be any.
    pub port: bool,
}

/// A page that a list may be fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    url: Url,
    accept: Accept,
    /// Whether it may redirect to its own host alone.
    stays: bool,
}

/// Why an address is none that a list may be fetched from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// It cannot be read.
    #[error("is no address of a page: {0}")]
    Unreadable(url::ParseError),
    /// Neither HTTPS nor HTTP.
    #[error("is `{0}`, which no list is fetched by")]
    Scheme(String),
    /// HTTP, which everyone on the way can change.
    #[error("comes without TLS, so that everyone on the way can change the list")]
    Plain,
    /// A name or a password before the host.
    #[error("has a user's name or password in it, which log and status would show")]
    Credentials,
    /// A port that is not the scheme's own.
    #[error("has the port {0}, which is not that of web servers")]
    Port(u16),
    /// An address of the school's own networks.
    #[error("leads into a private network: {0}")]
    Private(IpAddr),
    /// Outside of the folder that it should be in.
    #[error("leads out of its folder")]
    Elsewhere,
    /// Another host than that of the folder that it is in.
    #[error("leads to another host")]
    OtherHost,
    /// An address of nothing.
    #[error("leads to {0}, which is no address of a web server")]
    Nowhere(IpAddr),
}

impl PageError {
    /// What the operator can do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "write it as a browser shows it: \"https://example.org/list.txt\"",
            Self::Scheme(_) => "write \"https://…\", or the path of a file",
            Self::Plain => "write \"https://…\"; where there is no other way, add `accept = [\"http\"]`",
            Self::Credentials => "fetch this list to a file by other means, and name the file",
            Self::Port(_) => "where this is the list's own port, add `accept = [\"port\"]`",
            Self::Private(_) => "where this is a server of the school or the office, add `accept = [\"private-address\"]`",
            Self::Elsewhere => "name a page of the folder",
            Self::OtherHost => "name the host that has the folder itself",
            Self::Nowhere(_) => "name the list's own server",
        }
    }
}

impl Page {
    /// Reads an address.
    ///
    /// # Errors
    /// [`PageError`] says why it may not be fetched.
    pub fn parse(text: &str, accept: Accept) -> Result<Self, PageError> {
        Self::checked(Url::parse(text).map_err(PageError::Unreadable)?, accept)
    }

    /// Where a redirect leads that this page answers with: nowhere that this page's own address could not lead.
    ///
    /// # Errors
    /// As [`Page::parse`].
    pub fn redirected(&self, location: &str) -> Result<Self, PageError> {
        let page = Self::checked(self.url.join(location).map_err(PageError::Unreadable)?, self.accept)?;
        if self.stays && (page.host() != self.host() || page.is_secure() != self.is_secure()) {
            return Err(PageError::OtherHost);
        }
        Ok(Self { stays: self.stays, ..page })
    }

    /// The page at `path` below the folder that this page's address names.
    ///
    /// # Errors
    /// As [`Page::parse`]; [`PageError::Elsewhere`] where it would not be below. The page redirects to no other host.
    pub fn below(&self, path: &str) -> Result<Self, PageError> {
        let mut folder = self.url.clone();
        folder.set_query(None);
        if !folder.path().ends_with('/') {
            folder.set_path(&format!("{}/", folder.path()));
        }
        let url = folder.join(path).map_err(PageError::Unreadable)?;
        if !url.as_str().starts_with(folder.as_str()) {
            return Err(PageError::Elsewhere);
        }
        Ok(Self { stays: true, ..Self::checked(url, self.accept)? })
    }

    fn checked(mut url: Url, accept: Accept) -> Result<Self, PageError> {
        match url.scheme() {
            "https" => {}
            "http" if accept.http => {}
            "http" => return Err(PageError::Plain),
            other => return Err(PageError::Scheme(other.to_owned())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(PageError::Credentials);
        }
        if let Some(port) = url.port()
            && !accept.port
        {
            return Err(PageError::Port(port));
        }
        match url.host() {
            None => return Err(PageError::Unreadable(url::ParseError::EmptyHost)),
            Some(Host::Ipv4(address)) => allowed(address.into(), accept)?,
            Some(Host::Ipv6(address)) => allowed(address.into(), accept)?,
            Some(Host::Domain(_)) => {}
        }
        // It is for browsers alone.
        url.set_fragment(None);
        Ok(Self { url, accept, stays: false })
    }

    /// Whom a connection is opened to.
    pub(super) fn peer(&self) -> Peer<'_> {
        Peer { host: self.host(), port: self.port(), accept: self.accept }
    }

    /// The host.
    pub fn host(&self) -> Host<&str> {
        self.url.host().expect("a page without a host is not made")
    }

    /// The host's name; none where an address stands in its place.
    pub fn domain(&self) -> Option<&str> {
        self.url.domain()
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().expect("both schemes have a port")
    }

    /// Whether the server has to prove who it is.
    pub fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// What stands in a request's first line: path and query.
    pub fn target(&self) -> &str {
        &self.url[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// What stands in a request's `Host` field: the host, and the port where it is not the scheme's own.
    pub fn authority(&self) -> &str {
        &self.url[url::Position::BeforeHost..url::Position::AfterPort]
    }
}

/// Whether a connection to `address` may be opened.
///
/// # Errors
/// [`PageError::Private`] or [`PageError::Nowhere`].
pub(super) fn allowed(address: IpAddr, accept: Accept) -> Result<(), PageError> {
    match reach(address) {
        Reach::Public => Ok(()),
        Reach::Private if accept.private_address => Ok(()),
        Reach::Private => Err(PageError::Private(address)),
        Reach::Never => Err(PageError::Nowhere(address)),
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str())
    }
}

#[cfg(test)]
mod tests;
