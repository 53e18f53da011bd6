//! Where a list comes from: a page, or a zone at its primary.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use super::connect::addresses;
use super::{Bootstrap, Failure, Page, Primary};

/// Where a list comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A page by HTTPS.
    Page(Page),
    /// A zone by transfer.
    Zone(Box<Primary>),
}

impl Origin {
    /// The name of its host; none where an address stands in its place.
    pub fn domain(&self) -> Option<&str> {
        match self {
            Self::Page(page) => page.domain(),
            Self::Zone(primary) => primary.domain(),
        }
    }

    /// The same, with the path of a secret taken from `folder` on.
    #[must_use]
    pub fn beside(self, folder: &Path) -> Self {
        match self {
            Self::Page(page) => Self::Page(page),
            Self::Zone(primary) => Self::Zone(Box::new(primary.beside(folder))),
        }
    }

    /// The primary; none for a page.
    pub fn primary(&self) -> Option<&Primary> {
        match self {
            Self::Page(_) => None,
            Self::Zone(primary) => Some(primary),
        }
    }
}

impl Primary {
    /// The addresses that it may be asked at, and that its word of a change may come from.
    ///
    /// # Errors
    /// [`Failure`], where its host has none.
    pub async fn addresses(&self, bootstrap: &Bootstrap) -> Result<Vec<IpAddr>, Failure> {
        addresses(&self.peer(), bootstrap).await
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(page) => page.fmt(f),
            Self::Zone(primary) => primary.fmt(f),
        }
    }
}
