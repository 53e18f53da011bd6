//! How much the listeners take on at once, in all and from one source, so that no client can crowd the others out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The listeners' bounds.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Queries of one listener that wait for an upstream at once; past it SERVFAIL.
    pub waiting: usize,
    /// Of these from one client; an IPv6 client's /64 has four times as many.
    pub waiting_per_client: usize,
    /// TCP connections in all; past it a new one is closed.
    pub connections: usize,
    /// TCP connections from one address (an IPv6 client's /64).
    pub connections_per_source: usize,
    /// Queries of one connection that wait at once; past it nothing more is read from it until one is answered.
    pub pipelined: usize,
    /// How long a connection may stay silent, and how long one message or reply may take to pass.
    pub idle: Duration,
    /// Where open connections are counted, for the metrics.
    pub counts: Arc<StreamCounts>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            waiting: 8192,
            // What a slow upstream holds up is answered all at once when it comes back, and one client must not be flooded by that.
            // dnsmasq, which may speak for a whole school, keeps 150 under way.
            waiting_per_client: 200,
            connections: 4096,
            connections_per_source: 64,
            pipelined: 128,
            // RFC 7766 section 6.2.3 asks for seconds; ten frees what a stalled client holds.
            idle: Duration::from_secs(10),
            counts: Arc::default(),
        }
    }
}

/// How many connections are open and were turned away.
#[derive(Debug, Default)]
pub struct StreamCounts {
    open: AtomicU64,
    refused: AtomicU64,
    by_source: Mutex<HashMap<IpAddr, usize>>,
}

impl StreamCounts {
    /// Connections that are open now.
    pub fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// Connections closed at once because a bound was reached.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Counts a connection in, unless a bound is reached.
    pub(super) fn enter(self: &Arc<Self>, client: IpAddr, limits: &Limits) -> Option<Connection> {
        let source = source_of(client);
        let mut by_source = self.by_source.lock().unwrap_or_else(PoisonError::into_inner);
        let own = by_source.entry(source).or_default();
        let most = u64::try_from(limits.connections).unwrap_or(u64::MAX);
        if *own >= limits.connections_per_source || self.open.load(Ordering::Relaxed) >= most {
            self.refused.fetch_add(1, Ordering::Relaxed);
            if *own == 0 {
                by_source.remove(&source);
            }
            return None;
        }
        *own += 1;
        self.open.fetch_add(1, Ordering::Relaxed);
        Some(Connection { counts: Arc::clone(self), source })
    }
}

/// One open connection, counted out when dropped.
#[derive(Debug)]
pub(super) struct Connection {
    counts: Arc<StreamCounts>,
    source: IpAddr,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut by_source = self.counts.by_source.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = by_source.get_mut(&self.source) {
            *own -= 1;
            if *own == 0 {
                by_source.remove(&self.source);
            }
        }
        self.counts.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One IPv6 client owns a /64 and can use any address of it.
pub(super) fn source_of(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}
