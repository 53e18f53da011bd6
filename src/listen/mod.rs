//! How do bytes get in and out? UDP workers and TCP connections, bounded in number; what to answer is the responder's matter.
//!
//! The rule: every transport asks the same [`Responder`], first without waiting, then, where that cannot answer, with.

mod limits;
mod outbox;
mod socket;
mod tcp;
mod udp;
mod waiting;

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::dns::Source;
use waiting::{Place, Waiting};

pub use limits::{Limits, StreamCounts};
pub use outbox::Outbox;
pub use socket::{Refused, Ways, interface_number};

/// What a packet leads to when nothing may wait.
#[derive(Debug)]
pub enum Step<P> {
    /// No reply may be sent.
    Silence,
    /// The reply is in the buffer.
    Answered,
    /// An upstream is needed: to be handed to [`Responder::resolve`].
    Forward(P),
}

/// What the listeners are handed by the server: the two halves of the pipeline.
pub trait Responder: Clone + Send + Sync + 'static {
    /// One thread's or one connection's own view of snapshot, clock and counters.
    type Worker: Send + 'static;
    /// What the waiting half needs to know of a query.
    type Plan: Send + 'static;

    /// A view for a new thread or connection.
    fn worker(&self) -> Self::Worker;

    /// Looks at the clock and for a new snapshot; called before each batch.
    fn refresh(&self, worker: &mut Self::Worker);

    /// Takes packets in, which are then judged by their places.
    fn take_in<'p>(&self, worker: &mut Self::Worker, packets: impl Iterator<Item = (&'p [u8], Source)>);

    /// Answers the packet at a place of those taken in last into `out`, without waiting and without allocating, or says what is
    /// needed.
    fn judge(&self, worker: &mut Self::Worker, at: usize, out: &mut Vec<u8>) -> Step<Self::Plan>;

    /// Whose place a plan takes among those that wait.
    fn client(plan: &Self::Plan) -> IpAddr;

    /// Answers what needs an upstream.
    fn resolve(&self, plan: Self::Plan) -> impl Future<Output = Vec<u8>> + Send + 'static;

    /// Has answered what needs an upstream, and goes on at once: the answer leaves by `reply` when it is there.
    fn forward(&self, plan: Self::Plan, reply: Return);

    /// Answers SERVFAIL because too many questions wait already.
    fn overloaded(&self, worker: &mut Self::Worker, plan: Self::Plan, out: &mut Vec<u8>);
}

/// The way back to a client that asked by UDP and waits.
#[derive(Debug)]
pub struct Return {
    outbox: Arc<Outbox>,
    client: SocketAddr,
    local: Option<IpAddr>,
    place: Place,
}

impl Return {
    /// Has the reply sent with others that are ready now: by the caller, who is handed what is to be sent, or by whoever was handed
    /// it before.
    #[must_use = "what is handed out is to be sent"]
    pub fn post(self, reply: &[u8]) -> Option<Arc<Outbox>> {
        let alone = self.outbox.post(reply, self.client, self.local, self.place);
        alone.then_some(self.outbox)
    }
}

/// One address served by UDP and TCP, until it is stopped.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    sockets: Vec<socket::Datagrams>,
    refused: Option<socket::Refused>,
    udp: udp::Workers,
    tcp: tcp::Acceptor,
    waiting: Arc<Waiting>,
}

impl Listener {
    /// Binds `address` (port 0: one that is free for both) and serves it with `workers` UDP workers.
    ///
    /// # Errors
    /// Where the address cannot be had, or another program holds it: with shared ports that would split the clients between the two.
    pub fn start<R: Responder>(
        address: SocketAddr,
        workers: usize,
        ways: Ways,
        responder: &R,
        limits: &Limits,
    ) -> io::Result<Self> {
        Self::start_on(socket::System::THIS, address, workers, ways, responder, limits)
    }

    /// As [`Listener::start`], on a system that may refuse more than this one.
    fn start_on<R: Responder>(
        system: socket::System,
        address: SocketAddr,
        workers: usize,
        ways: Ways,
        responder: &R,
        limits: &Limits,
    ) -> io::Result<Self> {
        let (socket::Bound { sockets, refused }, stream) = bind_both(address, workers, ways, system)?;
        let address = sockets[0].local_address()?;
        let waiting = Arc::new(Waiting::default());
        let udp = udp::Workers::start(sockets.clone(), responder, &waiting, limits)?;
        let tcp = tcp::Acceptor::start(stream, responder, &waiting, limits)?;
        Ok(Self { address, sockets, refused, udp, tcp, waiting })
    }

    /// Has the system tell from now on by which interface each packet came in.
    ///
    /// # Errors
    /// What the system says.
    pub fn tell_ways(&self) -> io::Result<()> {
        self.sockets.iter().try_for_each(socket::Datagrams::tell_arrivals)
    }

    /// What the system refuses, where the portable loop serves this address: a packet after the other, and nobody knows by which
    /// interface, or on a socket bound to all addresses at which of them, it came in.
    pub const fn refused(&self) -> Option<&Refused> {
        self.refused.as_ref()
    }

    /// The address that is served, its port resolved.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops taking queries in, answers what is in flight, and gives up after `patience`.
    pub async fn stop(self, patience: Duration) {
        let deadline = tokio::time::Instant::now() + patience;
        // The workers are joined, which must not hold up a thread that answers; a panic in joining has ended them too.
        let udp = self.udp;
        tokio::task::spawn_blocking(move || udp.stop()).await.ok();
        self.tcp.stop(deadline).await;
        self.waiting.drained(deadline).await;
    }
}

/// Binds UDP (a socket per worker, where the system allows it) and TCP on the same port.
fn bind_both(
    address: SocketAddr,
    workers: usize,
    ways: Ways,
    system: socket::System,
) -> io::Result<(socket::Bound, std::net::TcpListener)> {
    // A free UDP port may be taken for TCP; only a port that the caller left open is worth another try.
    let tries = if address.port() == 0 { 32 } else { 1 };
    let mut last = None;
    for _ in 0..tries {
        let datagrams = socket::Datagrams::bind(address, workers, ways, system)?;
        match tcp::bind(datagrams.sockets[0].local_address()?) {
            Ok(stream) => return Ok((datagrams, stream)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.expect("at least one try was made"))
}

/// The address that a packet was sent to, where the socket was told it; else the bound one.
fn local_or(bound: SocketAddr, packet: Option<IpAddr>) -> SocketAddr {
    packet.map_or(bound, |ip| SocketAddr::new(ip, bound.port()))
}

#[cfg(test)]
mod tests;
