//! What the operator says of upstreams, and the bounds that go with it.

use std::net::SocketAddr;
use std::time::Duration;

use super::address::Server;
use super::system::SystemFiles;
use crate::dns::Bailiwick;

/// In which order healthy upstreams are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// As they are written; the next one only where the one before it fails.
    InOrder,
    /// The one that answered soonest of late first, the next one too where the answer takes unusually long; now and then
    /// another one first, to learn of it.
    #[default]
    Fastest,
    /// The two that answered soonest of late at once; the first answer is taken.
    Parallel,
}

/// Whether clients are told that an upstream found all signatures in order (the AD bit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuthenticData {
    /// They are: the way to the upstreams is trusted (RFC 6840 section 5.8).
    Believed,
    /// They are not: anyone on the way could have set the bit.
    #[default]
    Dropped,
}

/// All that [`super::Upstreams`] is made from.
#[derive(Debug, Clone)]
pub struct Settings {
    /// As `[upstream] servers` names them.
    pub servers: Vec<Server>,
    /// The order of asking.
    pub strategy: Strategy,
    /// What becomes of the AD bit.
    pub authentic_data: AuthenticData,
    /// The names for which they are believed.
    pub bailiwick: Bailiwick,
    /// How long a question may take, all upstreams together.
    pub timeout: Duration,
    /// Questions under way to upstreams, at most; equal ones count once.
    pub in_flight: usize,
    /// Queries of one client that wait for upstreams, at most.
    pub in_flight_per_client: usize,
    /// How long an idle TCP connection is kept.
    pub idle: Duration,
    /// Our own listeners: no upstream may be one of them.
    pub own: Vec<SocketAddr>,
    /// Where the system names its resolvers.
    pub system: SystemFiles,
}

impl Settings {
    /// The bounds and times that hold where the operator says nothing.
    pub fn new(servers: Vec<Server>) -> Self {
        Self {
            servers,
            strategy: Strategy::default(),
            authentic_data: AuthenticData::default(),
            bailiwick: Bailiwick::default(),
            timeout: Duration::from_secs(2),
            in_flight: 4096,
            in_flight_per_client: 256,
            // RFC 7766 section 6.2.3: "of the order of a few seconds"; the server may close sooner.
            idle: Duration::from_secs(10),
            own: Vec::new(),
            system: SystemFiles::default(),
        }
    }
}
